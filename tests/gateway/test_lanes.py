"""The order of work: urgent first, offices in turn, new and repeated in turn, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.lanes import URGENT_IN_A_ROW, Lanes, Place, Room, needing
from gateway.turns import Turns

XB, XC = Place(office="sirene:XB"), Place(office="sirene:XC")
URGENT = Place(office="sirene:XB", urgent=True)


def _served(lanes: Lanes[str], most: int = 1_000) -> list[str]:
    """Who is served, one after the other, each leaving before the next is called."""
    order: list[str] = []
    while len(order) < most and (ticket := lanes.call()) is not None:
        order.append(ticket)
        lanes.leave(ticket)
    return order


def test_one_message_of_another_office_waits_for_one_of_the_flood() -> None:
    lanes: Lanes[str] = Lanes(Room(1))
    for number in range(10_000):
        lanes.enter(f"flood-{number}", XB)
    lanes.enter("alone", XC)
    assert _served(lanes, 2) == ["flood-0", "alone"]


def test_urgent_ones_overtake_ten_times_as_much_normal_work() -> None:
    lanes: Lanes[str] = Lanes(Room(4, 1))
    for number in range(1_000):
        lanes.enter(f"normal-{number}", XC)
    for number in range(100):
        lanes.enter(f"urgent-{number}", URGENT)
    order = _served(lanes)
    last = max(place for place, ticket in enumerate(order) if ticket.startswith("urgent"))
    assert last == 100 + 100 // URGENT_IN_A_ROW - 1


def test_an_office_that_calls_everything_urgent_does_not_stop_the_others() -> None:
    lanes: Lanes[str] = Lanes(Room(1))
    for number in range(1_000):
        lanes.enter(f"shout-{number}", URGENT)
    lanes.enter("quiet", XC)
    lanes.enter("truly", Place(office="sirene:XD", urgent=True))
    order = _served(lanes)
    assert (order.index("truly"), order.index("quiet")) == (1, URGENT_IN_A_ROW)


def test_new_and_repeated_work_of_an_office_take_turns() -> None:
    lanes: Lanes[str] = Lanes(Room(1))
    for number in range(3):
        lanes.enter(f"again-{number}", Place(office="sirene:XB", again=True))
    for number in range(3):
        lanes.enter(f"new-{number}", XB)
    assert _served(lanes) == ["new-0", "again-0", "new-1", "again-1", "new-2", "again-2"]


def test_a_share_is_kept_for_urgent_ones_also_when_everything_hangs() -> None:
    lanes: Lanes[str] = Lanes(Room(4, 1))
    for number in range(10):
        lanes.enter(f"hangs-{number}", XB)
    assert [lanes.call() for _ in range(4)] == ["hangs-0", "hangs-1", "hangs-2", None]
    lanes.enter("urgent", URGENT)
    assert lanes.call() == "urgent"


def test_with_one_place_nothing_is_reserved_and_urgent_goes_first() -> None:
    room = Room.of(1, 1)
    lanes: Lanes[str] = Lanes(room)
    lanes.enter("normal", XB)
    lanes.enter("urgent", Place(office="sirene:XC", urgent=True))
    assert (room, _served(lanes)) == (Room(1, 0), ["urgent", "normal"])


def test_what_hangs_at_one_register_does_not_block_what_needs_another() -> None:
    lanes: Lanes[str] = Lanes(rooms=lambda need: Room(2))
    for number in range(5):
        lanes.enter(f"hangs-{number}", needing(XB, "cpr"))
    lanes.enter("other", needing(XB, "crm", "crm"))
    lanes.enter("both", needing(XC, "crm", "cpr"))
    assert [lanes.call() for _ in range(4)] == ["hangs-0", "other", "both", None]
    lanes.leave("other")
    assert lanes.call() is None
    lanes.leave("hangs-0")
    assert lanes.call() == "hangs-1"


def test_who_leaves_while_it_waits_is_not_called() -> None:
    lanes: Lanes[str] = Lanes(Room(1))
    for ticket in "abc":
        lanes.enter(ticket, XB)
    lanes.leave("b")
    assert (_served(lanes), lanes.waiting, lanes.inside) == (["a", "c"], 0, 0)
    lanes.leave("nobody")


OFFICES = ("", "sirene:XB", "sirene:XC", "ncb:XD")
places = st.builds(
    Place, office=st.sampled_from(OFFICES), urgent=st.booleans(), again=st.booleans(),
    needs=st.sampled_from([(), ("cpr",), ("crm",), ("cpr", "crm")]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(places, max_size=60), st.integers(1, 5), st.integers(0, 5), st.integers(1, 3), st.randoms())
def test_whatever_comes_rooms_are_kept_and_everybody_is_served(
    coming: list[Place], slots: int, reserved: int, each: int, random: object
) -> None:
    room = Room.of(slots, reserved)
    lanes: Lanes[int] = Lanes(room, rooms=lambda _: Room(each))
    inside: dict[int, Place] = {}
    served: set[int] = set()
    todo = list(enumerate(coming))
    while todo or lanes.waiting or inside:
        if todo:
            ticket, place = todo.pop(0)
            lanes.enter(ticket, place)
        while (called := lanes.call()) is not None:
            inside[called] = coming[called]
            served.add(called)
            assert len(inside) <= room.slots
            assert sum(not place.urgent for place in inside.values()) <= room.slots - room.reserved
            used = Counter(need for place in inside.values() for need in place.needs)
            assert all(count <= each for count in used.values())
        if inside and (not todo or random.random() < 0.5):  # type: ignore[attr-defined]  # hypothesis gives a Random
            done = random.choice(sorted(inside))  # type: ignore[attr-defined]
            del inside[done]
            lanes.leave(done)
    assert served == set(range(len(coming)))
    assert (lanes.inside, lanes.waiting) == (0, 0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(OFFICES), st.booleans()), min_size=1, max_size=80), st.integers(0, 79))
def test_no_office_waits_longer_than_a_round(queue: list[tuple[str, bool]], chosen: int) -> None:
    """The first of an office and lane is served after at most a round of its lane, with the other lane's share between."""
    lanes: Lanes[int] = Lanes(Room(1))
    for ticket, (office, urgent) in enumerate(queue):
        lanes.enter(ticket, Place(office=office, urgent=urgent))
    mine = queue[chosen % len(queue)]
    first = queue.index(mine)
    order: list[int] = []
    while (called := lanes.call()) is not None:
        order.append(called)
        lanes.leave(called)
    assert order.index(first) < len(OFFICES) * (1 if mine[1] else URGENT_IN_A_ROW + 1)


async def test_who_is_cancelled_gives_its_turn_to_the_next() -> None:
    turns = Turns(Lanes(Room(1)))
    entered: list[str] = []
    go_on = asyncio.Event()

    async def work(name: str) -> None:
        async with turns.turn(XB):
            entered.append(name)
            await go_on.wait()

    tasks = [asyncio.create_task(work(name)) for name in "abc"]
    for _ in range(3):
        await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[1].cancel()
    for _ in range(3):
        await asyncio.sleep(0)
    assert entered == ["a", "c"]
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    await tasks[2]
    assert (turns.lanes.inside, turns.lanes.waiting) == (0, 0)
