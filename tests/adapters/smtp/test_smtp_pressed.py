"""The mail door when too much waits, and a test message of our own through it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.envelope import Claim, Payload
from gateway.errors import Unavailable
from gateway.flow.canary import Canary, mail_of
from gateway.flow.doors import SHEDDING, Doors
from gateway.flow.marks import Level
from tests.adapters.smtp.dialogue import MAIL, NOON, Authority, Client, Kept, Opened
from tests.gateway.rig import Rig

REFERENCE = "<canary.0@smtp.spoc.invalid>"


async def test_who_is_refused_because_too_much_waits_may_come_again_and_is_not_counted(
    opened: Opened, intake: Kept
) -> None:
    port = (await opened(refusals_per_hour=2)).port
    doors = Doors()
    doors.level = Level.SHED
    with pytest.raises(Unavailable) as shed:
        doors.admit(Claim(sender="oper@xb.sirene.example"), Payload.of(MAIL, "message/rfc822"))
    intake.trouble = shed.value
    for _ in range(5):
        client = await Client.connect(port)
        await client.ready_for_content()
        said = await client.expect("451 4.3.1", MAIL + b".")
        assert "send it again in 5 minutes" in said
    assert (intake.away, shed.value.code, doors.turned_away) == ([], SHEDDING, 1)
    intake.trouble = None
    client = await Client.connect(port)
    await client.ready_for_content()
    await client.expect("250 2.0.0", MAIL + b".")


async def test_a_ledger_that_is_away_shuts_nobody_out_for_an_hour(opened: Opened, intake: Kept) -> None:
    port = (await opened(refusals_per_hour=2)).port
    intake.trouble = Unavailable("ledger.full", "The gateway cannot keep anything now.")
    for _ in range(4):
        client = await Client.connect(port)
        await client.ready_for_content()
        await client.expect("451 4.3.0", MAIL + b".")
    assert set(intake.reasons) == {"ledger.full"}
    await Client.connect(port)


@pytest.mark.parametrize("starttls", ["never", "required"])
async def test_a_test_message_comes_in_over_the_wire(
    opened: Opened, intake: Kept, tmp_path: Path, starttls: str
) -> None:
    certificate, key, _ = Authority("XA test").issue(tmp_path, "mail.xa.spoc.example")
    tls = {"tls_certificate": certificate, "tls_key": key} if starttls == "required" else {}
    door = await opened(starttls=starttls, unknown_messages_per_hour=1, **tls)
    for _ in range(3):
        await door.send_to_self(mail_of(REFERENCE, NOON), REFERENCE)
    (channel, payload, claim), *others = intake.taken
    assert (channel, payload.content.strip(), claim.reference) == ("smtp", mail_of(REFERENCE, NOON).strip(), REFERENCE)
    assert (len(others), bool(claim.encryption)) == (2, starttls == "required")


async def test_a_test_message_that_is_not_taken_says_so(opened: Opened, intake: Kept) -> None:
    door = await opened()
    intake.trouble = Unavailable("ledger.full", "The gateway cannot keep anything now.")
    with pytest.raises(Unavailable, match="test message"):
        await door.send_to_self(mail_of(REFERENCE, NOON), REFERENCE)
    await door.stop()
    with pytest.raises(Unavailable):
        await door.send_to_self(mail_of(REFERENCE, NOON), REFERENCE)


async def test_a_canary_goes_through_the_mail_door_and_all_stages(opened: Opened, tmp_path: Path) -> None:
    door = await opened()
    async with Rig(tmp_path / "rig") as rig:
        door._door.intake = rig.gateway.intake
        canary = Canary(rig.ledger, rig.gateway.intake.doors, timedelta(minutes=1), timedelta(seconds=30))
        canary.ways = {"smtp": door}
        rig.gateway.intake.canary = canary
        await canary.look(rig.clock.now())
        rig.clock.turn(timedelta(minutes=1))
        await canary.look(rig.clock.now())
        while canary._sending:
            await next(iter(canary._sending))
        await rig.gateway.quiet()
        assert await canary.look(rig.clock.now()) == {}
        assert (list(canary.seconds), await rig.ledger.counts()) == (["smtp"], {("inbound", "settled"): 1})
