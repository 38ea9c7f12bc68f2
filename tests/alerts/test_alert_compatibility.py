"""May two alerts stand beside each other, which comes first, and what does an officer do? Over the whole tables."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest

from gateway.alerts.law import Likeness, Todo
from gateway.alerts.words import Alert, Biometric, BiometricKind, Status
from gateway.subjects import Document, Person, Thing, Vehicle
from schemas.sirene.alerts.law import ALERT_LAW
from schemas.sirene.alerts.likeness import likeness
from schemas.sirene.alerts.standing_beside import may_stand_beside
from schemas.sirene.alerts.tables import compatible
from tests.alerts.intended import CAR, OWN, PASSPORT, TESTINE, entered, intended

PERSONS = {
    "ARR": ("ARR", {}), "REF": ("REF", {}), "MIS-P": ("MIS-P", {}), "MIS-W": ("MIS-W", {}), "JUD": ("JUD", {}),
    "SPEC": ("CHK-S", {}), "SPEC-imm": ("CHK-S", {"report_at_once": True}), "DISC": ("CHK-D", {}),
    "DISC-imm": ("CHK-D", {"report_at_once": True}),
}  # fmt: skip
INVALID = msgspec.structs.replace(PASSPORT, status="INVALID")
OBJECTS = {
    "EVIDENCE": ("OBJ-E", {"subject": INVALID}), "INVALIDATED": ("OBJ-S", {"subject": INVALID}),
    "SPEC": ("CHK-S", {"subject": INVALID}), "SPEC-imm": ("CHK-S", {"subject": INVALID, "report_at_once": True}),
    "DISC": ("CHK-D", {"subject": INVALID}), "DISC-imm": ("CHK-D", {"subject": INVALID, "report_at_once": True}),
}  # fmt: skip


def as_intended(kinds: dict[str, tuple[str, dict[str, Any]]], kind: str) -> Alert:
    category, changes = kinds[kind]
    return intended(category, **changes)


def as_entered(kinds: dict[str, tuple[str, dict[str, Any]]], kind: str) -> Alert:
    category, changes = kinds[kind]
    return entered(category, **changes)


@pytest.mark.parametrize(("one", "other"), list(itertools.product(PERSONS, PERSONS)))
def test_every_pair_of_person_alerts_is_judged_by_the_table(one: str, other: str) -> None:
    advice = ALERT_LAW.advice(as_intended(PERSONS, one), [as_entered(PERSONS, other)], OWN)
    may = compatible()["person"][one, other]
    expected = Todo.ENTER if may else Todo.ENTER_AND_CONSULT if one == "ARR" else Todo.CONSULT_FIRST
    assert advice.todo is expected
    assert (advice.form, advice.to) == (("", ()) if may else ("E", ("sirene:XB",)))
    assert advice.rivals[0].compatible is may
    assert advice.citation


@pytest.mark.parametrize(("one", "other"), list(itertools.product(OBJECTS, OBJECTS)))
def test_every_pair_of_object_alerts_is_judged_by_the_table(one: str, other: str) -> None:
    advice = ALERT_LAW.advice(as_intended(OBJECTS, one), [as_entered(OBJECTS, other)], OWN)
    assert advice.todo is (Todo.ENTER if compatible()["object"][one, other] else Todo.CONSULT_FIRST)


def test_seizure_stands_beside_seizure() -> None:
    assert may_stand_beside(intended("OBJ-S"), entered("OBJ-S")) is True


@pytest.mark.parametrize("category", ["PRV-A", "PRV-C", "PRV-V", "CHK-I", "INF", "RES", "RET"])
@pytest.mark.parametrize("existing", ["JUD", "MIS-P"])
def test_a_pair_that_the_table_does_not_know_is_for_an_officer(category: str, existing: str) -> None:
    advice = ALERT_LAW.advice(intended(category, subject=TESTINE), [entered(existing)], OWN)
    assert advice.todo is Todo.OFFICER_DECIDES
    assert advice.rivals[0].compatible is None
    assert not advice.may_enter


def test_an_arrest_alert_waits_for_nobody_even_beside_a_kind_that_is_not_known() -> None:
    assert ALERT_LAW.advice(intended("ARR"), [entered("RET")], OWN).todo is Todo.ENTER_AND_CONSULT


def test_a_state_has_one_alert_on_somebody() -> None:
    advice = ALERT_LAW.advice(intended("JUD"), [entered("MIS-W", issuer="sirene:XA")], OWN)
    assert advice.todo is Todo.HAVE_ALREADY
    assert not advice.may_enter


def test_alerts_that_have_ended_stand_in_nobodys_way() -> None:
    assert ALERT_LAW.advice(intended("JUD"), [entered("REF", status=Status.DELETED)], OWN).todo is Todo.ENTER


def test_each_issuer_is_consulted_once() -> None:
    existing = [entered("REF", id="1"), entered("CHK-D", id="2"), entered("REF", issuer="sirene:XC", id="3")]
    assert ALERT_LAW.advice(intended("JUD"), existing, OWN).to == ("sirene:XB", "sirene:XC")


# --- order of priority


@pytest.mark.parametrize(
    ("one", "other", "first"),
    [
        ("ARR", "REF", True), ("REF", "ARR", False), ("REF", "MIS-P", True), ("MIS-P", "SPEC-imm", True), ("SPEC-imm", "SPEC", True),
        ("SPEC", "DISC-imm", True), ("DISC", "JUD", True), ("JUD", "MIS-W", False), ("MIS-W", "JUD", False),
    ],
)  # fmt: skip
def test_the_order_is_that_of_the_manual(one: str, other: str, first: bool) -> None:
    assert ALERT_LAW.comes_before(as_intended(PERSONS, one), as_entered(PERSONS, other)) is first


def test_arrest_comes_first_by_law_and_other_new_kinds_have_no_place() -> None:
    assert ALERT_LAW.comes_before(intended("ARR"), entered("RET")) is True
    assert ALERT_LAW.comes_before(intended("PRV-A"), entered("ARR")) is False
    assert ALERT_LAW.comes_before(intended("RET"), entered("JUD")) is None


# --- is it the same?


def person(**changes: Any) -> Alert:
    return intended("JUD", subject=msgspec.structs.replace(TESTINE, **changes))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, Likeness.SAME),
        ({"family_names": ("PRØVESEN",)}, Likeness.SAME),
        ({"family_names": ("Proevesen",)}, Likeness.SAME),
        ({"sex": ""}, Likeness.UNSURE),
        ({"sex": "U"}, Likeness.UNSURE),
        ({"sex": "M"}, Likeness.UNSURE),
        ({"given_names": ()}, Likeness.UNSURE),
        ({"given_names": ("Ulla",)}, Likeness.UNSURE),
        ({"given_names": ("Ulla",), "sex": "M"}, Likeness.OTHER),
        ({"date_of_birth": "1971-01-11"}, Likeness.OTHER),
        ({"family_names": ("Andersen",)}, Likeness.OTHER),
        ({"family_names": ("Andersen",), "aliases": ("Prøvesen",)}, Likeness.UNSURE),
    ],
)
def test_persons_are_compared_by_name_birth_and_sex(changes: dict[str, Any], found: Likeness) -> None:
    assert likeness(person(), person(**changes)) is found
    assert likeness(person(**changes), person()) is found


def test_the_same_prints_are_the_same_person_whatever_the_name() -> None:
    prints = (Biometric(kind=BiometricKind.FLAT_PRINTS, reference="P-1"),)
    one, other = person(), person(family_names=("Andersen",), date_of_birth="1990-01-01")
    assert likeness(*(msgspec.structs.replace(each, biometrics=prints) for each in (one, other))) is Likeness.SAME


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (CAR, Vehicle(vin="zzztestv1n0000001"), Likeness.SAME),
        (CAR, Vehicle(registration_number="QA-00001", registration_country="XA"), Likeness.SAME),
        (CAR, Vehicle(registration_number="QA00001", registration_country="XB"), Likeness.OTHER),
        (CAR, Vehicle(vin="OTHER", registration_number="QA00001", registration_country="XA"), Likeness.UNSURE),
        (CAR, Vehicle(vin="OTHER"), Likeness.OTHER),
        (PASSPORT, Document(kind="IDENTITY_DOCUMENT", number="000000001", issuing_country="XA"), Likeness.SAME),
        (PASSPORT, Document(number="000000001"), Likeness.UNSURE),
        (PASSPORT, Document(kind="IDENTITY_DOCUMENT", number="000000001", issuing_country="XB"), Likeness.OTHER),
        (Thing(kind="FIREARM", serial_number="1"), Thing(kind="FIREARM", serial_number="1"), Likeness.SAME),
        (Thing(kind="FIREARM", serial_number="1"), Thing(kind="BOAT", serial_number="1"), Likeness.OTHER),
        (PASSPORT, Thing(kind="INDUSTRIAL_EQUIPMENT", serial_number="000000001"), Likeness.OTHER),
    ],
)
def test_objects_are_compared_by_their_keys(one: Any, other: Any, found: Likeness) -> None:
    pair = intended("OBJ-S", subject=one), intended("OBJ-S", subject=other)
    assert likeness(*pair) is found
    assert likeness(*reversed(pair)) is found


def test_an_unsure_likeness_is_cleared_up_by_form_l() -> None:
    advice = ALERT_LAW.advice(person(sex=""), [entered("REF")], OWN)
    assert (advice.todo, advice.form, advice.to) == (Todo.ASK_WHETHER_SAME, "L", ("sirene:XB",))
    assert advice.may_enter


def test_nobody_is_like_nothing() -> None:
    assert likeness(intended("UNK"), person()) is Likeness.OTHER
    assert likeness(intended("OBJ-S", subject=Person()), intended("OBJ-S", subject=CAR)) is Likeness.OTHER
