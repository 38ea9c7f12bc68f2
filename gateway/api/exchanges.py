"""Exchanges: where each stands, what may come next, which clocks run; and what people record beside the messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request

from gateway.api import exchange_models as views
from gateway.api import exchange_samples, shown
from gateway.api.bodies import small_json
from gateway.api.callers import DECIDE, READ, Allowed, Caller, Standing
from gateway.api.exchange_models import ExchangeView, MattersView
from gateway.api.messages import Purpose
from gateway.api.problems import Problem
from gateway.exchanges.desk import Record
from gateway.exchanges.matter import MAX_MATTERS_LISTED, MatterQuery
from gateway.identity import UUID_PATTERN

router = APIRouter(prefix="/api/v1/exchanges", tags=["exchanges"])
MayRead = Annotated[Caller, Depends(Allowed(*READ))]
MayRecord = Annotated[Caller, Depends(Allowed(*DECIDE))]
ExchangePath = Annotated[
    str, Path(pattern=UUID_PATTERN, description="Id of the exchange.", examples=[exchange_samples.EXCHANGE_ID])
]
MEMBERS: Final = ("name", "at", "about", "reason", "until", "amount")
MAX_AMOUNT_DIGITS: Final = 5


class Filters:
    """What a list may be narrowed to."""

    def __init__(  # noqa: PLR0913, PLR0917  # one parameter for each filter of the address
        self,
        open: Annotated[bool | None, Query(description="Only those with a dialogue or clock that is not done.")] = None,
        overdue: Annotated[bool | None, Query(description="Only those with a limit that has passed.")] = None,
        family: Annotated[str, Query(max_length=16, description="For example `sirene`.")] = "",
        key: Annotated[str, Query(max_length=200, description="The Schengen ID or case reference.")] = "",
        counterpart: Annotated[str, Query(max_length=40, description="For example `sirene:XB`.")] = "",
        before: Annotated[str, Query(max_length=40, description="Only exchanges older than this: the next page.")] = "",
        limit: Annotated[int, Query(ge=1, le=MAX_MATTERS_LISTED)] = 50,
    ) -> None:
        self.wanted = MatterQuery(
            closed=None if open is None else not open, overdue=overdue, family=family, key=key, counterpart=counterpart,
            before=before, limit=limit,
        )  # fmt: skip


_OPEN_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": exchange_samples.OPEN_SCHEMA, "example": exchange_samples.OPEN}},
    }
}


@router.get("", summary="List or find exchanges", responses=shown.answers(exchange_samples.LIST, 400, 422))
async def list_exchanges(
    request: Request, standing: Standing, caller: MayRead, purpose: Purpose, filters: Annotated[Filters, Depends()]
) -> MattersView:
    """Newest first, each with where it stands and what is overdue."""
    found = await standing.gateway.exchanges.find(filters.wanted, caller.person, purpose)
    following = ""
    if len(found) == filters.wanted.limit:
        following = str(request.url.include_query_params(before=found[-1].exchange).remove_query_params("purpose"))
        following = standing.link(following[following.index("/api/") :])
    return MattersView(exchanges=[views.matter(each) for each in found], next=following)


@router.get(
    "/{exchange}", summary="One exchange: where it stands, what may come, every clock",
    responses=shown.answers(exchange_samples.EXCHANGE, 400, 404, 422),
)  # fmt: skip
async def get_exchange(exchange: ExchangePath, standing: Standing, caller: MayRead, purpose: Purpose) -> ExchangeView:
    """Computed now from its messages and what was recorded, each rule with its source and how sure it is."""
    return views.exchange(await standing.gateway.exchanges.read(exchange, caller.person, purpose))


async def _record(request: Request) -> Record:
    said = await small_json(request, MEMBERS)
    if not said.get("name"):
        raise Problem(400, "happening.missing", "Say what took place, in `name`; the exchange lists the words.")
    amount = said.get("amount", "") or "0"
    if not (amount.isascii() and amount.isdecimal() and len(amount) <= MAX_AMOUNT_DIGITS):
        raise Problem(422, "happening.unreasonable", "`amount` is a whole number, written as a text.")
    return Record(
        name=said["name"], about=said.get("about", ""), reason=said.get("reason", ""), amount=int(amount),
        at=_moment("at", said.get("at", "")), until=_moment("until", said.get("until", "")),
    )  # fmt: skip


def _moment(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.utcoffset() is None:
        raise Problem(422, "happening.unreasonable", f"`{name}` is a time with its zone, such as 2026-11-21T12:00:00Z.")
    return found


_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": exchange_samples.RECORD_SCHEMA, "example": exchange_samples.RECORD}},
    }
}


@router.post(
    "", status_code=201, summary="Open an exchange for a duty of the office itself",
    responses=shown.answers(exchange_samples.EXCHANGE, 400, 404, 408, 413, 415, 422, status=201, words="Open and journalled."),
    openapi_extra=_OPEN_BODY,
)  # fmt: skip
async def post_exchange(request: Request, standing: Standing, caller: MayRecord) -> ExchangeView:
    """For what no message begins: yearly figures, a log to be destroyed, a security incident. What starts and stops its legal
    clocks is then recorded like everything else that takes place beside messages.
    """
    given = await small_json(request, ("family", "reason"))
    found = await standing.gateway.exchanges.open(given.get("family", ""), caller.person, given.get("reason", ""))
    return views.exchange(found)


@router.post(
    "/{exchange}/happenings", summary="Record what took place beside the messages",
    responses=shown.answers(exchange_samples.EXCHANGE, 400, 404, 408, 413, 415, 422), openapi_extra=_BODY,
)  # fmt: skip
async def post_happening(
    exchange: ExchangePath, standing: Standing, caller: MayRecord, record: Annotated[Record, Depends(_record)]
) -> ExchangeView:
    """A telephone call, a decision, an alert deleted: in the family's own words. The same again changes nothing."""
    return views.exchange(await standing.gateway.exchanges.record(exchange, record, caller.person))
