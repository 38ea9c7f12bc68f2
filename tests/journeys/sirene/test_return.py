"""Return alerts: a hit at the exit confirms the return, one inland is told at once (Regulation (EU) 2018/1860 Arts 6 to 8)."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.journeys.sirene.forms_in_words import about, check, done
from tests.journeys.sirene.story_words import Story

RETURN = "1860:3"
DECISION = {"particulars": {"voluntary_departure": "2026-03-20", "entry_ban": "no"}}
LEFT = ("<PersonIdentified>true</PersonIdentified>", "<LeftTerritory>true</LeftTerritory>", "<Removed>false</Removed>")


async def test_the_person_leaves_at_a_border_of_another_state_and_our_alert_goes(story: Story) -> None:
    alert = await story.enters("RET", RETURN, **DECISION)
    incomplete = await story.comes("XB", "G", about(alert, RETURN, done("Checked."), check(story.now, occasion="EXIT")))
    assert (incomplete.state, incomplete.reason) == ("rejected", "rules.refused")
    assert any(each["rule"] == "R49" for each in (await story.detail(incomplete))["findings"])
    at = story.now
    left = about(
        alert,
        RETURN,
        done("The person has left."),
        check(at, *LEFT, place="Airport of Specimen Crossing", occasion="EXIT"),
    )
    await story.comes("XB", "G", left)
    seen = await story.exchange(alert)
    assert seen.state("return") == "told-exit"
    assert seen.clock("T26")["status"] == "stopped"
    assert (seen.clock("T26-deletion")["bound"], seen.clock("T26-deletion")["status"]) == ("sirene:XA", "running")
    again = await story.comes("XB", "G", left)
    assert again.reason == "dialogue.breaks"
    await story.deletes(alert, "return confirmed")
    over = await story.exchange(alert)
    assert (over.closed, over.clock("T26-deletion")["status"]) == (True, "stopped")
    assert over.due("T34") == datetime(2027, 3, 2, 23, 0, tzinfo=UTC)


async def test_somebody_who_has_to_return_is_met_inland_here(story: Story) -> None:
    alert = story.enters_there("XC", "RET", RETURN, **DECISION)
    draft = await story.hits(alert, place="Prøveby, station", action_taken="Met in a control.")
    await story.releases(draft)
    await story.heard("XC", "FormG")
    seen = await story.exchange(alert)
    assert (seen.state("return"), seen.clock("T28")["status"]) == ("inland", "stopped")
    await story.records(alert, "alert.kept")
    assert (await story.exchange(alert)).closed
