"""Discreet checks: the hit is told with the list of what was seen, and the person learns nothing (Regulation (EU) 2018/1862 Arts 36, 37)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.journeys.sirene.forms_in_words import about, check, done, text
from tests.journeys.sirene.story_words import Story

SEEN = (
    "<ReasonOfCheck>Routine check of papers.</ReasonOfCheck>", "<Route>From Specimen Crossing to the coast</Route>",
    "<Destination>Ferry</Destination>",
)  # fmt: skip


async def test_our_check_alert_is_hit_abroad_and_the_same_hit_is_not_told_twice(story: Story) -> None:
    alert = await story.enters("CHK-D", "1862:36")
    seen_at = story.now - timedelta(minutes=30)
    report = about(alert, "1862:36(3)", done("Checked without a word."), check(seen_at, *SEEN))
    hit = await story.comes("XB", "G", report)
    seen = await story.exchange(alert)
    assert (seen.state("checks"), hit.state) == ("reported", "held")
    assert len(story.cases()) == 1

    again = await story.comes("XB", "G", report)
    assert (again.state, again.reason) == ("held", "dialogue.breaks")
    why = (await story.detail(again))["summary"]["reason_public"]
    assert "one hit, one form G" in why
    later = await story.comes(
        "XB", "G", about(alert, "1862:36(3)", done("Seen again."), check(story.now, *SEEN, place="Ferry"))
    )
    assert later.reason != "dialogue.breaks", "another check is another hit"

    await story.goes("M", "XB", about(alert, "1862:36", text("Thank you. Please do not stop the person.")), answers=hit)
    await story.records(alert, "alert.kept")
    await story.deletes(alert, "purpose achieved")
    over = await story.exchange(alert)
    assert over.closed
    assert over.due("T34") == datetime(2027, 3, 2, 23, 0, tzinfo=UTC)
    await story.states.ask("POST", f"/messages/{again.envelope}/reject", json={"reason": "The same hit again."})


async def test_a_hit_here_on_an_alert_with_immediate_reporting_is_sent_at_once(story: Story) -> None:
    alert = story.enters_there("XB", "CHK-D", "1862:36", reportAtOnce=True)
    announced = about(
        alert, "1862:36(3)", text("ARTICLE 36(3) immediate action: the routes of a group are looked for.")
    )
    await story.comes("XB", "M", announced)
    assert (await story.exchange(alert)).state("checks") == "announced-immediate"
    await story.later(days=2)
    draft = await story.hits(alert, place="Prøveby, ring road", action_taken="Checked without a word.")
    assert (await story.waiting())[0]["id"] == draft
    assert (await story.releases(draft))["state"] == "confirmed"
    (report,) = await story.heard("XB", "FormG")
    seen = await story.exchange(alert)
    assert seen.state("checks") == "reported"
    assert seen.clock("T06")["status"] == "stopped"
    assert "T05" not in {run["clock"] for run in seen.json["clocks"] if run["status"] == "running"}

    assert report["valid"]
    await story.deletes_there("XB", alert)
    assert (await story.exchange(alert)).closed
