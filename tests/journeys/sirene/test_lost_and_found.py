"""A message is lost, each way: the sheet of the next day shows it, somebody has a task, it is sent again, and the task is settled."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from simulators.office.clerk import Clerk
from tests.journeys.sirene.forms_in_words import about, text
from tests.journeys.sirene.story_words import Story, story_in

ALERT = "1862:32(1)(c)"


async def differences(story: Story) -> list[tuple[str, str, int]]:
    found = await story.states.ask("GET", "/sheets/differences")
    return [(each["kind"], each["sender"], each["number"]) for each in found["differences"]]


async def balanced(story: Story) -> dict[str, Any]:
    books: dict[str, Any] = await story.states.ask("GET", "/journal/balance")
    assert books["balanced"], books["differences"]
    return books


async def bureau_sends(story: Story, body: str) -> None:
    """The bureau writes a form M; whether it leaves the house is another matter."""
    await story.later(minutes=1)
    await Clerk(story.states.bureau("XB")).carry_out(story._order("XB", "M", body, "XA", {}))
    await story.states.settle()


async def to_the_next_morning(story: Story) -> None:
    """Past both offices' sheets."""
    morning = (story.now + timedelta(days=1)).replace(hour=2, minute=0, second=0, microsecond=0)
    await story.later(seconds=(morning - story.now).total_seconds())


async def sheets(story: Story) -> list[tuple[str, str, int, str]]:
    found = await story.states.ask("GET", "/sheets")
    return [(each["direction"], each["day"], each["sent"], each["reason"]) for each in reversed(found["sheets"])]


async def test_a_quiet_federation_agrees_every_night(tmp_path: Path) -> None:
    async with story_in(tmp_path, "XB", XB="counts") as story:
        alert = await story.enters("PRV-A", ALERT)
        await story.comes("XB", "M", about(alert, ALERT, text("Anything new?")))
        await story.goes("M", "XB", about(alert, ALERT, text("Nothing yet.")))
        await to_the_next_morning(story)
        assert await sheets(story) == [
            ("outbound", "2026-03-02", 1, "confirmed.by-server"), ("inbound", "2026-03-02", 1, "sheet.agrees"),
        ]  # fmt: skip
        assert await differences(story) == []
        await balanced(story)


async def test_a_message_of_theirs_is_lost_and_sent_again(tmp_path: Path) -> None:
    async with story_in(tmp_path, "XB", XB="loses:2,resends") as story:
        alert = await story.enters("PRV-A", ALERT)
        for words in ("First.", "Second.", "Third."):
            await bureau_sends(story, about(alert, ALERT, text(words)))
        await story.later(hours=5)
        assert await differences(story) == [("missing", "sirene:XB", 2)]
        await to_the_next_morning(story)  # our sheet says that it is missing, and they look into it
        await story.later(minutes=10)
        assert await differences(story) == []
        await balanced(story)


async def test_the_last_message_of_a_day_is_lost_and_only_a_sheet_shows_it(tmp_path: Path) -> None:
    async with story_in(tmp_path, "XB", XB="loses:2") as story:
        alert = await story.enters("PRV-A", ALERT)
        for words in ("First.", "Second."):
            await bureau_sends(story, about(alert, ALERT, text(words)))
        await story.later(hours=5)
        assert await differences(story) == []
        await to_the_next_morning(story)
        await story.later(hours=4)
        assert await differences(story) == [("missing", "sirene:XB", 2)]
        body = {
            "sender": "sirene:XB",
            "receiver": "sirene:XA",
            "number": "2",
            "kind": "missing",
            "reason": "It was an exercise.",
        }
        await story.states.ask("POST", "/sheets/differences/settle", json=body)
        assert await differences(story) == []


async def test_a_message_of_ours_is_lost_at_their_door_and_sent_again(tmp_path: Path) -> None:
    async with story_in(tmp_path, "XB", XB="overlooks:1") as story:
        alert = await story.enters("PRV-A", ALERT)
        lost = await story.goes("M", "XB", about(alert, ALERT, text("First.")))
        await story.goes("M", "XB", about(alert, ALERT, text("Second.")))
        await to_the_next_morning(story)
        assert await differences(story) == [("unheard", "sirene:XA", 1)]
        waits = await story.message(lost.message_id)
        assert (waits["state"], waits["reason_code"]) == ("held", "sheet.unheard")
        await story.states.ask("POST", f"/messages/{lost.envelope}/replay", json={"reason": "Their sheet misses it."})
        await story.states.settle()
        assert (await story.message(lost.message_id))["state"] == "confirmed"
        await to_the_next_morning(story)
        assert await differences(story) == []
        await balanced(story)
