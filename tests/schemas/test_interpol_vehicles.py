"""The answer to a vehicle query says what two registers said about the vehicle, and takes no other vehicle for it."""

from datetime import UTC, date, datetime
from importlib.resources import files

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway import safexml
from gateway.findings import Occasion
from gateway.form import Form
from gateway.questions import Answer, Match
from gateway.reply import ReplyContext
from gateway.subjects import Vehicle
from schemas.interpol.forms.vehicle_answer import FORM as ANSWER
from schemas.interpol.forms.vehicle_query import FORM as QUERY

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REPLY = ReplyContext(
    own_party="ncb:XA", now=NOW, message_id="0193a5c0-7d10-7a01-8b3c-000000000001", our_reference="XA-NCB-2026-2"
)
OUTBOUND = Occasion(
    now=NOW, inbound=False, own_parties=frozenset({"ncb:XA"}), known_parties=frozenset({"ncb:XB", "ncb:XC"})
)
CAR = {
    "vehicleId": "veh-0001", "plate": "QQ00001", "vin": "ZZZTESTV1N0000001", "make": "Eksempla", "model": "Kombi 2",
    "colour": "BLUE", "firstRegistration": "2021-04-01", "status": "REGISTERED", "ownerRef": "nr01-rec-0001",
}  # fmt: skip
SEARCH = {
    "wantedId": "w-0009", "object": "VEHICLE", "reason": "STOLEN", "since": "2026-02-27",
    "journalNumber": "9999-99999-00003-26", "plate": "QQ00001", "vin": "ZZZTESTV1N0000001", "status": "OPEN",
}  # fmt: skip
VIN = "<t:Vin>ZZZTESTV1N0000001</t:Vin>"


