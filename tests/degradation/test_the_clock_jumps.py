"""The machine's clock is put forward or back while messages come: nothing that rests on it is final until it is believed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.stores.memory.ledger import MemoryLedger
from gateway.clocks.calendar import NoCalendars
from gateway.errors import Unavailable
from gateway.protection.retention.office import RetentionLaw, open_retention
from gateway.protection.retention.rules import Rules
from gateway.steady import ClockWatch
from tests.gateway.rig import NOON, Rig, TurnedClock
from tests.gateway.test_tolerated import form, receipt

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Machine(Rig):
    """A rig whose clock can be put elsewhere, while a count of seconds goes on as it must."""

    counted = 1_000.0

    def __init__(self, folder: Path) -> None:
        self.seconds = lambda: self.counted
        super().__init__(folder)

    async def later(self, by: timedelta) -> None:
        self.counted += by.total_seconds()
        await super().later(by)
        await self.watch.look()

    async def put(self, by: timedelta) -> None:
        """Somebody sets the clock: no time has passed."""
        self.clock.turn(by)
        await self.gateway.quiet()
        await self.watch.look()

    @property
    def watch(self) -> ClockWatch:
        assert self.gateway.steady is not None
        return self.gateway.steady

    async def told_of_time(self) -> list[tuple[str, dict[str, str]]]:
        """What the journal says of it."""
        entries = [json.loads(link.entry) for link in await self.ledger.journal(0, 500)]
        return [(each["event"], each["details"]) for each in entries if each["event"].startswith("time.")]

    async def comes(self, number: int) -> str:
        """A form that was signed by a partner whose clock is right."""
        return await self.arrives(self.bureaux["sirene:XB"].signed(form(number), at=self.true))

    @property
    def true(self) -> datetime:
        """What the time is."""
        return NOON + timedelta(seconds=self.counted - 1_000)


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with Machine(tmp_path) as made:
        yield made


async def test_a_clock_that_was_put_back_refuses_nobody_and_all_goes_on_when_it_is_right(machine: Machine) -> None:
    before = await machine.comes(1)
    assert (await machine.row(before)).state == "rejected"  # by a rule: time has nothing to do with it
    await machine.put(-2 * HOUR)
    waiting = await machine.comes(2)

    row = await machine.row(waiting)
    assert (row.state, row.reason and row.reason.code) == ("identified", "time.in-doubt")
    assert await machine.told_of_time() == [("time.jumped", {"way": "back", "seconds": "7200"})]
    assert any("put back by 7200 seconds" in each for each in await machine.gateway.not_ready())

    await machine.put(2 * HOUR)
    await machine.later(2 * MINUTE)
    row = await machine.row(waiting)
    assert row.state == "rejected" and receipt(machine)[1][0][0] == "R38"  # it came to the rules like every other
    assert [event for event, _ in await machine.told_of_time()] == ["time.jumped", "time.settled"]
    assert not any("clock of this machine" in each for each in await machine.gateway.not_ready())


async def test_a_clock_that_was_put_years_forward_refuses_nobody_as_expired(machine: Machine) -> None:
    await machine.put(3650 * DAY)
    waiting = await machine.comes(1)
    assert (await machine.row(waiting)).reason.code == "time.in-doubt"  # type: ignore[union-attr]

    for _ in range(3):
        await machine.later(HOUR)
    assert (await machine.row(waiting)).state == "identified"  # so much is never believed without a person
    await machine.put(-3650 * DAY)
    await machine.later(timedelta(seconds=1))
    row = await machine.row(waiting)
    assert row.state == "rejected" and receipt(machine)[1][0][0] == "R38"  # not in ten years
    assert machine.watch.in_doubt is False
    assert "time.recalled" in [json.loads(link.entry)["event"] for link in await machine.ledger.timeline(waiting)]


async def test_a_small_jump_is_believed_after_an_hour_and_then_counts(machine: Machine) -> None:
    await machine.put(-2 * HOUR)
    waiting = await machine.comes(1)
    for _ in range(61):
        await machine.later(MINUTE)

    row = await machine.row(waiting)
    assert (row.state, row.reason and row.reason.code) == ("rejected", "signature.time-future")
    assert [event for event, _ in await machine.told_of_time()] == ["time.jumped", "time.settled"]


async def test_while_it_is_in_doubt_nothing_is_destroyed(machine: Machine) -> None:
    law = RetentionLaw(rules=Rules(), calendars=NoCalendars(), pause=timedelta(0))
    office = open_retention(
        law, ledger=machine.ledger, formats=machine.formats, own=machine.office.parties, clock=machine.clock
    )
    office.sweeper.doubtful = lambda: machine.watch.in_doubt
    await machine.put(3650 * DAY)
    assert await office.sweeper.sweep() == 0
    assert (office.sweeper.trouble, office.sweeper.swept_at) == ("time.in-doubt", None)

    await machine.put(-3650 * DAY)
    await office.sweeper.sweep()
    assert (office.sweeper.trouble, office.sweeper.swept_at) == ("", machine.clock.now())


async def test_a_clock_that_drifts_or_is_corrected_in_small_steps_is_no_jump() -> None:
    clock, counted = TurnedClock(), [0.0]
    watch = ClockWatch(MemoryLedger(clock), clock, lambda: counted[0])
    for _ in range(1000):
        clock.turn(timedelta(seconds=5.4))
        counted[0] += 5
        assert not watch.in_doubt
    await watch.probe()
    clock.turn(timedelta(seconds=61))
    with pytest.raises(Unavailable, match=r"time\.in-doubt"):
        await watch.probe()


async def test_a_machine_that_slept_has_not_jumped() -> None:
    clock, counted = TurnedClock(), [0.0]
    watch = ClockWatch(MemoryLedger(clock), clock, lambda: counted[0])
    clock.turn(8 * HOUR)
    counted[0] += 8 * 3600  # seconds are counted through the sleep
    assert not watch.in_doubt


async def test_what_waits_by_a_clock_that_was_ahead_is_called_after_a_restart_too(tmp_path: Path) -> None:
    async with Machine(tmp_path) as machine:
        await machine.put(3650 * DAY)
        waiting = await machine.comes(1)
        assert (await machine.row(waiting)).state == "identified"
        await machine.gateway.stop()

        machine.clock.turn(-3650 * DAY)  # a person puts it right while nothing runs
        machine.gateway = machine.joined()
        await machine.gateway.start()
        await machine.watch.look()
        await machine.gateway.quiet()
        assert (await machine.row(waiting)).state == "rejected" and receipt(machine)[1][0][0] == "R38"
