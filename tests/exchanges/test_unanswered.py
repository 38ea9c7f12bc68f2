"""Requests that nobody answers, through the whole gateway in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.journal import entry
from tests.contracts.store_fixtures import Store
from tests.exchanges.stories import CONSULTATION, Story, form_m, why
from tests.gateway.rig import NOON, Rig

WARNED, BREACHED, TOOK_EFFECT = "clock.warned", "clock.breached", "clock.took-effect"


@pytest.fixture
async def story(tmp_path: Path, store: Store) -> AsyncIterator[Story]:
    async with Rig(tmp_path / "rig", store()) as rig:
        yield Story(rig)


async def test_a_request_is_warned_of_twice_and_breached_after_twelve_hours(story: Story) -> None:
    row = await story.receives(form_m("Is the address still in use?"))
    assert row.envelope.learned.step is not None
    matter = await story.matter(row)
    assert (matter.due, matter.owed_by_us) == (NOON + timedelta(hours=12), NOON + timedelta(hours=12))
    await story.later(hours=6)
    assert await story.clocks() == [(WARNED, "T01", "50%")]
    await story.later(hours=3, minutes=36)
    assert (await story.clocks())[1:] == [(WARNED, "T01", "80%")]
    await story.later(hours=2, minutes=24)
    assert (await story.clocks())[2:] == [(BREACHED, "T01", "breached")]
    matter = await story.matter(row)
    assert (matter.overdue, matter.overdue_by, matter.closed) == (True, ("sirene:XA",), False)


async def test_an_answer_stops_the_clock_when_the_other_side_has_taken_it(story: Story) -> None:
    row = await story.receives(form_m("Is the address still in use?"))
    asked = row.envelope.form.header.message_id
    await story.later(hours=1)
    answer = form_m(
        "It is.", sender="sirene:XA", to="sirene:XB", reference="XA-M-2026-0000001", in_reply_to=asked, sent=story.now
    )
    sent = await story.sends(answer)
    assert (sent.state, sent.envelope.exchange) == ("transmitted", row.envelope.exchange)
    matter = await story.matter(row)
    assert (matter.due, matter.closed, matter.overdue) == (None, True, False)
    await story.later(days=2)
    assert await story.clocks() == []


async def test_ten_days_of_silence_are_no_objection_and_the_decision_comes_next(story: Story) -> None:
    asked = form_m(
        CONSULTATION,
        sender="sirene:XA",
        to="sirene:XB",
        alert="XB00000000000000205",
        issuer="XB",
        reference="XA-M-2026-0000040",
    )
    row = await story.sends(asked)
    assert row.state == "transmitted", why(row)
    (course,) = (await story.picture(row)).standing.courses
    assert (course.dialogue, course.state) == ("prior-consultation", "consulted")
    # Ten calendar days from Saturday noon: the limit ends as the first of December ends in the time of XB.
    await story.later(days=9)
    assert [told[1:] for told in await story.clocks() if told[1] == "T17"] == [("T17", "50%"), ("T17", "80%")]
    await story.later(days=1, hours=11)
    effects = [told for told in await story.clocks() if told[0] == TOOK_EFFECT]
    assert effects == [(TOOK_EFFECT, "T17", "took-effect")]
    (course,) = (await story.picture(row)).standing.courses
    assert course.state == "answered"
    assert {(each.letter, each.by) for each in course.next if each.expected} == {("N", "sirene:XA")}
    await story.later(days=30)
    assert len([told for told in await story.clocks() if told[0] == TOOK_EFFECT]) == 1


async def test_a_gateway_that_starts_again_between_warning_and_breach_repeats_nothing(story: Story) -> None:
    await story.receives(form_m("Is the address still in use?"))
    await story.later(hours=10)
    await story.rig.gateway.watch.stop()
    again = Story(story.rig)
    again.rig.gateway = again.rig.joined()
    await again.later(hours=3)
    assert [told[2] for told in await again.clocks()] == ["50%", "80%", "breached"]


async def test_a_limit_that_the_other_side_lets_pass_is_stated_and_linked_to_the_breach(story: Story) -> None:
    asked = form_m("Is the address still in use?", sender="sirene:XA", to="sirene:XB", reference="XA-M-2026-0000041")
    row = await story.sends(asked)
    await story.later(hours=12)
    assert (BREACHED, "T01", "breached") in await story.clocks()
    ours = await story.rig.row(row.envelope.id)
    (stated,) = [each for each in ours.envelope.learned.stated if each.kind == "NO_ANSWER"]
    assert (stated.code, stated.by) == ("T01", NOON + timedelta(hours=12))
    told = [entry.read(link.entry) for link in await story.rig.ledger.timeline(row.envelope.id)]
    (breach,) = [each for each in told if each.event == BREACHED]
    (missing,) = [each for each in told if each.event == "evidence.missing" and ("awaited", "answer") in each.details]
    assert dict(breach.details)["statement"] == dict(missing.details)["statement"] == stated.envelope
    statement = await story.rig.row(stated.envelope)
    assert statement.state == "kept"
    assert b"NO_ANSWER" in statement.envelope.signed and b"T01" in statement.envelope.signed
    await story.later(days=30)
    again = await story.rig.row(row.envelope.id)
    assert [each.code for each in again.envelope.learned.stated if each.kind == "NO_ANSWER"] == ["T01"]


async def test_what_we_let_pass_ourselves_is_no_evidence_against_another(story: Story) -> None:
    row = await story.receives(form_m("Is the address still in use?"))
    await story.later(hours=13)
    assert (BREACHED, "T01", "breached") in await story.clocks()
    assert (await story.rig.row(row.envelope.id)).envelope.learned.stated == ()
