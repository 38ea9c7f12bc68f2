"""Figures of a period, counted from the journal; every number opens the list behind it. No personal data is in any of them."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field

from gateway.api import shown
from gateway.api.bodies import small_json
from gateway.api.callers import DECIDE, READ, Allowed, Caller, Here, Standing
from gateway.api.models import View
from gateway.api.problems import Problem
from gateway.journal.entry import read as read_entry
from gateway.persons import entry_by
from gateway.statistics.figure import Figure, Figures
from gateway.statistics.tally import Behind, Period, Tally
from gateway.verdict import Details

router = APIRouter(prefix="/api/v1/statistics", tags=["statistics"])
PAGE: Final = 1000
MAX_LISTED: Final = 10_000
MAX_COUNT: Final = 100_000
MAX_WORDS: Final = 500
MayRead = Annotated[Caller, Depends(Allowed(*READ))]
FamilyPath = Annotated[str, Path(pattern="^[a-z]{2,12}$", description="The family of forms.", examples=["sirene"])]
Begins = Annotated[datetime, Query(alias="from", description="Included.", examples=["2026-01-01T00:00:00Z"])]
Ends = Annotated[datetime, Query(alias="until", description="Not included.", examples=["2027-01-01T00:00:00Z"])]


class RowView(View):
    """One number."""

    key: list[str] = Field(description="The values of the facts in `by`.")
    count: int


class FigureView(View):
    """One figure."""

    id: str
    title: str
    by: list[str]
    told_to: str
    citation: str
    confidence: str
    note: str
    total: int
    rows: list[RowView]


class MissingView(View):
    """A figure that the journal cannot give."""

    title: str
    reason: str
    citation: str


class StatisticsView(View):
    """All figures of a family over a period."""

    family: str
    begins: datetime = Field(alias="from")
    ends: datetime = Field(alias="until")
    entries: int = Field(description="Entries of the journal that were looked at.")
    figures: list[FigureView]
    not_from_here: list[MissingView]


class BehindView(View):
    """One entry behind a number."""

    number: int = Field(description="Its number in the journal.")
    at: datetime
    event: str
    envelope: str
    exchange: str
    counterpart: str


class ListBehindView(View):
    """The list behind a number."""

    figure: str
    key: list[str]
    count: int
    listed: list[BehindView]


class RecordedView(View):
    """What was recorded."""

    kind: str
    count: int


def _figures(standing: Here, family: str) -> Figures:
    found = standing.gateway.formats.family(f"{family}/x@1").figures
    if found is None:
        raise Problem(404, "statistics.unknown", f"The family {family} has no figures.")
    return found()


def _period(begins: datetime, ends: datetime) -> Period:
    try:
        return Period(begins=begins, ends=ends)
    except ValueError as error:
        raise Problem(422, "statistics.period", f"This is no period: {error}.") from error


async def _counted(standing: Here, figures: Figures, period: Period, family: str) -> Tally:
    """A walk over the whole journal, page by page, that lets others have their turn."""
    tally = Tally(figures.figures, period, family)
    found = await standing.gateway.ledger.journal(0, PAGE)
    while found:
        for link in found:
            tally.feed(link.number, read_entry(link.entry))
        await asyncio.sleep(0)
        found = await standing.gateway.ledger.journal(found[-1].number, PAGE)
    return tally


async def _journal(standing: Here, caller: Caller, details: Details) -> None:
    """That figures were read, and by whom: behind each of them stand messages."""
    gateway = standing.gateway
    await gateway.ledger.record([entry_by(caller.person, "statistics.read", gateway.clock.now(), details=details)])


@router.get("/{family}", summary="Figures of a period", responses=shown.STATISTICS)
async def get_statistics(
    standing: Standing, caller: MayRead, family: FamilyPath, begins: Begins, ends: Ends
) -> StatisticsView:
    """Everything that the law wants counted for this family, each with its source and whom it is for."""
    figures, period = _figures(standing, family), _period(begins, ends)
    await _journal(standing, caller, (("family", family), ("from", begins.isoformat()), ("until", ends.isoformat())))
    tally = await _counted(standing, figures, period, family)
    missing = [
        MissingView(title=each.title, reason=each.reason, citation=each.citation) for each in figures.not_from_here
    ]
    return StatisticsView.model_validate({
        "family": family, "from": begins, "until": ends, "entries": tally.entries,
        "figures": [_view(each, tally) for each in figures.figures], "not_from_here": missing,
    })  # fmt: skip


def _view(figure: Figure, tally: Tally) -> FigureView:
    rows = [RowView(key=list(row.key), count=row.count) for row in tally.rows(figure.id)]
    return FigureView(
        id=figure.id, title=figure.title, by=list(figure.by), told_to=figure.told_to, citation=figure.citation,
        confidence=figure.confidence, note=figure.note, total=tally.total(figure.id), rows=rows,
    )  # fmt: skip


@router.get("/{family}/{figure}", summary="The list behind a number", responses=shown.BEHIND)
async def get_behind(  # noqa: PLR0913, PLR0917  one parameter for each part of the address
    standing: Standing, caller: MayRead, family: FamilyPath,
    figure: Annotated[str, Path(max_length=64, description="The figure by its id.", examples=["forms-sent"])], begins: Begins, ends: Ends,
    key: Annotated[list[str] | None, Query(description="The values of the row, in the order of `by`; left out, all rows.")] = None,
) -> ListBehindView:  # fmt: skip
    """The entries of the journal that make one number, with the messages that they are about."""
    figures = _figures(standing, family)
    counted = next((each for each in figures.figures if each.id == figure), None)
    if counted is None:
        known = ", ".join(each.id for each in figures.figures)
        raise Problem(404, "statistics.figure", f"There is no such figure. Known are: {known}.")
    if key and len(key) != len(counted.by):
        order = ", ".join(counted.by)
        raise Problem(422, "statistics.key", f"Name a row by all its values, in this order: {order}.")
    period = _period(begins, ends)
    await _journal(
        standing,
        caller,
        (("family", family), ("figure", figure), ("from", begins.isoformat()), ("until", ends.isoformat())),
    )
    tally = await _counted(standing, figures, period, family)
    found = tally.behind(figure, tuple(key) if key else None)
    return ListBehindView(
        figure=figure, key=key or [], count=len(found), listed=[_behind(each) for each in found[:MAX_LISTED]]
    )  # fmt: skip


def _behind(each: Behind) -> BehindView:
    return BehindView(
        number=each.number, at=each.at, event=each.event, envelope=each.envelope, exchange=each.exchange,
        counterpart=each.counterpart,
    )  # fmt: skip


@router.post(
    "/{family}/records", status_code=201, summary="Record what no message shows", responses=shown.RECORDED,
    openapi_extra=shown.RECORD_BODY,
)  # fmt: skip
async def post_record(
    request: Request, standing: Standing, caller: Annotated[Caller, Depends(Allowed(*DECIDE))], family: FamilyPath
) -> RecordedView:
    """An intervention of the contact person for hard cases, a court case: what is counted and stands in no message."""
    _figures(standing, family)
    given = await small_json(request, ("kind", "counterpart", "result", "reason", "count"))
    kind, reason, number = given.get("kind", ""), given.get("reason", "").strip(), given.get("count", "1")
    if not (kind and kind.isascii() and len(kind) <= 64 and kind.replace("-", "").isalnum()):
        raise Problem(
            422, "statistics.kind", "Name a kind in letters, digits and hyphens, for example sircop-intervention."
        )
    if not reason:
        raise Problem(422, "reason.missing", "Say what happened, without names of persons; it is journalled.")
    for name in ("counterpart", "result", "reason"):
        text = given.get(name, "")
        if len(text) > MAX_WORDS or not text.isprintable():
            raise Problem(422, f"statistics.{name}", f"Write {name} on one line of at most {MAX_WORDS} characters.")
    if not (number.isascii() and number.isdecimal() and len(number) <= len(str(PAGE))) or not 1 <= int(number) <= PAGE:
        raise Problem(422, "statistics.count", f"A count is a number from 1 to {PAGE}.")
    details = tuple(
        (name, value)
        for name, value in (("kind", kind), ("counterpart", given.get("counterpart", "")), ("result", given.get("result", "")), ("why", reason))
        if value
    )  # fmt: skip
    entry = entry_by(caller.person, "figure.recorded", standing.gateway.clock.now(), details=details)
    await standing.gateway.ledger.record([entry] * int(number))
    return RecordedView(kind=kind, count=int(number))
