"""Where a message goes: the book's mailbox, around an announced downtime, and another way when the usual one fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.addressbook.book import Alternative, Bureau, Downtime
from gateway.addressbook.choosing import FAILURES_BEFORE_ALTERNATIVE, Way, way_for
from gateway.handover import Outgoing
from gateway.journal import entry as entries
from tests.addressbook.books import NOW, book, bureau
from tests.gateway.rig import root_of
from tests.journeys.worlds import World, world_on

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BACKUP = Alternative(channel="wire", address="oper@backup.xb.example")
USUAL, OTHERS = Way(channel="wire", address="a"), (Way(channel="wire", address="b", alternative=1),)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_on("memory", tmp_path) as opened:
        yield opened
        await opened.sound()


def use(world: World, *bureaus: Bureau) -> None:
    world.directory.book = book(*bureaus)


def forms(world: World) -> list[Outgoing]:
    return [out for out in world.wire.sent if root_of(out) == "FormP"]


async def test_the_mailbox_of_the_book_comes_before_that_of_the_card(world: World) -> None:
    use(world, bureau("XB"))
    await world.hit_arrives()
    assert {out.leg.address for out in world.wire.sent} == {"oper@xb.book.example"}


async def test_a_partner_that_the_book_does_not_list_keeps_the_address_of_its_card(world: World) -> None:
    use(world, bureau("XC"))
    await world.hit_arrives()
    assert {out.leg.address for out in world.wire.sent} == {"oper@xb.sirene.example"}


async def test_a_bureau_writes_from_its_mailboxes_in_the_book(world: World) -> None:
    use(world, bureau("XB"))
    found = world.directory.by_address("MESSAGE@xb.book.example")
    assert found is not None
    assert found.party == "sirene:XB"
    assert world.directory.by_address("message@xc.book.example") is None


async def test_what_is_urgent_and_cannot_be_sent_now_is_brought_before_a_person(world: World) -> None:
    use(world, bureau("XB", downtimes=(Downtime(begins=NOW - HOUR, ends=NOW + HOUR),)))
    reply = await world.reply_to(await world.hit_arrives())
    assert await world.stands(reply.id) == ("held", "recipient.down")
    row = await world.row(reply.id)
    assert row.reason is not None
    assert "+999 555 0100" in row.reason.operator
    await world.gateway.desk.release(reply.id, "user:officer", "They answer on the telephone; send it.")
    await world.gateway.engine.quiet()
    assert len(forms(world)) == 1


async def test_what_is_not_urgent_waits_for_the_end_of_the_downtime(world: World) -> None:
    use(world, bureau("XB", downtimes=(Downtime(begins=NOW - HOUR, ends=NOW + HOUR),)))
    reply = await world.reply_to(await world.hit_arrives(urgency="NORMAL"))
    assert await world.stands(reply.id) == ("checked", "recipient.down")
    await world.later(HOUR - MINUTE)
    assert world.wire.sent == []
    await world.later(MINUTE)
    assert [root_of(out) for out in forms(world)] == ["FormP"]


async def test_a_downtime_with_another_way_is_no_obstacle(world: World) -> None:
    use(world, bureau("XB", alternatives=(BACKUP,), downtimes=(Downtime(begins=NOW - HOUR, ends=NOW + HOUR),)))
    await world.hit_arrives()
    assert {(out.leg.address, out.leg.alternative) for out in world.wire.sent} == {(BACKUP.address, 1)}


async def test_when_the_usual_way_fails_the_other_is_tried_with_the_same_message_and_one_trail(world: World) -> None:
    use(world, bureau("XB", alternatives=(BACKUP,)))
    world.wire.forms["FormP"] = ["unavailable"]
    reply = await world.reply_to(await world.hit_arrives())
    await world.later(MINUTE)
    sent = forms(world)
    assert [(out.leg.address, out.attempt) for out in sent] == [("oper@xb.book.example", 1), (BACKUP.address, 2)]
    assert len({(out.message_id, out.payload.digest) for out in sent}) == 1
    told = [entries.read(link.entry) for link in await world.ledger.timeline(reply.id)]
    (rerouted,) = [each for each in told if each.event == "transmission.rerouted"]
    assert dict(rerouted.details) == {"channel": "wire", "alternative": "1", "failures": "1"}


async def test_an_ambiguous_attempt_is_never_sent_again_by_another_way(world: World) -> None:
    use(world, bureau("XB", alternatives=(BACKUP,)))
    world.wire.forms["FormP"] = ["ambiguous"]
    reply = await world.reply_to(await world.hit_arrives())
    await world.later(HOUR)
    assert (await world.stands(reply.id))[0] == "ambiguous"
    assert len(forms(world)) == 1


def test_a_single_way_is_taken_whatever_failed() -> None:
    assert all(way_for((USUAL,), failures, urgent=False) == USUAL for failures in range(20))


@given(failures=st.integers(0, 500), urgent=st.booleans(), others=st.integers(0, 4))
def test_every_way_gets_its_turn_and_the_usual_one_the_first(failures: int, urgent: bool, others: int) -> None:
    ways = (USUAL, *(Way(channel="wire", address=str(number), alternative=number) for number in range(1, others + 1)))
    assert way_for(ways, 0, urgent=urgent) == USUAL
    turns = [way_for(ways, failures + FAILURES_BEFORE_ALTERNATIVE + step, urgent=urgent) for step in range(len(ways))]
    assert set(turns) == set(ways)
