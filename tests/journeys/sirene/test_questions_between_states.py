"""Two alerts on one person (E), flags (F), and use for another purpose (I): Regulation (EU) 2018/1862 Arts 23 to 25, 56(5)."""

from __future__ import annotations

from tests.journeys.sirene.forms_in_words import NOBODYSEN, about, text
from tests.journeys.sirene.story_words import Story

OWN_NATIONAL = '<FlagReason no="080">The person is a national of our state; Surrender Act, section 0.</FlagReason>'
ADD = ('<FlagAddition no="071">Please add a flag for our territory.</FlagAddition>', OWN_NATIONAL)
DELETE = (
    '<FlagDeletion no="075">Please delete the flag.</FlagDeletion>',
    '<FlagReason no="080">Not a national after all.</FlagReason>',
)
OTHER_USE = (
    "<OtherPurpose><PurposeGround>SERIOUS_CRIME</PurposeGround><ConcreteCase>POL-2026-0000123</ConcreteCase>"
    "<PlannedUse>An investigation of armed robbery.</PlannedUse></OtherPurpose>"
)


def intended(article: str, action: str) -> str:
    return (
        f"<IntendedAlert><IntendedArticle>{article}</IntendedArticle><IntendedAction>{action}</IntendedAction>"
        "<EnteredAlready>false</EnteredAlready><PriorityReason>The routes of a group are looked for.</PriorityReason></IntendedAlert>"
    )


async def test_our_alert_would_not_stand_beside_one_of_another_state(story: Story) -> None:
    existing = story.enters_there("XB", "MIS-W", "1862:32(1)(b)")
    check = {
        "category": "CHK-D", "article": "1862:36", "subject": NOBODYSEN, "action": "Discreet check.", "reason": "Routes.",
    }  # fmt: skip
    refused = await story.states.ask("POST", "/alerts", json={"alert": check}, ok=(409,))
    assert (refused["advice"]["form"], refused["advice"]["to"]) == ("E", ["sirene:XB"])

    ask = about(existing, "1862:32", intended("1862:36(3)", "discreet check"), text("May our alert go before yours?"))
    asked = await story.goes("E", "XB", ask)
    seen = await story.exchange(existing)
    assert (seen.state("multiple-alerts"), seen.clock("T01")["bound"]) == ("asked", "sirene:XB")
    again = await story.goes("E", "XB", ask)
    assert (again.state, again.reason) == ("held", "dialogue.breaks")
    await story.later(hours=12, minutes=1)
    assert (await story.exchange(existing)).clock("T01")["status"] == "breached"
    (heard, *_) = await story.heard("XB", "FormE")
    answer = about(existing, "1862:32", intended("1862:36(3)", "discreet check"), text("Ours will be deleted."))
    await story.comes("XB", "E", answer, in_reply_to=heard["message_id"])
    seen = await story.exchange(existing)
    assert (seen.state("multiple-alerts"), seen.clock("T01")["late"]) == ("answered", True)
    await story.deletes_there("XB", existing, "priority of another alert")
    assert (await story.exchange(existing)).closed
    entered = await story.states.ask("POST", "/alerts", json={"alert": check})
    assert entered["alert"]["status"] == "ACTIVE"
    assert asked.state == "confirmed"


async def test_a_request_on_an_alert_about_terrorism_is_acted_upon_at_once(story: Story) -> None:
    """Form M has no field for it: the alert itself says so, in its reason or its warnings."""
    for code, more in (
        ("XB", {"reason": "TERRORISM"}),
        ("XC", {"particulars": {"warnings": "terrorism-related activity"}}),
    ):
        person = {
            "type": "person",
            "family_names": [f"Sen{code}"],
            "given_names": ["Nobo"],
            "date_of_birth": "1970-01-31",
        }
        alert = await story.enters("CHK-D", "1862:36", person, **more)
        await story.comes(code, "M", about(alert, "1862:36", text("What more do you know of him?")))
        seen = await story.exchange(alert)
        assert (seen.clock("T02")["bound"], seen.clock("T02")["status"], seen.clock("T02")["urgent"]) == (
            "sirene:XA",
            "running",
            True,
        )
        assert "immediate-request.received" in seen.json["may_be_recorded"]


