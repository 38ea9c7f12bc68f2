"""Calendars of invented states in real time zones, and short ways to say what took place."""

from __future__ import annotations

from datetime import UTC, date, datetime

from gateway.clocks.calendar import ListedDays, legal_time
from gateway.clocks.definition import ClockDefinition, Consequence, Extension, Pause
from gateway.clocks.happening import Happening
from gateway.clocks.limit import Kind, Limit, Moves, Unit

HOLIDAYS_OF_XA = (date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 12, 25), date(2027, 1, 1))
XA = ListedDays(legal_time("Europe/Copenhagen"), HOLIDAYS_OF_XA)
NO_HOLIDAYS = ListedDays(UTC)


def at(text: str, zone: str = "UTC") -> datetime:
    """A moment such as `2026-03-28 22:30` in the legal time of a place."""
    return datetime.fromisoformat(text).replace(tzinfo=legal_time(zone))


def told(name: str, moment: datetime, *, reason: str = "", amount: int = 0, until: datetime | None = None) -> Happening:
    return Happening(name=name, at=moment, reason=reason, amount=amount, until=until)


def duration(amount: int, unit: Unit, *, moves: Moves = Moves.NO, local: bool = True, before: bool = False) -> Limit:
    return Limit(kind=Kind.DURATION, amount=amount, unit=unit, moves=moves, local=local, before=before)


QUESTION = Pause(begins="question.asked", ends="question.answered", citation="Example", confidence="proposal")
DOUBT = Pause(begins="doubt.raised", ends="doubt.settled", citation="Example", confidence="proposal")
LONGER = Extension(event="more.asked", at_most=12, times=1, citation="Example", confidence="proposal")
NO_OBJECTION = Consequence(effect="no-objection", text="Nobody objects.")


def clock(
    limit: Limit,
    *,
    pauses: tuple[Pause, ...] = (),
    extension: Extension | None = None,
    consequence: Consequence | None = None,
    restarts: bool = False,
    warn_percent: tuple[int, ...] = (50, 80),
) -> ClockDefinition:
    """An example clock from `request.received` to `answer.sent`."""
    return ClockDefinition(
        id="X01",
        row="X01",
        title="request received",
        act="answer",
        owes=("requested",),
        starts=("request.received",),
        stops=("answer.sent",),
        limit=limit,
        citation="Example",
        confidence="proposal",
        limit_confidence="proposal",
        warn_percent=warn_percent,
        pauses=pauses,
        extension=extension,
        consequence=consequence,
        escalation="" if consequence else "duty officer",
        restarts=restarts,
    )
