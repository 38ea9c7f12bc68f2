"""Wrong data (J), a misused identity (Q), and what a person may ask for (K): Regulation (EU) 2018/1862 Arts 59, 62, 67."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.journeys.sirene.forms_in_words import NOBODYSEN, about, text
from tests.journeys.sirene.story_words import Story

JUDICIAL = "1862:34"
SUBJECT = (
    '<Person role="SUBJECT"><Surname no="006">Nobodysen</Surname><Forename no="007">Imaginus</Forename>'
    '<DateOfBirth no="009">1970-01-31</DateOfBirth><Sex no="012">M</Sex><AliasNumber>2</AliasNumber></Person>'
)
VICTIM = (
    '<Person role="VICTIM"><Surname no="006">Nobodysen</Surname><Forename no="007">Imaginus</Forename>'
    '<DateOfBirth no="009">1970-01-31</DateOfBirth><Sex no="012">M</Sex></Person>'
)


def consents(status: str = "GIVEN", on: str = "2026-02-26") -> str:
    return "".join(
        f"<Consent><ConsentCategory>{category}</ConsentCategory><ConsentStatus>{status}</ConsentStatus>"
        f"<ConsentOn>{on}</ConsentOn></Consent>"
        for category in ("NAMES", "DATE_OF_BIRTH", "GENDER")
    )


def objection(noticed: datetime) -> str:
    return (
        f"<Objection><ObjectionKind>INCORRECT</ObjectionKind><DiscoveredAt>{noticed:%Y-%m-%dT%H:%M:%SZ}</DiscoveredAt>"
        "<WrongItem><ItemNumber>009</ItemNumber><ItemName>date of birth</ItemName><CorrectValue>1971-01-31</CorrectValue></WrongItem>"
        "<Evidence>Birth record of Specimen Crossing.</Evidence></Objection>"
    )


def request(deadline: str = "") -> str:
    return (
        "<PersonRequest><RequestKind>ACCESS</RequestKind><RequestedOn>2026-02-20</RequestedOn></PersonRequest>"
        + deadline
    )


POSITION = (
    "<RequestPosition><Position>DISCLOSE</Position><Statement>The person may be told.</Statement></RequestPosition>"
)


async def test_wrong_data_are_disputed_for_two_months_and_then_owed_to_the_supervisory_authorities(
    story: Story,
) -> None:
    alert = await story.enters("JUD", JUDICIAL)
    noticed = story.now - timedelta(days=3)
    told = await story.comes("XB", "J", about(alert, JUDICIAL, objection(noticed), text("Please correct it.")))
    seen = await story.exchange(alert)
    assert seen.state("wrong-data") == "told"
    # Noticed on Friday the 27th of February: two working days end with Tuesday.
    assert seen.due("T11") == datetime(2026, 3, 3, 23, 0, tzinfo=UTC)
    assert (seen.clock("T11")["status"], seen.clock("T11")["late"]) == ("stopped", False)
    assert (seen.clock("T12")["bound"], seen.clock("T12")["status"]) == ("sirene:XA", "running")
    assert seen.due("T13") == datetime(2026, 4, 27, 22, 0, tzinfo=UTC)

    await story.goes(
        "M", "XB", about(alert, JUDICIAL, text("Our court has another record. We keep the date.")), answers=told
    )
    await story.records(alert, "dispute.begun")
    seen = await story.exchange(alert)
    assert (seen.state("wrong-data"), seen.clock("T12")["status"]) == ("disputed", "stopped")
    assert seen.clock("T13")["status"] == "running"
    assert seen.due("T13") == datetime(2026, 4, 27, 22, 0, tzinfo=UTC), (
        "it counts from the first evidence, not from the dispute"
    )
    await story.later(days=40)
    await story.later(days=17)
    seen = await story.exchange(alert)
    assert (seen.clock("T13")["status"], seen.clock("T13")["escalation"]) == ("breached", "head of the bureau")
    assert "supervisory authorities" in seen.clock("T13")["act"]
    assert ("clock.breached", "breached") in await story.marks("T13")
    assert seen.state("wrong-data") == "disputed", "nobody has referred it yet"
    await story.records(alert, "dispute.referred")
    seen = await story.exchange(alert)
    assert (seen.state("wrong-data"), seen.clock("T13")["status"]) == ("referred", "stopped")


async def test_what_nobody_disputes_is_referred_to_nobody(story: Story) -> None:
    """The issuing state has answered form J: two months later nothing has happened of itself."""
    alert = await story.enters("JUD", JUDICIAL)
    told = await story.comes("XB", "J", about(alert, JUDICIAL, objection(story.now), text("Please correct it.")))
    await story.goes("M", "XB", about(alert, JUDICIAL, text("Corrected, thank you.")), answers=told)
    await story.later(days=40)
    await story.later(days=30)
    seen = await story.exchange(alert)
    assert (seen.state("wrong-data"), seen.clock("T13")["status"]) == ("answered", "stopped")
    assert "dispute.referred" not in seen.happened
    assert "clock.took-effect" not in [event for event, _ in await story.marks("T13")]


async def test_wrong_data_of_another_state_are_told_and_corrected(story: Story) -> None:
    alert = story.enters_there("XC", "JUD", JUDICIAL)
    noticed = datetime(2026, 2, 26, 10, 0, tzinfo=UTC)
    late = about(alert, JUDICIAL, objection(noticed), text("Please correct it."))
    await story.later(days=1)
    told = await story.goes("J", "XC", late)
    seen = await story.exchange(alert)
    assert (seen.clock("T11")["bound"], seen.clock("T11")["late"]) == ("sirene:XA", True)
    (heard,) = await story.heard("XC", "FormJ")
    stray = await story.comes(
        "XC", "M", about(alert, JUDICIAL, text("More will follow.")), in_reply_to=story.unknown_id()
    )
    assert [each["rule"] for each in (await story.detail(stray))["findings"]] == ["R39"], "it answers what never was"
    await story.comes("XC", "M", about(alert, JUDICIAL, text("Corrected.")), in_reply_to=heard["message_id"])
    assert (await story.exchange(alert)).state("wrong-data") == "answered"
    await story.records(alert, "alert.corrected")
    seen = await story.exchange(alert)
    assert (seen.state("wrong-data"), seen.clock("T13")["status"]) == ("corrected", "stopped")
    assert told.state == "confirmed"


async def test_the_identity_of_an_innocent_person_is_added_and_removed_again(story: Story) -> None:
    alert = await story.enters("JUD", JUDICIAL)
    told = await story.comes(
        "XB", "Q", about(alert, JUDICIAL, consents(), text("Two controls by mistake."), subject=SUBJECT + VICTIM)
    )
    assert (await story.exchange(alert)).state("misused-identity") == "told"
    assert story.asked("cpr") == 2, "subject and victim"
    assert (told.state, told.reason) == ("held", "reply.by-hand"), (
        "consent comes first: a person adds, the gateway nothing"
    )
    identity = {
        "alias_number": "2", "content": {"NAMES": "Imaginus Nobodysen"},
        "consents": [{"category": "NAMES", "given_on": "2026-02-26"}],
    }  # fmt: skip
    changed = await story.changes(alert, "misused-identity", identity=identity)
    assert changed["misused_identity"]["alias_number"] == "2"
    await story.goes("M", "XB", about(alert, JUDICIAL, text("Added with consent.")), answers=told)
    assert (await story.exchange(alert)).state("misused-identity") == "answered"

    withdrawn = (consents("WITHDRAWN", "2026-03-02"), text("Consent withdrawn."))
    with_data = await story.comes("XB", "Q", about(alert, JUDICIAL, *withdrawn, subject=SUBJECT + VICTIM))
    assert {each["rule"] for each in (await story.detail(with_data))["findings"]} == {"R54"}
    assert with_data.state == "rejected", "a withdrawal that still tells the data"
    withdrawal = await story.comes("XB", "Q", about(alert, JUDICIAL, *withdrawn, subject=SUBJECT))
    assert (withdrawal.state, withdrawal.reason) == ("held", "reply.by-hand"), "a person removes the data"
    assert (await story.exchange(alert)).state("misused-identity") == "withdrawn"
    assert (await story.changes(alert, "misused-identity", identity=None))["misused_identity"] is None
    await story.records(alert, "misused-identity.removed")
    assert (await story.exchange(alert)).closed


async def test_a_person_asks_another_state_about_our_alert(story: Story) -> None:
    alert = await story.enters("REF", "1861:24", NOBODYSEN, particulars={"ground_of_refusal": "entry ban"})
    deadline = "2026-03-16T11:00:00Z"
    asked = await story.comes(
        "XB", "K", about(alert, "1861:24", request(), text("Please state your position.")), header={"ReplyBy": deadline}
    )
    seen = await story.exchange(alert)
    assert seen.state("person-requests") == "asked"
    assert (seen.clock("T33")["bound"], seen.due("T33")) == ("sirene:XA", datetime(2026, 3, 16, 11, 0, tzinfo=UTC))
    again = await story.comes(
        "XB", "K", about(alert, "1861:24", request(), text("Please!")), header={"ReplyBy": deadline}
    )
    assert (again.state, again.reason) == ("held", "dialogue.breaks")
    await story.later(days=8)
    assert [mark for _, mark in await story.marks("T33")] == ["50%"]
    await story.goes(
        "K",
        "XB",
        about(alert, "1861:24", request(), POSITION, text("It is kept; the person may be told.")),
        answers=asked,
    )
    seen = await story.exchange(alert)
    assert (seen.state("person-requests"), seen.clock("T33")["status"]) == ("answered", "stopped")
    await story.records(alert, "access-request.decided")
    assert (await story.exchange(alert)).closed


async def test_a_person_asks_us_about_an_alert_of_another_state(story: Story) -> None:
    alert = story.enters_there("XC", "REF", "1861:24", particulars={"ground_of_refusal": "entry ban"})
    asked = await story.goes("K", "XC", about(alert, "1861:24", request(), text("Please state your position.")))
    await story.records(alert, "access-request.received", at="2026-02-20T09:00:00Z")
    seen = await story.exchange(alert)
    assert seen.state("person-requests") == "asked"
    assert seen.due("T32") == datetime(2026, 3, 20, 23, 0, tzinfo=UTC)
    (heard,) = await story.heard("XC", "FormK")
    await story.comes(
        "XC",
        "K",
        about(alert, "1861:24", request(), POSITION, text("The person may be told.")),
        in_reply_to=heard["message_id"],
    )
    assert (await story.exchange(alert)).state("person-requests") == "answered"
    await story.records(alert, "access-request.decided")
    seen = await story.exchange(alert)
    assert (seen.closed, seen.clock("T32")["status"]) == (True, "stopped")
    assert asked.state == "confirmed"
