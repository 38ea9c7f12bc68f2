"""Daily sheets, running numbers and what differs between two offices; whoever looks is journalled."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field

from gateway.api import shown
from gateway.api.bodies import small_json
from gateway.api.callers import DECIDE, READ, Allowed, Caller, Standing
from gateway.api.models import View
from gateway.api.problems import Problem
from gateway.errors import Refused
from gateway.identity import PARTY_PATTERN, UUID_PATTERN
from gateway.numbers.desk import Shown
from gateway.numbers.series import DIFFERENCES, MAX_NUMBER, Numbered
from gateway.numbers.sheets import Line
from gateway.persons import entry_by

router = APIRouter(prefix="/api/v1", tags=["sheets"])
MAX_LISTED: Final = 200
MAX_DIFFERENCES: Final = 10_000
MayRead = Annotated[Caller, Depends(Allowed(*READ))]
Counterpart = Annotated[str, Query(pattern=f"^$|{PARTY_PATTERN}", description="Only of this office.")]
SettleBody: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["sender", "receiver", "number", "kind", "reason"],
                    "additionalProperties": False,
                    "properties": {
                        name: {"type": "string"} for name in ("sender", "receiver", "number", "kind", "reason")
                    },
                },
                "example": {
                    "sender": "sirene:XB", "receiver": "sirene:XA", "number": "17", "kind": "missing",
                    "reason": "They say by telephone that it was an exercise",
                },
            }
        },
    }
}  # fmt: skip


class LineView(View):
    """One number of a sheet."""

    number: int
    state: str = Field(description="Sent: `sent`, `waiting` or `void`. Received: `came` or `missing`.")
    message_id: str
    digest: str = Field(description="SHA-256 of the signed document without its signature, in canonical form.")


class SheetView(View):
    """One part of one edition of a sheet."""

    id: str = Field(description="Our own key of the message that carries it.")
    direction: str
    counterpart: str
    state: str
    reason: str = Field(description="Why it stands there: `sheet.agrees`, `sheet.differs`, or what is wrong with it.")
    day: date | None = Field(description="The legal day of its writer; none where its content is gone.")
    edition: int
    part: int
    parts: int
    sent: int = Field(description="How many numbers it tells as given.")
    received: int = Field(description="How many it tells as come or missing.")
    at: datetime


class WholeSheetView(SheetView):
    """A sheet with its lines."""

    sent_lines: list[LineView]
    received_lines: list[LineView]
    received_up_to: int


class SheetsView(View):
    """Sheets, newest first."""

    sheets: list[SheetView]
    next_before: str = Field(description="Ask for sheets before this one next; empty at the end.")


class DifferenceView(View):
    """What two offices do not know alike, and nothing has settled."""

    sender: str
    receiver: str
    number: int
    kind: str = Field(description="`missing`, `unheard`, `differs`, `twice` or `foreign`.")
    about: str = Field(description="The message of ours, where it is one.")
    message_id: str
    digest: str
    since: datetime
    note: str


class SeriesView(View):
    """A series of running numbers."""

    sender: str
    receiver: str
    last: int = Field(description="The last number that was given, or the highest that has come.")


class DifferencesView(View):
    """Everything that is open, oldest first."""

    differences: list[DifferenceView] = Field(description=f"At most {MAX_DIFFERENCES}.")
    series: list[SeriesView]


@router.get("/sheets", summary="Daily sheets, ours and theirs", responses=shown.SHEETS)
async def get_sheets(
    standing: Standing, caller: MayRead, counterpart: Counterpart = "",
    before: Annotated[str, Query(pattern=f"^$|{UUID_PATTERN}", description="Only sheets before this one: the next page.")] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 50,
) -> SheetsView:  # fmt: skip
    """What each day was told to a counterpart, and by it. Looking is journalled."""
    gateway = standing.gateway
    found = await gateway.sheets.sheets(counterpart, before=before, limit=limit)
    await _journal(standing, caller, (("counterpart", counterpart), ("sheets", str(len(found)))))
    last = found[-1].summary.id if len(found) == limit else ""
    return SheetsView(sheets=[SheetView(**_sheet(each)) for each in found], next_before=last)


@router.get("/sheets/differences", summary="What differs between two offices", responses=shown.DIFFERENCES)
async def get_differences(standing: Standing, caller: MayRead, counterpart: Counterpart = "") -> DifferencesView:
    """Every difference is a task: something comes late, or a person settles it with a reason. Looking is journalled."""
    desk = standing.gateway.sheets
    found, series = await desk.differences(counterpart), await desk.series()
    await _journal(standing, caller, (("counterpart", counterpart), ("differences", str(len(found)))))
    told = [SeriesView(sender=sender, receiver=receiver, last=last) for sender, receiver, last in series]
    return DifferencesView(
        differences=[_difference(each) for each in found[:MAX_DIFFERENCES]],
        series=[each for each in told if counterpart in ("", each.sender, each.receiver)],
    )  # fmt: skip


@router.post(
    "/sheets/differences/settle", summary="Settle a difference", responses=shown.SETTLED, openapi_extra=SettleBody
)
async def settle(
    request: Request, standing: Standing, caller: Annotated[Caller, Depends(Allowed(*DECIDE))]
) -> DifferenceView:
    """A person says why a difference is none any more; the reason is journalled, and the difference is not opened again."""
    given = await small_json(request, ("sender", "receiver", "number", "kind", "reason"))
    number = str(given.get("number", ""))
    if not (number.isascii() and number.isdecimal() and len(number) <= len(str(MAX_NUMBER))):
        raise Problem(422, "difference.number", "Name the number as the list of differences does.")
    series = (str(given.get("sender", "")), str(given.get("receiver", "")))
    kind, reason = str(given.get("kind", "")), str(given.get("reason", ""))
    try:
        row = await standing.gateway.sheets.settle(series, int(number), kind, caller.person, reason)
    except Refused as refused:
        status = 422 if refused.code == "reason.missing" else 404
        raise Problem(status, refused.code, refused.public) from refused
    return _difference(row)


@router.get("/sheets/{sheet}", summary="One sheet with its lines", responses=shown.SHEET)
async def get_sheet(
    standing: Standing, caller: MayRead,
    sheet: Annotated[str, Path(pattern=UUID_PATTERN, description="Our own key of the message that carries it.", examples=[shown.ID])],
) -> WholeSheetView:  # fmt: skip
    """Every number that the sheet tells of. Looking is journalled."""
    try:
        found = await standing.gateway.sheets.sheet(sheet)
    except Refused as refused:
        raise Problem(404, refused.code, refused.public) from refused
    await _journal(standing, caller, (("sheet", sheet),))
    whole = found.sheet
    return WholeSheetView(
        **_sheet(found), received_up_to=whole.received_up_to if whole else 0,
        sent_lines=[_line(line) for line in (whole.sent if whole else ())],
        received_lines=[_line(line) for line in (whole.received if whole else ())],
    )  # fmt: skip


async def _journal(standing: Standing, caller: Caller, details: tuple[tuple[str, str], ...]) -> None:
    told = tuple((name, value) for name, value in details if value)
    gateway = standing.gateway
    await gateway.ledger.record([entry_by(caller.person, "sheets.read", gateway.clock.now(), details=told)])


def _sheet(found: Shown) -> dict[str, Any]:
    summary, sheet = found.summary, found.sheet
    return {
        "id": summary.id, "direction": summary.direction.value, "counterpart": summary.counterpart, "state": summary.state,
        "reason": summary.reason_code, "at": summary.received_at, "day": sheet.day if sheet else None,
        "edition": sheet.edition if sheet else 0, "part": sheet.part if sheet else 0, "parts": sheet.parts if sheet else 0,
        "sent": len(sheet.sent) if sheet else 0, "received": len(sheet.received) if sheet else 0,
    }  # fmt: skip


def _line(line: Line) -> LineView:
    return LineView(number=line.number, state=line.state, message_id=line.message_id, digest=line.digest)


def _difference(row: Numbered) -> DifferenceView:
    return DifferenceView(
        sender=row.sender, receiver=row.receiver, number=row.number, kind=row.kind, since=row.at, note=row.note,
        about=row.about if row.kind in DIFFERENCES else "", message_id=row.message_id, digest=row.digest,
    )  # fmt: skip
