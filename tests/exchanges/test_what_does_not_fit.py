"""Messages that break their dialogue wait with the explanation; messages that overtake each other are put in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.exchanges.fitting import WAIT_FOR_EARLIER
from gateway.exchanges.matter import MAX_STEPS
from tests.exchanges.stories import CONSULTATION, Story, form_m, why
from tests.gateway.rig import NOON, Rig
from tests.gateway.test_exchange_story import PHOTO, hit

FORM_N, FORM_P = (Path(f"schemas/sirene/samples/Form{letter}.xml").read_text("utf-8") for letter in "NP")
SECOND = "0193a5c0-7d10-7a01-8b3c-5e0f9a1c00f2"


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with Rig(tmp_path / "rig") as rig:
        yield Story(rig)


async def arrives(story: Story, form: bytes) -> str:
    return await story.rig.arrives(story.rig.bureaux["sirene:XB"].signed(form, (PHOTO,)))


async def test_a_second_g_form_on_one_hit_waits_with_the_explanation(story: Story) -> None:
    first = await story.rig.row(await arrives(story, hit()))
    second = await story.rig.row(await arrives(story, hit(SECOND, "XB-G-2026-0000002")))
    assert (first.state, second.state, why(second)) == ("acknowledged", "held", "dialogue.breaks")
    assert second.envelope.exchange == first.envelope.exchange
    assert second.reason is not None
    assert "XB-G-2026-0000001" in second.reason.public
    assert "form M" in second.reason.operator
    assert {finding.rule for finding in second.envelope.findings} >= {"DLG-SECOND-HIT-REPORT", "R10"}
    assert len((await story.rig.ledger.exchange(first.envelope.exchange)).steps) == 2  # the hit and our answer
    assert story.rig.told().count("Receipt VALID") == 1

    await story.rig.gateway.desk.release(second.envelope.id, "user:officer", "It is another vehicle.")
    await story.rig.gateway.quiet()
    released = await story.rig.row(second.envelope.id)
    assert released.state not in ("held", "rejected")
    steps = (await story.rig.ledger.exchange(first.envelope.exchange)).steps
    assert second.envelope.id in {step.envelope for step in steps}
    assert story.rig.told().count("Receipt VALID") == 2


async def test_a_g_form_that_was_overtaken_by_another_on_its_hit_waits_too(story: Story) -> None:
    first = await story.rig.row(await arrives(story, hit(SECOND, "XB-G-2026-0000002")))
    late = hit().replace(b"2026-11-21T09:15:00Z", b"2026-11-21T09:05:00Z")
    overtaken = await story.rig.row(await arrives(story, late))
    assert (first.state, overtaken.state, why(overtaken)) == ("acknowledged", "held", "story.officer")
    assert overtaken.reason is not None
    assert overtaken.reason.public.startswith("R10")


async def test_two_reports_of_one_hit_at_the_same_moment_are_not_both_taken(story: Story) -> None:
    bureau = story.rig.bureaux["sirene:XB"]
    forms = [hit(f"0193a5c0-7d10-7a01-8b3c-5e0f9a1c10{number:02}", f"XB-G-2026-{number:07}") for number in range(1, 7)]
    arriving = [story.rig.arrives(bureau.signed(form, (PHOTO,))) for form in forms]
    rows = [await story.rig.row(envelope) for envelope in await asyncio.gather(*arriving)]
    await story.later(minutes=1)
    rows = [await story.rig.row(row.envelope.id) for row in rows]
    assert sorted(row.state for row in rows) == ["acknowledged", *["held"] * 5]
    assert len({row.envelope.exchange for row in rows}) == 1


async def test_a_reply_to_nothing_waits_a_while_and_then_for_an_officer(story: Story) -> None:
    envelope = await story.rig.arrives(story.rig.bureaux["sirene:XB"].signed(FORM_P.encode()))
    assert why(await story.rig.row(envelope)) == "dialogue.earlier-awaited"
    await story.rig.later(WAIT_FOR_EARLIER)
    row = await story.rig.row(envelope)
    assert (row.state, why(row)) == ("held", "dialogue.breaks")
    assert row.reason is not None
    assert "not known here" in row.reason.public
    assert {"DLG-REPLY-TO-NOTHING", "R39"} <= {finding.rule for finding in row.envelope.findings}
    assert (await story.rig.ledger.exchange(row.envelope.id)).steps == ()


async def test_waiting_for_what_may_still_come_costs_few_entries(story: Story) -> None:
    envelope = await story.rig.arrives(story.rig.bureaux["sirene:XB"].signed(FORM_P.encode()))
    for _ in range(60):
        await story.later(seconds=10)
    assert why(await story.rig.row(envelope)) == "dialogue.breaks"
    assert len(await story.told("envelope.retry")) < 12


async def test_what_arrives_before_its_question_is_put_in_order(story: Story) -> None:
    asked = form_m(CONSULTATION, sent=NOON - timedelta(minutes=30))
    text = FORM_N.replace("2026-11-21T09:30:00Z", "2026-11-21T11:45:00Z")
    decision = await story.receives(text.replace("<h:YourReference>XA-M-2026-0000040</h:YourReference>", "").encode())
    assert why(decision) == "dialogue.earlier-awaited"
    question = await story.receives(asked)
    await story.later(minutes=1)
    decision = await story.rig.row(decision.envelope.id)
    assert decision.envelope.exchange == question.envelope.exchange
    assert decision.envelope.learned.step is not None
    (course,) = (await story.picture(question)).standing.courses
    assert (course.dialogue, course.state) == ("prior-consultation", "granted")


async def test_a_message_of_ours_that_breaks_its_dialogue_waits_too(story: Story) -> None:
    ours = (
        FORM_P.replace(">sirene:XB<", ">sirene:X<")
        .replace(">sirene:XA<", ">sirene:XB<")
        .replace(">sirene:X<", ">sirene:XA<")
    )
    row = await story.sends(ours.replace("XB-P-2026", "XA-P-2026").encode())
    assert (row.state, why(row)) == ("held", "dialogue.breaks")
    assert story.rig.wire.sent == []


async def test_an_order_that_is_given_up_counts_as_never_sent(story: Story) -> None:
    story.rig.wire.outcomes = ["refused"]
    row = await story.sends(
        form_m("Is the address in use?", sender="sirene:XA", to="sirene:XB", reference="XA-M-2026-0000001")
    )
    assert row.state == "held"
    assert len((await story.picture(row)).standing.courses) == 1
    await story.rig.gateway.desk.reject(row.envelope.id, "user:officer", "Told by telephone.")
    await story.rig.gateway.quiet()
    kept = await story.rig.ledger.exchange(row.envelope.exchange)
    assert [step.void for step in kept.steps] == [True]
    assert (await story.picture(row)).standing.courses == ()


async def test_an_exchange_that_is_full_keeps_the_message_for_an_officer(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.exchanges.fitting.MAX_STEPS", 1)
    assert MAX_STEPS > 100
    await story.receives(form_m("For your information."))
    over = await story.receives(form_m("More of it.", reference="XB-M-2026-0000002"))
    assert (over.state, why(over)) == ("held", "exchange.full")
    await story.rig.gateway.desk.release(over.envelope.id, "user:officer", "Read.")
    await story.rig.gateway.quiet()
    assert (await story.rig.row(over.envelope.id)).state != "checked"
    assert len((await story.rig.ledger.exchange(over.envelope.exchange)).steps) == 1


async def test_what_figures_need_stands_in_the_journal(story: Story) -> None:
    await story.rig.row(await arrives(story, hit()))
    (entry,) = [
        each for each in await story.told("envelope.checked") if dict(each.details).get("direction") == "inbound"
    ]
    details = dict(entry.details)
    assert (details["fact.letter"], details["fact.article"], details["counterpart"]) == ("G", "1862:38", "sirene:XB")
    assert "Eksempla" not in str(details)
