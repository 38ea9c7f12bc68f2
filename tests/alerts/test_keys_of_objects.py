"""Each kind of object is compared by its own keys: registration of an aircraft, external ID of a boat, BIC of a container."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.alerts.law import Hit, Likeness, Todo
from gateway.findings import Finding
from gateway.reply import ReplyContext
from gateway.subjects import Thing
from schemas.sirene.alerts.law import ALERT_LAW
from schemas.sirene.alerts.likeness import likeness
from schemas.sirene.alerts.tables import comparison_keys, object_categories
from tests.alerts.intended import NOON, OWN, entered, intended


def thing(kind: str, serial: str = "", **details: str) -> Thing:
    return Thing(kind=kind, serial_number=serial, details=tuple(details.items()))


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        # the registration identifies an aircraft, with or without a serial number
        (thing("AIRCRAFT", IcaoRegistration="XA-TST"), thing("AIRCRAFT", IcaoRegistration="xatst"), Likeness.SAME),
        (thing("AIRCRAFT", "1", IcaoRegistration="XA-TST"), thing("AIRCRAFT", icao_registration="XA-TST"), Likeness.SAME),
        (thing("AIRCRAFT", "1", IcaoRegistration="XA-TST"), thing("AIRCRAFT", "2", IcaoRegistration="XA-TST"), Likeness.UNSURE),
        (thing("AIRCRAFT", "1", IcaoRegistration="XA-TST"), thing("AIRCRAFT", "1", IcaoRegistration="XA-TSU"), Likeness.UNSURE),
        (thing("AIRCRAFT", "1", IcaoRegistration="XA-TST"), thing("AIRCRAFT", "2", IcaoRegistration="XA-TSU"), Likeness.OTHER),
        (thing("AIRCRAFT", "1"), thing("AIRCRAFT", "1"), Likeness.SAME),
        # the category alone identifies none, and another category makes it unsure
        (thing("AIRCRAFT", AircraftCategory="GLIDER"), thing("AIRCRAFT", AircraftCategory="GLIDER"), Likeness.OTHER),
        (
            thing("AIRCRAFT", IcaoRegistration="XA-TST", AircraftCategory="GLIDER"),
            thing("AIRCRAFT", IcaoRegistration="XA-TST", AircraftCategory="HELICOPTER"),
            Likeness.UNSURE,
        ),
        # boats: external ID; category and number of hulls beside it
        (thing("BOAT", ExternalId="XA 77"), thing("BOAT", ExternalId="XA77"), Likeness.SAME),
        (thing("BOAT", ExternalId="XA 77"), thing("BOAT", ExternalId="XA 78"), Likeness.OTHER),
        (thing("BOAT", "1", NumberOfHulls="1"), thing("BOAT", "1", NumberOfHulls="2"), Likeness.UNSURE),
        (thing("BOAT", BoatCategory="SAIL", NumberOfHulls="1"), thing("BOAT", BoatCategory="SAIL", NumberOfHulls="1"), Likeness.OTHER),
        # containers: the BIC number, under whichever name it stands
        (thing("CONTAINER", BicNumber="TSTU 000001 0"), thing("CONTAINER", BicNumber="TSTU0000010"), Likeness.SAME),
        (thing("CONTAINER", BicNumber="TSTU0000010"), thing("CONTAINER", "TSTU 000001-0"), Likeness.SAME),
        (thing("CONTAINER", "S1", BicNumber="TSTU0000010"), thing("CONTAINER", "S1", BicNumber="TSTU0000021"), Likeness.UNSURE),
        (thing("CONTAINER", "S1"), thing("CONTAINER", "S2"), Likeness.OTHER),
        # a kind that one leaves out is unsure, and another kind is another object
        (thing("AIRCRAFT", IcaoRegistration="XA-TST"), thing("", IcaoRegistration="XA-TST"), Likeness.UNSURE),
        (thing("AIRCRAFT", "1"), thing("AIRCRAFT_ENGINE", "1"), Likeness.OTHER),
        (thing("BANKNOTE", "1"), thing("BANKNOTE", "1"), Likeness.SAME),
        (thing("BOAT_ENGINE", "1"), thing("BOAT_ENGINE", "2"), Likeness.OTHER),
        (thing("FIREARM", "1"), thing("", "1"), Likeness.UNSURE),
    ],
)  # fmt: skip
def test_each_kind_is_compared_by_its_own_keys(one: Thing, other: Thing, found: Likeness) -> None:
    pair = intended("OBJ-S", subject=one), intended("OBJ-S", subject=other)
    assert likeness(*pair) is found
    assert likeness(*reversed(pair)) is found


def test_a_state_has_one_alert_on_an_aircraft_whatever_it_is_found_by() -> None:
    ours = entered("OBJ-S", "sirene:XA", subject=thing("AIRCRAFT", "SN1", IcaoRegistration="XA-TST"))
    by_registration = intended("OBJ-S", subject=thing("AIRCRAFT", IcaoRegistration="XA-TST"))
    assert ALERT_LAW.advice(by_registration, [ours], OWN).todo is Todo.HAVE_ALREADY
    other_serial = intended("OBJ-S", subject=thing("AIRCRAFT", "SN2", IcaoRegistration="XA-TST"))
    assert ALERT_LAW.advice(other_serial, [ours], OWN).todo is Todo.ASK_WHETHER_SAME


def refused(subject: Thing) -> list[Finding]:
    return [each for each in ALERT_LAW.entry_findings(intended("OBJ-S", subject=subject), OWN, NOON) if each.rule == "ALT-KEY"]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name"), [("AIRCRAFT", "IcaoRegistration"), ("BOAT", "ExternalId"), ("CONTAINER", "BicNumber")]
)
def test_its_own_key_identifies_it_and_the_refusal_names_it(kind: str, name: str) -> None:
    assert refused(thing(kind, **{name: "XA-TST"})) == []
    assert refused(thing(kind, "1")) == []
    for nothing in (thing(kind), thing(kind, **{name: " "}), thing(kind, ObjectMake="Eksempla")):
        (finding,) = refused(nothing)
        assert finding.remedy == f"Give serial number or {name} among its details."


def test_every_row_is_about_a_kind_of_the_law_and_says_its_source() -> None:
    kinds = {kind for subject, kind in comparison_keys() if subject == "thing"}
    assert kinds - {""} <= object_categories().keys()
    assert {row.confidence for row in comparison_keys().values()} == {"manual-2015"}


@pytest.mark.parametrize(
    ("subject", "element", "number"),
    [
        (thing("CONTAINER", BicNumber="TSTU0000010"), "ObjectSerialNumber", "TSTU0000010"),
        (thing("BOAT", external_id="XA 77"), "ObjectSerialNumber", "XA 77"),
        (thing("AIRCRAFT", icao_registration="XA-TST"), "IcaoRegistration", "XA-TST"),
    ],
)
def test_the_report_of_a_hit_says_by_which_number(subject: Thing, element: str, number: str) -> None:
    context: dict[str, Any] = {
        "message_id": "019a8d9c-7000-7000-8000-00000000000a", "now": NOON, "own_party": "sirene:XA",
        "our_reference": "XA-G-2026-0000001",
    }  # fmt: skip
    hit = Hit(at=datetime(2026, 11, 21, 11, 40, tzinfo=UTC))
    draft = ALERT_LAW.compose_hit(entered("OBJ-S", subject=subject), hit, ReplyContext(**context))
    said = {child.name: child.value for each in draft.form.fields for child in each.children}
    assert said[element] == number
