"""The runs of legal clocks in an exchange: each belongs to one request and binds one office, with the calendar of its state.

What starts, pauses, lengthens and stops them is what the dialogues note of the messages and what people recorded. A run
that cannot be computed says why and leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from gateway.clocks import state as clock_state
from gateway.clocks.calendar import Calendars, UnknownPlace
from gateway.clocks.definition import ClockDefinition, ClockTable
from gateway.clocks.state import ClockState, Status
from gateway.dialogues.happened import Happened
from gateway.dialogues.standing import Course, Noted, Standing
from gateway.dialogues.step import Step
from gateway.errors import Misconfigured
from gateway.identity import EnvelopeId, PartyId

LIVE: Final = frozenset({Status.RUNNING, Status.PAUSED, Status.BREACHED})
"""Something is still owed."""


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
        return self.state is not None and self.state.status in LIVE

    @property
    def overdue(self) -> bool:
        """Whether the limit has passed and the act is still owed."""
        return self.state is not None and self.state.status is Status.BREACHED


def runs_of(
    table: ClockTable, steps: Sequence[Step], happened: Iterable[Happened], standing: Standing, calendars: Calendars,
    now: datetime,
) -> tuple[Run, ...]:  # fmt: skip
    """Every run in the exchange: by clock in the order of the table, then in the order of the requests."""
    notes = [*standing.noted, *(_as_noted(each) for each in happened)]
    facts = {step.envelope: dict(step.facts) for step in steps}
    found: list[Run] = []
    for clock in table.clocks:
        if clock.superseded_by:
            continue
        starts = [
            note for note in notes
            if note.happening.name in clock.starts and (not clock.applies or clock.concerns(facts.get(note.envelope, {})))
        ]  # fmt: skip
        for about in dict.fromkeys(note.about for note in starts):
            own = [note for note in starts if note.about == about]
            others = [note for note in notes if note.happening.name not in clock.starts and about in ("", note.about)]
            if about:
                others += [note for note in notes if note.happening.name not in clock.starts and not note.about]
            found += _by_bound(clock, about, own, others, standing.courses, calendars, now)
    return tuple(found)


def _as_noted(each: Happened) -> Noted:
    return Noted(happening=each.happening, about=each.about, envelope=each.envelope)


def _by_bound(
    clock: ClockDefinition, about: str, starts: Sequence[Noted], others: Sequence[Noted], courses: Sequence[Course],
    calendars: Calendars, now: datetime,
) -> Iterator[Run]:  # fmt: skip
    """A request to several offices binds each of them by itself: what one of them does stops its own run alone."""
    bounds = tuple(dict.fromkeys(note.bound for note in starts))
    for bound in bounds:
        own = [note for note in starts if note.bound == bound]
        seen = [note for note in others if note.bound == bound or note.bound not in bounds or not note.bound]
        party = bound or _who_owes(clock, about, courses)
        key = f"{about}/{clock.id}" + (f"/{bound}" if len(bounds) > 1 else "")
        yield from _runs(clock, about, party, key, (own, seen), calendars, now)


def _runs(
    clock: ClockDefinition, about: str, party: PartyId, key: str, notes: tuple[Sequence[Noted], Sequence[Noted]],
    calendars: Calendars, now: datetime,
) -> Iterator[Run]:  # fmt: skip
    starts, others = notes
    happenings = [note.happening for note in (*starts, *others)]
    calendar = calendars.of(party) if party else UnknownPlace()
    try:
        states = clock_state.runs(clock, happenings, calendar, now)
    except Misconfigured as error:
        yield Run(
            clock=clock, about=about, bound=party, envelope=starts[0].envelope, key=key, state=None,
            trouble=f"{clock.id}: {error.operator}",
        )  # fmt: skip
        return
    for number, state in enumerate(states):
        began = next((note for note in starts if note.happening.at == state.started_at), starts[0])
        yield Run(
            clock=clock,
            about=about,
            bound=party,
            envelope=began.envelope,
            key=key + (f"#{number}" if number else ""),
            state=state,
        )


def _who_owes(clock: ClockDefinition, about: str, courses: Sequence[Course]) -> PartyId:
    """Who plays the role that the clock binds, in the dialogue that the request opened or in the only one there is."""
    meant = [course for course in courses if course.about == about] or (courses if len(courses) == 1 else ())
    return next((party for course in meant for role in clock.owes if (party := course.party(role))), "")
