"""Whatever is asked, in whatever order, each lasting store answers like its twin in memory, to the last hash."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from adapters.stores.memory.ledger import MemoryLedger
from gateway import lifecycle
from gateway.envelope import Direction
from gateway.identity import digest
from gateway.ledger import Ledger, Move, Query, Row, Spawned, Waiting
from gateway.verdict import DuplicateKey, Reason
from tests.contracts.store_examples import START, arrived, entry, form, new_id, step
from tests.contracts.store_fixtures import StoppedClock, keyring_in, open_ledger

few = st.sampled_from
directions = few(list(Direction))
MESSAGES = [new_id() for _ in range(3)]


class Twins(RuleBasedStateMachine):
    """Every request goes to both; every answer, exception and state must be the same."""

    envelopes: Bundle[str] = Bundle("envelopes")

    def __init__(self, lasting: Callable[[ExitStack], Ledger]) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.opened = ExitStack()
        self.ledgers: list[Ledger] = [MemoryLedger(StoppedClock()), lasting(self.opened)]

    @initialize()
    def start(self) -> None:
        self.both(lambda ledger: ledger.start())

    def teardown(self) -> None:
        self.both(lambda ledger: ledger.stop())
        self.runner.close()
        self.opened.close()

    def both(self, ask: Callable[[Ledger], Awaitable[Any]]) -> Any:
        """The answer of both, or the kind of exception that both raised."""
        memory, lasting = [self.runner.run(_answer(ask, ledger)) for ledger in self.ledgers]
        assert memory == lasting
        return memory

    def row(self, envelope: str) -> Row:
        found: Row = self.both(lambda ledger: ledger.get(envelope))
        return found

    @rule(target=envelopes, direction=directions, content=few([b"one", b"two"]), key=few(["", "k1", "k2"]))
    def accept(self, direction: Direction, content: bytes, key: str) -> str:
        envelope = arrived(content, direction=direction)
        received = entry("envelope.received", envelope)
        answer = self.both(lambda ledger: ledger.accept(envelope, received, key))
        return str(getattr(answer, "envelope", "")) or envelope.id

    @rule(envelope=envelopes, choice=st.data(), stale=few([-1, 0, 0, 0, 0, 1]), minutes=few([None, -5, 5]))
    def move(self, envelope: str, choice: st.DataObject, stale: int, minutes: int | None) -> None:
        row = self.both(lambda ledger: ledger.get(envelope))
        if row is None:
            return
        state = lifecycle.state(row.envelope.direction, row.state)
        targets = [*state.leads_to, *([row.state] if state.next_stage else [])]
        if targets:
            fields = {
                "version": row.version + stale, "due": START + timedelta(minutes=minutes) if minutes else None,
                "reason": choice.draw(few([None, Reason(code="a.b", public="Why.", operator="Because.")])),
                "attempts": choice.draw(st.integers(0, 3)), "claim": choice.draw(st.none() | _claims()),
                "spawn": tuple(choice.draw(st.lists(_offspring(envelope), max_size=2))),
            }  # fmt: skip
            known = row.envelope.learn(**choice.draw(_facts()))
            move = step(row, choice.draw(few(targets)), known, **fields)
            self.both(lambda ledger: ledger.commit([move]))

    @rule(one=envelopes, other=envelopes)
    def move_two(self, one: str, other: str) -> None:
        rows = [row for row in (self.row(one), self.row(other)) if row]
        moves = [_held(row) for row in rows if "held" in _leads_to(row)]
        self.both(lambda ledger: ledger.commit(moves))

    @rule(envelope=consumes(envelopes))
    def read(self, envelope: str) -> None:
        self.both(lambda ledger: ledger.record([entry("envelope.read", envelope)]))
        self.both(lambda ledger: ledger.timeline(envelope))

    @rule(
        direction=st.none() | directions, states=st.lists(few(["received", "held", "rejected", "decoded"]), max_size=2),
        counterpart=few(["", "sirene:XB", "sirene:XA"]), exchange=few(["", "x-1"]), limit=st.integers(0, 5),
        text=few(["", "x-1", "<1@xb.example>", *MESSAGES, digest(b"one")]), message_id=few(["", "", *MESSAGES]),
    )  # fmt: skip
    def find(self, states: list[str], **conditions: Any) -> None:
        query = Query(states=tuple(states), **conditions)
        found = self.both(lambda ledger: ledger.find(query))
        if found:
            rest = Query(states=tuple(states), before_id=found[-1].id, **conditions)
            self.both(lambda ledger: ledger.find(rest))

    @rule(minutes=few([-10, 0, 10]), limit=st.integers(0, 5))
    def due(self, minutes: int, limit: int) -> None:
        self.both(lambda ledger: ledger.due(START + timedelta(minutes=minutes), limit))
        self.both(lambda ledger: _sorted(ledger.waiting(START + timedelta(minutes=minutes), limit)))
        self.both(lambda ledger: ledger.next_due())

    @invariant()
    def the_journal_is_the_same_and_the_books_balance(self) -> None:
        if self.both(lambda ledger: ledger.probe()) is None:
            self.both(lambda ledger: ledger.head())
            counts = self.both(lambda ledger: ledger.counts())
            assert sum(counts.values()) == self.both(lambda ledger: ledger.accepted())


async def _sorted(found: Awaitable[list[Waiting]]) -> list[tuple[str, bool, bool]]:
    """Which of them, whatever the order of the offices, which a store may show as tokens."""
    return sorted((each.id, each.urgent, each.again) for each in await found)


async def _answer(ask: Callable[[Ledger], Awaitable[Any]], ledger: Ledger) -> Any:
    try:
        return await ask(ledger)
    except Exception as raised:  # noqa: BLE001  # whichever it is, the twin must raise the same
        return type(raised)


def _claims() -> st.SearchStrategy[DuplicateKey]:
    senders, contents = few(["sirene:XB", "sirene:XC"]), few([digest(b"one"), digest(b"two")])
    return st.builds(DuplicateKey, sender=senders, message_id=few(MESSAGES), content=contents, matter=contents)


def _facts() -> st.SearchStrategy[dict[str, Any]]:
    forms = st.builds(form, message_id=few(MESSAGES), urgency=few(["NORMAL", "URGENT"]), test=st.booleans())
    return st.fixed_dictionaries(
        {}, optional={"form": forms, "exchange": few(["x-1", "x-2"]), "signed": st.binary(), "encoded": st.binary()}
    )


@st.composite
def _offspring(draw: st.DrawFn, cause: str) -> Spawned:
    child = arrived(b"order", direction=Direction.OUTBOUND, kind="reply", cause=cause)
    state = draw(few(["received", "held"]))
    entries = draw(few([(), (entry(f"envelope.{state}", child),), (entry("envelope.received"),)]))
    return Spawned(envelope=child, state=state, entries=entries)


def _leads_to(row: Row) -> tuple[str, ...]:
    return lifecycle.state(row.envelope.direction, row.state).leads_to


def _held(row: Row) -> Move:
    return step(row, "held")


def _play(lasting: Callable[[ExitStack], Ledger], examples: int) -> None:
    """Without shrinking by the hour: the first few steps that differ tell enough."""
    run_state_machine_as_test(
        lambda: Twins(lasting),
        settings=settings(
            max_examples=examples, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate], database=None,
        ),
    )  # fmt: skip


def test_sqlite_is_a_twin_of_memory() -> None:
    def lasting(opened: ExitStack) -> Ledger:
        folder = opened.enter_context(tempfile.TemporaryDirectory())
        return open_ledger("sqlite", str(Path(folder) / "ledger.sqlite"), keyring_in(Path(folder)))

    _play(lasting, examples=25)


def test_postgres_is_a_twin_of_memory(new_postgres_database: Callable[[], AbstractContextManager[str]]) -> None:
    def lasting(opened: ExitStack) -> Ledger:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        return open_ledger("postgres", opened.enter_context(new_postgres_database()), keyring_in(folder))

    _play(lasting, examples=8)