async def test_another_state_asks_whether_its_alert_may_go_before_ours(story: Story) -> None:
    alert = await story.enters("MIS-W", "1862:32(1)(b)")
    ask = about(alert, "1862:32", intended("1862:36(3)", "discreet check"), text("May ours go first?"))
    asked = await story.comes("XC", "E", ask)
    assert asked.reason == "route.flag-or-priority"
    assert (await story.exchange(alert)).clock("T01")["bound"] == "sirene:XA"
    answer = about(
        alert, "1862:32", intended("1862:36(3)", "discreet check"), text("Ours goes first, we tell you of hits.")
    )
    await story.goes("E", "XC", answer, answers=asked)
    assert (await story.exchange(alert)).state("multiple-alerts") == "answered"
    await story.records(alert, "alerts.settled")
    assert (await story.exchange(alert)).closed


async def test_another_state_wants_a_flag_at_once_and_later_wants_it_deleted(story: Story) -> None:
    alert = await story.enters("ARR", "1862:26")
    asked = await story.comes("XB", "F", about(alert, "1862:26", *ADD))
    seen = await story.exchange(alert)
    assert (seen.state("flags"), asked.reason) == ("add-asked", "route.flag-or-priority")
    assert (seen.clock("T15")["bound"], seen.clock("T15")["status"], seen.clock("T15")["urgent"]) == (
        "sirene:XA",
        "running",
        True,
    )
    assert await story.marks("T15") == [("clock.warned", "at-once")]
    both = await story.comes("XB", "F", about(alert, "1862:26", *ADD, *DELETE))
    assert both.state == "rejected", "to add and to delete at once is neither"

    flagged = await story.changes(
        alert, "flags", state="sirene:XB", reason="Own national.", requested_by="XB-F-2026-0000001"
    )
    assert [each["state"] for each in flagged["flags"]] == ["sirene:XB"]
    await story.goes("M", "XB", about(alert, "1862:26", text("The flag has been added.")), answers=asked)
    seen = await story.exchange(alert)
    assert (seen.state("flags"), seen.clock("T15")["status"]) == ("flagged", "stopped")

    await story.later(days=30)
    wants = await story.comes("XB", "F", about(alert, "1862:26", *DELETE))
    assert (await story.exchange(alert)).clock("T16")["status"] == "running"
    assert (await story.changes(alert, "flags/removal", state="sirene:XB"))["flags"] == []
    await story.goes("M", "XB", about(alert, "1862:26", text("The flag has been deleted.")), answers=wants)
    seen = await story.exchange(alert)
    assert (seen.state("flags"), seen.clock("T16")["status"]) == ("unflagged", "stopped")
    assert seen.closed


async def test_we_want_a_flag_on_an_alert_of_another_state(story: Story) -> None:
    alert = story.enters_there("XC", "ARR", "1862:26")
    wrong = await story.goes("F", "XC", about(alert, "1862:26", ADD[0]))
    assert (wrong.state, wrong.reason) == ("rejected", "rules.refused"), "no reason in field 080"
    asked = await story.goes("F", "XC", about(alert, "1862:26", *ADD))
    assert (await story.exchange(alert)).clock("T15")["bound"] == "sirene:XC"
    await story.comes("XC", "M", about(alert, "1862:26", text("Added.")), in_reply_to=asked.message_id)
    seen = await story.exchange(alert)
    assert (seen.state("flags"), seen.clock("T15")["status"]) == ("flagged", "stopped")


async def test_another_state_wants_to_use_our_alert_for_a_case_of_its_own(story: Story) -> None:
    alert = await story.enters("JUD", "1862:34")
    asked = await story.comes("XB", "I", about(alert, "1862:34", OTHER_USE, text("May it be used?")))
    seen = await story.exchange(alert)
    assert (seen.state("other-purpose"), seen.clock("T31")["bound"]) == ("asked", "sirene:XA")
    without = await story.comes("XC", "I", about(alert, "1862:34", text("May it be used?")))
    assert without.state == "rejected", "no ground"
    await story.goes("M", "XB", about(alert, "1862:34", text("Yes, in the case that was named only.")), answers=asked)
    seen = await story.exchange(alert, "sirene:XB")
    assert (seen.closed, seen.clock("T31")["status"], seen.clock("T01")["status"]) == (True, "stopped", "stopped")


async def test_we_want_to_use_an_alert_of_another_state_for_a_case_of_ours(story: Story) -> None:
    alert = story.enters_there("XC", "JUD", "1862:34")
    asked = await story.goes("I", "XC", about(alert, "1862:34", OTHER_USE, text("May it be used?")))
    await story.later(hours=13)
    seen = await story.exchange(alert)
    assert (seen.clock("T01")["status"], seen.json["matter"]["overdue_by"]) == ("breached", ["sirene:XC"])
    await story.comes("XC", "M", about(alert, "1862:34", text("No.")), in_reply_to=asked.message_id)
    seen = await story.exchange(alert)
    assert (seen.closed, seen.clock("T01")["late"]) == (True, True)
