"""Messages: send, list, read, and the decisions of officers. Reading and searching need a stated purpose, which is journalled (promise 11)."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from gateway.api import shown, views
from gateway.api.bodies import small_json
from gateway.api.callers import DECIDE, OPERATE, SEE, SUBMIT, Allowed, Caller, Standing
from gateway.api.models import ActView, DetailView, ListView, ReasonBody, SubmissionView, TimelineView
from gateway.api.problems import Problem
from gateway.api.submission import submit as keep
from gateway.envelope import Direction
from gateway.errors import Refused
from gateway.identity import UUID_PATTERN
from gateway.ledger import Query as Wanted
from gateway.ledger import Row, Summary
from gateway.lifecycle import STATES
from gateway.vault.sealed import ContentDestroyed

router = APIRouter(prefix="/api/v1/messages", tags=["messages"])
MAX_LISTED: Final = 200
MAX_LOOKED_AT: Final = 1000
"""Messages of others that are passed over in search of a submitter's own before a page is given."""
STATE_NAMES: Final = frozenset(state.name for state in STATES)

MayRead = Annotated[Caller, Depends(Allowed(*SEE))]
MessagePath = Annotated[str, Path(pattern=UUID_PATTERN, description="Our own key of the message.", examples=[shown.ID])]


def stated_purpose(
    purpose: Annotated[
        str,
        Query(
            max_length=1000,
            description="Why you look; here or in the header. Journalled.",
            examples=["Case 9999-99999-00001-26"],
        ),
    ] = "",
    x_spoc_purpose: Annotated[
        str,
        Header(alias="X-SPOC-Purpose", max_length=1000, description="Why you look; here or in the query. Journalled."),
    ] = "",
) -> str:
    """The stated purpose; raises `Problem` 400."""
    stated = (x_spoc_purpose or purpose).strip()
    if not stated:
        raise Problem(
            400,
            "purpose.missing",
            "State why you look, in the header X-SPOC-Purpose or the query parameter purpose; it is journalled.",
        )
    return stated


Purpose = Annotated[str, Depends(stated_purpose)]
_KEY: Final = "Mandatory; new for each message, the same when a request is repeated."
_COUNTERPART: Final = "The office to send to; for XML and MIME, in the header or in the query."
IdempotencyKey = Annotated[str, Header(alias="Idempotency-Key", description=_KEY, examples=["case-17-reply-1"])]
CounterpartHeader = Annotated[str, Header(alias="X-SPOC-Counterpart", description=_COUNTERPART, examples=["sirene:XB"])]
CounterpartQuery = Annotated[str, Query(description=_COUNTERPART, examples=["sirene:XB"])]


class Filters:
    """What a list may be narrowed to."""

    def __init__(  # noqa: PLR0913, PLR0917  one parameter for each filter of the address
        self,
        direction: Annotated[Direction | None, Query(description="Which way it travels.")] = None,
        state: Annotated[
            list[str] | None, Query(description="States of the lifecycle; may be repeated.", examples=[["held"]])
        ] = None,
        format: Annotated[str, Query(max_length=80, description="For example `sirene/G@1`.")] = "",
        counterpart: Annotated[str, Query(max_length=40, description="For example `sirene:XB`.")] = "",
        exchange: Annotated[str, Query(max_length=200, description="The matter.")] = "",
        cause: Annotated[str, Query(max_length=40, description="What this message brought about.")] = "",
        q: Annotated[
            str,
            Query(
                max_length=200,
                description="Exactly an id, message id, reference, exchange, digest, mail reference or idempotency key.",
            ),
        ] = "",
        before: Annotated[
            str, Query(max_length=40, description="Only messages older than this id: the next page.")
        ] = "",
        limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 50,
    ) -> None:
        if unknown := set(state or ()) - STATE_NAMES:
            raise Problem(
                422,
                "state.unknown",
                f"There is no state {min(unknown)[:40]!r}. Known are: {', '.join(sorted(STATE_NAMES))}.",
            )
        self.wanted = Wanted(
            direction=direction, states=tuple(state or ()), format=format, counterpart=counterpart, exchange=exchange, cause=cause,
            text=q, before_id=before, limit=limit,
        )  # fmt: skip


