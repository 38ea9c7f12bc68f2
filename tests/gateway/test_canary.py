"""A test message of our own through a door: it goes all the way, nobody is asked because of it, and a late one is an alarm."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from adapters.channels.loopback.channel import LoopbackChannel
from gateway.envelope import Claim, Payload
from gateway.errors import Unavailable
from gateway.flow.canary import Canary, mail_of
from gateway.flow.marks import Level
from tests.gateway.rig import NOON, Rig

EVERY, LATE = timedelta(minutes=1), timedelta(seconds=30)


class Door(LoopbackChannel):
    """One that can be out of order."""

    broken = False

    async def send_to_self(self, mail: bytes, reference: str) -> None:
        if self.broken:
            raise Unavailable("door.broken", "It is broken.")
        await super().send_to_self(mail, reference)


async def _beside(rig: Rig) -> tuple[Canary, Door]:
    door = Door("loop", rig.clock)
    await door.start(rig.gateway.intake)
    canary = Canary(rig.ledger, rig.gateway.intake.doors, EVERY, LATE)
    canary.ways = {"loop": door}
    rig.gateway.intake.canary = canary
    assert await canary.look(rig.clock.now()) == {}
    return canary, door


async def _minute(rig: Rig, canary: Canary) -> dict[str, str]:
    """A minute passes, and the one that is sent then arrives."""
    await rig.later(EVERY)
    await canary.look(rig.clock.now())
    while canary._sending:
        await next(iter(canary._sending))
    await rig.gateway.quiet()
    return await canary.look(rig.clock.now())


async def test_it_goes_through_the_door_and_to_nobody(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        canary, _ = await _beside(rig)
        for _ in range(3):
            assert await _minute(rig, canary) == {}
        assert canary.seconds == {"loop": 0.0}
        assert await rig.ledger.counts() == {("inbound", "settled"): 3}
        assert (rig.wire.sent, rig.cases.opened) == ([], {})
        assert sum(shelf.asked for shelf in rig.shelves.values()) == 0
        since = NOON - timedelta(days=3650)
        assert await rig.ledger.arrivals(since, since + timedelta(days=9999)) == {}


async def test_a_late_one_is_an_alarm_until_one_arrives(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        canary, door = await _beside(rig)
        door.broken = True
        assert await _minute(rig, canary) == {}
        rig.clock.turn(LATE + timedelta(seconds=1))
        late = {"canary loop": "A test message through loop is late (door.broken)."}
        assert await canary.look(rig.clock.now()) == late
        assert await _minute(rig, canary) == late
        door.broken = False
        assert await _minute(rig, canary) == {}


async def test_nobody_else_can_send_one(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        await _beside(rig)
        reference = "<canary.00000000000000000000000000000000@loop.spoc.invalid>"
        payload = Payload.of(mail_of(reference, NOON), "message/rfc822")
        accepted = await rig.gateway.intake.take("wire", payload, Claim(sender="<>", reference=reference))
        await rig.gateway.quiet()
        row = await rig.row(accepted.envelope)
        assert (row.envelope.kind, row.state, row.reason and row.reason.code) == ("message", "held", "report.unmatched")


async def test_none_is_sent_while_the_doors_are_closed(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        canary, _ = await _beside(rig)
        rig.gateway.intake.doors.level = Level.SHED
        assert await _minute(rig, canary) == {}
        assert await rig.ledger.accepted() == 0
