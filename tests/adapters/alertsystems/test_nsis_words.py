"""Our words about alerts into those of N.SIS and back, without a wire."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.alertsystems.nsis import translate
from adapters.alertsystems.nsis.alertsystem import Nsis
from adapters.alertsystems.nsis.documents import AlertDocument, ChangeDocument, MisuseDocument
from adapters.alertsystems.nsis.settings import NsisSettings
from gateway.alerts.commands import UpdateAlert
from gateway.alerts.words import (
    Alert,
    Biometric,
    BiometricKind,
    Consent,
    MisusedIdentity,
    PrintReference,
)
from gateway.errors import RegisterUnavailable
from gateway.subjects import Document, Identifier, Person, Subject, Thing, Vehicle

SUBJECTS: tuple[Subject, ...] = (
    Person(
        family_names=("Prøvesen",), given_names=("Testine", "Ulla"), date_of_birth="1970-01-11", sex="F", nationalities=("XA",),
        identifiers=(Identifier(kind="CPR", value="7101700008", country="XA"),), aliases=("Testsen",), minor=True,
    ),
    Vehicle(registration_number="QA 00001", registration_country="XA", vin="ZZZ1", make="Eksempla", kind="TRAILER", colour="blue"),
    Document(kind="BLANK_DOCUMENT", number="1", issuing_country="XA", status="STOLEN"),
    Thing(kind="BOAT", serial_number="B-1", details=(("hulls", "2"),)),
)  # fmt: skip
FULL = {
    "entryId": "XB-1", "issuingState": "XB", "category": "ARR", "article": "1862:26", "enteredOn": "2026-11-21T12:00:00+00:00",
}  # fmt: skip


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda each: type(each).__name__)
def test_a_subject_comes_back_as_it_went(subject: Subject) -> None:
    wire = msgspec.json.encode(translate.subject_out(subject))
    back = translate.subject_of(msgspec.json.decode(wire, type=translate.SubjectDocument))
    assert back == subject


def test_the_data_of_an_innocent_person_come_back_as_they_went() -> None:
    identity = MisusedIdentity(
        alias_number="2", content=(("NAMES", "Uskyldig"),),
        biometrics=(Biometric(kind=BiometricKind.PHOTOGRAPH, reference="p"),),
        consents=(Consent(category="NAMES", given_on=date(2026, 11, 20)), Consent(category="ADDRESS")),
    )  # fmt: skip
    wire = msgspec.json.encode(translate.misuse_out(identity))
    assert translate.misuse_of(msgspec.json.decode(wire, type=MisuseDocument)) == identity
    assert translate.misuse_out(None) is None


@pytest.mark.parametrize(
    ("sought", "keys"),
    [
        (
            Person(
                family_names=("Prøvesen",), given_names=("Testine",), date_of_birth="1970-01-11", aliases=("Testsen",)
            ),
            [
                {"name": "Testine Prøvesen", "birthDate": "1970-01-11"},
                {"name": "Testine Testsen", "birthDate": "1970-01-11"},
                {"name": "TESTINE PROEVESEN", "birthDate": "1970-01-11"},
                {"name": "TESTINE PROVESEN", "birthDate": "1970-01-11"},
            ],
        ),
        (Person(family_names=("Prøvesen",), date_of_birth="1970"), []),
        (Person(date_of_birth="1970-01-11"), []),
        (
            Vehicle(vin="zzz 1", registration_number="QA 1", registration_country="XA"),
            [{"vin": "ZZZ1"}, {"plate": "QA 1", "country": "XA"}],
        ),
        (Vehicle(registration_number="QA 1"), [{"plate": "QA 1"}]),
        (Vehicle(make="Eksempla"), []),
        (Document(number=" 00 1 ", issuing_country="XA"), [{"documentNumber": "001", "country": "XA"}]),
        (Document(issuing_country="XA"), []),
        (Thing(serial_number="B-1"), [{"serial": "B-1"}]),
        (Thing(serial_number="x" * 201), []),
        (
            Thing(kind="AIRCRAFT", serial_number="S-1", details=(("icao_registration", " XA-TST "),)),
            [{"serial": "S-1"}, {"icaoRegistration": "XA-TST"}],
        ),
        (Thing(kind="BOAT", details=(("ExternalId", "XA 77"), ("NumberOfHulls", "2"))), [{"externalId": "XA 77"}]),
        (Thing(kind="CONTAINER", serial_number="TSTU1"), [{"serial": "TSTU1"}, {"bic": "TSTU1"}]),
        (
            Thing(kind="CONTAINER", serial_number="TSTU1", details=(("BicNumber", "TSTU1"),)),
            [{"serial": "TSTU1"}, {"bic": "TSTU1"}],
        ),
        (Thing(kind="AIRCRAFT", details=(("AircraftCategory", "GLIDER"),)), []),
        (PrintReference(reference="P-1"), [{"printReference": "P-1"}]),
    ],
)
def test_a_search_is_made_by_the_keys_of_the_contract_only(sought: Any, keys: list[dict[str, str]]) -> None:
    assert list(translate.searches(sought)) == keys


def test_an_update_sends_what_changes_and_nothing_else() -> None:
    assert translate.changes_of(UpdateAlert(alert="1", version="1", reason="LOST")) == {"reason": "LOST"}
    told = translate.changes_of(
        UpdateAlert(alert="1", version="1", subject=SUBJECTS[1], particulars=(("offence", "Theft"),))
    )
    assert told["particulars"] == {"offence": "Theft"}
    assert (told["subject"]["kind"], told["subject"]["vehicleKind"]) == ("VEHICLE", "TRAILER")
    assert translate.changes_of(UpdateAlert(alert="1", version="1")) == {}


def test_what_the_alert_system_decides_is_not_sent() -> None:
    alert = Alert(issuer="sirene:XA", category="ARR", article="1862:26", subject=SUBJECTS[0], links=("x",), version="7")
    assert not {"issuingState", "links", "flags", "version", "status", "entryId"} & translate.content_of(alert).keys()


def test_the_issuer_is_read_from_its_own_member_and_never_from_the_id() -> None:
    alert = translate.alert_of(msgspec.convert({**FULL, "entryId": "XC-LOOKS-LIKE-XC"}, AlertDocument, strict=False))
    assert (alert.issuer, alert.id) == ("sirene:XB", "XC-LOOKS-LIKE-XC")
    facts = alert.facts()
    assert facts is not None
    assert (facts.issuer, facts.entered_at) == ("sirene:XB", datetime(2026, 11, 21, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuingState": "nobody at all"},
        {"status": "SLEEPING"},
        {"enteredOn": "2026-11-21T12:00:00"},
        {"subject": {"kind": "GHOST"}},
        {"biometrics": [{"kind": "EARS", "reference": "e"}]},
        {"entryId": ""},
        {"entryId": "x" * 65},
    ],
)
def test_what_does_not_fit_is_no_alert(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, msgspec.ValidationError)):
        translate.alert_of(msgspec.convert({**FULL, **wrong}, AlertDocument, strict=False))


def test_a_notice_without_a_zone_or_of_an_unknown_kind_is_none() -> None:
    notice = {
        **{name: FULL[name] for name in ("entryId", "issuingState", "category", "article")},
        "number": 1,
        "at": "2026-11-21T12:00:00Z",
    }
    assert (
        translate.change_of(msgspec.convert({**notice, "kind": "DELETED"}, ChangeDocument, strict=False)).alert
        == "XB-1"
    )
    for wrong in ({"kind": "SHAVED"}, {"kind": "DELETED", "at": "2026-11-21T12:00:00"}):
        with pytest.raises(ValueError):  # noqa: PT011  whatever it says, it becomes an error of ours in the adapter
            translate.change_of(msgspec.convert({**notice, **wrong}, ChangeDocument, strict=False))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = [each.encode_name for each in msgspec.structs.fields(AlertDocument)]


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=8))
def test_whatever_it_tells_becomes_an_alert_or_an_error_of_ours(told: dict[str, Any]) -> None:
    system = Nsis(NsisSettings(base_url="https://nsis.xa.example", token="t"))
    try:
        (alert,) = system._read([{**FULL, **told}], AlertDocument, translate.alert_of)
    except RegisterUnavailable as error:
        assert "cannot be understood" in error.operator  # noqa: PT017  either outcome is right
    else:
        assert alert.issuer.startswith("sirene:")
