"""An office from which usually ten messages an hour come, and now none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from gateway.flow.arrivals import HOURS_PER_LOOK, Silence, silent, usual
from tests.gateway.rig import NOON

HOUR = timedelta(hours=1)
DAYS = 7


class Counted:
    """A ledger that only counts what came, by the hour."""

    def __init__(self, usually: Mapping[str, int]) -> None:
        self.usually, self.quiet, self.asked = dict(usually), dict[str, datetime](), 0

    async def arrivals(self, since: datetime, until: datetime) -> dict[str, int]:
        self.asked += 1
        hours = max(1, round((until - since) / HOUR))
        return {
            office: number * hours
            for office, number in self.usually.items()
            if number and (office not in self.quiet or since < self.quiet[office])
        }


async def _known(silence: Silence, now: datetime) -> dict[str, str]:
    for _ in range(24 * DAYS // HOURS_PER_LOOK + 1):
        found = await silence.look(now)
    return found


def _silence(ledger: Counted) -> Silence:
    return Silence(ledger, lambda office: office.startswith("sirene:"), DAYS, 10)  # type: ignore[arg-type]  # it counts and no more


async def test_an_office_that_falls_silent_is_told_until_something_comes() -> None:
    ledger = Counted({"sirene:XB": 12, "sirene:XC": 3, "~token": 50})
    silence = _silence(ledger)
    assert await _known(silence, NOON) == {}
    ledger.quiet = dict.fromkeys(ledger.usually, NOON)
    assert await silence.look(NOON + timedelta(minutes=30)) == {}
    told = await silence.look(NOON + HOUR)
    assert told == {"silence sirene:XB": "Nothing came from sirene:XB since 12:00 UTC; usually 12 an hour come then."}
    assert await silence.look(NOON + HOUR * 2) == told
    ledger.quiet = {}
    assert await silence.look(NOON + HOUR * 2 + timedelta(minutes=1)) == {}


async def test_a_start_reads_a_few_hours_at_each_look_and_then_one_an_hour() -> None:
    ledger = Counted({"sirene:XB": 12})
    silence = _silence(ledger)
    await silence.look(NOON)
    assert ledger.asked == HOURS_PER_LOOK
    await _known(silence, NOON)
    before = ledger.asked
    await silence.look(NOON)
    assert ledger.asked == before
    await silence.look(NOON + HOUR)
    assert ledger.asked == before + 1


def test_what_is_usual_is_the_median_of_the_same_hour() -> None:
    days = {NOON - timedelta(days=day): {"sirene:XB": number} for day, number in enumerate((0, 10, 500, 12), 1)}
    assert usual(days, NOON, "sirene:XB", DAYS) == 11
    assert silent(days, NOON, DAYS, 10) == {"sirene:XB": 11}
    assert silent(days | {NOON: {"sirene:XB": 1}}, NOON, DAYS, 10) == {}


def test_nobody_knows_what_is_usual_in_the_first_days() -> None:
    days = {NOON - timedelta(days=day): {"sirene:XB": 50} for day in (1, 2)}
    assert silent(days, NOON, DAYS, 10) == {}
