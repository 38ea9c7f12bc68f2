"""What rules are told of an alert: quickly, from memory for a minute, and nothing while the system is away."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.alerts.commands import DeleteAlert
from gateway.alerts.cursor import CursorFile
from gateway.alerts.lookup import KEPT_FOR, LEFT_ALONE_FOR, LiveLookup
from gateway.clock import Uuid7Source
from tests.alerts.alert_rig import AlertRig, national_part, of_state, theirs
from tests.contracts.alert_examples import CAR, asking
from tests.contracts.rest_simulators import Simulated
from tests.gateway.rig import TurnedClock

AWAY = '[[rule]]\ndo = { action = "refuse", status = 503, problem = "source-unavailable" }'


def reads(central: Simulated) -> int:
    return len([entry for entry in central.ledger("arrived") if entry["operation"] == "alert-read"])


async def test_facts_are_kept_for_a_minute_and_hold_no_personal_data(rig: AlertRig, central: Simulated) -> None:
    lookup = LiveLookup(rig.alerts.system, rig.clock, Uuid7Source())
    facts = await lookup.look_up(CAR)
    assert facts is not None
    assert (facts.issuer, facts.article, facts.deleted_at) == ("sirene:XB", "1862:38", None)
    assert await lookup.look_up(CAR) == facts
    assert reads(central) == 1
    rig.clock.turn(KEPT_FOR)
    await lookup.look_up(CAR)
    assert reads(central) == 2
    lookup.forget(CAR)
    await lookup.look_up(CAR)
    assert reads(central) == 3


async def test_a_deleted_alert_is_still_known_by_its_facts(rig: AlertRig, central: Simulated) -> None:
    async with of_state(central.url, "XB") as issuer:
        alert = await theirs(issuer, CAR)
        await issuer.change(DeleteAlert(alert=CAR, version=alert.version, ground="seized"), asking())
    facts = await LiveLookup(rig.alerts.system, rig.clock, Uuid7Source()).look_up(CAR)
    assert facts is not None
    assert facts.deleted_at is not None


async def test_a_system_that_is_away_is_left_alone_for_a_while(rig: AlertRig, central: Simulated) -> None:
    lookup = LiveLookup(rig.alerts.system, rig.clock, Uuid7Source())
    central.script(AWAY)
    assert [await lookup.look_up(name) for name in (CAR, CAR, "OTHER")] == [None, None, None]
    assert reads(central) == 1
    central.script()
    rig.clock.turn(LEFT_ALONE_FOR)
    assert await lookup.look_up(CAR) is not None


async def test_an_unknown_alert_and_a_key_that_is_none_are_none(rig: AlertRig, central: Simulated) -> None:
    lookup = LiveLookup(rig.alerts.system, rig.clock, Uuid7Source())
    assert await lookup.look_up("NOBODY") is None
    assert await lookup.look_up("case of a file") is None
    assert await lookup.look_up(CAR) is not None  # what is no id has not made it leave the system alone


async def test_a_slow_system_costs_a_message_its_limit_once(central: Simulated) -> None:
    clock = TurnedClock()
    system = national_part(central.url, "XA", immediate_seconds=30, call_seconds=30)
    await system.start()
    central.script('[[rule]]\ndo = { action = "silent" }')
    lookup = LiveLookup(system, clock, Uuid7Source(), limit_seconds=0.2)
    assert await lookup.look_up(CAR) is None
    assert await lookup.look_up(CAR) is None
    assert reads(central) == 1
    clock.turn(timedelta(minutes=1))
    await system.stop()


def test_the_place_in_the_notices_survives_and_a_damaged_one_means_the_beginning(tmp_path: Path) -> None:
    file = tmp_path / "alerts" / "nsis.cursor"
    assert CursorFile(file).read() == ""
    CursorFile(file).keep("abcd.17")
    assert CursorFile(file).read() == "abcd.17"
    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in file.parent.iterdir()] == ["nsis.cursor"]
    file.write_bytes(b"\xff\xfe")
    assert CursorFile(file).read() == ""
