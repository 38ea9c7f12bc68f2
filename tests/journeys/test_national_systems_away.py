"""A register or the case system is down or slow: the answer waits, says what is missing, and a case is opened exactly once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from gateway import parcel
from gateway.envelope import Envelope
from gateway.errors import RegisterUnavailable
from gateway.questions import Answer, CaseReference, CaseRequest, Question
from tests.gateway.rig import root_of
from tests.journeys.worlds import World

MINUTE = timedelta(minutes=1)


def p_form(world: World) -> str:
    """The P form that went out."""
    (out,) = [out for out in world.wire.sent if root_of(out) == "FormP"]
    return parcel.open_parcel(out.payload).form.decode()


async def envelope_of(world: World, id: str) -> Envelope:
    return (await world.row(id)).envelope


async def test_a_register_that_stays_down_is_named_as_unanswered(world: World) -> None:
    world.shelves["crm"].away = 1000
    envelope = await world.hit_arrives()
    assert "FormP" not in world.told()
    for _ in range(30):
        await world.later(MINUTE)
    assert (await world.stands(envelope))[0] == "acknowledged"
    answers = {answer.register: answer for answer in (await envelope_of(world, envelope)).answers}
    assert answers["crm"].outcome == "UNANSWERED"
    assert answers["crm"].failure == "register.down"
    assert answers["wanted_vehicles"].outcome == "MATCHES"
    assert world.shelves["wanted_vehicles"].asked == 1
    events = await world.events(envelope)
    assert events.count("register.asked") >= 3, "every question stands in the journal"


async def test_an_answer_that_is_not_complete_does_not_pretend_to_be(world: World) -> None:
    world.shelves["crm"].away = world.shelves["wanted_vehicles"].away = 1000
    envelope = await world.hit_arrives()
    for _ in range(30):
        await world.later(MINUTE)
    replies = await world.children(envelope, "reply")
    assert (await world.stands(envelope))[0] == "acknowledged"
    if replies:
        stands = await world.stands(replies[0].id)
        assert stands[0] == "held" or "not" in p_form(world), "an officer sees it, or it says what is missing"


async def test_a_slow_register_does_not_hold_up_the_others(world: World) -> None:
    class Slow:
        name, time_limit_seconds, asked = "crm", 0.05, 0

        def accepts(self, question: Question) -> bool:
            return True

        async def ask(self, question: Question, asked_at: datetime) -> Answer:
            self.asked += 1
            await asyncio.Event().wait()
            raise AssertionError("nobody waits that long")

    slow = Slow()
    world.shelves["crm"].time_limit_seconds = slow.time_limit_seconds
    world.shelves["crm"].ask = slow.ask  # type: ignore[method-assign]  # a register that hangs
    envelope = await world.hit_arrives()
    for _ in range(30):
        await world.later(MINUTE)
    answers = {answer.register: answer for answer in (await envelope_of(world, envelope)).answers}
    assert answers["crm"].failure == "register.too-slow"
    assert answers["wanted_vehicles"].usable
    assert (await world.stands(envelope))[0] == "acknowledged"


async def test_a_case_system_that_comes_back_has_exactly_one_case(world: World) -> None:
    opened = _fails(world, times=5)
    envelope = await world.hit_arrives()
    assert await world.stands(envelope) == ("routed", "deliver.waiting")
    assert "FormP" not in world.told()
    for _ in range(60):
        await world.later(MINUTE)
    assert (await world.stands(envelope))[0] == "acknowledged"
    assert list(world.cases.opened) == [envelope]
    assert len(opened) == 6
    assert len((await envelope_of(world, envelope)).cases) == 1
    assert (await world.events(envelope)).count("case.opened") == 1


async def test_a_case_that_was_opened_while_the_answer_was_lost_is_found_again(world: World) -> None:
    _fails(world, times=3, after=True)
    envelope = await world.hit_arrives()
    for _ in range(60):
        await world.later(MINUTE)
    assert list(world.cases.opened) == [envelope]
    (reference,) = (await envelope_of(world, envelope)).cases
    assert reference.opened is False, "the case was found by its key, not opened a second time"


async def test_a_case_system_that_is_away_for_days_loses_nothing(world: World) -> None:
    _fails(world, times=10_000)
    envelope = await world.hit_arrives()
    for _ in range(72):
        await world.later(timedelta(hours=1))
    assert await world.stands(envelope) == ("routed", "deliver.waiting")
    assert (await world.row(envelope)).envelope.answers, "what the registers answered is kept"
    assert world.shelves["crm"].asked == 1


async def test_registers_that_are_away_never_block_other_messages(world: World) -> None:
    for shelf in world.shelves.values():
        shelf.away = 3
    first = await world.hit_arrives()
    second = await world.other_hit_arrives(2)
    for _ in range(30):
        await world.later(MINUTE)
    assert {(await world.stands(each))[0] for each in (first, second)} == {"acknowledged"}


def _fails(world: World, times: int, after: bool = False) -> list[str]:
    """Let the case system fail so often, before or after it has opened the case; returns the keys it was asked for."""
    real, asked = world.cases.open_case, list[str]()

    async def open_case(request: CaseRequest, at: datetime) -> CaseReference:
        asked.append(request.idempotency_key)
        if after or len(asked) > times:
            reference = await real(request, at)
        if len(asked) <= times:
            raise RegisterUnavailable("case-system.down", "The case system does not answer.")
        return reference

    world.cases.open_case = open_case  # type: ignore[method-assign]  # a case system that is down
    return asked
