"""The clock of a simulator: stopped, turned, set going, and those who wait for a moment of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulators.clock import CannotTurn, Clock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def test_those_who_wait_are_woken_in_the_order_of_their_moments() -> None:
    clock = Clock(NOON)
    woken: list[int] = []

    async def wait(hours: int) -> None:
        await clock.wait_until(NOON + timedelta(hours=hours))
        woken.append(hours)

    waiting = [asyncio.create_task(wait(hours)) for hours in (3, 1, 2, 30)]
    assert await clock.somebody_waits(5) is not None
    await asyncio.sleep(0)
    assert clock.next == NOON + timedelta(hours=1)
    clock.obey({"forward_hours": 3})
    await asyncio.gather(*waiting[:3])
    assert woken == [1, 2, 3]

    waiting[3].cancel()
    await asyncio.gather(waiting[3], return_exceptions=True)
    assert clock.next is None


async def test_a_stopped_clock_stands_and_a_running_one_wakes_by_itself() -> None:
    clock = Clock(NOON)
    assert clock.now() == clock.now() == NOON
    waiting = asyncio.create_task(clock.wait_until(NOON + timedelta(hours=5)))
    await clock.somebody_waits(5)

    clock.obey({"stopped": False, "to": (NOON + timedelta(hours=5) - timedelta(milliseconds=20)).isoformat()})
    await asyncio.wait_for(waiting, 5)
    assert clock.now() > NOON + timedelta(hours=5)
    clock.obey({"stopped": True})
    assert clock.now() == clock.now()
    clock.close()


async def test_nobody_waiting_is_told_after_the_time() -> None:
    assert await Clock(NOON).somebody_waits(0.01) is None


@pytest.mark.parametrize(
    "order",
    [
        {}, [], "later", {"hours": 1}, {"to": "2026-03-02T12:00:00"}, {"to": "soon"}, {"to": 5}, {"stopped": "yes"},
        {"forward_hours": "1"}, {"forward_hours": 1e12}, {"forward_hours": float("nan")}, {"to": "0001-01-01T00:00:00Z"},
        {"to": "9999-12-31T23:59:59Z"},
    ],
    ids=repr,
)  # fmt: skip
async def test_an_order_that_makes_no_sense_moves_nothing(order: Any) -> None:
    clock = Clock(NOON)
    with pytest.raises(CannotTurn):
        clock.obey(order)
    assert (clock.now(), clock.is_stopped) == (NOON, True)
