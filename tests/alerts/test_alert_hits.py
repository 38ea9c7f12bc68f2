"""The form that reports a hit, for each category, against the real schema and the real rules."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gateway.alerts.law import Hit
from gateway.findings import Occasion, Severity
from gateway.form import Form
from gateway.reply import ReplyContext
from gateway.subjects import Identifier, Person, Thing
from schemas.catalogue import discover
from schemas.sirene.alerts.law import ALERT_LAW
from tests.alerts.intended import ARTICLES, BARE, CAR, CHILD, FULL, GUN, NOON, PASSPORT, TESTINE, entered

FORMAT = discover().get("sirene/G@1")
CONTEXT = ReplyContext(
    own_party="sirene:XA",
    now=NOON,
    message_id="0193a5c0-7d10-7a01-8b3c-5e0f9a1c0042",
    our_reference="XA-G-2026-0193A5C0",
)
OCCASION = Occasion(
    now=NOON,
    inbound=False,
    own_parties=frozenset({"sirene:XA"}),
    known_parties=frozenset({"sirene:XB", "europol:EUROPOL"}),
)


def composed(category: str, hit: Hit = FULL, **changes: Any) -> tuple[Form, dict[str, set[str]]]:
    """The form as it would be decoded, and the fields of what is missing or only reminded of."""
    made = ALERT_LAW.compose_hit(entered(category, **changes), hit, CONTEXT)
    root = FORMAT.encode(made.form)
    assert FORMAT.validate(root) == []
    missing = {each.field for each in made.missing if each.rule == "HIT-REPORT"}
    reminded = {each.text for each in made.missing if each.rule == "HIT-REMIND"}
    assert all(each.citation for each in made.missing)
    return FORMAT.decode(root), {"missing": missing, "reminded": reminded}


def errors(form: Form) -> list[str]:
    return [each.rule for each in FORMAT.check(form, OCCASION) if each.severity in (Severity.ERROR, Severity.HOLD)]


@pytest.mark.parametrize("category", ARTICLES)
def test_a_full_report_on_each_category_keeps_every_rule(category: str) -> None:
    form, told = composed(category)
    assert errors(form) == []
    assert told["missing"] == set()
    assert (form.number("005"), form.number("090")) == (f"XB-{category}", ARTICLES[category])
    assert form.header.to == ("sirene:XB",)
    issuer = form.first("SchengenId")
    assert issuer is not None
    assert issuer.attribute("issuer") == "XB"


@pytest.mark.parametrize(
    ("category", "fields"),
    [
        ("ARR", {"088", "091"}),
        ("MIS-P", {"CheckReport/PlaceOfCheck", "088"}),
        ("JUD", {"CheckReport/Residence", "088"}),
        (
            "CHK-D",
            {f"CheckReport/{name}" for name in ("Located", "PlaceOfCheck", "ReasonOfCheck", "Route", "Destination", "Companions",
             "IdentityRevealed", "ObjectsUsed", "ObjectsCarried", "Circumstances")} | {"088"},
        ),
        (
            "INF",
            {f"CheckReport/{name}" for name in ("Located", "PlaceOfCheck", "ReasonOfCheck", "Route", "Destination", "Companions",
             "ObjectsCarried", "Circumstances")} | {"088"},
        ),
        ("OBJ-S", {"088"}),
        ("UNK", {"CheckReport/IdentityRevealed", "CheckReport/PlaceOfCheck", "088"}),
        ("REF", {"088"}),
        ("RET", {"CheckReport", "088"}),
    ],
)  # fmt: skip
def test_what_the_law_wants_to_hear_and_nobody_said_is_listed_and_not_invented(category: str, fields: set[str]) -> None:
    form, told = composed(category, BARE)
    assert told["missing"] == fields
    report = form.first("CheckReport")
    assert report is not None
    assert [child.name for child in report.children] == ["TimeOfCheck"]


def test_a_return_confirmed_on_exit_lists_the_four_parts() -> None:
    _, told = composed("RET", msgspec.structs.replace(BARE, occasion="EXIT"))
    assert {f"CheckReport/{name}" for name in ("PersonIdentified", "PlaceOfCheck", "LeftTerritory", "Removed")} <= told[
        "missing"
    ]


def test_an_arrest_is_told_at_once_and_needs_its_authority() -> None:
    form, told = composed("ARR", msgspec.structs.replace(FULL, receiving_authority=""))
    assert errors(form) == ["R09"]
    assert told["reminded"] == {"The issuing bureau is told at once."}
    _, told = composed("CHK-S", report_at_once=True)
    assert told["reminded"] == {"The issuer asked to be told of hits without delay."}


@pytest.mark.parametrize(
    ("subject", "child", "category", "minor"),
    [
        (CHILD, None, "MIS-P", "MINOR"), (TESTINE, None, "MIS-P", ""), (CHILD, None, "PRV-A", "MINOR"), (TESTINE, True, "MIS-P", "MINOR"),
        (CHILD, False, "MIS-P", ""), (Person(family_names=("Ung",), date_of_birth="2015"), None, "MIS-P", "MINOR"),
        (Person(family_names=("Ung",), minor=True), None, "ARR", "MINOR"),
    ],
)  # fmt: skip
def test_field_090_says_minor_for_a_child(subject: Any, child: bool | None, category: str, minor: str) -> None:
    form, _ = composed(category, msgspec.structs.replace(FULL, child=child), subject=subject)
    assert form.value("AlertArticleRemark") == minor


def test_linked_alerts_that_were_hit_are_announced_in_086_and_others_are_not_named() -> None:
    hit = msgspec.structs.replace(FULL, remark="ANPR", also_hit=("XB-2", "XC-9"))
    form, told = composed("OBJ-S", hit, links=("XB-2",))
    remark = form.number("086")
    assert remark.startswith("ANPR Other G forms on linked alerts follow.")
    assert "XC-9" not in remark
    assert told["reminded"] == {"2 further alert(s) were hit in the same event."}
    assert ("linked", "yes") in FORMAT.facts(form)


def test_the_person_of_the_alert_is_told_with_all_numbers_of_the_form() -> None:
    numbered = msgspec.structs.replace(
        TESTINE,
        identifiers=(Identifier(kind="CPR", value="7101700008", country="XA"),),
        aliases=("Testsen",),
        nationalities=("XA",),
    )
    form, _ = composed(
        "ARR", subject=numbered, particulars=(("place_of_birth", "Prøveby"), ("names_at_birth", "Fødtsen"))
    )
    said = {number: form.number(number) for number in ("006", "007", "008", "009", "010", "011", "012", "013")}
    assert said == {
        "006": "Prøvesen", "007": "Testine", "008": "Fødtsen", "009": "1970-01-11", "010": "Prøveby", "011": "Testsen",
        "012": "F", "013": "XA",
    }  # fmt: skip
    (subject,) = form.subjects
    assert isinstance(subject, Person)
    assert (subject.family_names, subject.identifiers, subject.role) == (("Prøvesen",), numbered.identifiers, "SUBJECT")


@pytest.mark.parametrize(
    ("subject", "number", "value"),
    [
        (CAR, "015", "ZZZTESTV1N0000001"),
        (PASSPORT, "020", "000000001"),
        (GUN, "024", "GUN-TEST-1"),
        (Thing(kind="BANKNOTE", serial_number="N-1", details=(("Currency", "XTS"),)), "027", "N-1"),
        (Thing(kind="AIRCRAFT", serial_number="A-1", details=(("IcaoRegistration", "XA-TEST"),)), "214", "XA-TEST"),
    ],
)
def test_each_kind_of_object_stands_in_its_own_fields(subject: Any, number: str, value: str) -> None:
    form, _ = composed("OBJ-S", subject=subject)
    assert form.number(number) == value


def test_an_object_without_numbered_fields_is_told_by_its_category() -> None:
    form, _ = composed("OBJ-S", subject=Thing(kind="CONTAINER", serial_number="BIC-1"))
    other = form.first("OtherObject")
    assert other is not None
    assert (other.text("ObjectCategory"), other.text("ObjectSerialNumber")) == ("CONTAINER", "BIC-1")


def test_others_who_were_met_keep_their_role() -> None:
    companion = Person(family_names=("Følgesen",), role="COMPANION")
    form, _ = composed("CHK-D", msgspec.structs.replace(FULL, found=(companion, CAR)))
    assert [person.attribute("role") for person in form.named("Person")] == ["SUBJECT", "COMPANION"]
    assert form.number("015") == CAR.vin


def test_an_urgent_report_says_why_in_both_places() -> None:
    form, _ = composed("OBJ-S", msgspec.structs.replace(FULL, urgent_because="The owner is at the gate."))
    assert form.header.urgency == "URGENT"
    assert form.number("311") == ""  # its parts carry the text
    assert errors(form) == []


def test_what_the_form_cannot_carry_is_left_out_and_not_bent() -> None:
    odd = msgspec.structs.replace(TESTINE, sex="X", date_of_birth="in spring", nationalities=("Atlantis",))
    form, _ = composed("ARR", subject=odd)
    assert (form.number("009"), form.number("012"), form.number("013")) == ("", "", "")
