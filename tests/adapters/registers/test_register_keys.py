"""Which keys a subject is asked by: never more than one combination of the register's own list, never free text."""

from __future__ import annotations

import pytest

from adapters.registers.cpr import translate as cpr
from adapters.registers.crm import translate as crm
from adapters.registers.passports import translate as passports
from adapters.registers.wanted_vehicles import translate as wanted_vehicles
from gateway.subjects import Document, Identifier, Person, Vehicle

NAMED = Person(family_names=("Prøvesen",), given_names=("Testine", "Anna"), date_of_birth="1970-01-11")
NUMBERED = Person(
    family_names=("Prøvesen",), date_of_birth="1970-01-11", identifiers=(Identifier(kind="cpr", value="710170-0008"),)
)


def with_number(kind: str, value: str, country: str = "") -> Person:
    return Person(family_names=("X",), identifiers=(Identifier(kind=kind, value=value, country=country),))


def test_cpr_is_asked_by_number_alone_or_by_name_and_full_date() -> None:
    assert cpr.searches(NUMBERED) == ({"cpr": "7101700008"},)
    assert cpr.searches(NAMED) == ({"name": "Testine Anna Prøvesen", "birthDate": "1970-01-11"},)


@pytest.mark.parametrize(
    "person",
    [
        Person(family_names=("Prøvesen",)),
        Person(family_names=("Prøvesen",), date_of_birth="1970"),
        Person(given_names=("Testine",), date_of_birth="1970-01-11"),
        Person(family_names=("P" * 300,), date_of_birth="1970-01-11"),
        with_number("CPR", "922370-0000"),
        with_number("PASSPORT", "000000001"),
    ],
)
def test_cpr_is_never_asked_by_a_name_alone_or_a_wrong_number(person: Person) -> None:
    assert cpr.searches(person) == ()


def test_an_annulled_number_is_followed_only_to_a_plain_reference() -> None:
    assert cpr.new_record("nr01-rec-0005") == "/cpr/persons/nr01-rec-0005"
    assert [cpr.new_record(bad) for bad in ("../../x", "", None, "a b", "x" * 65, {"a": 1})] == [""] * 6


def test_crm_is_asked_by_vin_first_and_never_by_a_foreign_plate() -> None:
    both = Vehicle(vin="ZZZTESTV1N0000001", registration_number="QQ 00001", registration_country="XA")
    foreign = Vehicle(vin="ZZZTESTV1N0000001", registration_number="QQ 00001", registration_country="XB")
    assert crm.searches(both, "XA") == [{"vin": "ZZZTESTV1N0000001"}, {"plate": "QQ00001"}]
    assert crm.searches(foreign, "XA") == [{"vin": "ZZZTESTV1N0000001"}]
    assert crm.searches(foreign) == [{"vin": "ZZZTESTV1N0000001"}, {"plate": "QQ00001"}]
    assert crm.searches(Vehicle(make="Eksempla", colour="BLUE")) == []


def test_wanted_vehicles_are_searched_by_both_numbers_of_every_state() -> None:
    foreign = Vehicle(vin="zzztestv1n0000077", registration_number="XB 99001", registration_country="XB")
    assert wanted_vehicles.searches(foreign) == [{"vin": "ZZZTESTV1N0000077"}, {"plate": "XB99001"}]
    assert wanted_vehicles.searches(NAMED) == ()


@pytest.mark.parametrize(
    ("document", "asked"),
    [
        (Document(kind="PASSPORT", number="000000001", issuing_country="XA"), True),
        (Document(kind="P", number="000 000 001", issuing_country="XA"), True),
        (Document(kind="DIPLOMATIC_PASSPORT", number="000000001"), True),
        (Document(number="000000001"), True),
        (Document(kind="PASSPORT", number="000000001", issuing_country="XB"), False),
        (Document(kind="ID_CARD", number="000000001", issuing_country="XA"), False),
        (Document(kind="PERMIT", number="000000001", issuing_country="XA"), False),
        (Document(kind="PASSPORT", number="A0000001", issuing_country="XA"), False),
    ],
)
def test_only_passports_of_our_own_state_are_asked_about(document: Document, asked: bool) -> None:
    assert passports.searches(document, "XA") == (({"passportNumber": "000000001"},) if asked else ())


def test_the_passports_of_a_person_are_found_by_the_best_key() -> None:
    assert passports.searches(NUMBERED, "XA") == ({"cpr": "7101700008"},)
    assert passports.searches(with_number("PASSPORT", "000000001", "XA"), "XA") == ({"passportNumber": "000000001"},)
    assert passports.searches(with_number("PASSPORT", "000000001", "XB"), "XA") == ()
    assert passports.searches(NAMED, "XA") == ({"name": "Testine Anna Prøvesen", "birthDate": "1970-01-11"},)
