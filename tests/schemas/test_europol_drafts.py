"""The reply says what registers said, only what was asked for, and carries every condition of the question."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway import safexml
from gateway.findings import Occasion, Severity
from gateway.form import Condition, Field, Form
from gateway.protection import gate
from gateway.questions import Answer, Match
from gateway.reply import ReplyContext
from schemas.europol import vocabulary as words
from schemas.europol.forms import information, reply, request

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OUTGOING = Occasion(
    now=NOW + timedelta(seconds=1),
    inbound=False,
    own_parties=frozenset({"sirene:XA", "ncb:XA", "enu:XA"}),
    known_parties=frozenset({"enu:XB"}),
)
CONTEXT = ReplyContext(
    own_party="enu:XA", now=NOW, message_id="9b2f6c1e-0000-7000-8000-00000000000a", our_reference="XA-ENU-2026-0000099"
)
HELD_FOR_AN_OFFICER = {"EUR-12", "EUR-36", "EUR-55"}
"""What may hold a drafted reply: a restriction in free text, a person who needs special care, a candidate."""
PERSON = {
    "cpr": "7101700008",
    "names": '["Testine Prøvesen"]',
    "birthDate": "1970-01-11",
    "citizenship": "XA",
    "registrationStatus": "RESIDENT",
    "address": "Eksempelvej 1, 0000 Prøveby",
    "addressProtected": "false",
}
VEHICLE = {
    "plate": "QQ00001",
    "vin": "ZZZTESTV1N0000001",
    "make": "Fabula",
    "colour": "blue",
    "ownerRef": "nr01-rec-0001",
    "firstRegistration": "2021-03-04",
}


def sample() -> Form:
    content = (Path(str(files("schemas"))) / "europol" / "samples" / "Request.xml").read_bytes()
    return request.FORM.decode(safexml.parse(content))


def match(data: dict[str, str], **more: object) -> Match:
    return msgspec.structs.replace(
        Match(record="rec-1", kind="EXACT_KEY", score=1.0, data=tuple(data.items())), **more
    )  # fmt: skip


def answer(register: str, *matches: Match, outcome: str = "", **more: object) -> Answer:
    plain = Answer(
        register=register,
        request_id="req-1",
        outcome=outcome or ("MATCHES" if matches else "NO_MATCH"),
        asked_at=NOW,
        answered_at=NOW,
        as_of=NOW - timedelta(hours=1),
        matches=matches,
    )
    return msgspec.structs.replace(plain, **more)


def drafted(form: Form, *answers: Answer) -> Form:
    found = request.FORM.draft(form, answers, CONTEXT)
    assert found is not None
    return found


def wire(form: Form) -> str:
    return etree.tostring(reply.FORM.encode(form), encoding="unicode")


def results(form: Form) -> list[tuple[str, str, str]]:
    return [
        (found.attribute("source"), found.attribute("outcome"), found.attribute("asked"))
        for found in form.named("Result")
    ]


def asking(form: Form, *items: str) -> Form:
    fields = [field for field in form.fields if field.name != "RequestedItem"]
    return msgspec.structs.replace(form, fields=(*fields, *(Field(name="RequestedItem", value=item) for item in items)))


def with_handling(form: Form, *conditions: Condition) -> Form:
    return msgspec.structs.replace(form, header=msgspec.structs.replace(form.header, handling=conditions))


def assert_sendable(form: Form) -> None:
    tree = reply.FORM.encode(form)
    assert reply.FORM.validate(tree) == []
    read = reply.FORM.decode(safexml.parse(etree.tostring(tree, encoding="UTF-8", xml_declaration=True)))
    found = reply.FORM.check(read, OUTGOING)
    assert [one for one in found if one.severity is Severity.ERROR] == []
    assert {one.rule for one in found if one.severity is Severity.HOLD} <= HELD_FOR_AN_OFFICER


def test_a_complete_answer_is_final_and_says_what_each_register_has() -> None:
    found = drafted(
        sample(), answer("cpr", match(PERSON)), answer("crm", match(VEHICLE)), answer("wanted_vehicles")
    )  # fmt: skip
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


KEYS = [*PERSON, *VEHICLE, "deathDate", "passportNumber", "type", "status", "object", "reason", "since", "wantedSince"]
TEXTS = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        ["7101700008", "QQ00001", "true", "false", "1970", "2019-02-30", "[]", '{"street": "x"}', "\x00\x0b", "["]
    ),
    st.lists(st.text(max_size=30), max_size=3).map(json.dumps),
)
MATCHES = st.builds(
    Match,
    record=st.just("rec"),
    kind=st.just("x"),
    score=st.sampled_from([1.0, 0.9, 0.0]),
    data=st.dictionaries(st.sampled_from(KEYS), TEXTS).map(lambda data: tuple(data.items())),
    handling=st.lists(st.sampled_from(["H0", "H1", "H2", "H3", "LOCAL ONLY", "\x01"]), max_size=3).map(tuple),
    disclosable=st.sampled_from(["", "YES", "ASK_CONTROLLER", "NO"]),
)
MOMENTS = st.integers(-(10**9), 10**9).map(lambda seconds: NOW + timedelta(seconds=seconds))
ANSWERS = st.builds(
    Answer,
    register=st.sampled_from(["cpr", "crm", "wanted_vehicles", "passports", "weapons"]),
    request_id=st.just("r"),
    outcome=st.sampled_from(
        [
            "MATCHES",
            "NO_MATCH",
            "TOO_MANY",
            "NOT_DISCLOSABLE",
            "PENDING",
            "WITHHELD_OWNER_CONSENT",
            "STALE",
            "UNANSWERED",
        ]
    ),
    asked_at=MOMENTS,
    answered_at=MOMENTS,
    as_of=st.none() | MOMENTS,
    subject_kind=st.sampled_from(["", "person", "vehicle", "document"]),
    matches=st.lists(MATCHES, max_size=10).map(tuple),
    partial=st.booleans(),
    failure=st.sampled_from(["", "timeout"]),
)
CONDITIONS = st.sampled_from(
    [
        (),
        (Condition(code="H0"),),
        (Condition(code="H1"), Condition(code="H2")),
        (Condition(code="H0"), Condition(code="H3", text="Ask first.")),
    ]
)
ITEMS = st.lists(st.sampled_from(sorted(words.REQUESTED_ITEMS)), max_size=5, unique=True)


@given(answers=st.lists(ANSWERS, max_size=12), conditions=CONDITIONS, items=ITEMS)
def test_every_draft_can_be_sent_and_keeps_every_condition(
    answers: list[Answer], conditions: tuple[Condition, ...], items: list[str]
) -> None:
    asked = with_handling(asking(sample(), *items), *conditions)
    found = drafted(asked, *answers)
    assert_sendable(found)
    kept = {condition.code for condition in found.header.handling}
    needed = {condition.code for condition in conditions} | {c for a in answers for m in a.matches for c in m.handling}
    for code in needed & {"H1", "H2"}:
        assert code in kept
    if "H0" in needed:
        assert kept & {"H0", "H3"}
    for condition in conditions:
        assert condition.code == "H0" or condition in found.header.handling
    assert (found.value("Final") == "true") == (not found.named("NotChecked"))
    if "RESIDENCE" not in items:
        assert all(not person.text("Address") for person in found.named("Person"))


def test_the_table_of_handling_codes_and_the_gate_hold_the_same_replies() -> None:
    table = words.handling_codes()
    holding = {code for code, row in table.items() if row["holds_reply"]}
    assert holding == {"H1", "H2", "H3"} == {code for code in table if gate.CODES[code][0] == gate.OFFICER}
    assert {code for code, row in table.items() if row["onward"] == "consent"} == {"H2"}
    assert all(row["citation"] and row["confidence"] for row in table.values())
    assert words.handling_when_missing() == ("H1", "H2")


def test_the_clocks_of_the_directive_are_eight_hours_three_days_and_seven_days() -> None:
    table = tomllib.loads((Path(str(files("schemas"))) / "europol" / "clocks.toml").read_text(encoding="utf-8"))
    limits = {row["id"]: row["limit"] for row in table["clock"]}
    assert limits["DIR977-urgent-direct"] == "PT8H"
    assert limits["DIR977-urgent-indirect"] == "P3D"
    assert limits["DIR977-normal"] == "P7D"
    assert all(row["citation"] and row["confidence"] for row in table["clock"])


def test_the_mandate_has_thirty_areas_and_what_belongs_to_them() -> None:
    areas = words.crime_areas()
    assert sum(kind == "mandate" for kind in areas.values()) == 31
    assert areas["outside_europol_mandate"] == "outside"