@router.post(
    "",
    status_code=202,
    summary="Send a message abroad",
    response_model=SubmissionView,
    responses=shown.SUBMITTED,
    openapi_extra=shown.SUBMISSION_BODY,
)
async def post_message(
    request: Request, standing: Standing, caller: Annotated[Caller, Depends(Allowed(*SUBMIT))],
    idempotency_key: IdempotencyKey = "", x_spoc_counterpart: CounterpartHeader = "", counterpart: CounterpartQuery = "",
) -> JSONResponse:  # fmt: skip
    """Takes an unsigned form; the gateway checks, signs and transmits it.

    Answers 202 only when the order is durable. The same idempotency key with the same content gives the first answer again with `known_before`;
    with other content it is refused with 409. In JSON, `form.header` may leave out `message_id`, `sent`, `sender`, `to` and `our_reference`: they
    are filled in, the ids always alike for one client and key. Files without a manifest in the header are listed in it as they came.
    """
    try:
        done = await keep(request, standing, caller.person)
    except (Problem, Refused) as refusal:
        await standing.refuse(
            request, refusal.code, "An order to send was refused; the client was told why.", caller.actor
        )
        raise
    told = SubmissionView(
        id=done.accepted.envelope, digest=done.digest, known_before=done.accepted.known_before,
        links=views.links(standing.door.public_url, done.accepted.envelope),
    )  # fmt: skip
    return JSONResponse(told.model_dump(mode="json"), 202, {"Location": told.links.self})


@router.get("", summary="List or find messages", responses=shown.LISTED)
async def list_messages(
    request: Request, standing: Standing, caller: MayRead, purpose: Purpose, filters: Annotated[Filters, Depends()]
) -> ListView:
    """Newest first. A submitter sees its own submissions only."""
    wanted = filters.wanted
    found = await standing.gateway.desk.find(wanted, caller.person, purpose)
    before = found[-1].id if len(found) == wanted.limit else ""
    if caller.only_own:
        found, before = await _own_page(standing, caller, wanted, found)
    following = ""
    if before:
        following = str(request.url.include_query_params(before=before).remove_query_params("purpose"))
        following = standing.link(following[following.index("/api/") :])
    destroyed = await standing.gateway.ledger.destroyed([each.id for each in found])
    return ListView(messages=[views.summary(each, destroyed.get(each.id)) for each in found], next=following)


async def _own_page(
    standing: Standing, caller: Caller, wanted: Wanted, found: list[Summary]
) -> tuple[list[Summary], str]:
    """A submitter's own messages among what was found and what follows it, and where the next page begins.

    That is the id of the last of them or, where many of others stand between, a moment: ids of others' are not given away.
    """
    own: list[Summary] = []
    looked = 0
    while True:
        for each in found:
            if await _own(standing, caller, each):
                own.append(each)
                if len(own) == wanted.limit:
                    return own, each.id
        looked += len(found)
        if len(found) < wanted.limit:
            return own, ""
        last = found[-1].id
        moment = _moment_after(last)
        if looked >= MAX_LOOKED_AT and (not wanted.before_id or moment < wanted.before_id):
            return [each for each in own if each.id >= moment], moment
        found = await standing.gateway.ledger.find(msgspec.structs.replace(wanted, before_id=last))


def _moment_after(envelope: str) -> str:
    """The millisecond after an id was made, written as ids begin (RFC 9562 section 5.7): all ids up to then are smaller."""
    told = f"{int(envelope[:8] + envelope[9:13], 16) + 1:012x}"
    return f"{told[:8]}-{told[8:]}"


async def _own(standing: Standing, caller: Caller, found: Summary) -> bool:
    try:
        row = await standing.gateway.ledger.get(found.id) if found.channel == "api" else None
    except ContentDestroyed:
        return False  # who gave it to us was destroyed with it
    return row is not None and row.envelope.claim.sender == caller.actor


async def _visible(standing: Standing, caller: Caller, envelope: str) -> None:
    """Whether the caller may see this message; others' messages look like none to a submitter."""
    if caller.only_own:
        row = await standing.gateway.ledger.get(envelope)
        if row is None or row.envelope.channel != "api" or row.envelope.claim.sender != caller.actor:
            raise Refused("envelope.unknown", "There is no message with this id.")


@router.get("/{envelope}", summary="One message, every field as understood", responses=shown.DETAIL)
async def get_message(envelope: MessagePath, standing: Standing, caller: MayRead, purpose: Purpose) -> DetailView:
    """Header, fields with labels, findings, signature, routing, answers, cases, transmissions, receipts and releases."""
    await _visible(standing, caller, envelope)
    row = await standing.gateway.desk.read(envelope, caller.person, purpose)
    (found,) = [
        each for each in await standing.gateway.ledger.find(Wanted(text=envelope, limit=10)) if each.id == envelope
    ]
    return views.detail(row, found, standing.gateway.formats, standing.door.public_url)


