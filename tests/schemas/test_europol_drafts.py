"""The reply says what registers said, only what was asked for, and carries every condition of the question."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

from gateway import safexml
from gateway.form import Condition, Field
from schemas.europol import vocabulary as words
from schemas.europol.forms import information, reply, request
from tests.schemas.europol_replies import (
    CONTEXT,
    OUTGOING,
    PERSON,
    VEHICLE,
    answer,
    asking,
    assert_sendable,
    drafted,
    match,
    results,
    sample,
    wire,
    with_handling,
)


def test_a_complete_answer_is_final_and_says_what_each_register_has() -> None:
    found = drafted(sample(), answer("cpr", match(PERSON)), answer("crm", match(VEHICLE)), answer("wanted_vehicles"))
    assert_sendable(found)
    assert found.value("Final") == "true"
    assert results(found) == [
        ("POPULATION", "FOUND", "P1"),
        ("VEHICLES", "FOUND", "V1"),
        ("WANTED_VEHICLES", "NOT_FOUND", "V1"),
    ]
    person = found.first("Person")
    assert person is not None
    assert person.text("FullName") == "Testine Prøvesen"
    assert person.text("Address") == "Eksempelvej 1, 0000 Prøveby"
    assert person.attribute("subjectCategory") == "SUSPECT"


def test_the_reply_goes_back_with_the_references_of_the_question() -> None:
    asked = sample()
    header = drafted(asked, answer("cpr")).header
    assert (header.sender, header.to) == ("enu:XA", ("enu:XB",))
    assert header.in_reply_to == asked.header.message_id
    assert header.your_references == (asked.header.our_reference,)
    assert header.case_reference == asked.header.case_reference
    assert (header.message_id, header.our_reference, header.sent) == (
        CONTEXT.message_id,
        CONTEXT.our_reference,
        CONTEXT.now,
    )
    assert header.purposes == asked.header.purposes
    assert header.urgency == "URGENT"


def test_an_exercise_stays_an_exercise() -> None:
    asked = sample()
    asked = msgspec.structs.replace(asked, header=msgspec.structs.replace(asked.header, test=True))
    assert drafted(asked, answer("cpr")).header.test


def test_the_conditions_of_question_and_records_are_united() -> None:
    text = "Do not contact the employer."
    asked = with_handling(sample(), Condition(code="H2"), Condition(code="H3", text=text))
    found = drafted(asked, answer("cpr", match(PERSON, handling=("H1", "ORIGINATOR_CONTROL"))))
    assert_sendable(found)
    handling = found.header.handling
    assert {"H1", "H2", "H3"} == {condition.code for condition in handling}
    assert Condition(code="H3", text=text) in handling
    assert any("ORIGINATOR_CONTROL" in condition.text for condition in handling)


def test_h0_beside_a_stricter_code_travels_as_text() -> None:
    asked = with_handling(sample(), Condition(code="H0", text="Case Alpha only."))
    found = drafted(asked, answer("cpr", match(PERSON, handling=("H2",))))
    assert_sendable(found)
    assert {condition.code for condition in found.header.handling} == {"H2", "H3"}
    assert "Case Alpha only." in {condition.text for condition in found.header.handling}
    assert any("(H0" in condition.text for condition in found.header.handling)


def test_a_question_without_a_code_is_answered_under_h1_and_h2() -> None:
    found = drafted(with_handling(sample()), answer("cpr"))
    assert_sendable(found)
    assert {condition.code for condition in found.header.handling} == {"H1", "H2"}


def test_more_conditions_than_a_header_carries_are_left_to_an_officer() -> None:
    asked = with_handling(sample(), *(Condition(code="H3", text=f"Condition {number}") for number in range(16)))
    assert request.FORM.draft(asked, [answer("cpr", match(PERSON, handling=("H2",)))], CONTEXT) is None


@pytest.mark.parametrize("protected", ["true", "True", "1", "yes", "null", ""])
def test_a_protected_address_is_never_told(protected: str) -> None:
    found = drafted(sample(), answer("cpr", match(PERSON | {"addressProtected": protected})))
    assert_sendable(found)
    assert "Eksempelvej" not in wire(found)
    assert "No address is given." in found.value("ReplyText")


def test_an_address_is_told_only_where_it_is_asked_for() -> None:
    for form in (asking(sample()), asking(sample(), "IDENTITY")):
        assert "Eksempelvej" not in wire(drafted(form, answer("cpr", match(PERSON))))


def test_what_was_not_asked_for_is_not_told() -> None:
    found = drafted(asking(sample(), "IDENTITY"), answer("cpr", match(PERSON)), answer("crm", match(VEHICLE)))
    assert_sendable(found)
    assert results(found) == [("POPULATION", "FOUND", "P1")]
    assert "ZZZTESTV1N0000001" not in wire(found)


def test_inner_references_and_unknown_numbers_stay_here() -> None:
    asked = sample()
    without_number = tuple(
        msgspec.structs.replace(field, children=tuple(c for c in field.children if c.name != "Identifier"))
        if field.name == "Person"
        else field
        for field in asked.fields
    )
    asked = msgspec.structs.replace(asked, fields=without_number)
    text = wire(drafted(asked, answer("cpr", match(PERSON)), answer("crm", match(VEHICLE))))
    assert "7101700008" not in text
    assert "nr01-rec-0001" not in text


def test_a_silent_register_is_named_and_leaves_the_answer_open() -> None:
    found = drafted(sample(), answer("cpr", outcome="UNANSWERED", failure="timeout"), answer("crm", match(VEHICLE)))
    assert_sendable(found)
    assert found.value("Final") == "false"
    unchecked = [(one.attribute("source"), one.attribute("reason")) for one in found.named("NotChecked")]
    assert ("POPULATION", "UNANSWERED") in unchecked
    assert ("WANTED_VEHICLES", "NOT_ASKED") in unchecked
    assert "The population register did not answer in time." in found.value("ReplyText")
    assert "timeout" not in wire(found)


def test_no_answer_at_all_is_said() -> None:
    found = drafted(sample())
    assert_sendable(found)
    assert found.value("Final") == "false"
    assert found.named("NotChecked")


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("PENDING", "PENDING"),
        ("TOO_MANY", "TOO_MANY"),
        ("WITHHELD_OWNER_CONSENT", "OWNER_CONSENT"),
        ("?", "UNATTRIBUTED"),
    ],
)
def test_what_a_register_cannot_say_now_is_open(outcome: str, reason: str) -> None:
    found = drafted(sample(), answer("cpr", outcome=outcome))
    assert_sendable(found)
    assert found.value("Final") == "false"
    assert reason in {one.attribute("reason") for one in found.named("NotChecked")}


def test_a_partial_answer_gives_what_there_is_and_stays_open() -> None:
    found = drafted(sample(), answer("cpr", match(PERSON), partial=True))
    assert_sendable(found)
    assert ("POPULATION", "FOUND", "P1") in results(found)
    assert found.value("Final") == "false"


def test_nothing_that_can_be_given_reads_the_same_with_and_without_a_record() -> None:
    without = drafted(asking(sample(), "IDENTITY"), answer("cpr", outcome="NOT_DISCLOSABLE"))
    kept_back = drafted(asking(sample(), "IDENTITY"), answer("cpr", match(PERSON, disclosable="NO")))
    assert wire(without) == wire(kept_back)
    assert "NO_INFORMATION" in wire(without)


def test_a_resembling_record_is_a_candidate_and_waits_for_a_person() -> None:
    found = drafted(sample(), answer("cpr", match(PERSON, score=0.8)))
    assert_sendable(found)
    assert ("POPULATION", "CANDIDATE", "P1") in results(found)
    assert "EUR-55" in {one.rule for one in reply.FORM.check(found, OUTGOING)}


def test_a_plate_that_the_vehicle_no_longer_bears_is_a_candidate() -> None:
    found = drafted(sample(), answer("crm", match(VEHICLE, kind="HISTORIC_KEY")))
    assert ("VEHICLES", "CANDIDATE", "V1") in results(found)


def test_a_wanted_entry_tells_whether_it_is_still_open() -> None:
    entry = {"object": "VEHICLE", "reason": "STOLEN", "since": "2026-02-27", "status": "OPEN", "foundOn": "null"}
    found = drafted(sample(), answer("wanted_vehicles", match(entry)))
    assert_sendable(found)
    details = {child.attribute("name"): child.value for child in found.named("Result")[0].all("Detail")}
    assert details == {"object": "VEHICLE", "reason": "STOLEN", "since": "2026-02-27", "status": "OPEN"}


def test_a_passport_is_told_with_its_status_and_not_its_holder() -> None:
    asked = sample()
    document = Field(
        name="Document",
        attributes=(("id", "D1"),),
        children=(
            Field(name="Kind", value="PASSPORT", namespace="t"),
            Field(name="Number", value="000000001", namespace="t"),
            Field(name="IssuingCountry", value="XA", namespace="t"),
        ),
    )
    asked = asking(msgspec.structs.replace(asked, fields=(*asked.fields, document)), "DOCUMENT")
    record = {"passportNumber": "000000001", "type": "ORDINARY", "status": "STOLEN", "holderRef": "nr01-rec-0001"}
    found = drafted(asked, answer("passports", match(record)))
    assert_sendable(found)
    assert ("PASSPORTS", "FOUND", "D1") in results(found)
    assert "STOLEN" in wire(found)
    assert "nr01-rec-0001" not in wire(found)


def test_nobody_is_given_a_category_that_the_question_did_not_state() -> None:
    asked = sample()
    fields = tuple(
        msgspec.structs.replace(f, attributes=tuple(a for a in f.attributes if a[0] != "subjectCategory"))
        for f in asked.fields
    )
    found = drafted(msgspec.structs.replace(asked, fields=fields), answer("cpr", match(PERSON)))
    assert_sendable(found)
    assert found.first("Person") is None
    assert "UNATTRIBUTED" in {one.attribute("reason") for one in found.named("NotChecked")}


def test_a_record_that_fits_two_persons_is_told_of_neither() -> None:
    asked = sample()
    first = asked.first("Person")
    assert first is not None
    second = msgspec.structs.replace(
        first,
        attributes=(("id", "P2"), ("subjectCategory", "WITNESS")),
        children=tuple(child for child in first.children if child.name != "Identifier"),
    )
    asked = msgspec.structs.replace(asked, fields=(*asked.fields, second))
    by_number = drafted(asked, answer("cpr", match(PERSON)))
    assert ("POPULATION", "FOUND", "P1") in results(by_number)
    unclear = drafted(asked, answer("cpr", match(PERSON | {"cpr": ""})))
    assert unclear.first("Person") is None
    assert unclear.value("Final") == "false"


def test_a_minor_is_marked_and_held() -> None:
    found = drafted(sample(), answer("cpr", match(PERSON | {"birthDate": "2008-11-22"})))
    assert_sendable(found)
    assert "EUR-36" in {one.rule for one in reply.FORM.check(found, OUTGOING)}
    grown = drafted(sample(), answer("cpr", match(PERSON | {"birthDate": "2008-11-21"})))
    assert "EUR-36" not in {one.rule for one in reply.FORM.check(grown, OUTGOING)}


def test_an_evaluation_is_never_made_up() -> None:
    found = drafted(sample(), answer("cpr", match(PERSON)))
    marks = {field.attribute("evaluation") for field in (*found.named("Result"), *found.named("Person"))}
    assert marks == {words.DEFAULT_EVALUATION} == {"X4"}


@pytest.mark.parametrize(
    ("asked_in", "answered_in", "word"), [("da", "da", "svar"), ("en", "en", "answer"), ("fi", "en", "answer")]
)
def test_the_reply_is_in_a_language_of_the_question(asked_in: str, answered_in: str, word: str) -> None:
    asked = sample()
    asked = msgspec.structs.replace(asked, header=msgspec.structs.replace(asked.header, language=asked_in))
    found = drafted(asked, answer("cpr", match(PERSON)))
    assert_sendable(found)
    assert found.header.language == answered_in
    assert word in found.value("ReplyText")


def test_the_highest_classification_of_the_question_stays() -> None:
    asked = sample()
    fields = tuple(
        msgspec.structs.replace(f, value="EU_RESTRICTED") if f.name == "Classification" else f for f in asked.fields
    )
    assert drafted(msgspec.structs.replace(asked, fields=fields)).value("Classification") == "EU_RESTRICTED"


def test_information_asks_for_no_answer() -> None:
    content = (Path(str(files("schemas"))) / "europol" / "samples" / "Information.xml").read_bytes()
    form = information.FORM.decode(safexml.parse(content))
    assert information.FORM.draft(form, [answer("cpr")], CONTEXT) is None
    assert [subject.__struct_config__.tag for subject in form.subjects] == ["person", "document", "thing"]
