"""How long a limit is, and when it ends.

The one idea: two ways of counting that never mix. *Exact* limits (hours, days of 24 hours) are seconds on the world's
clock: nights, holidays and changes to summer time do not touch them. *Whole-day* limits (calendar days, working days,
months, years) are dates in the legal time of the bound authority: the day of the event does not count, and the limit
ends when its last day ends.
"""

from __future__ import annotations

import calendar as months
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.clocks.calendar import Calendar, CalendarDoesNotReach
from gateway.clocks.happening import ZERO

LONGEST: Final = 1200
"""The largest number in a limit: hours, days, months. A hundred years are enough."""
_LONGEST_REST: Final = 366
"""Days without a working day after which a calendar is called broken."""


class Unit(StrEnum):
    HOURS = "hours"
    ELAPSED_DAYS = "days of 24 hours"
    CALENDAR_DAYS = "calendar days"
    WORKING_DAYS = "working days"
    MONTHS = "months"
    YEARS = "years"


EXACT: Final = frozenset({Unit.HOURS, Unit.ELAPSED_DAYS})


class Kind(StrEnum):
    """What sort of limit the law sets."""

    DURATION = "duration"
    IMMEDIATELY = "IMMEDIATE"
    """At once: no figure, so nothing is computed; it alarms from the start until it is done."""
    AS_SOON_AS_POSSIBLE = "AS_SOON_AS_POSSIBLE"
    """No figure and no alarm; it shows how long the matter has been open."""
    STATED = "STATED"
    """The event that starts the clock names the end."""
    NO_TIME = "NONE"
    """No time runs: the consequence holds from the start."""


class Moves(StrEnum):
    """Whether a limit that ends on a day off ends on the next working day instead."""

    NO = "no"
    YES = "yes"
    OPEN = "open"
    """Nobody has settled it. What we owe is due at the earlier date; what silence brings about waits for the later."""


class Limit(Struct, frozen=True, kw_only=True):
    """One limit. `local` says whose midnight ends a day: the bound authority's, or else that of UTC."""

    kind: Kind
    amount: int = 0
    unit: Unit | None = None
    local: bool = True
    moves: Moves = Moves.NO
    before: bool = False
    """Counted back from a stated moment instead of on from the start."""

    @property
    def exact(self) -> bool:
        """Whether it is counted in seconds; then an act at the very end is in time."""
        return self.kind is not Kind.DURATION or self.unit in EXACT

    @property
    def counts(self) -> bool:
        """Whether there is an end to compute."""
        return self.kind in {Kind.DURATION, Kind.STATED}

    def words(self) -> str:
        """The limit as people say it."""
        if self.kind is Kind.DURATION:
            unit = self.unit.removesuffix("s") if self.unit and self.amount == 1 else str(self.unit)
            return f"{self.amount} {unit}" + (" before the stated date" if self.before else "")
        said = {
            Kind.IMMEDIATELY: "at once", Kind.AS_SOON_AS_POSSIBLE: "as soon as possible", Kind.STATED: "as stated",
        }  # fmt: skip
        return said.get(self.kind, "no time runs")


class End(Struct, frozen=True, kw_only=True):
    """When a limit ends; `moved` is the later date where the question is open and makes a difference."""

    at: datetime
    moved: datetime | None = None


def end_of(limit: Limit, start: datetime, until: datetime | None, more: int, calendar: Calendar) -> End | None:
    """When a limit that began at `start` ends, lengthened by `more` units; None when there is no end to compute."""
    if limit.kind is Kind.STATED:
        return End(at=max(start, until)) if until else None
    if limit.kind is not Kind.DURATION or limit.unit is None:
        return None
    amount = limit.amount + more
    if limit.unit in EXACT:
        # No calendar is asked: such a limit runs wherever the bound authority sits.
        return End(at=start + timedelta(hours=amount if limit.unit is Unit.HOURS else 24 * amount))
    zone = calendar.zone if limit.local else UTC
    if limit.before:
        return End(at=max(start, _months_before(limit, until, zone))) if until else None
    last = _last_day(limit.unit, start.astimezone(zone).date(), amount, calendar)
    moved = last if limit.moves is Moves.NO else _working_day_from(last, calendar)
    if limit.moves is Moves.YES:
        last = moved
    return End(at=_end_of_day(last, zone), moved=_end_of_day(moved, zone) if moved != last else None)


def _months_before(limit: Limit, until: datetime, zone: tzinfo) -> datetime:
    """The start of the day that lies so many months or years before a stated one."""
    back = limit.amount * (12 if limit.unit is Unit.YEARS else 1)
    return _start_of_day(_months_on(until.astimezone(zone).date(), -back), zone)


def _last_day(unit: Unit, first: date, amount: int, calendar: Calendar) -> date:
    """The last day of a limit whose event fell on `first`, which itself does not count."""
    match unit:
        case Unit.CALENDAR_DAYS:
            return first + timedelta(days=amount)
        case Unit.WORKING_DAYS:
            day = first
            for _ in range(amount):
                day = _working_day_from(day + timedelta(days=1), calendar)
            return day
        case Unit.YEARS:
            return _months_on(first, 12 * amount)
        case _:
            return _months_on(first, amount)


def _working_day_from(day: date, calendar: Calendar) -> date:
    for ahead in range(_LONGEST_REST):
        candidate = day + timedelta(days=ahead)
        if calendar.is_working_day(candidate):
            return candidate
    raise CalendarDoesNotReach(
        "clocks.calendar-without-work", "The calendar of working days cannot be used.",
        operator=f"The calendar knows no working day within a year of {day}.",
    )  # fmt: skip


def _months_on(day: date, count: int) -> date:
    """The same day so many months on, or the last day of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def _end_of_day(day: date, zone: tzinfo) -> datetime:
    return _start_of_day(day + timedelta(days=1), zone)


def _start_of_day(day: date, zone: tzinfo) -> datetime:
    """Midnight as a moment. Where a change of time skips it, the moment of the change; where it comes twice, the first."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def share(total: timedelta, percent: int) -> timedelta:
    """A part of a span, exact to the microsecond."""
    return max(ZERO, total) * percent // 100
