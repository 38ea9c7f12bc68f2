"""A G form that asks for a P form gets one that says what the registers said, and no more."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway import questions, safexml
from gateway.findings import Occasion, Severity
from gateway.form import Condition, Field, Form
from gateway.questions import MATCHES, NO_MATCH, NOT_DISCLOSABLE, PENDING, STALE, TOO_MANY, UNANSWERED, Answer, Match
from gateway.reply import ReplyContext
from schemas.catalogue import discover

CORPUS = Path(__file__).parents[1] / "corpus" / "sirene"
CATALOGUE = discover()
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OCCASION = Occasion(
    now=NOW,
    inbound=False,
    own_parties=frozenset({"sirene:XA"}),
    known_parties=frozenset({"sirene:XB", "sirene:XC"}),
)
REPLY = ReplyContext(
    own_party="sirene:XA",
    now=NOW,
    message_id="0193a5c0-7d10-7a01-8b3c-000000000099",
    our_reference="XA-P-2026-0000001",
)
VEHICLE = {
    "vehicleId": "veh-0001",
    "plate": "QQ00001",
    "vin": "ZZZTESTV1N0000001",
    "make": "Eksempla",
    "model": "Kombi 2",
    "colour": "BLUE",
    "firstRegistration": "2021-04-01",
    "status": "REGISTERED",
    "ownerRef": "nr01-rec-0001",
    "periods": json.dumps([{"plate": "QQ00001", "from": "2023-01-01", "ownerRef": "nr01-rec-0001"}]),
}
WANTED = {
    "wantedId": "w-0009",
    "object": "VEHICLE",
    "reason": "STOLEN",
    "since": "2026-02-27",
    "journalNumber": "9999-99999-00003-26",
    "plate": "QQ00001",
    "vin": "ZZZTESTV1N0000001",
}


def question(name: str = "passes/sample") -> Form:
    root = safexml.parse((CORPUS / "FormG" / f"{name}.xml").read_bytes())
    return CATALOGUE.recognise(str(root.tag), "1.0").decode(root)


def match(record: str, content: dict[str, str], *handling: str, disclosable: str = "") -> Match:
    return Match(
        record=record,
        kind="EXACT_KEY",
        score=1.0,
        data=tuple(content.items()),
        handling=handling,
        disclosable=disclosable,
    )


def answer(register: str, *matches: Match, outcome: str = MATCHES, partial: bool = False) -> Answer:
    return Answer(
        register=register, request_id=f"req-{register}", outcome=outcome, asked_at=NOW, answered_at=NOW, as_of=NOW,
        matches=matches, partial=partial,
    )  # fmt: skip


def drafted(form: Form, *answers: Answer) -> Form:
    """The draft as the partner decodes it; fails when schema or rules have anything against it."""
    draft = CATALOGUE.get(form.format).draft(form, answers, REPLY)
    assert draft is not None
    spec = CATALOGUE.get(draft.format)
    root = safexml.parse(etree.tostring(spec.encode(draft), encoding="utf-8"))
    assert spec.validate(root) == []
    heard = spec.decode(root)
    assert [found for found in spec.check(heard, OCCASION) if found.severity is not Severity.INFO] == []
    return heard


CRM = answer("crm", match("nr10-rec-0001", VEHICLE))
WANTED_VEHICLES = answer("wanted-vehicles", match("nr12-rec-0009", WANTED))


def test_the_p_form_says_what_the_registers_said() -> None:
    form = drafted(question(), CRM, WANTED_VEHICLES)

    vehicle = form.first("Vehicle")
    assert vehicle is not None
    assert {field.name: field.value for field in vehicle.children} == {
        "Make": "Eksempla",
        "Model": "Kombi 2",
        "Vin": "ZZZTESTV1N0000001",
        "RegistrationNumber": "QQ00001",
        "RegistrationCountry": "XA",
        "Colour": "BLUE",
        "FirstRegistration": "2021-04-01",
        "RegistrationStatus": "REGISTERED",
    }
    record = form.first("NationalRecord")
    assert record is not None
    assert {field.name: field.value for field in record.children} == {
        "RecordSource": "wanted-vehicles",
        "RecordKind": "VEHICLE",
        "RecordReason": "STOLEN",
        "RecordSince": "2026-02-27",
        "RecordReference": "9999-99999-00003-26",
        "RecordAsOf": "2026-11-21T12:00:00Z",
    }
    assert form.number("005") == "XA00000000000000042"
    assert form.number("083").splitlines() == [
        "crm answered.",
        "wanted-vehicles answered.",
        "What else you ask in field 089 is not answered here; an officer looks at it.",
    ]


def test_the_p_form_is_addressed_to_who_asked() -> None:
    asked, form = question(), drafted(question(), CRM)

    assert (form.header.sender, form.header.to) == ("sirene:XA", ("sirene:XB",))
    assert form.header.in_reply_to == asked.header.message_id
    assert form.header.your_references == (asked.header.our_reference,)
    assert (form.header.message_id, form.header.our_reference) == (REPLY.message_id, REPLY.our_reference)
    assert form.header.sent == NOW
    assert form.header.urgency == asked.header.urgency == "URGENT"


def test_owner_and_inner_keys_are_not_in_the_p_form() -> None:
    wire = repr(drafted(question(), CRM, WANTED_VEHICLES))

    assert "nr01-rec" not in wire
    assert "veh-0001" not in wire
    assert "w-0009" not in wire


def test_an_exercise_is_answered_as_an_exercise() -> None:
    asked = question()
    asked = msgspec.structs.replace(asked, header=msgspec.structs.replace(asked.header, test=True))

    assert drafted(asked, CRM).header.test


def test_an_urgent_notice_makes_the_answer_urgent_whatever_the_header_says() -> None:
    asked = question()
    calm = msgspec.structs.replace(asked, header=msgspec.structs.replace(asked.header, urgency="NORMAL"))
    quiet = msgspec.structs.replace(calm, fields=tuple(f for f in calm.fields if f.name != "ImportantNotice"))

    assert drafted(calm, CRM).header.urgency == "URGENT"
    assert drafted(quiet, CRM).header.urgency == "NORMAL"
    assert drafted(quiet, CRM).first("ImportantNotice") is None


def test_conditions_of_the_question_and_of_the_records_are_carried() -> None:
    asked = question()
    condition = Condition(code="NO-ONWARD-USE", text="Ask us first.")
    asked = msgspec.structs.replace(
        asked, header=msgspec.structs.replace(asked.header, handling=(condition,), purposes=("SIS",))
    )

    form = drafted(asked, answer("crm", match("nr10-rec-0001", VEHICLE, "POLICE-ONLY")))

    assert form.header.handling == (condition, Condition(code="POLICE-ONLY"))
    assert form.header.purposes == ("SIS",)


@pytest.mark.parametrize("handling", [("no code at all",), tuple(f"C{number}" for number in range(17))])
def test_a_record_whose_conditions_cannot_be_carried_is_left_to_an_officer(handling: tuple[str, ...]) -> None:
    form = drafted(question(), answer("wanted-vehicles", match("nr12-rec-0009", WANTED, *handling)))

    assert form.first("NationalRecord") is None
    assert "an officer looks at it" in form.number("083")


def test_a_record_that_may_not_be_given_is_not_given() -> None:
    form = drafted(question(), answer("crm", match("nr10-rec-0001", VEHICLE, disclosable="NO")))

    assert form.number("014") == ""


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (UNANSWERED, "did not answer in time"),
        (PENDING, "the answer follows"),
        (TOO_MANY, "more exact identification"),
        (NO_MATCH, "has nothing that can be given"),
        (NOT_DISCLOSABLE, "has nothing that can be given"),
    ],
)
def test_what_a_register_did_not_say_is_said_in_words(outcome: str, words: str) -> None:
    form = drafted(question(), CRM, answer("wanted-vehicles", outcome=outcome))

    assert words in form.number("083")
    assert form.number("014") == "Eksempla"


def test_absence_and_refusal_look_alike() -> None:
    absent = drafted(question(), CRM, answer("wanted-vehicles", outcome=NO_MATCH))
    refused = drafted(question(), CRM, answer("wanted-vehicles", outcome=NOT_DISCLOSABLE))

    assert absent == refused


def test_a_partial_answer_and_an_old_copy_are_named() -> None:
    form = drafted(question(), answer("crm", match("nr10-rec-0001", VEHICLE), outcome=STALE, partial=True))

    assert "The answer of crm is partial." in form.number("083")
    assert "The copy of crm is of 2026-11-21T12:00:00Z." in form.number("083")


def test_without_a_record_the_identity_of_the_question_is_repeated_and_said_to_be_that() -> None:
    form = drafted(question(), answer("crm", outcome=UNANSWERED))

    assert form.number("016") == "QQ00001"
    assert form.number("014") == ""
    assert "are those of your form" in form.number("083")


def test_another_vin_behind_the_plate_is_said_and_nothing_is_mixed() -> None:
    form = drafted(question(), answer("crm", match("nr10-rec-0002", {**VEHICLE, "vin": "ZZZTESTV1N0000777"})))

    assert "another VIN" in form.number("083")
    assert form.number("015") == "ZZZTESTV1N0000001"
    assert form.number("014") == ""


def test_another_plate_on_the_vin_is_said() -> None:
    form = drafted(question(), answer("crm", match("nr10-rec-0001", {**VEHICLE, "plate": "QQ00777"})))

    assert "another registration number" in form.number("083")
    assert form.number("016") == "QQ00777"
    assert form.number("274") == ""


def test_the_vin_decides_where_a_plate_was_issued_twice() -> None:
    earlier = match("nr10-rec-0002", {**VEHICLE, "vin": "ZZZTESTV1N0000777", "make": "Fiktiva"})

    form = drafted(question(), answer("crm", earlier, match("nr10-rec-0001", VEHICLE)))

    assert form.number("014") == "Eksempla"


def test_a_value_that_does_not_fit_is_left_out_in_words() -> None:
    form = drafted(question(), answer("crm", match("nr10-rec-0001", {**VEHICLE, "firstRegistration": "April 2021"})))

    vehicle = form.first("Vehicle")
    assert vehicle is not None
    assert vehicle.text("FirstRegistration") == ""
    assert "FirstRegistration does not fit" in form.number("083")


@pytest.mark.parametrize("name", ["passes/arrest-with-receiving-authority", "passes/check-with-time-and-place"])
def test_a_g_form_on_a_person_is_left_to_an_officer(name: str) -> None:
    assert CATALOGUE.get("sirene/G@1").draft(question(name), (CRM,), REPLY) is None


def test_a_g_form_that_asks_something_else_is_left_to_an_officer() -> None:
    asked = question()
    kept = tuple(field for field in asked.fields if field.name != "RequestForInformation")
    other = Field(name="RequestForInformation", number="089", value="Who may collect the vehicle?")

    spec = CATALOGUE.get("sirene/G@1")

    assert spec.draft(msgspec.structs.replace(asked, fields=kept), (CRM,), REPLY) is None
    assert spec.draft(msgspec.structs.replace(asked, fields=(*kept, other)), (CRM,), REPLY) is None


@pytest.mark.parametrize("letter", "AEFHIJKLMNOPQ")
def test_the_other_forms_are_not_answered_by_themselves(letter: str) -> None:
    root = safexml.parse((CORPUS / f"Form{letter}" / "passes" / "sample.xml").read_bytes())
    spec = CATALOGUE.recognise(str(root.tag), "1.0")

    assert spec.draft(spec.decode(root), (CRM,), REPLY) is None


texts = st.text(max_size=300)
values = st.one_of(texts, st.sampled_from(sorted({*VEHICLE.values(), *WANTED.values(), "null", ""})))
records = st.dictionaries(st.sampled_from(sorted({*VEHICLE, *WANTED})), values).map(
    lambda content: tuple(content.items())
)
matches = st.builds(
    Match,
    record=st.sampled_from(["r1", "r2", "r3"]),
    kind=texts,
    score=st.floats(0, 1),
    data=records,
    handling=st.lists(st.sampled_from(["A", "B", "not a code"]) | texts, max_size=20).map(tuple),
    disclosable=st.sampled_from(["", "ASK_CONTROLLER", "NO"]),
)
outcomes = st.sampled_from(
    [MATCHES, STALE, NO_MATCH, TOO_MANY, PENDING, UNANSWERED, NOT_DISCLOSABLE, questions.WITHHELD, "SOMETHING_NEW"]
)
answers = st.builds(
    Answer,
    register=texts,
    request_id=texts,
    outcome=outcomes,
    asked_at=st.just(NOW),
    answered_at=st.just(NOW),
    as_of=st.none() | st.datetimes(timezones=st.just(UTC)),
    matches=st.lists(matches, max_size=4).map(tuple),
    partial=st.booleans(),
)
QUESTION = question()


@given(
    st.lists(answers, max_size=20),
    st.lists(st.builds(Condition, code=st.sampled_from(["A", "C", "D"]), text=st.just("as said")), max_size=16),
)
def test_whatever_the_registers_say_the_draft_is_in_order(said: list[Answer], conditions: list[Condition]) -> None:
    asked = msgspec.structs.replace(
        QUESTION, header=msgspec.structs.replace(QUESTION.header, handling=tuple(conditions))
    )

    form = drafted(asked, *said)

    assert set(conditions) <= set(form.header.handling)
    assert form.number("083")
