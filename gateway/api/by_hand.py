"""Taking in a form that came on paper, by fax or by telephone: an officer's act, and the form says everywhere that it is not signed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request

from gateway.api import shown, views
from gateway.api.bodies import body_of, media_type, strict_json
from gateway.api.callers import DECIDE, Allowed, Caller, Standing
from gateway.api.models import SubmissionView
from gateway.api.problems import Problem
from gateway.api.samples import SUBMITTED
from gateway.by_hand import HOW, HandDesk, OnPaper
from gateway.identity import digest, party

router = APIRouter(prefix="/api/v1/messages", tags=["messages"])
MAX_OCTETS: Final = 2_000_000
MEMBERS: Final = ("form", "from", "how", "received", "reason")
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {
            "schema": {
                "type": "object", "required": list(MEMBERS), "additionalProperties": False,
                "properties": {
                    "form": {"type": "string", "description": "The unsigned form as XML, typed as it stands on the paper."},
                    "from": {"type": "string", "description": "The office that it came from."},
                    "how": {"type": "string", "enum": list(HOW)},
                    "received": {"type": "string", "format": "date-time", "description": "When it came; legal limits count from then."},
                    "reason": {"type": "string", "description": "Why it is taken in by hand. Journalled."},
                },
            },
            "example": {
                "form": "<FormM xmlns=\"urn:x-spoc:sirene:1\" version=\"1.0\">…</FormM>", "from": "sirene:XB", "how": "fax",
                "received": "2026-11-21T11:30:00Z", "reason": "The network is down.",
            },
        }},
    }
}  # fmt: skip


async def _said(request: Request) -> tuple[bytes, OnPaper]:
    if media_type(request) != "application/json":
        raise Problem(415, "request.media-type", "Send application/json.")
    given = strict_json(await body_of(request, MAX_OCTETS))
    if set(given) != set(MEMBERS) or not all(isinstance(value, str) for value in given.values()):
        raise Problem(400, "by-hand.incomplete", f"Send exactly these members, each a text: {', '.join(MEMBERS)}.")
    try:
        came = datetime.fromisoformat(given["received"])
        said = OnPaper(sender=party(given["from"]), how=given["how"], received=came, reason=given["reason"])
        return given["form"].encode("utf-8"), said
    except ValueError as error:
        raise Problem(400, "by-hand.incomplete", "`from` is an office, `received` a time with its zone.") from error


@router.post(
    "/by-hand", status_code=202, summary="Take in a form that came by fax, on paper or by telephone",
    responses=shown.answers(SUBMITTED, 400, 408, 413, 415, 422, status=202, words="Taken in and durable."), openapi_extra=_BODY,
)  # fmt: skip
async def post_by_hand(
    standing: Standing, caller: Annotated[Caller, Depends(Allowed(*DECIDE))],
    said: Annotated[tuple[bytes, OnPaper], Depends(_said)],
) -> SubmissionView:  # fmt: skip
    """Unsigned, and shown as such. It is checked and joins its exchange; it is never answered by itself and gets no receipt."""
    gateway = standing.gateway
    desk = HandDesk(
        intake=gateway.intake, formats=gateway.formats, directory=gateway.directory,
        office=gateway.office, clock=gateway.clock,
    )  # fmt: skip
    form, paper = said
    accepted = await desk.register(form, paper, caller.person)
    return SubmissionView(
        id=accepted.envelope, digest=digest(form), known_before=accepted.known_before,
        links=views.links(standing.door.public_url, accepted.envelope),
    )  # fmt: skip
