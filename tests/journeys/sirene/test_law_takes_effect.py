"""What the law makes of silence or of an answer has an effect here: a duty that calls somebody, or an alert that cannot be entered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.sirene.forms_in_words import NOBODYSEN, about, text
from tests.journeys.sirene.story_words import Letter, Seen, Story
from tests.journeys.sirene.test_before_an_alert import KEPT, free_text

CALLED = "head of the bureau"


async def overdue(story: Story) -> list[str]:
    """The exchanges that a list of what is overdue shows."""
    found = await story.states.ask("GET", "/exchanges?overdue=true")
    return [each["exchange"] for each in found["exchanges"]]


async def silent_creator(story: Story) -> tuple[str, Seen]:
    """An alert of ours that has served its purpose, whose creator says nothing for fifteen days."""
    alert = await story.enters("JUD", "1862:34")
    await story.comes("XB", "M", about(alert, "1862:34", text("He lives in Prøveby.")))
    await story.records(alert, "alert.purpose-achieved")
    await story.records(alert, "creator.notified")
    await story.goes("M", "XB", about(alert, "1862:34", text("Thank you.")))
    await story.later(days=14)
    assert await overdue(story) == []
    await story.later(days=3)
    return alert, await story.exchange(alert)


async def test_a_creator_who_is_silent_for_fifteen_days_leaves_the_bureau_a_duty_that_calls_somebody(
    story: Story,
) -> None:
    _, seen = await silent_creator(story)
    clock = seen.clock("T29-creator")
    assert (clock["status"], clock["bound"], clock["escalation"]) == ("expired", "sirene:XA", CALLED)
    assert clock["overdue_seconds"] > 0
    assert (seen.json["matter"]["overdue"], seen.json["matter"]["overdue_by"]) == (True, ["sirene:XA"])
    assert await overdue(story) == [seen.id]
    assert {("sirene:XA", "alert.deleted"), ("sirene:XA", "creator.answered")} <= set(seen.expected())
    (taken,) = [each for each in await story.journal("clock.took-effect") if each["details"]["clock"] == "T29-creator"]
    assert taken["details"]["escalation"] == CALLED


@pytest.mark.parametrize("end", ["deleted", "answered"])
async def test_the_duty_ends_with_the_alert_or_with_an_answer_that_comes_late(story: Story, end: str) -> None:
    alert, seen = await silent_creator(story)
    if end == "deleted":
        await story.deletes(alert, "whereabouts communicated")
    else:
        await story.records(alert, "creator.answered")
    after = await story.exchange(alert)
    clock = after.clock("T29-creator")
    assert (clock["status"], clock["escalation"]) == ("expired", ""), "what took effect is not undone"
    assert (after.json["matter"]["overdue_by"], await overdue(story)) == ([], [])
    assert ("sirene:XA", "creator.answered") not in after.expected()
    assert after.id == seen.id


async def test_an_answer_in_time_that_is_recorded_late_leaves_no_duty(story: Story) -> None:
    alert, seen = await silent_creator(story)
    in_time = seen.clock("T29-creator")["started_at"]
    await story.records(alert, "creator.answered", at=in_time)
    after = await story.exchange(alert)
    assert (after.clock("T29-creator")["status"], after.json["matter"]["overdue"]) == ("stopped", False)
    assert await overdue(story) == []


# --- a permit that is kept before an alert (T21)


def refusal(**subject: Any) -> dict[str, Any]:
    """An alert for refusal of entry that we intend."""
    return {
        "category": "REF", "article": "1861:24", "subject": {**NOBODYSEN, **subject}, "action": "As the law says.",
        "reason": "An invented reason.", "decision": "DECISION-1", "particulars": {"ground_of_refusal": "entry ban"},
    }  # fmt: skip


async def permit_kept(story: Story) -> Letter:
    """We asked XC before entering an alert, and XC keeps its permit."""
    asked = await story.goes("FreeText", "XC", free_text("CONSULTATION_REQUEST", "Is your permit kept?"))
    assert (await checked(story, refusal()))["advice"]["todo"] == "enter", "nothing is known yet"
    await story.later(days=2)
    await story.comes("XC", "FreeText", free_text("CONSULTATION_ANSWER", "The permit is kept.", KEPT), answers=asked)
    return asked


async def checked(story: Story, alert: dict[str, Any]) -> dict[str, Any]:
    await story.states.settle()
    return dict(await story.states.ask("POST", "/alerts/checks", json={"alert": alert}))


async def entered(story: Story, alert: dict[str, Any], ok: int, **more: str) -> dict[str, Any]:
    return dict(await story.states.ask("POST", "/alerts", json={"alert": alert, **more}, ok=(ok,)))


async def test_an_alert_cannot_be_entered_while_another_state_keeps_the_permit(story: Story) -> None:
    asked = await permit_kept(story)
    seen = await story.exchange_of(asked)
    assert not seen.json["matter"]["closed"], "it stands until the decision is given up"
    found = await checked(story, refusal())
    (barred,) = [each for each in found["findings"] if each["rule"] == "ALT-BARRED"]
    assert (barred["severity"], found["advice"]) == ("error", None)
    assert barred["text"].startswith("The alert must not be entered.")
    assert seen.id in barred["text"]
    assert barred["citation"] == "Regulation (EU) 2018/1861 Art. 28(f); Regulation (EU) 2018/1860 Art. 10(f)"
    told = await entered(story, refusal(), 422, despite="We want it all the same.")
    assert told["code"] == "alert.refused"
    assert "ALT-BARRED" in [each["rule"] for each in told["findings"]]
    assert "The alert must not be entered." in told["detail"]


async def test_what_was_kept_forbids_no_other_alert_and_no_alert_on_somebody_else(story: Story) -> None:
    await permit_kept(story)
    other = await checked(
        story, refusal(family_names=["Prøvesen"], given_names=["Testine"], date_of_birth="1981-02-28")
    )
    assert "ALT-BARRED" not in [each["rule"] for each in other["findings"]]
    sought = {**refusal(), "category": "JUD", "article": "1862:34", "particulars": {}}
    assert "ALT-BARRED" not in [each["rule"] for each in (await checked(story, sought))["findings"]]


async def test_where_it_may_be_the_same_person_an_officer_says_why_it_is_entered(story: Story) -> None:
    await permit_kept(story)
    alike = refusal(family_names=["Elpensen"], aliases=["Nobodysen"])
    (held,) = [each for each in (await checked(story, alike))["findings"] if each["rule"] == "ALT-BARRED"]
    assert held["severity"] == "hold"
    assert (await entered(story, alike, 409))["code"] == "alert.held"
    shown = await entered(story, alike, 200, despite="Compared: another person.")
    assert shown["alert"]["id"]


async def test_once_the_decision_is_given_up_the_exchange_forbids_nothing(story: Story) -> None:
    asked = await permit_kept(story)
    seen = await story.exchange_of(asked)
    await story.states.ask("POST", f"/exchanges/{seen.id}/happenings", json={"name": "decision.withdrawn"})
    await story.states.settle()
    assert (await story.exchange_of(asked)).json["matter"]["closed"]
    assert (await entered(story, refusal(), 200))["alert"]["id"]


async def test_what_we_ourselves_keep_forbids_us_nothing(story: Story) -> None:
    asked = await story.comes("XB", "FreeText", free_text("CONSULTATION_REQUEST", "Is your permit kept?"))
    await story.goes("FreeText", "XB", free_text("CONSULTATION_ANSWER", "The permit is kept.", KEPT), answers=asked)
    seen = await story.exchange_of(asked)
    assert (seen.clock("T21")["bound"], seen.json["matter"]["closed"]) == ("sirene:XB", True)
    assert (await checked(story, refusal()))["advice"]["todo"] == "enter"


async def test_a_permit_that_is_kept_by_telephone_forbids_it_as_well(story: Story) -> None:
    asked = await story.goes("FreeText", "XC", free_text("CONSULTATION_REQUEST", "Is your permit kept?"))
    seen = await story.exchange_of(asked)
    await story.states.ask("POST", f"/exchanges/{seen.id}/happenings", json={"name": "permit.kept-before-alert"})
    assert (await story.exchange_of(asked)).clock("T21")["bound"] == "sirene:XA"
    assert "ALT-BARRED" in [each["rule"] for each in (await checked(story, refusal()))["findings"]]
