"""A bureau that knows the layout of 2015 only: a whole exchange with it, its receipts, and what an officer decides."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from gateway import parcel, safexml
from gateway.envelope import Claim
from simulators.counterparts.bureaux.older import older
from tests.gateway.test_exchange_story import why
from tests.journeys.worlds import PHOTO, World, changed, hit, message_id

OLD = "{urn:x-spoc:sirene:0}"


def knows_the_old_layout_only(world: World) -> None:
    """XB's card says so."""
    old = msgspec.structs.replace(world.bureaux["sirene:XB"].partner, versions={"sirene": (0,)})
    world.directory.replace([old, *(one for one in world.directory if one.party != "sirene:XB")])


def written_by_it(xml: bytes) -> bytes:
    """A form as that bureau writes it: by its own hand, which shares no code with the gateway."""
    return safexml.canonical(older(safexml.parse(xml)))


def roots(world: World) -> list[str]:
    return [str(safexml.parse(parcel.open_parcel(out.payload).form).tag) for out in world.wire.sent]


async def test_its_hit_is_worked_on_and_answered_in_words_that_it_reads(world: World) -> None:
    knows_the_old_layout_only(world)
    envelope = await world.letter("sirene:XB", written_by_it(hit()), PHOTO)
    assert (await world.stands(envelope))[0] == "acknowledged"
    assert len(world.cases.opened) == 1
    reply = await world.reply_to(envelope)
    assert roots(world).count(f"{OLD}FormP") == 1
    assert (await world.row(reply.id)).envelope.form.format == "sirene/P@1", (
        "the gateway itself thinks in the current one"
    )
    await world.told_about(reply.message_id, "VALID")
    assert await world.stands(reply.id) == ("confirmed", "confirmed.by-receipt")


async def test_a_repetition_of_its_hit_is_the_same_message(world: World) -> None:
    knows_the_old_layout_only(world)
    signed = world.bureaux["sirene:XB"].signed(written_by_it(hit()), (PHOTO,))
    await world.arrives(signed)
    again = await world.arrives(signed)
    assert (await world.stands(again))[0] == "repeated"
    assert roots(world).count(f"{OLD}FormP") == 1


async def test_every_attempt_carries_the_same_bytes_of_the_old_layout(world: World) -> None:
    knows_the_old_layout_only(world)
    world.wire.forms["FormP"] = ["unavailable", "unavailable", "taken"]
    await world.letter("sirene:XB", written_by_it(hit()), PHOTO)
    for _ in range(40):
        await world.later(timedelta(minutes=1))
    sent = [
        out.payload.content for out, root in zip(world.wire.sent, roots(world), strict=True) if root == f"{OLD}FormP"
    ]
    assert len(sent) == 3
    assert len(set(sent)) == 1


async def test_a_condition_that_it_cannot_read_in_its_place_goes_after_an_officer_has_looked(world: World) -> None:
    knows_the_old_layout_only(world)
    ours = changed(
        hit(message_id(7), "XA-G-2026-0000007"),
        (">sirene:XB</h:From>", ">sirene:XA</h:From>"), (">sirene:XA</h:To>", ">sirene:XB</h:To>"),
        ("</Keywords>", '</Keywords><EuropolHandling no="345">H1</EuropolHandling>'),
    )  # fmt: skip
    order = await world.gateway.intake.submit(
        "api", parcel.pack(ours, (PHOTO,)), Claim(sender="case-system"), "sirene:XB"
    )
    await world.gateway.engine.quiet()
    row = await world.row(order.envelope)
    assert (row.state, why(row)) == ("held", "rules.officer")
    await world.gateway.desk.release(order.envelope, "user:officer", "XB was told by telephone.")
    await world.gateway.engine.quiet()
    (sent,) = [out for out, root in zip(world.wire.sent, roots(world), strict=True) if root == f"{OLD}FormG"]
    assert "Europol handling code (345): H1" in parcel.open_parcel(sent.payload).form.decode()
