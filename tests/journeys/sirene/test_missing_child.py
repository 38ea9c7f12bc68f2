"""A missing child: announced, found, measures within twelve hours of the location, deletion (Regulation (EU) 2018/1862 Arts 32, 33)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.contracts.store_examples import new_id
from tests.journeys.sirene.forms_in_words import about, asks, check, done, text
from tests.journeys.sirene.story_words import Letter, Story

CHILD = (
    '<Person><Surname no="006">Barnia</Surname><Forename no="007">Mila</Forename><DateOfBirth no="009">2019-06-30</DateOfBirth>'
    '<Sex no="012">F</Sex><Nationality no="013">XC</Nationality></Person>'
)
MILA = {
    "type": "person",
    "family_names": ["Barnia"],
    "given_names": ["Mila"],
    "date_of_birth": "2019-06-30",
    "sex": "F",
}
MILA_THERE = {"kind": "PERSON", "surnames": ["Barnia"], "forenames": ["Mila"], "birthDate": "2019-06-30", "sex": "F"}
ABDUCTION = "1862:32(1)(c)"


async def test_the_twelve_hours_of_a_child_do_not_hang_on_the_word_minor(story: Story) -> None:
    """A child by its date of birth, on an alert that names no children: the rule warns, and the clock runs."""
    missing = "1862:32(1)(a)"
    alert = await story.enters("MIS-P", missing, MILA)
    located = story.now - timedelta(hours=2)
    report = about(alert, missing, done("The child is at the police station."), check(located), subject=CHILD)
    hit = await story.comes("XB", "G", report)
    assert "R53" in [each["rule"] for each in (await story.detail(hit))["findings"]]
    seen = await story.exchange(alert)
    assert (seen.clock("T08")["bound"], seen.due("T08")) == ("sirene:XB", located + timedelta(hours=12))


async def test_a_child_of_ours_is_found_abroad_and_the_twelve_hours_run_from_its_location(story: Story) -> None:
    alert = await story.enters("PRV-A", ABDUCTION, MILA)
    located = story.now - timedelta(hours=2)
    report = about(
        alert, ABDUCTION, done("The child is at the police station."), asks("Who may fetch the child?"), check(located),
        subject=CHILD, remark="MINOR",
    )  # fmt: skip

    # What follows the report overtakes it on the way, waits for it, and is taken up when it has come.
    report_id = new_id()
    follows = about(alert, ABDUCTION, text("The child has eaten and sleeps."), subject=CHILD)
    early = await story.comes("XB", "M", follows, in_reply_to=report_id)
    assert (early.state, early.reason) == ("checked", "dialogue.earlier-awaited")
    hit = await story.comes("XB", "G", report, message_id=report_id, urgent="A child is looked after by us.")
    arrived = story.now
    await story.later(minutes=2)
    assert (await story.message(early.message_id))["exchange"] == (await story.exchange(alert)).id
    seen = await story.exchange(alert)
    assert seen.state("missing-persons") == "asked"
    assert seen.clock("T08")["bound"] == "sirene:XB"
    assert seen.due("T08") == located + timedelta(hours=12)
    assert (seen.clock("T02")["bound"], seen.clock("T02")["status"]) == ("sirene:XA", "running")
    assert seen.due("T01") == arrived + timedelta(hours=12)

    answer = await story.goes(
        "M", "XB", about(alert, ABDUCTION, text("The mother comes tonight."), subject=CHILD), answers=hit
    )
    assert answer.state == "confirmed"
    seen = await story.exchange(alert)
    assert seen.state("missing-persons") == "answered"
    assert [seen.clock(row)["status"] for row in ("T01", "T02")] == ["stopped", "stopped"]

    await story.later(hours=13)
    seen = await story.exchange(alert)
    assert seen.clock("T08")["status"] == "breached"
    assert seen.json["matter"]["overdue_by"] == ["sirene:XB"]
    assert [mark for _, mark in await story.marks("T08")] == ["50%", "80%", "breached"]
    await story.records(
        alert, "child-measures.decided", reason="Told by telephone: a foster family until the mother comes."
    )
    await story.records(alert, "protective-measures.agreed")
    seen = await story.exchange(alert)
    assert seen.state("missing-persons") == "measures-agreed"
    assert (seen.clock("T08")["status"], seen.clock("T08")["late"]) == ("stopped", True)

    await story.deletes(alert, "whereabouts found")
    over = await story.exchange(alert)
    assert over.closed
    assert over.due("T34") == datetime(2027, 3, 2, 23, 0, tzinfo=UTC)


async def test_a_child_of_another_state_is_found_here(story: Story) -> None:
    alert = story.enters_there("XC", "PRV-A", ABDUCTION, MILA_THERE)
    located = story.now - timedelta(minutes=40)
    order = await story.hits(
        alert, at=located.isoformat(), place="Prøveby, ferry", action_taken="The child is with the child care office.", child=True,
        asked="Who may fetch the child?",
    )  # fmt: skip
    assert (await story.releases(order))["state"] == "confirmed"
    (report,) = await story.heard("XC", "FormG")
    assert "MINOR" in report["xml"]
    seen = await story.exchange(alert)
    assert seen.clock("T08")["bound"] == "sirene:XA"
    assert seen.due("T08") == located + timedelta(hours=12)
    assert seen.due("T01") == story.now + timedelta(hours=12)

    second = await story.hits(
        alert, at=located.isoformat(), place="Prøveby, ferry", action_taken="The same hit, sent again.", child=True
    )  # fmt: skip
    held = await story.releases(second)
    assert (held["state"], held["reason_code"]) == ("held", "dialogue.breaks")

    await story.later(hours=6)
    await story.records(alert, "child-measures.decided", reason="The child stays with its aunt.")
    seen = await story.exchange(alert)
    assert (seen.clock("T08")["status"], seen.clock("T08")["late"]) == ("stopped", False)
    assert [mark for _, mark in await story.marks("T08")] == ["50%"]
    sent = Letter(message_id=report["message_id"], envelope="", state="")
    answer = await story.comes(
        "XC", "M", about(alert, ABDUCTION, text("The aunt is known to us."), subject=CHILD), answers=sent
    )
    assert (await story.exchange(alert)).clock("T01")["status"] == "stopped"
    await story.releases(answer.envelope)
    await story.deletes_there("XC", alert, "placed under protection")
    over = await story.exchange(alert)
    assert over.closed
    assert over.due("T34") == datetime(2027, 3, 2, 23, 0, tzinfo=UTC)
