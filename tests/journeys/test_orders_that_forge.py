"""What a national system must not be able to say in the office's name: a receipt, or other words under a known message id."""

from __future__ import annotations

import asyncio

from gateway.envelope import Claim, Payload
from tests.journeys.worlds import World, changed, message_id, receipt_about, sample

CLIENT = "client:case-system"
OURS = ("<h:From>ncb:XB", "<h:From>ncb:XA")
THEIRS = ("<h:To>ncb:XA", "<h:To>ncb:XB")


def order(id: str) -> bytes:
    """A free message of ours."""
    text = sample("interpol/FreeText").decode()
    old = text.partition("<h:MessageId>")[2].partition("<")[0]
    return changed(text.encode(), (old, id), OURS, THEIRS, ("<h:Info>ncb:XC</h:Info>", ""))


async def handed_in(world: World, xml: bytes, key: str, to: str = "ncb:XB") -> str:
    claim = Claim(sender=CLIENT, reference=key)
    return (await world.gateway.intake.submit("api", Payload.of(xml, "application/xml"), claim, to)).envelope


async def test_a_client_cannot_send_a_receipt_in_the_gateways_name(world: World) -> None:
    forged = receipt_about(message_id(1), "VALID", 1, sender="sirene:XA", to="sirene:XB")
    sent = await handed_in(world, forged, "one", "sirene:XB")
    await world.gateway.engine.quiet()
    assert await world.stands(sent) == ("rejected", "receipt.by-hand")
    assert world.wire.sent == []


async def test_a_message_id_is_used_for_one_message_only(world: World) -> None:
    first = await handed_in(world, order(message_id(7)), "one")
    await world.gateway.engine.quiet()
    assert await world.stands(first) == ("transmitted", "confirm.waiting")
    second = await handed_in(world, order(message_id(7)), "two")
    other = await handed_in(world, order(message_id(8)), "three")
    await world.gateway.engine.quiet()
    assert await world.stands(second) == ("rejected", "message-id.used")
    assert (await world.stands(other))[0] == "transmitted"
    assert world.sent_times("FreeText") == 2


async def test_of_two_orders_at_once_one_goes_out(world: World) -> None:
    both = await asyncio.gather(*(handed_in(world, order(message_id(7)), key) for key in ("one", "two")))
    await world.gateway.engine.quiet()
    assert sorted([(await world.stands(each))[0] for each in both]) == ["rejected", "transmitted"]
    assert world.sent_times("FreeText") == 1


async def test_an_order_that_was_refused_may_be_mended_under_its_message_id(world: World) -> None:
    bad = changed(order(message_id(7)), ("<h:To>ncb:XB", "<h:To>ncb:XA"))
    first = await handed_in(world, bad, "one")
    await world.gateway.engine.quiet()
    assert (await world.stands(first))[0] == "rejected"
    second = await handed_in(world, order(message_id(7)), "two")
    await world.gateway.engine.quiet()
    assert (await world.stands(second))[0] == "transmitted"
