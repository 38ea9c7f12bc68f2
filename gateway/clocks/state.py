"""What a clock says at a moment: a pure function of its definition, what took place, a calendar and the moment.

The one idea: what took place after the moment is not looked at, so any past state can be computed again, and a state
never depends on when somebody asked before. `next_look_at` says when the answer can change by itself; nobody has to poll.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from gateway.clocks.calendar import Calendar
from gateway.clocks.definition import ClockDefinition, Consequence
from gateway.clocks.happening import EARLIEST, ZERO, Happening, in_utc, require_zone
from gateway.clocks.limit import Kind
from gateway.clocks.walk import Remark, Segment, Walk, Warned


class Status(StrEnum):
    """Where a clock stands."""

    WAITING = "waiting"
    """Nothing has started it."""
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    """What was owed is done; `late` says whether too late. It stays stopped for ever."""
    BREACHED = "breached"
    """The limit has passed and a person must act."""
    EXPIRED = "expired"
    """The limit has passed and what the law attaches to silence has taken effect; a later answer does not undo it."""


class ClockState(Struct, frozen=True, kw_only=True):
    """The answer. All moments are in UTC."""

    clock: str
    status: Status
    started_at: datetime | None = None
    due: datetime | None = None
    """When the limit ends; None where there is no figure, and during a pause, when nobody can know."""
    due_if_moved: datetime | None = None
    """The end by the other reading, where it is open whether days off move it."""
    stopped_at: datetime | None = None
    late: bool = False
    running_time: timedelta = ZERO
    """The sum of the segments in which the clock ran."""
    remaining: timedelta | None = None
    overdue: timedelta = ZERO
    segments: tuple[Segment, ...] = ()
    warnings: tuple[Warned, ...] = ()
    """The shares of the limit that are used up, each with its moment."""
    next_look_at: datetime | None = None
    """When this answer changes if nothing else takes place."""
    urgent: bool = False
    """Owed at once: it alarms from the start."""
    consequence: Consequence | None = None
    """What the law has made of the silence, once the clock has expired."""
    escalation: str = ""
    """Whom to bring it before now; empty while nobody needs to act."""
    remarks: tuple[Remark, ...] = ()

    @property
    def overdue_duty(self) -> bool:
        """Whether what the law makes of silence is a duty that somebody still has to carry out."""
        return self.consequence is not None and bool(self.consequence.escalation) and self.stopped_at is None


def state(
    definition: ClockDefinition, happenings: Iterable[Happening], calendar: Calendar, now: datetime
) -> ClockState:
    """Where the clock stands at `now`: its latest run, or waiting when there is none.

    Raises `CalendarDoesNotReach` when working days are needed of a year that the calendar does not know.
    """
    found = runs(definition, happenings, calendar, now)
    return found[-1] if found else ClockState(clock=definition.id, status=Status.WAITING)


def runs(
    definition: ClockDefinition, happenings: Iterable[Happening], calendar: Calendar, now: datetime
) -> tuple[ClockState, ...]:
    """Every run of the clock up to `now`, oldest first. Only a clock that restarts has more than one."""
    require_zone(now)
    now = now.astimezone(UTC)
    known = _in_order(definition, happenings, now)
    starts = [index for index, each in enumerate(known) if each.name in definition.starts]
    if not definition.restarts:
        starts = starts[:1]
    states = []
    for run, index in enumerate(starts):
        following = starts[run + 1] if run + 1 < len(starts) else None
        ended_by = known[following].at if following is not None else None
        walk = Walk(definition, known[index], calendar)
        walk.feed(known[index + 1 : following])
        if walk.stopped_at is None:
            walk.stopped_at = ended_by
        states.append(_state(definition, known[index], walk, now))
    return tuple(states)


def _in_order(definition: ClockDefinition, happenings: Iterable[Happening], now: datetime) -> list[Happening]:
    """What the clock looks at, each once, in an order that does not depend on how it came."""
    ranks = _ranks(definition)
    seen = {in_utc(each) for each in happenings if each.name in ranks}

    def place(each: Happening) -> tuple[datetime, int, str, str, int, datetime]:
        return each.at, ranks[each.name], each.name, each.reason, each.amount, each.until or EARLIEST

    return sorted((each for each in seen if each.at <= now), key=place)


def _ranks(definition: ClockDefinition) -> dict[str, int]:
    """What counts first among things of the same moment: nothing stops before it starts, no answer precedes its question."""
    groups = (
        definition.starts,
        (definition.extension.event,) if definition.extension else (),
        tuple(pause.begins for pause in definition.pauses),
        tuple(pause.ends for pause in definition.pauses),
        definition.stops,
        definition.resumes,
    )
    ranks: dict[str, int] = {}
    for rank, names in enumerate(groups):
        for name in names:
            ranks.setdefault(name, rank)
    return ranks


def _state(definition: ClockDefinition, start: Happening, walk: Walk, now: datetime) -> ClockState:
    seen_at = walk.stopped_at if walk.stopped_at is not None else now
    due, moved = walk.due(), walk.due_if_moved()
    status = _status(definition, walk, due, moved, seen_at)
    used, total = walk.used(seen_at), walk.total
    all_warnings = tuple(walk.warnings())
    urgent = definition.limit.kind is Kind.IMMEDIATELY
    open_alarm = status is Status.BREACHED or (urgent and status is Status.RUNNING)
    return ClockState(
        clock=definition.id,
        status=status,
        started_at=start.at,
        due=due,
        due_if_moved=moved,
        stopped_at=walk.stopped_at,
        late=walk.stopped_at is not None and _has_passed(definition, due, walk.stopped_at),
        running_time=used,
        remaining=max(ZERO, total - used) if total is not None else None,
        overdue=max(ZERO, seen_at - due) if due is not None else ZERO,
        segments=walk.segments(),
        warnings=tuple(each for each in all_warnings if each.at <= seen_at),
        next_look_at=_next_look(definition, status, all_warnings, (due, moved), now),
        urgent=urgent,
        consequence=definition.consequence if status is Status.EXPIRED else None,
        escalation=_called(definition, status, walk) if open_alarm or status is Status.EXPIRED else "",
        remarks=tuple(walk.remarks),
    )


def _status(
    definition: ClockDefinition, walk: Walk, due: datetime | None, moved: datetime | None, seen_at: datetime
) -> Status:
    if definition.limit.kind is Kind.NO_TIME:
        return Status.EXPIRED
    stopped = walk.stopped_at is not None
    if definition.consequence is not None and _takes_effect(definition, moved or due, seen_at, stopped):
        return Status.EXPIRED
    if stopped:
        return Status.STOPPED
    if walk.paused:
        return Status.PAUSED
    return Status.BREACHED if due is not None and seen_at >= due else Status.RUNNING


def _called(definition: ClockDefinition, status: Status, walk: Walk) -> str:
    """Who must act now."""
    if status is not Status.EXPIRED:
        return definition.escalation
    return definition.consequence.escalation if definition.consequence and walk.stopped_at is None else ""


def _takes_effect(definition: ClockDefinition, end: datetime | None, seen_at: datetime, stopped: bool) -> bool:
    """Whether silence lasted to the end. An answer at the last moment of an exact limit is an answer."""
    return _has_passed(definition, end, seen_at) if stopped else end is not None and seen_at >= end


def _has_passed(definition: ClockDefinition, due: datetime | None, act: datetime) -> bool:
    """Whether an act comes too late: after the last second of an exact limit, or on the day after a whole-day one."""
    if due is None:
        return False
    return act > due if definition.limit.exact else act >= due


def _next_look(
    definition: ClockDefinition,
    status: Status,
    warnings: Sequence[Warned],
    ends: tuple[datetime | None, datetime | None],
    now: datetime,
) -> datetime | None:
    if status not in {Status.RUNNING, Status.BREACHED}:
        return None
    due, moved = ends
    moments = [*(each.at for each in warnings), due, moved if definition.consequence else None]
    return min((moment for moment in moments if moment is not None and moment > now), default=None)
