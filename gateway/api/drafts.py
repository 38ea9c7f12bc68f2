"""The next form of an exchange, begun for an officer: what is known is filled in, what is missing is named, nothing is kept."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Request
from pydantic import Field

from gateway.api import shown
from gateway.api.bodies import small_json
from gateway.api.callers import DECIDE, Allowed, Caller, Standing
from gateway.api.exchanges import ExchangePath
from gateway.api.messages import Purpose
from gateway.api.models import FindingView, View
from gateway.api.problems import Problem
from gateway.exchanges.drafting import Drafted
from gateway.identity import party

router = APIRouter(prefix="/api/v1/exchanges", tags=["exchanges"])
MEMBERS: Final = ("letter", "to")
MAX_LETTER: Final = 40


class EmptyView(View):
    """A field that the officer may fill."""

    name: str
    label: str = Field(description="What the schema's documentation calls it.")


class DraftView(View):
    """A form that is begun."""

    dialogue: str
    text: str = Field(description="What the form is for, with what it must contain.")
    expected: bool
    leads_to: str
    needs: dict[str, str] = Field(description="Facts that the form must show to count as this step.")
    citation: str
    confidence: str
    order: dict[str, Any] = Field(description="Complete it and send it to `POST /api/v1/messages`.")
    empty: list[EmptyView]
    findings: list[FindingView] = Field(description="What the rules say of the form as it is now.")


SAMPLE: Final[dict[str, Any]] = {
    "dialogue": "supplementary-information", "text": "the answer, or the form that was asked for", "expected": True, "leads_to": "answered",
    "needs": {}, "citation": "Regulation (EU) 2018/1862 Art 8(3)", "confidence": "verified",
    "order": {"counterpart": "sirene:XB", "form": {
        "format": "sirene/M@1", "header": {"in_reply_to": "0193a5c0-7d10-7a01-8b3c-5e0f9a1c0003", "language": "en"},
        "fields": [{"name": "SchengenId", "value": "XA00000000000000042", "number": "005"}],
    }},
    "empty": [{"name": "SupplementaryInformation", "label": "Further information."}], "findings": [],
}  # fmt: skip
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {
            "schema": {
                "type": "object", "required": ["letter"], "additionalProperties": False,
                "properties": {
                    "letter": {"type": "string", "description": "The form, as `next` of the exchange names it."},
                    "to": {"type": "string", "description": "For whom, where several offices take part."},
                },
            },
            "example": {"letter": "M", "to": "sirene:XB"},
        }},
    }
}  # fmt: skip


async def _wanted(request: Request) -> tuple[str, str]:
    said = await small_json(request, MEMBERS)
    letter = str(said.get("letter", ""))
    if not (letter and letter.isascii() and letter.isalnum() and len(letter) <= MAX_LETTER):
        raise Problem(
            400, "draft.letter", "Say which form, in `letter`; `next` of the exchange names those that may come."
        )
    try:
        return letter, party(said["to"]) if said.get("to") else ""
    except ValueError as error:
        raise Problem(400, "draft.receiver", "`to` is no office, such as sirene:XB.") from error


@router.post(
    "/{exchange}/drafts", summary="Begin the next form of an exchange",
    responses=shown.answers(SAMPLE, 400, 404, 408, 409, 413, 415, 422), openapi_extra=_BODY,
)  # fmt: skip
async def post_draft(
    exchange: ExchangePath, standing: Standing, caller: Annotated[Caller, Depends(Allowed(*DECIDE))], purpose: Purpose,
    wanted: Annotated[tuple[str, str], Depends(_wanted)],
) -> DraftView:  # fmt: skip
    """Header, references and what the matter is about are copied from the exchange; nothing else is guessed, and nothing is kept."""
    letter, to = wanted
    return _view(await standing.gateway.drafts.draft(exchange, letter, to, caller.person, purpose))


def _view(made: Drafted) -> DraftView:
    form = {name: value for name, value in msgspec.to_builtins(made.form).items() if name != "subjects"}
    following = made.next
    return DraftView(
        dialogue=made.dialogue, text=following.text, expected=following.expected, leads_to=following.leads_to,
        needs=dict(following.needs), citation=following.citation, confidence=following.confidence,
        order={"counterpart": made.counterpart, "form": form},
        empty=[EmptyView(name=each.name, label=each.label) for each in made.empty],
        findings=[FindingView.model_validate(each) for each in made.findings],
    )  # fmt: skip
