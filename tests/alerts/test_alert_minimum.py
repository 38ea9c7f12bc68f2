"""What an alert must hold, may hold and may not hold, for every category."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from gateway.alerts.commands import DeleteAlert, FlagAlert, HideAlert, MisuseIdentity, UpdateAlert
from gateway.alerts.words import Alert, Biometric, BiometricKind, Consent, Flag, MisusedIdentity, Status
from gateway.findings import Severity
from gateway.subjects import Document, Identifier, Person, Thing, Vehicle
from schemas.sirene.alerts.law import ALERT_LAW
from schemas.sirene.alerts.minimum import object_category
from tests.alerts.intended import ARTICLES, CAR, GUN, LATENT, NOON, OWN, PASSPORT, TESTINE, entered, intended


def wrong(alert: Alert) -> list[tuple[str, str]]:
    findings = ALERT_LAW.entry_findings(alert, OWN, NOON)
    assert all(each.citation and each.remedy for each in findings)
    return [(each.rule, each.field) for each in findings if each.severity is Severity.ERROR]


@pytest.mark.parametrize("category", ARTICLES)
def test_a_complete_alert_of_each_category_may_be_entered(category: str) -> None:
    assert wrong(intended(category)) == []


@pytest.mark.parametrize("category", [each for each in ARTICLES if each != "UNK" and not each.startswith("OBJ")])
@pytest.mark.parametrize("name", ["family_names", "date_of_birth", "reason", "action"])
def test_each_person_alert_needs_surname_birth_reason_and_action(category: str, name: str) -> None:
    alert = intended(category)
    if name in ("reason", "action"):
        missing = msgspec.structs.replace(alert, **{name: ""})
    else:
        subject = msgspec.structs.replace(alert.subject, **{name: () if name == "family_names" else ""})
        missing = msgspec.structs.replace(alert, subject=subject)
    assert [field.rpartition(".")[2] for rule, field in wrong(missing) if rule == "ALT-MIN"] == [name]


@pytest.mark.parametrize(
    ("category", "needed"),
    [("REF", "ground_of_refusal"), ("RES", "ground_of_refusal"), ("RET", "entry_ban"), ("RET", "voluntary_departure")],
)
def test_entry_and_return_alerts_need_more(category: str, needed: str) -> None:
    alert = intended(category)
    without = tuple(pair for pair in alert.particulars if pair[0] != needed)
    assert wrong(msgspec.structs.replace(alert, particulars=without)) == [("ALT-MIN", f"particulars.{needed}")]
    assert wrong(msgspec.structs.replace(alert, decision="")) == [("ALT-MIN", "decision")]


@pytest.mark.parametrize(
    ("subject", "rules"),
    [
        (CAR, []),
        (PASSPORT, []),
        (GUN, []),
        (Vehicle(kind="MOTOR_VEHICLE", make="Eksempla"), [("ALT-KEY", "subject")]),
        (Vehicle(registration_number="QA 00001"), [("ALT-KEY", "subject")]),
        (Vehicle(kind="SPACESHIP", vin="ZZZ"), [("ALT-OBJ", "subject.kind")]),
        (Document(kind="BLANK_DOCUMENT", number="1", status="EATEN"), [("ALT-STATUS", "subject.status")]),
        (Thing(kind="NON_CASH_PAYMENT", serial_number="1"), [("ALT-OBJ", "subject.kind")]),
        (TESTINE, [("ALT-SUBJ", "subject")]),
        (None, [("ALT-SUBJ", "subject")]),
    ],
)
def test_an_object_alert_names_an_object_of_article_38_by_its_number(
    subject: Any, rules: list[tuple[str, str]]
) -> None:
    assert wrong(intended("OBJ-S", subject=subject)) == rules


@pytest.mark.parametrize(
    ("subject", "article", "allowed"),
    [
        (CAR, "1862:26", True), (GUN, "1862:26", True), (GUN, "1862:32", False), (PASSPORT, "1862:36", True),
        (PASSPORT, "1862:26", False), (Thing(kind="BANKNOTE", serial_number="1"), "1862:36", False),
        (Thing(kind="BOAT", serial_number="1"), "1862:37a", True),
    ],
)  # fmt: skip
def test_only_some_objects_go_with_person_alerts(subject: Any, article: str, allowed: bool) -> None:
    rules = [rule for rule, _ in wrong(intended("OBJ-L", subject=subject, article=article))]
    assert rules == ([] if allowed else ["ALT-OBJ"])


def test_the_kind_of_object_is_read_from_the_subject() -> None:
    assert object_category(Vehicle(vin="1")) == "MOTOR_VEHICLE"
    assert object_category(Document(kind="blank passport")) == "BLANK_DOCUMENT"
    assert object_category(Document(kind="passport")) == "IDENTITY_DOCUMENT"
    assert object_category(Document(kind="registration_certificate")) == "REGISTRATION_CERTIFICATE"
    assert object_category(TESTINE) == ""


@pytest.mark.parametrize(
    ("kind", "count", "category", "rules"),
    [
        (BiometricKind.FLAT_PRINTS, 10, "ARR", []),
        (BiometricKind.FLAT_PRINTS, 11, "ARR", ["ALT-BIO"]),
        (BiometricKind.ROLLED_PRINTS, 11, "JUD", ["ALT-BIO"]),
        (BiometricKind.PALM_PRINTS, 2, "ARR", []),
        (BiometricKind.PALM_PRINTS, 3, "ARR", ["ALT-BIO"]),
        (BiometricKind.DNA, 1, "MIS-P", []),
        (BiometricKind.DNA, 1, "MIS-W", ["ALT-BIO"]),
        (BiometricKind.LATENT_PRINTS, 1, "ARR", ["ALT-BIO"]),
    ],
)
def test_biometrics_keep_their_limits(kind: BiometricKind, count: int, category: str, rules: list[str]) -> None:
    held = (Biometric(kind=kind, reference="r", count=count),)
    assert [rule for rule, _ in wrong(intended(category, biometrics=held))] == rules


def test_counts_of_one_kind_are_added_up() -> None:
    held = tuple(Biometric(kind=BiometricKind.FLAT_PRINTS, reference=name, count=6) for name in "ab")
    assert [rule for rule, _ in wrong(intended("ARR", biometrics=held))] == ["ALT-BIO"]


def test_an_unknown_person_has_prints_from_the_scene_and_no_name() -> None:
    assert wrong(intended("UNK", subject=TESTINE)) == [("ALT-UNK", "subject")]
    assert wrong(intended("UNK", biometrics=())) == [("ALT-UNK", "biometrics")]
    more = (*LATENT, Biometric(kind=BiometricKind.FLAT_PRINTS, reference="x"))
    assert wrong(intended("UNK", biometrics=more)) == [("ALT-UNK", "biometrics")]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"article": "1862:34"}, "ALT-ART"),
        ({"category": "XXX"}, "ALT-CAT"),
        ({"issuer": "sirene:XB"}, "ALT-OWNER"),
        ({"particulars": (("shoe_size", "42"),)}, "ALT-DATA"),
        ({"particulars": (("surnames", "Again"),)}, "ALT-DATA"),
        ({"particulars": (("entry_ban", "yes"),)}, "ALT-DATA"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], rule: str) -> None:
    assert [each for each, _ in wrong(msgspec.structs.replace(intended("ARR"), **changes))] == [rule]


def test_national_numbers_stand_only_in_alerts_under_1862() -> None:
    numbered = msgspec.structs.replace(TESTINE, identifiers=(Identifier(kind="CPR", value="7101700008"),))
    assert wrong(intended("ARR", subject=numbered)) == []
    assert wrong(intended("REF", subject=numbered)) == [("ALT-DATA", "subject.identifiers")]


def test_texts_never_repeat_what_they_complain_of() -> None:
    secret = Person(family_names=("Hemmelig",), date_of_birth="")
    told = "".join(
        each.text + each.remedy for each in ALERT_LAW.entry_findings(intended("REF", subject=secret), OWN, NOON)
    )
    assert "Hemmelig" not in told


# --- misused identity, flags, hiding


def identity(*consents: Consent, **content: str) -> MisusedIdentity:
    return MisusedIdentity(content=tuple(content.items()), consents=consents)


GIVEN = Consent(category="NAMES", given_on=date(2026, 11, 20))
GONE = Consent(category="NAMES", given_on=date(2026, 11, 20), withdrawn_on=date(2026, 11, 21))


def changing(change: Any, alert: Alert | None = None) -> list[str]:
    own = alert or entered("ARR", issuer="sirene:XA", id="XA-1")
    findings = ALERT_LAW.change_findings(change, own, (), OWN, NOON)
    return [each.rule for each in findings if each.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("found", "rules"),
    [
        (identity(GIVEN, NAMES="Uskyldig"), []),
        (identity(NAMES="Uskyldig"), ["ALT-CONSENT"]),
        (identity(GONE, NAMES="Uskyldig"), ["ALT-CONSENT"]),
        (identity(GIVEN, NAMES="Uskyldig", ADDRESS="Prøvegade 1"), ["ALT-CONSENT"]),
        (identity(GIVEN, SHOE_SIZE="42"), ["ALT-MISUSE"]),
        (None, []),
    ],
)
def test_data_of_an_innocent_person_need_consent_for_each_category(found: Any, rules: list[str]) -> None:
    assert changing(MisuseIdentity(alert="XA-1", version="1", identity=found)) == rules


def test_pictures_of_an_innocent_person_need_consent_too() -> None:
    picture = (Biometric(kind=BiometricKind.PHOTOGRAPH, reference="p"),)
    without = MisusedIdentity(biometrics=picture)
    allowed = MisusedIdentity(
        biometrics=picture, consents=(Consent(category="PHOTOGRAPHS", given_on=date(2026, 11, 20)),)
    )
    assert changing(MisuseIdentity(alert="XA-1", version="1", identity=without)) == ["ALT-CONSENT"]
    assert changing(MisuseIdentity(alert="XA-1", version="1", identity=allowed)) == []


@pytest.mark.parametrize("category", ARTICLES)
def test_only_some_alerts_can_be_flagged(category: str) -> None:
    alert = entered(category, issuer="sirene:XA", id="XA-1")
    possible = category in {
        "ARR",
        "MIS-P",
        "MIS-W",
        "PRV-A",
        "PRV-C",
        "PRV-V",
        "CHK-D",
        "CHK-I",
        "CHK-S",
        "INF",
        "OBJ-L",
    }
    flag = FlagAlert(alert="XA-1", version="1", state="sirene:XB", reason="Not here.", requested_by="XB-F-1")
    assert changing(flag, alert) == ([] if possible else ["ALT-FLAG"])


@pytest.mark.parametrize(
    ("flag", "flagged"),
    [
        ({"state": "sirene:XA"}, False),
        ({"reason": ""}, False),
        ({}, True),
        ({"remove": True}, False),
    ],
)
def test_a_flag_is_added_once_for_another_state_with_its_reason(flag: dict[str, Any], flagged: bool) -> None:
    alert = entered("ARR", issuer="sirene:XA", id="XA-1", flags=(Flag(state="sirene:XB"),) if flagged else ())
    known: dict[str, Any] = {"state": "sirene:XB", "reason": "Not here.", "requested_by": "XB-F-1"}
    assert changing(FlagAlert(alert="XA-1", version="1", **{**known, **flag}), alert) == ["ALT-FLAG"]


def test_an_alert_that_has_ended_is_not_changed() -> None:
    alert = entered("ARR", issuer="sirene:XA", id="XA-1", status=Status.DELETED)
    assert changing(DeleteAlert(alert="XA-1", version="1", ground="over"), alert) == ["ALT-ENDED"]


def test_an_update_must_leave_the_minimum() -> None:
    assert changing(UpdateAlert(alert="XA-1", version="1", reason="")) == ["ALT-MIN"]
    assert changing(UpdateAlert(alert="XA-1", version="1", remarks=("Suspicion of clone",))) == []


@pytest.mark.parametrize(
    ("hours", "authorisation", "category", "rules"),
    [
        (48, "Court 7", "ARR", []), (49, "Court 7", "ARR", ["ALT-HIDE"]), (24, " ", "ARR", ["ALT-HIDE"]),
        (24, "Court 7", "JUD", ["ALT-HIDE"]),
    ],
)  # fmt: skip
def test_an_arrest_alert_is_hidden_for_two_days_with_authorisation(
    hours: int, authorisation: str, category: str, rules: list[str]
) -> None:
    from datetime import timedelta

    alert = entered(category, issuer="sirene:XA", id="XA-1")
    change = HideAlert(alert="XA-1", version="1", until=NOON + timedelta(hours=hours), authorisation=authorisation)
    assert changing(change, alert) == rules
    assert (
        changing(HideAlert(alert="XA-1", version="1", until=None), entered("ARR", issuer="sirene:XA", id="XA-1")) == []
    )