@router.get("/{envelope}/timeline", summary="What happened to a message", responses=shown.TIMELINE)
async def get_timeline(envelope: MessagePath, standing: Standing, caller: MayRead, purpose: Purpose) -> TimelineView:
    """Its journal, oldest first, each entry with its place in the hash chain."""
    await _visible(standing, caller, envelope)
    found = await standing.gateway.desk.timeline(envelope, caller.person, purpose)
    return TimelineView(envelope=envelope, entries=await views.entries(standing.gateway.ledger, found))


@router.get("/{envelope}/raw", summary="The bytes as they came", response_class=Response, responses=shown.RAW)
async def get_raw(envelope: MessagePath, standing: Standing, caller: MayRead, purpose: Purpose) -> Response:
    """Exactly the bytes that were taken in, or composed for a message of our own."""
    await _visible(standing, caller, envelope)
    payload = (await standing.gateway.desk.read(envelope, caller.person, purpose, raw=True)).envelope.payload
    return _download(payload.content, payload.media_type, envelope, payload.digest)


@router.get(
    "/{envelope}/signed", summary="The signed XML of a message we sent", response_class=Response, responses=shown.SIGNED
)
async def get_signed(envelope: MessagePath, standing: Standing, caller: MayRead, purpose: Purpose) -> Response:
    """The very bytes that go out, without the files beside them; 404 before it is signed."""
    await _visible(standing, caller, envelope)
    row = await standing.gateway.desk.read(envelope, caller.person, purpose, raw=True)
    signed = row.envelope.learned.signed
    if signed is None:
        raise Problem(404, "envelope.not-signed", "We have signed nothing for this message.")
    return _download(signed, "application/xml", envelope, "")


ENDINGS: Final = {
    "application/xml": "xml",
    "text/xml": "xml",
    "application/json": "json",
    "message/rfc822": "eml",
    "multipart/mixed": "mime",
}


def _download(content: bytes, media_type: str, envelope: str, digest: str) -> Response:
    kind = media_type.partition(";")[0].strip().lower()
    ending = ENDINGS.get(kind, "bin")
    shown_type = kind if kind in ENDINGS else "application/octet-stream"
    headers = {
        "Content-Disposition": f'attachment; filename="{envelope}.{ending}"',
        "X-Content-Type-Options": "nosniff",
    }
    if digest:
        headers["ETag"] = f'"{digest}"'
    # A bare media type, so that no character set is added to bytes that say it themselves.
    return Response(content, headers={**headers, "Content-Type": shown_type})


async def _reason(request: Request) -> str:
    return str((await small_json(request, ReasonBody.model_fields)).get("reason", ""))


Reason = Annotated[str, Depends(_reason)]
_BODY: Final[dict[str, Any]] = {"responses": shown.ACTED, "openapi_extra": shown.REASON_BODY}


def _acted(standing: Standing, row: Row) -> ActView:
    code = row.reason.code if row.reason else ""
    return ActView(
        id=row.envelope.id,
        state=row.state,
        reason_code=code,
        links=views.links(standing.door.public_url, row.envelope.id),
    )


@router.post("/{envelope}/release", summary="Let a held message go on", **_BODY)
async def release(
    envelope: MessagePath, standing: Standing, caller: Annotated[Caller, Depends(Allowed(*DECIDE))], reason: Reason
) -> ActView:
    """A held message goes on from where it stood; an ambiguous one is handed over again."""
    return _acted(standing, await standing.gateway.desk.release(envelope, caller.person, reason))


@router.post("/{envelope}/reject", summary="Refuse a held message for good", **_BODY)
async def reject(
    envelope: MessagePath, standing: Standing, caller: Annotated[Caller, Depends(Allowed(*DECIDE))], reason: Reason
) -> ActView:
    """A held, ambiguous or quarantined message is refused; the sender of an inbound one is told the reason."""
    return _acted(standing, await standing.gateway.desk.reject(envelope, caller.person, reason))


@router.post("/{envelope}/replay", summary="Send a message through all stages again", **_BODY)
async def replay(
    envelope: MessagePath, standing: Standing, caller: Annotated[Caller, Depends(Allowed(*OPERATE))], reason: Reason
) -> ActView:
    """A held or quarantined message starts again, for example after a fault of ours was mended."""
    return _acted(standing, await standing.gateway.desk.replay(envelope, caller.person, reason))
