"""The runs of legal clocks in an exchange: each belongs to one request and binds one office, with the calendar of its state.

What starts, pauses, lengthens and stops them is what the dialogues note of the messages and what people recorded. A run
that cannot be computed says why and leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from gateway.clocks import state as clock_state
from gateway.clocks.calendar import Calendars, UnknownPlace
from gateway.clocks.definition import OWN, TAKING_PART, ClockDefinition, ClockTable
from gateway.clocks.limit import Kind
from gateway.clocks.state import ClockState, Status
from gateway.dialogues.happened import Happened
from gateway.dialogues.standing import Course, Noted, Standing
from gateway.dialogues.step import Step
from gateway.errors import Misconfigured
from gateway.identity import EnvelopeId, PartyId

LIVE: Final = frozenset({Status.RUNNING, Status.PAUSED, Status.BREACHED})
"""Something is still owed."""


class Moment(NamedTuple):
    """When somebody looks, and with which calendars."""

    now: datetime
    calendars: Calendars


class Run(Struct, frozen=True, kw_only=True):
    """One run of one clock."""

    clock: ClockDefinition
    about: str
    """Message id of the request that it belongs to; empty for the exchange as a whole."""
    bound: PartyId
    """Who owes the act; empty where nothing says so."""
    envelope: EnvelopeId
    """The message that started it; empty where a person recorded the start."""
    key: str
    """The same for the same run whenever it is computed; marks are kept under it."""
    state: ClockState | None
    trouble: str = ""
    """Why it cannot be computed."""

    @property
    def live(self) -> bool:
        """Whether something is still owed."""
        return self.state is not None and (self.state.status in LIVE or self.state.overdue_duty)

    @property
    def forbids(self) -> bool:
        """Whether the law forbids something here until that is taken back: no time runs, and nothing has stopped it."""
        state = self.state
        return (
            state is not None
            and self.clock.limit.kind is Kind.NO_TIME
            and not state.stopped_at
            and bool(state.started_at)
        )

    @property
    def keeps_open(self) -> bool:
        """Whether the exchange is not done before this is: what an office owes its own files, for years, is no part of it."""
        return self.live and self.clock.binds != OWN

    @property
    def overdue(self) -> bool:
        """Whether the limit has passed and the act, or what the law has made of its omission, is still owed."""
        return self.state is not None and (self.state.status is Status.BREACHED or self.state.overdue_duty)


def runs_of(
    table: ClockTable, steps: Sequence[Step], happened: Iterable[Happened], standing: Standing, at: Moment,
    own: frozenset[PartyId] = frozenset(),
) -> tuple[Run, ...]:  # fmt: skip
    """Every run in the exchange: by clock in the order of the table, then in the order of the requests. `own` are our offices."""
    notes = [*standing.noted, *(_as_noted(each) for each in happened)]
    facts = {step.envelope: dict(step.facts) for step in steps}
    keeper = next((party for step in steps for party in (step.sender, *step.to) if party in own), "")
    if not steps:
        keeper = min(own, default="")  # a duty of the office itself, which no message began
    running = _Running(notes, facts, standing.courses, at, keeper)
    return tuple(run for clock in table.clocks if not clock.superseded_by for run in running.of(clock))


def _as_noted(each: Happened) -> Noted:
    return Noted(happening=each.happening, about=each.about, envelope=each.envelope)


class _Running:
    """One exchange while its clocks are read."""

    def __init__(
        self, notes: Sequence[Noted], facts: Mapping[str, dict[str, str]], courses: Sequence[Course], at: Moment,
        keeper: PartyId,
    ) -> None:  # fmt: skip
        self._notes, self._facts, self._courses, self._at, self._keeper = notes, facts, courses, at, keeper

    def of(self, clock: ClockDefinition) -> Iterator[Run]:
        """The runs of one clock, request by request."""
        if clock.binds == TAKING_PART and not any(
            course.party(role) for course in self._courses for role in clock.owes
        ):
            return
        starts = [note for note in self._notes if note.happening.name in clock.starts and self._concerned(clock, note)]
        others = [note for note in self._notes if note.happening.name not in clock.starts]
        for about in dict.fromkeys(note.about for note in starts):
            own = [note for note in starts if note.about == about]
            # What belongs to the exchange as a whole belongs to each of its requests, and the other way round.
            seen = [note for note in others if note.about in ("", about) or not about]
            yield from self._by_bound(clock, about, own, seen)

    def _concerned(self, clock: ClockDefinition, note: Noted) -> bool:
        return not clock.applies or clock.concerns(self._facts.get(note.envelope, {}))

    def _by_bound(
        self, clock: ClockDefinition, about: str, starts: Sequence[Noted], others: Sequence[Noted]
    ) -> Iterator[Run]:
        """A request to several offices binds each of them by itself: what one of them does stops its own run alone."""
        bounds = tuple(dict.fromkeys(note.bound for note in starts))
        for bound in bounds:
            own = [note for note in starts if note.bound == bound]
            seen = [note for note in others if note.bound == bound or note.bound not in bounds or not note.bound]
            empty = Run(
                clock=clock, about=about, bound=bound or self._who_owes(clock, about), envelope=own[0].envelope, state=None,
                key=f"{about}/{clock.id}" + (f"/{bound}" if len(bounds) > 1 else ""),
            )  # fmt: skip
            yield from self._runs(empty, own, seen)

    def _runs(self, run: Run, starts: Sequence[Noted], others: Sequence[Noted]) -> Iterator[Run]:
        calendar = self._at.calendars.of(run.bound) if run.bound else UnknownPlace()
        happenings = [note.happening for note in (*starts, *others)]
        try:
            states = clock_state.runs(run.clock, happenings, calendar, self._at.now)
        except Misconfigured as error:
            yield replace(run, trouble=f"{run.clock.id}: {error.operator}")
            return
        for number, state in enumerate(states):
            began = next((note for note in starts if note.happening.at == state.started_at), starts[0])
            key = f"{run.key}#{number}" if number else run.key
            yield replace(run, envelope=began.envelope, key=key, state=state)

    def _who_owes(self, clock: ClockDefinition, about: str) -> PartyId:
        """Who plays the role that the clock binds, in the dialogue that the request opened or in the only one there is."""
        if clock.binds == OWN:
            return self._keeper
        meant = [course for course in self._courses if course.about == about]
        meant = meant or (list(self._courses) if len(self._courses) == 1 else [])
        return next((party for course in meant for role in clock.owes if (party := course.party(role))), "")
