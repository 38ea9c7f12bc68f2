"""The gateway stops trying early enough for a person to telephone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.retry import URGENT_GIVE_UP, give_up_at
from tests.exchanges.stories import Story, form_m, why
from tests.gateway.rig import NOON, Rig

OURS = {"sender": "sirene:XA", "to": "sirene:XB", "reference": "XA-M-2026-0000001"}
hours = st.integers(0, 100).map(lambda each: timedelta(hours=each))


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with Rig(tmp_path / "rig") as rig:
        rig.wire.outcomes = ["unavailable"] * 500
        yield Story(rig)


async def test_an_urgent_message_is_brought_before_a_person_within_half_an_hour(story: Story) -> None:
    row = await story.sends(form_m("Is the child with you?", urgency="URGENT", **OURS))
    assert (row.state, why(row)) == ("signed", "transmit.waiting")
    for _ in range(29):
        await story.later(minutes=1)
    assert why(await story.rig.row(row.envelope.id)) == "transmit.waiting"
    await story.later(minutes=1)
    row = await story.rig.row(row.envelope.id)
    assert (row.state, why(row)) == ("held", "transmit.telephone")
    assert row.reason is not None
    assert "Telephone" in row.reason.operator
    assert len(row.envelope.learned.transmissions) > 5
    assert [each.event for each in await story.told("envelope.held")] == ["envelope.held"]


async def test_an_officer_may_let_it_go_on_being_tried(story: Story) -> None:
    row = await story.sends(form_m("Is the child with you?", urgency="URGENT", **OURS))
    await story.rig.later(URGENT_GIVE_UP)
    await story.rig.gateway.desk.release(row.envelope.id, "user:officer", "Nobody answers the telephone.")
    await story.rig.gateway.quiet()
    assert why(await story.rig.row(row.envelope.id)) == "transmit.waiting"


async def test_an_answer_that_a_limit_waits_for_is_given_up_at_half_of_what_is_left(story: Story) -> None:
    asked = await story.receives(form_m("Is the address still in use?"))
    await story.later(hours=2)
    answer = form_m("It is.", in_reply_to=asked.envelope.form.header.message_id, sent=story.now, **OURS)
    row = await story.sends(answer)
    for _ in range(9):
        await story.later(minutes=30)
    assert why(await story.rig.row(row.envelope.id)) == "transmit.waiting"
    await story.later(minutes=30)
    assert story.now == NOON + timedelta(hours=7)
    row = await story.rig.row(row.envelope.id)
    assert (row.state, why(row)) == ("held", "transmit.telephone")


async def test_an_ordinary_message_without_a_limit_is_tried_as_long_as_agreed(story: Story) -> None:
    row = await story.sends(form_m("For your information.", **OURS))
    await story.later(hours=71)
    assert why(await story.rig.row(row.envelope.id)) == "transmit.waiting"


@given(retry=hours, urgent=st.none() | hours, ends=st.none() | hours)
def test_a_person_is_never_called_later_than_agreed_and_always_before_the_limit(
    retry: timedelta, urgent: timedelta | None, ends: timedelta | None
) -> None:
    limit = NOON + ends if ends is not None else None
    found = give_up_at(NOON, retry, urgent=urgent, limit_ends=limit)
    assert NOON <= found <= NOON + retry
    if urgent is not None:
        assert found <= NOON + urgent
    if limit is not None and limit > NOON:
        assert found < limit
