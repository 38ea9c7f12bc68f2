"""What a run of a clock asks to be written once and for all: a warning, a breach, what the law makes of silence.

The one idea: every mark has a name that does not depend on when somebody looks. What is written stands in the row of the
matter, so a mark that is there is never written again, whatever died in between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

from msgspec import Struct

from gateway.clocks.happening import Happening
from gateway.clocks.limit import Kind
from gateway.clocks.state import ClockState, Status
from gateway.dialogues.happened import Happened
from gateway.exchanges.running import LIVE, Run
from gateway.journal.entry import Entry

AT_ONCE: Final = "at-once"
BREACHED: Final = "breached"
TOOK_EFFECT: Final = "took-effect"
WATCH: Final = "gateway"


class Mark(Struct, frozen=True, kw_only=True):
    """One thing to be written once: its name, its entry, and what it brings about in the exchange."""

    name: str
    entry: Entry
    happened: Happened | None = None


def marks_of(run: Run, exchange: str, now: datetime, known: Collection[str]) -> Iterator[Mark]:
    """What is to be written now and was not before."""
    if run.state is None or run.state.started_at is None:
        return
    for what, event, since in _due(run, run.state):
        name = f"{run.key}:{what}"
        if name not in known:
            yield Mark(
                name=name,
                entry=_entry(run, exchange, (what, event, since), now),
                happened=_effect(run, exchange, what, name, since),
            )


def _due(run: Run, state: ClockState) -> Iterator[tuple[str, str, datetime]]:
    """Mark, event and the moment since when it is so."""
    started = state.started_at
    assert started is not None
    if state.status in LIVE:
        if state.urgent:
            yield AT_ONCE, "clock.warned", started
        seen: dict[int, int] = {}
        for warning in state.warnings:
            times = seen[warning.percent] = seen.get(warning.percent, 0) + 1
            # A limit that was lengthened warns anew.
            yield f"{warning.percent}%" + (f"/{times}" if times > 1 else ""), "clock.warned", warning.at
    due = state.due
    if due is not None and (state.status is Status.BREACHED or (state.status is Status.STOPPED and state.late)):
        yield BREACHED, "clock.breached", due
    if state.status is Status.EXPIRED:
        ended = started if run.clock.limit.kind is Kind.NO_TIME else state.due_if_moved or due
        yield TOOK_EFFECT, "clock.took-effect", ended or started


def _entry(run: Run, exchange: str, mark: tuple[str, str, datetime], now: datetime) -> Entry:
    what, event, since = mark
    clock, state = run.clock, run.state
    assert state is not None
    details = (
        ("exchange", exchange), ("about", run.about), ("clock", clock.id), ("mark", what), ("bound", run.bound),
        ("since", since.isoformat()), ("due", state.due.isoformat() if state.due else ""),
        ("effect", clock.consequence.effect if clock.consequence and what == TOOK_EFFECT else ""),
        ("escalation", _called(run, what)),
        ("citation", clock.citation), ("confidence", clock.confidence),
    )  # fmt: skip
    return Entry(
        event=event, at=now, actor=WATCH, envelope=run.envelope, reason=clock.id,
        details=tuple(detail for detail in details if detail[1]),
    )  # fmt: skip


def _called(run: Run, what: str) -> str:
    """Before whom it is brought."""
    consequence = run.clock.consequence
    if what == TOOK_EFFECT and consequence is not None:
        return consequence.escalation
    return run.clock.escalation if what in (BREACHED, AT_ONCE) else ""


def _effect(run: Run, exchange: str, what: str, name: str, since: datetime) -> Happened | None:
    """What the law makes of silence, as something that took place in the exchange."""
    consequence = run.clock.consequence
    if what != TOOK_EFFECT or consequence is None:
        return None
    return Happened(
        id=name, exchange=exchange, about=run.about, actor=WATCH, envelope=run.envelope,
        happening=Happening(name=consequence.brings_about, at=since, reason=consequence.text),
    )  # fmt: skip
