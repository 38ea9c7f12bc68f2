"""The fifteen seeds for end-to-end tests of the SIRENE dossier (section 13), each with what it expects. The fifteenth is in a file of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.journeys.sirene.forms_in_words import CAR, OUR_CAR, about, asks, check, done, text
from tests.journeys.sirene.story_words import Story, story_in
from tests.journeys.sirene.test_arrest_to_surrender import COURT, RECEIVER, WARRANT
from tests.journeys.sirene.test_refusal_of_entry import CONSULTED, REFUSAL, reviewed
from tests.journeys.sirene.test_wrong_content_and_rights import objection

PHOTO = {"name": "p.jpg", "media_type": "image/jpeg", "role": "PHOTO", "text": "\u00ff"}


async def test_tc01_an_a_form_to_all_is_stored_searched_and_a_case_needs_no_reply(story: Story) -> None:
    alert = story.enters_there("XB", "ARR", "1862:26")
    letter = await story.comes("XB", "A", about(alert, "1862:26", *WARRANT))
    assert (letter.state, letter.reason) == ("acknowledged", "exchange.no-answer")
    assert story.asked("cpr") == 1
    assert story.asked("passports") == 1
    assert len(story.cases()) == 1
    assert (await story.exchange(alert)).clocks("T01") == []
    raw = await story.detail(letter)
    assert raw["summary"]["digest"]


async def test_tc02_our_alert_is_hit_abroad(story: Story) -> None:
    alert = await story.enters("ARR", "1862:26")
    await story.tells_all("A", about(alert, "1862:26", *WARRANT))
    hit = await story.comes("XB", "G", about(alert, "1862:26", done("Arrested."), RECEIVER, check(story.now)))
    assert (hit.state, hit.reason) == ("held", "reply.by-hand"), "a task: an officer telephones and writes"
    shown = {field["number"]: field["value"] for field in (await story.detail(hit))["fields"]}
    assert shown["091"] == COURT
    seen = await story.exchange(alert, "sirene:XB")
    assert "request.answered" in seen.json["may_be_recorded"], "what was said by telephone can be recorded"

    draft = await story.drafts(seen, "M")
    header = draft["order"]["form"]["header"]
    assert (draft["order"]["counterpart"], header["in_reply_to"]) == ("sirene:XB", hit.message_id)
    assert [field["name"] for field in draft["order"]["form"]["fields"]] == ["SchengenId", "Person", "AlertArticle"]
    assert "SupplementaryInformation" in [each["name"] for each in draft["empty"]]
    sent = await story.completes(
        draft, {"name": "SupplementaryInformation", "number": "083", "value": "Please keep him."}
    )
    assert sent.state == "confirmed"

    tracked = [
        each
        for each in (await story.exchange(alert, "sirene:XB")).json["next"]
        if each["expected"] and each["needs"].get("handover")
    ]
    assert [(each["by"], each["leads_to"]) for each in tracked] == [("sirene:XB", "decided")]


async def test_tc03_a_g_form_asks_for_a_p_form_on_a_vehicle(story: Story) -> None:
    alert = await story.enters("OBJ-S", "1862:38", OUR_CAR)
    story.states.national["crm"].away()
    asked = about(alert, "1862:38", done("Seized."), asks("Please send P form."), check(story.now), subject=CAR)
    hit = await story.comes("XB", "G", asked, urgent="The yard closes tonight.")
    seen = await story.exchange(alert)
    assert (seen.state("objects"), seen.expected()[0]) == ("object-data-asked", ("sirene:XA", "P"))
    assert (seen.clock("T01")["bound"], seen.due("T01")) == ("sirene:XA", story.now + timedelta(hours=12))
    assert (seen.clock("T03")["status"], seen.clock("T03")["urgent"]) == ("running", True)
    draft = await story.drafts(seen, "P")
    headings = [each["name"] for each in draft["empty"] if each["name"].startswith("MainHeading")]
    assert headings == [
        f"MainHeading{number}" for number in ("041", "042", "043", "162", "164", "165", "166", "167", "169")
    ]
    assert hit.message_id == draft["order"]["form"]["header"]["in_reply_to"]


async def test_tc04_a_request_waits_for_twelve_hours(story: Story) -> None:
    alert = await story.enters("JUD", "1862:34")
    await story.comes("XB", "M", about(alert, "1862:34", text("Where was the person seen last?")))
    begun = story.now
    for hours, marks in ((5.9, []), (6, ["50%"]), (9.5, ["50%"]), (9.6, ["50%", "80%"]), (11.9, ["50%", "80%"])):
        await story.states.at(begun + timedelta(hours=hours))
        assert [mark for _, mark in await story.marks("T01")] == marks, hours
    await story.states.at(begun + timedelta(hours=12))
    assert await story.marks("T01") == [
        ("clock.warned", "50%"),
        ("clock.warned", "80%"),
        ("clock.breached", "breached"),
    ]
    assert (await story.exchange(alert)).json["matter"]["overdue_by"] == ["sirene:XA"]


async def test_tc05_a_consultation_gets_no_reply_in_ten_days(story: Story) -> None:
    alert = story.enters_there("XB", "REF", REFUSAL, particulars={"ground_of_refusal": "entry ban"})
    await story.goes("M", "XB", about(alert, REFUSAL, CONSULTED))
    await story.states.at(datetime(2026, 3, 12, 22, 59, tzinfo=UTC))
    assert (await story.exchange(alert)).state("prior-consultation") == "consulted"
    await story.states.at(datetime(2026, 3, 12, 23, 0, tzinfo=UTC))
    seen = await story.exchange(alert)
    assert "consultation.no-objection" in seen.happened, "no objection, by itself"
    assert ("sirene:XA", "N") in seen.expected()
    draft = await story.drafts(seen, "N")
    assert "GrantDecision" in [each["name"] for each in draft["empty"]], "what was decided, only a person can say"
    decision = {"name": "GrantDecision", "children": [{"name": "GrantOutcome", "value": "GRANTED"}]}
    sent = await story.completes(draft, decision)
    assert (sent.state, (await story.exchange(alert)).state("prior-consultation")) == ("confirmed", "granted")


async def test_tc06_an_o_form_keeps_the_permit(story: Story) -> None:
    alert = await story.enters("REF", REFUSAL, particulars={"ground_of_refusal": "entry ban"})
    await story.goes("M", "XC", about(alert, REFUSAL, text("Consultation procedure: is the visa withdrawn?")))
    kept = await story.comes("XC", "O", about(alert, REFUSAL, reviewed("KEPT")))
    assert (kept.state, kept.reason) == ("held", "route.permit-decision")
    assert "see that our alert is deleted" in (await story.detail(kept))["reason"]["operator"]
    task = (await story.exchange(alert)).clock("T22")
    assert (task["bound"], task["act"], task["urgent"]) == ("sirene:XA", "delete the alert", True)
    await story.deletes(alert, "permit kept")
    assert (await story.exchange(alert)).clock("T22")["status"] == "stopped"


async def test_tc07_a_j_form_has_its_day_of_discovery_checked_and_two_months_run(story: Story) -> None:
    alert = await story.enters("JUD", "1862:34")
    too_late = datetime(2026, 2, 24, 9, 0, tzinfo=UTC)
    letter = await story.comes("XB", "J", about(alert, "1862:34", objection(too_late), text("Please correct it.")))
    findings = {each["rule"]: each for each in (await story.detail(letter))["findings"]}
    assert findings["R25"]["severity"] == "warning"
    seen = await story.exchange(alert)
    assert (seen.clock("T11")["late"], seen.due("T11")) == (True, datetime(2026, 2, 26, 23, 0, tzinfo=UTC))
    assert seen.due("T13") == datetime(2026, 4, 24, 22, 0, tzinfo=UTC)


async def test_tc08_a_notice_that_an_alert_was_deleted_sets_the_day_of_destruction(story: Story) -> None:
    alert = story.enters_there("XB", "JUD", "1862:34")
    await story.comes("XB", "M", about(alert, "1862:34", text("The address is wrong.")))
    assert (await story.exchange(alert)).clocks("T34") == []
    await story.deletes_there("XB", alert)
    assert (await story.exchange(alert)).due("T34") == datetime(2027, 3, 2, 23, 0, tzinfo=UTC)


async def test_tc09_the_same_reference_with_the_same_content_is_a_duplicate(story: Story) -> None:
    alert = await story.enters("JUD", "1862:34")
    first = await story.comes("XB", "M", about(alert, "1862:34", text("Seen at the fair.")))
    cases = len(story.cases())
    assert (await story.repeats("XB", first))["accepted"]
    assert len(story.cases()) == cases
    assert len((await story.exchange(alert)).json["steps"]) == 1
    (logged,) = await story.journal("envelope.repeated")
    assert (logged["reason"], logged["details"]["first"]) == ("duplicate.same-content", first.envelope)
    changed = await story.comes(
        "XB", "M", about(alert, "1862:34", text("Seen elsewhere.")), our_reference="XB-M-2026-0000001"
    )
    assert (changed.state, changed.reason) == ("rejected", "reference.reused")
    alarms = [each["reason"] or each["details"]["why"] for each in await story.journal("envelope.alarm")]
    assert alarms == ["reference.reused"], "the same 002 on other content is an alarm"


async def test_tc10_six_attachments_are_rejected(story: Story) -> None:
    alert = await story.enters("JUD", "1862:34")
    files = [{**PHOTO, "name": f"p{number}.jpg", "text": f"picture {number}"} for number in range(6)]
    letter = await story.comes("XB", "M", about(alert, "1862:34", text("Six pictures.")), attachments=files)
    assert letter.state == "rejected"
    findings = {each["rule"] for each in (await story.detail(letter))["findings"]}
    assert "R33" in findings
    (receipt,) = story.states.bureau("XB").mailbag.find({"of_message_id": letter.message_id, "stage": "INVALID"})
    assert "R33" in receipt["xml"]


async def test_tc11_a_b_form_is_rejected_as_withdrawn(story: Story) -> None:
    letter = await story.comes("XB", "B", about("XB00000000000000001", "1862:34", text("As before 2011.")))
    assert (letter.state, letter.reason) == ("rejected", "format.withdrawn")
    assert [each["rule"] for each in (await story.detail(letter))["findings"]] == ["R01"]
    (receipt,) = story.states.bureau("XB").mailbag.find({"root": "Receipt"})
    assert 'rule="R01"' in receipt["xml"] and "annex 1.3.5" in receipt["xml"] and "on form M." in receipt["xml"]
    # Who sent it is proven by nothing yet, so the receipt names it by its digest alone.
    assert "OfMessageId" not in receipt["xml"]


async def test_a_form_that_the_schema_refuses_is_named_in_the_receipt(story: Story) -> None:
    letter = await story.comes("XB", "M", "<Extra/>")
    assert (letter.state, letter.reason) == ("rejected", "schema.invalid")
    (receipt,) = story.states.bureau("XB").mailbag.find({"of_message_id": letter.message_id, "stage": "INVALID"})
    assert "<OfReference>" in receipt["xml"]


async def test_tc12_a_form_about_a_refusal_alert_to_ireland_is_blocked(tmp_path: Path) -> None:
    async with story_in(tmp_path, "XB,IE") as story:
        alert = await story.enters("REF", REFUSAL, particulars={"ground_of_refusal": "entry ban"})
        letter = await story.goes("M", "IE", about(alert, REFUSAL, text("An entry ban.")))
        assert letter.state == "rejected"
        assert {each["rule"] for each in (await story.detail(letter))["findings"]} >= {"R41"}
        await story.heard("IE", "FormM", count=0)
        (told,) = await story.tells_all("M", about(alert, REFUSAL, text("The ban was prolonged.")))
        assert told.state == "confirmed", "to everybody else"
        await story.heard("IE", "FormM", count=0)


async def test_tc13_the_same_address_again_is_told_by_a_note_and_not_by_a_second_g(story: Story) -> None:
    alert = story.enters_there("XB", "JUD", "1862:34")
    at_home = {"action_taken": "Found at home.", "report": {"Residence": "Nowhere Lane 0, Prøveby"}}
    assert (await story.releases(await story.hits(alert, place="Prøveby", **at_home)))["state"] == "confirmed"
    await story.later(days=20)
    second = await story.hits(alert, place="Prøveby, again", **at_home)
    held = await story.releases(second)
    assert held["state"] == "held"
    why = (await story.states.ask("GET", f"/messages/{second}"))["summary"]["reason_public"]
    assert "R47" in why
    await story.heard("XB", "FormG")
    note = await story.goes("M", "XB", about(alert, "1862:34", text("Repeated hit at the same address on 22 March.")))
    assert note.state == "confirmed"
    await story.states.ask("POST", f"/messages/{second}/reject", json={"reason": "Told by a note (Art 55(3))."})


async def test_tc14_a_child_is_located(story: Story) -> None:
    alert = await story.enters("PRV-A", "1862:32(1)(c)")
    located = story.now - timedelta(hours=3)
    report = about(alert, "1862:32(1)(c)", done("The child is with us."), check(located), remark="MINOR")
    await story.comes("XB", "G", report)
    clock = (await story.exchange(alert)).clock("T08")
    assert (clock["limit"], clock["status"], clock["bound"]) == ("12 hours", "running", "sirene:XB")
    assert datetime.fromisoformat(clock["due"]) == located + timedelta(hours=12), (
        "from the location, not from the message"
    )
