"""The way out is closed, slow or silent: what we send waits, is counted, and is never sent blindly again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.handover import Outgoing
from tests.gateway.rig import root_of
from tests.journeys.worlds import World, hit, receipt_about

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def test_a_partner_that_is_down_for_an_hour_gets_each_message_once(world: World) -> None:
    world.wire.outcomes = ["unavailable"] * 1000
    envelope = await world.hit_arrives(urgency="NORMAL")
    for _ in range(60):
        await world.later(MINUTE)
    assert world.sent_times("FormP") > 3, "it is tried again while the partner is away"
    world.wire.outcomes, before = [], len(world.wire.sent)
    for _ in range(60):
        await world.later(MINUTE)
    taken = world.wire.sent[before:]
    assert sorted(root_of(out) for out in taken) == ["FormP", "Receipt", "Receipt"]
    assert len({out.message_id for out in taken}) == 3
    assert all(out.attempt > 1 for out in taken), "each attempt has its own number"
    assert (await world.stands((await world.reply_to(envelope)).id))[0] == "transmitted"


async def test_every_resend_is_the_same_bytes(world: World) -> None:
    world.wire.forms["FormP"] = ["unavailable"] * 3
    await world.hit_arrives()
    for _ in range(20):
        await world.later(MINUTE)
    forms = [out for out in world.wire.sent if root_of(out) == "FormP"]
    assert len(forms) == 4
    assert len({out.payload.digest for out in forms}) == 1
    assert [out.attempt for out in forms] == [1, 2, 3, 4]


@pytest.mark.parametrize(("urgency", "hours"), [("NORMAL", 6), ("URGENT", 1)])
async def test_an_answer_that_cannot_be_handed_over_is_given_to_an_officer_while_there_is_time(
    world: World, urgency: str, hours: int
) -> None:
    world.wire.forms["FormP"] = ["unavailable"] * 10_000
    envelope = await world.hit_arrives(urgency=urgency)
    for _ in range(hours):
        assert (await world.stands((await world.reply_to(envelope)).id))[1] == "transmit.waiting"
        await world.later(HOUR)
    reply = await world.reply_to(envelope)
    assert await world.stands(reply.id) == ("held", "transmit.telephone")
    tried = world.sent_times("FormP")
    await world.later(timedelta(days=10))
    assert world.sent_times("FormP") == tried


async def test_a_partner_that_refuses_for_good_is_not_asked_again(world: World) -> None:
    world.wire.forms["FormP"] = ["refused"]
    envelope = await world.hit_arrives()
    reply = await world.reply_to(envelope)
    assert await world.stands(reply.id) == ("held", "transmit.refused")
    await world.later(timedelta(days=5))
    assert world.sent_times("FormP") == 1
    row = await world.row(reply.id)
    assert row.envelope.learned.transmissions[-1].evidence == "wire says refused"
    assert (await world.row(envelope)).state == "acknowledged", "what came in is not touched by it"


async def test_an_ambiguous_hand_over_is_settled_by_the_receipt(world: World) -> None:
    world.wire.forms["FormP"] = ["ambiguous"]
    reply = await world.reply_to(await world.hit_arrives())
    assert await world.stands(reply.id) == ("ambiguous", "transmit.ambiguous")
    await world.later(timedelta(days=2))
    assert world.sent_times("FormP") == 1
    await world.told_about(reply.message_id, "RECEIVED")
    assert (await world.stands(reply.id))[0] == "confirmed"
    assert world.sent_times("FormP") == 1


async def test_an_ambiguous_hand_over_is_sent_again_only_by_an_officer(world: World) -> None:
    world.wire.forms["FormP"] = ["ambiguous"]
    reply = await world.reply_to(await world.hit_arrives())
    await world.gateway.desk.release(reply.id, "user:officer", "They have told us by telephone that nothing came.")
    await world.gateway.engine.quiet()
    assert (await world.stands(reply.id))[0] == "transmitted"
    first, second = [out for out in world.wire.sent if root_of(out) == "FormP"]
    assert (first.message_id, first.payload.digest) == (second.message_id, second.payload.digest)
    assert (first.attempt, second.attempt) == (1, 2)


async def test_an_ambiguous_hand_over_may_be_given_up_by_an_officer(world: World) -> None:
    world.wire.forms["FormP"] = ["ambiguous"]
    reply = await world.reply_to(await world.hit_arrives())
    await world.gateway.desk.reject(reply.id, "user:officer", "Answered by telephone.")
    await world.later(timedelta(days=2))
    assert await world.stands(reply.id) == ("rejected", "officer.rejected")
    assert world.sent_times("FormP") == 1


async def test_a_receipt_of_ours_is_sent_again_in_doubt(world: World) -> None:
    """The other side knows a receipt by its id, so a second copy harms nobody, and nobody receipts a receipt."""
    world.wire.forms["Receipt"] = ["ambiguous", "ambiguous"]
    envelope = await world.hit_arrives()
    await world.later(10 * MINUTE)
    stands = [await world.stands(receipt.id) for receipt in await world.children(envelope, "receipt")]
    assert [state for state, _ in stands] == ["confirmed", "confirmed"]
    receipts = [out for out in world.wire.sent if root_of(out) == "Receipt"]
    assert (len(receipts), len({out.payload.digest for out in receipts})) == (4, 2)


async def test_silence_for_a_day_calls_an_officer(world: World) -> None:
    envelope = await world.letter("sirene:XB", hit(urgency="NORMAL", file=None))
    reply = await world.reply_to(envelope)
    await world.later(timedelta(hours=23, minutes=59))
    assert await world.stands(reply.id) == ("transmitted", "confirm.waiting")
    await world.later(2 * MINUTE)
    assert await world.stands(reply.id) == ("held", "confirm.no-receipt")
    assert world.sent_times("FormP") == 1


async def test_an_urgent_message_waits_an_hour_for_its_receipt(world: World) -> None:
    reply = await world.reply_to(await world.hit_arrives())
    assert reply.urgency != "NORMAL"
    await world.later(HOUR + MINUTE)
    assert await world.stands(reply.id) == ("held", "confirm.no-receipt")


async def test_a_late_receipt_confirms_what_an_officer_was_called_for(world: World) -> None:
    reply = await world.reply_to(await world.hit_arrives())
    await world.later(2 * HOUR)
    await world.told_about(reply.message_id, "VALID")
    assert (await world.stands(reply.id))[0] == "confirmed"


async def test_a_receipt_that_overtakes_the_answer_of_the_mail_server_confirms(world: World) -> None:
    """The office may answer before its own server has told ours that the mail was taken."""

    async def answer_at_once(out: Outgoing) -> None:
        if root_of(out) != "FormP":
            return
        world.wire.meanwhile = None
        xml = receipt_about(out.message_id, "RECEIVED", 77)
        envelope = await world.gateway.intake.take(
            "wire", world.bureaux["sirene:XB"].signed(xml), world.claim("sirene:XB")
        )
        for _ in range(2000):
            row = await world.ledger.get(envelope.envelope)
            if row and row.state == "settled":
                return
            await asyncio.sleep(0)
        raise AssertionError("the receipt was not settled")

    world.wire.meanwhile = answer_at_once
    reply = await world.reply_to(await world.hit_arrives())
    assert (await world.stands(reply.id))[0] == "confirmed"
    assert world.sent_times("FormP") == 1