def query(*edits: tuple[str, str]) -> Form:
    text = (files("schemas.interpol") / "samples" / "VehicleQuery.xml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return QUERY.decode(safexml.parse(text.encode()))


def heard(register: str, *records: dict[str, str], outcome: str = "", failure: str = "") -> Answer:
    matches = tuple(
        Match(record=f"rec-{n:04}", kind="vehicle", score=1.0, data=tuple(data.items()))
        for n, data in enumerate(records, 1)
    )
    return Answer(
        register=register, request_id="r-1", asked_at=NOW, answered_at=NOW, matches=matches, failure=failure,
        outcome=outcome or ("MATCHES" if records else "NO_MATCH"),
    )  # fmt: skip


def crm(*records: dict[str, str], outcome: str = "", failure: str = "") -> Answer:
    return heard("crm", *records, outcome=outcome, failure=failure)


def wanted(*records: dict[str, str], outcome: str = "", failure: str = "") -> Answer:
    return heard("wanted_vehicles", *records, outcome=outcome, failure=failure)


def drafted(form: Form, *answers: Answer) -> Form:
    """The draft as the other side reads it; it passes the schema and every rule on its way out."""
    draft = QUERY.draft(form, answers, REPLY)
    assert draft is not None
    root = safexml.parse(etree.tostring(ANSWER.encode(draft), encoding="utf-8"))
    assert ANSWER.validate(root) == []
    assert ANSWER.check(draft, OUTBOUND) == ()
    read = ANSWER.decode(root)
    assert read == draft
    return read


def gaps(form: Form) -> list[tuple[str, str]]:
    return [(gap.text("Register"), gap.text("Code")) for gap in form.named("NotAnswered")]


def test_a_stolen_vehicle_is_a_hit_with_its_description() -> None:
    found = drafted(query(), crm(CAR), wanted(SEARCH))

    search, registration = found.named("Record")
    assert found.value("ResultCode") == "HIT"
    assert search.text("WantedReason") == "STOLEN"
    assert search.text("Since") == "2026-02-27"
    assert [number.value for number in search.all("NationalReference")] == ["w-0009", "9999-99999-00003-26"]
    assert registration.text("Vehicle", "Model") == "Kombi 2"
    assert registration.text("FirstRegistration") == "2021-04-01"
    assert found.subjects[0] == Vehicle(
        registration_number="QQ00001", registration_country="XA", vin="ZZZTESTV1N0000001"
    )
    assert not gaps(found)


def test_a_registered_vehicle_that_nobody_seeks_is_no_hit() -> None:
    found = drafted(query(), crm(CAR), wanted())

    assert found.value("ResultCode") == "NO_HIT"
    assert [record.text("Holding") for record in found.named("Record")] == ["REGISTRATION"]
    assert "does not prove" in found.value("Note")


def test_a_register_that_is_silent_leaves_no_no_hit() -> None:
    late = drafted(query(), crm(CAR), wanted(outcome="UNANSWERED", failure="timeout"))
    half = drafted(query(), wanted())

    assert (late.value("ResultCode"), gaps(late)) == ("TIMEOUT", [("WANTED_VEHICLES", "TIMEOUT")])
    assert (half.value("ResultCode"), gaps(half)) == ("ERROR", [("VEHICLES", "NOT_ASKED")])


def test_a_hit_stays_one_when_the_other_register_is_silent() -> None:
    found = drafted(query(), crm(outcome="UNANSWERED", failure="down"), wanted(SEARCH))

    assert (found.value("ResultCode"), gaps(found)) == ("HIT", [("VEHICLES", "UNAVAILABLE")])
    assert any("not complete" in note.value for note in found.named("Note"))


def test_plates_can_be_wanted_without_their_vehicle() -> None:
    plates = {**SEARCH, "object": "PLATES", "vin": ""}
    found = drafted(query((VIN, "")), crm(CAR), wanted(plates))

    assert found.value("ResultCode") == "HIT"
    assert found.named("Record")[0].text("WantedObject") == "PLATES"


def test_a_foreign_plate_is_not_taken_for_our_own_with_the_same_letters() -> None:
    form = query((VIN, ""), ("<t:RegistrationCountry>XA", "<t:RegistrationCountry>XC"))
    found = drafted(form, crm(CAR), wanted())

    assert not found.named("Record")
    assert gaps(found) == [("VEHICLES", "NOT_ISSUING_COUNTRY")]
    assert found.value("ResultCode") == "NO_HIT"


def test_a_foreign_plate_is_no_no_hit_while_the_wanted_register_is_silent() -> None:
    form = query((VIN, ""), ("<t:RegistrationCountry>XA", "<t:RegistrationCountry>XC"))

    assert drafted(form).value("ResultCode") == "ERROR"


def test_a_search_under_a_foreign_plate_is_for_an_officer_to_judge() -> None:
    form = query((VIN, ""), ("<t:RegistrationCountry>XA", "<t:RegistrationCountry>XC"))

    assert drafted(form, wanted(SEARCH)).value("ResultCode") == "CANDIDATES"


def test_a_foreign_plate_with_the_vin_of_a_stolen_vehicle_is_a_hit() -> None:
    form = query(("QQ 00 001", "XC77777"), ("<t:RegistrationCountry>XA", "<t:RegistrationCountry>XC"))

    assert drafted(form, crm(CAR), wanted(SEARCH)).value("ResultCode") == "HIT"


def test_a_plate_on_another_vehicle_is_told() -> None:
    form = query((VIN, "<t:Vin>ZZZTESTV1N0000002</t:Vin>"))
    found = drafted(form, crm(CAR), wanted())

    assert found.value("ResultCode") == "CANDIDATES"
    assert any("two vehicles" in note.value for note in found.named("Note"))


def test_an_earlier_bearer_of_the_plate_is_left_out() -> None:
    earlier = {**CAR, "plate": "QQ00099", "vin": "ZZZTESTV1N0000099"}
    found = drafted(query((VIN, "")), crm(CAR, earlier), wanted())

    assert [record.text("Vehicle", "Vin") for record in found.named("Record")] == ["ZZZTESTV1N0000001"]


def test_a_search_that_has_ended_is_no_hit() -> None:
    assert drafted(query(), crm(CAR), wanted({**SEARCH, "status": "FOUND"})).value("ResultCode") == "NO_HIT"


def test_an_engine_number_is_no_key_of_our_registers() -> None:
    form = query(
        (VIN, "<t:EngineNumber>E-1</t:EngineNumber>"), ("<t:RegistrationNumber>QQ 00 001</t:RegistrationNumber>", "")
    )
    found = drafted(form, crm(CAR), wanted(SEARCH))

    assert gaps(found) == [("VEHICLES", "NOT_ASKED"), ("WANTED_VEHICLES", "NOT_ASKED")]
    assert not found.named("Record")


def test_a_record_without_numbers_is_the_one_that_was_asked_for() -> None:
    bare = {name: value for name, value in SEARCH.items() if name not in ("plate", "vin")}
    found = drafted(query(), crm(CAR), wanted(bare))

    assert found.value("ResultCode") == "HIT"
    assert found.named("Record")[0].text("Vehicle", "RegistrationNumber") == "QQ00001"


def test_no_more_records_than_were_asked_for() -> None:
    form = query(("<MaxCandidates>10", "<MaxCandidates>1"))
    found = drafted(form, crm(CAR), wanted(SEARCH))

    assert [record.text("Holding") for record in found.named("Record")] == ["WANTED"]
    assert found.value("Truncated") == "true"


NAMES = ["Testine Prøvesen", "nr01-rec-0001", "710170-0008"]
texts = st.one_of(
    st.sampled_from(["", "2026-02-30", "true", "STOLEN", "OPEN", "QQ00001", "1M8GDM9A1KP042788"]), st.text(max_size=24)
)
odd = st.one_of(texts, st.dates().map(date.isoformat), st.sampled_from(NAMES))
changes = st.dictionaries(
    st.sampled_from(["plate", "vin", "status", "since", "object", "reason", "ownerRef", "names"]), odd
)
free = st.dictionaries(st.sampled_from(["make", "model", "colour", "wantedId", "journalNumber"]), texts)
records = st.builds(
    lambda base, first, second: {**base, **first, **second}, st.sampled_from([{}, CAR, SEARCH]), changes, free
)
answers = st.builds(
    lambda register, found, outcome, partial: msgspec.structs.replace(
        heard(register, *found, outcome=outcome), partial=partial
    ),
    st.sampled_from(["crm", "wanted_vehicles", "cpr"]),
    st.lists(records, max_size=3),
    st.sampled_from(["MATCHES", "NO_MATCH", "TOO_MANY", "NOT_DISCLOSABLE", "PENDING", "STALE", "UNANSWERED"]),
    st.booleans(),
)


@given(
    st.lists(answers, max_size=4),
    st.sampled_from([(), ((VIN, ""),), (("<t:RegistrationCountry>XA", "<t:RegistrationCountry>XC"),)]),
)
def test_whatever_registers_say_the_draft_is_in_order_and_names_nobody(
    said: list[Answer], edits: tuple[tuple[str, str], ...]
) -> None:
    form = query(*edits)
    found = drafted(form, *said)

    text = etree.tostring(ANSWER.encode(found), encoding="unicode")
    assert not any(name in text for name in NAMES)
    assert {*form.header.handling} <= {*found.header.handling}
    spoke = any(answer.register == "wanted_vehicles" and answer.outcome != "UNANSWERED" for answer in said)
    assert spoke or found.value("ResultCode") != "NO_HIT"
