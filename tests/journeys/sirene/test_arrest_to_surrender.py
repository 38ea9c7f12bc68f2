"""Arrest with the warrant attached, to surrender: A, G, M with SURRENDER, TRANSIT, hand-over, deletion (Regulation (EU) 2018/1862 Arts 26 to 31)."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.journeys.sirene.forms_in_words import CAR, about, check, done, text
from tests.journeys.sirene.story_words import Story

WARRANT = (
    '<WarrantBasis no="239">EAW</WarrantBasis>', '<WarrantSequence no="272">1</WarrantSequence>',
    '<OffenceCircumstances no="042">In January 2026</OffenceCircumstances>',
    '<OffenceCircumstances no="043">Prøveby</OffenceCircumstances>',
    '<OffenceCircumstances no="044">Sold the wheels of twelve stolen vehicles.</OffenceCircumstances>',
    '<OffenceCircumstances no="045">Main perpetrator</OffenceCircumstances>',
    '<IssuingAuthority no="030">Prosecutor of Prøveby</IssuingAuthority>',
)  # fmt: skip
COURT = "Court of Specimen Crossing, Main Street 0, warrant.court@xb.example, in English, within 48 hours"
RECEIVER = f'<ReceivingAuthority no="091">{COURT}</ReceivingAuthority>'


async def test_our_alert_leads_to_an_arrest_abroad_and_the_person_is_handed_over(story: Story) -> None:
    alert = await story.enters("ARR", "1862:26")
    copies = await story.tells_all("A", about(alert, "1862:26", *WARRANT))
    assert [copy.state for copy in copies] == ["confirmed", "confirmed"]
    for code in ("XB", "XC"):
        await story.heard(code, "FormA")

    arrest = about(alert, "1862:26", done("Arrested at the bridge."), RECEIVER, check(story.now))
    hit = await story.comes("XB", "G", arrest)
    with_xb = await story.exchange(alert, "sirene:XB")
    assert with_xb.state("arrest") == "reported"
    assert with_xb.clock("T04")["status"] == "stopped"
    assert with_xb.expected() == [("sirene:XB", "M")]
    assert len(story.cases()) == 1

    again = await story.comes("XB", "G", arrest)
    assert (again.state, again.reason) == ("held", "dialogue.breaks")
    assert "DLG-SECOND-HIT-REPORT" in (await story.detail(again))["summary"]["reason_public"]

    measures = text("The person may be dangerous. Please keep the telephone.")
    await story.goes("M", "XB", about(alert, "1862:26", measures), answers=hit)
    await story.later(days=9)
    await story.comes(
        "XB", "M", about(alert, "1862:26", text("SURRENDER: the court has agreed to it. The person is kept."))
    )
    assert (await story.exchange(alert, "sirene:XB")).state("arrest") == "decided"

    transit = text("TRANSIT: the person is led from XB to XA. Do you agree?")
    await story.goes("M", "XC", about(alert, "1862:26", transit))
    with_xc = await story.exchange(alert, "sirene:XC")
    assert with_xc.state("arrest") == "transit-asked"
    assert (with_xc.clock("T01")["bound"], with_xc.clock("T02")["status"]) == ("sirene:XC", "running")
    await story.later(hours=3)
    (asked,) = await story.heard("XC", "FormM")
    agreed = about(alert, "1862:26", text("TRANSIT: agreed, by air."))
    await story.comes("XC", "M", agreed, in_reply_to=asked["message_id"])
    with_xc = await story.exchange(alert, "sirene:XC")
    assert with_xc.state("arrest") == "transit-answered"
    assert [run["status"] for run in with_xc.clocks("T01")] == ["stopped"]

    handover = about(alert, "1862:26", text("Hand-over at the airport on 16 March at ten."))
    await story.goes("M", "XB", handover)
    await story.later(days=5)
    await story.records(alert, "person.handed-over", party="sirene:XB")
    await story.deletes(alert, "surrender done")
    for party in ("sirene:XB", "sirene:XC"):
        over = await story.exchange(alert, party)
        assert over.closed, over.dialogues
        assert over.due("T34") == datetime(2027, 3, 16, 23, 0, tzinfo=UTC)


async def test_a_person_wanted_by_another_state_is_arrested_here(story: Story) -> None:
    alert = story.enters_there("XB", "ARR", "1862:26")
    await story.comes("XB", "A", about(alert, "1862:26", *WARRANT))
    await story.later(hours=20)
    order = await story.hits(alert, place="Prøveby, station", action_taken="Arrested.", receiving_authority=COURT)
    await story.later(minutes=5)
    assert (await story.releases(order))["state"] == "confirmed"
    (report,) = await story.heard("XB", "FormG")
    assert COURT in report["xml"]
    seen = await story.exchange(alert)
    assert seen.state("arrest") == "reported"
    assert seen.expected() == [("sirene:XA", "M")]
    assert seen.clock("T04")["status"] == "stopped"

    await story.later(days=3)
    await story.records(alert, "surrender-decision.known")
    assert (await story.exchange(alert)).clock("T30")["status"] == "running"
    assert await story.marks("T30") == [("clock.warned", "at-once")]
    nothing = await story.goes("P", "XB", about(alert, "1862:26", subject=CAR))
    assert (nothing.state, nothing.reason) == ("rejected", "rules.refused")
    await story.later(minutes=20)
    decision = await story.goes(
        "M", "XB", about(alert, "1862:26", text("SURRENDER: agreed to by the court of Prøveby."))
    )
    assert decision.state == "confirmed"
    seen = await story.exchange(alert)
    assert (seen.state("arrest"), seen.clock("T30")["status"]) == ("decided", "stopped")

    await story.deletes_there("XB", alert, "surrender done")
    over = await story.exchange(alert)
    assert over.closed
    assert over.due("T34") == datetime(2027, 3, 6, 23, 0, tzinfo=UTC)
