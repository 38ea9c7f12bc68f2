"""Our sheet of a day, from what is kept of running numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from gateway.ledger import Ledger
from gateway.numbers import sheets
from gateway.numbers.reading import everything
from gateway.numbers.series import COME, GIVEN, SIGNED, TAKEN, VOID, Numbered, NumberQuery
from gateway.numbers.sheets import Line, Sheet


class Day(Struct, frozen=True, kw_only=True):
    """A legal day: 23, 24 or 25 hours."""

    day: date
    begins: datetime
    ends: datetime


def legal_day(day: date, zone: tzinfo) -> Day:
    """The day as a place with this legal time has it."""
    midnight = time(0, tzinfo=zone)
    begins, ends = (datetime.combine(day + timedelta(days=later), midnight).astimezone(UTC) for later in (0, 1))
    return Day(day=day, begins=begins, ends=ends)


async def composed(ledger: Ledger, own: str, partner: str, day: Day, missing: Sequence[int]) -> Sheet:
    """The sheet of one day; `missing` are numbers of the partner with which nothing came."""
    sent = await _sent(ledger, own, partner, day)
    came, highest = await _came(ledger, own, partner, day)
    known = [Line(number=number, state=sheets.MISSING) for number in missing]
    return Sheet(
        sender=own, receiver=partner, day=day.day, begins=day.begins, ends=day.ends, sent=sent,
        received=tuple(sorted((*came, *known), key=lambda line: (line.number, line.message_id))),
        received_up_to=max((highest, *missing)),
    )  # fmt: skip


async def _sent(ledger: Ledger, own: str, partner: str, day: Day) -> tuple[Line, ...]:
    """All numbers between the last of the days before and the last of this one: a clock that was turned back loses none."""
    first = await _last_before(ledger, own, partner, day.begins) + 1
    last = await _last_before(ledger, own, partner, day.ends)
    query = NumberQuery(
        sender=own, receiver=partner, kinds=(GIVEN, SIGNED, TAKEN, VOID), least=first, most=last
    )  # fmt: skip
    by_number: dict[int, list[Numbered]] = defaultdict(list)
    for row in await everything(ledger, query) if last >= first else ():
        by_number[row.number].append(row)
    return tuple(line_of(number, rows) for number, rows in sorted(by_number.items()))


async def _last_before(ledger: Ledger, own: str, partner: str, moment: datetime) -> int:
    query = NumberQuery(
        sender=own, receiver=partner, kinds=(GIVEN,), before=moment, newest_first=True, limit=1
    )  # fmt: skip
    found = await ledger.numbers(query)
    return found[0].number if found else 0


def line_of(number: int, rows: Iterable[Numbered]) -> Line:
    """What became of a number of ours."""
    kinds = {row.kind: row for row in rows}
    if VOID in kinds:
        return Line(number=number, state=sheets.VOID)
    signed = kinds.get(SIGNED)
    if signed is None or TAKEN not in kinds:
        return Line(number=number, state=sheets.WAITING, message_id=kinds[GIVEN].message_id)
    return Line(number=number, state=sheets.SENT, message_id=signed.message_id, digest=signed.digest)


async def _came(ledger: Ledger, own: str, partner: str, day: Day) -> tuple[list[Line], int]:
    """What came on the day, each message once, and the highest number that is known."""
    asked = NumberQuery(sender=partner, receiver=own, kinds=(COME,), since=day.begins, before=day.ends)
    lines = {
        Line(number=row.number, state=sheets.CAME, message_id=row.message_id, digest=row.digest): None
        for row in await everything(ledger, asked)
    }
    highest = await ledger.numbers(
        NumberQuery(sender=partner, receiver=own, kinds=(COME,), before=day.ends, newest_first=True, limit=1)
    )
    return list(lines), highest[0].number if highest else 0
