"""Start-up refuses an order of stages that cannot work, and says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import retry
from gateway.envelope import Direction, Envelope
from gateway.errors import Misconfigured
from gateway.order import ORDER, arrange
from gateway.verdict import Advance, Verdict

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """A stage by name only."""

    name: str
    direction: Direction
    needs: frozenset[str] = frozenset()
    adds: frozenset[str] = frozenset()

    def judge(self, envelope: Envelope, now: datetime) -> Verdict:
        return Advance(envelope=envelope)


def steps() -> list[Step]:
    return [Step(name, direction) for direction, rows in ORDER.items() for name, _ in rows]


def test_the_order_as_it_stands_works() -> None:
    assert len(arrange(steps())) == sum(len(rows) for rows in ORDER.values())


def test_every_place_has_a_reason() -> None:
    assert all(reason.endswith(".") for rows in ORDER.values() for _, reason in rows)


@pytest.mark.parametrize("missing", steps(), ids=lambda step: f"{step.direction}-{step.name}")
def test_a_missing_stage_is_named(missing: Step) -> None:
    with pytest.raises(Misconfigured, match=missing.name):
        arrange(step for step in steps() if step != missing)


def test_a_stage_that_asks_for_what_nobody_has_learned_is_named() -> None:
    wrong = [
        Step("decode", Direction.INBOUND, needs=frozenset({"routing"})) if step.name == "decode" else step
        for step in steps()
    ]
    with pytest.raises(Misconfigured, match="decode needs routing"):
        arrange(wrong)


def test_a_stage_without_a_place_is_named() -> None:
    with pytest.raises(Misconfigured, match="embellish"):
        arrange([*steps(), Step("embellish", Direction.INBOUND)])


@given(st.integers(1, 200), st.booleans())
def test_waits_grow_and_stay_bounded(failures: int, urgent: bool) -> None:
    for again, limit in ((retry.transmit_again, timedelta(hours=1)), (retry.ask_again, timedelta(minutes=15))):
        wait = again(NOW, failures, urgent) - NOW
        assert timedelta(0) < wait <= limit
        assert again(NOW, failures + 1, urgent) - NOW >= wait
        assert again(NOW, failures, True) <= again(NOW, failures, False)
