"""What all forms of the family promise: neutral subjects, no crash on odd content, schemas that say what they mean."""

import pkgutil
from datetime import UTC, datetime
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway import safexml
from gateway.findings import Occasion
from gateway.form import Condition, Field, Form
from gateway.reply import ReplyContext
from gateway.subjects import Document, Identifier, Person, Thing, Vehicle
from schemas.form import FormSpec
from schemas.interpol import conditions, dates, identifiers, vocabulary
from schemas.interpol import forms as room

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FORMS: dict[str, FormSpec] = {
    module.FORM.element: module.FORM
    for module in (
        import_module(f"schemas.interpol.forms.{found.name}") for found in pkgutil.iter_modules(room.__path__)
    )
}
SCHEMAS = sorted((files("schemas.interpol") / "xsd").iterdir(), key=lambda path: path.name)
CORPUS = Path(__file__).parents[1] / "corpus" / "interpol"
XS = "{http://www.w3.org/2001/XMLSchema}"


def sample(element: str) -> Form:
    content = (files("schemas.interpol") / "samples" / f"{element}.xml").read_bytes()
    return FORMS[element].decode(safexml.parse(content))


def test_there_are_the_six_forms() -> None:
    names = {"FreeText", "Diffusion", "TravelDocumentQuery", "TravelDocumentAnswer", "VehicleQuery", "VehicleAnswer"}
    assert set(FORMS) == names
    assert {spec.id for spec in FORMS.values()} == {f"interpol/{name}@1" for name in names}


def test_a_free_message_names_its_subjects_in_neutral_words() -> None:
    person, document, vehicle, thing = sample("FreeText").subjects

    assert person == Person(
        family_names=("Examplesen",),
        given_names=("Test Rolf",),
        date_of_birth="1988-02",
        sex="M",
        nationalities=("XA",),
        identifiers=(Identifier(kind="CPR", value="710188-0003", country="XA"),),
        role="SUSPECT",
    )
    assert document == Document(kind="PASSPORT", number="000000005", issuing_country="XA")
    assert vehicle == Vehicle(registration_number="QQ00002", registration_country="XA", vin="ZZZTESTV1N0000002")
    assert isinstance(thing, Thing)
    assert thing.serial_number == "TEST-490154"


def test_a_query_names_numbers_as_registers_compare_them() -> None:
    assert sample("TravelDocumentQuery").subjects == (
        Document(kind="PASSPORT", number="000000001", issuing_country="XA"),
    )
    assert sample("VehicleQuery").subjects == (
        Vehicle(
            registration_number="QQ00001",
            registration_country="XA",
            vin="ZZZTESTV1N0000001",
            make="Eksempla",
            colour="BLUE",
            kind="CAR",
        ),
    )


def test_the_wanted_person_is_named_with_his_status() -> None:
    person, document = sample("Diffusion").subjects

    assert isinstance(person, Person)
    assert (person.role, person.aliases, person.date_of_birth) == ("CHARGED", ("The Sample",), "1979")
    assert document == Document(kind="PASSPORT", number="TEST00019", issuing_country="XB")


@pytest.mark.parametrize("element", ["FreeText", "Diffusion", "TravelDocumentAnswer", "VehicleAnswer"])
def test_only_queries_are_answered_by_the_gateway(element: str) -> None:
    reply = ReplyContext(
        own_party="ncb:XA", now=NOW, message_id="0193a5c0-7d10-7a01-8b3c-000000000001", our_reference="X"
    )
    assert FORMS[element].draft(sample(element), (), reply) is None


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_every_element_is_explained(path: Path) -> None:
    root = etree.parse(str(path)).getroot()
    named = [element for element in root.iter(f"{XS}element") if element.get("name")]
    silent = [element.get("name") for element in named if not element.findtext(f"{XS}annotation/{XS}documentation")]
    assert silent == []


def test_both_schema_validators_agree_on_every_sample() -> None:
    explaining = {
        name: xmlschema.XMLSchema10(str(spec.schema.path), allow="local", defuse="never")
        for name, spec in FORMS.items()
    }
    for path in sorted(CORPUS.rglob("*.xml")):
        root = safexml.parse(path.read_bytes())
        name = etree.QName(root).localname
        assert FORMS[name].schema.valid(root) == explaining[name].is_valid(root), path.name


def test_rules_have_ids_of_their_own_and_say_where_they_come_from() -> None:
    for spec in FORMS.values():
        ids = [rule.id for rule in spec.rules]
        assert len(ids) == len(set(ids))
        assert all(rule.citation and rule.remedy and rule.text.endswith(".") for rule in spec.rules)
        assert {rule.confidence for rule in spec.rules} <= {"verified", "secondary", "unverified", "proposal"}


ODD = st.one_of(
    st.sampled_from(
        ["", " ", "0000", "9999-12-31", "0001", "2026-02-30", "65535", "2026-11-21T24:00:00Z", "true", "\u202e", "ALL"]
    ),
    st.text(max_size=30),
)


def changed(field: Field, values: dict[str, str]) -> Field:
    children = tuple(changed(child, values) for child in field.children)
    return msgspec.structs.replace(field, children=children, value=values.get(field.name, field.value))


@given(st.data())
def test_no_rule_stumbles_over_a_form_that_the_schema_lets_through(data: st.DataObject) -> None:
    element = data.draw(st.sampled_from(sorted(FORMS)))
    spec, form = FORMS[element], sample(element)
    names = sorted({field.name for field in form.walk() if not field.children})
    values = data.draw(st.dictionaries(st.sampled_from(names), ODD, max_size=3))
    handling = data.draw(
        st.lists(st.builds(Condition, code=st.sampled_from([*vocabulary.CONDITIONS, "H1"]), text=ODD), max_size=3)
    )
    header = msgspec.structs.replace(form.header, handling=(*form.header.handling, *handling))
    odd = msgspec.structs.replace(form, header=header, fields=tuple(changed(field, values) for field in form.fields))
    try:
        root = safexml.parse(etree.tostring(spec.encode(odd), encoding="utf-8"))
    except ValueError:
        return  # characters that XML has no place for cannot arrive
    if spec.validate(root):
        return
    read = spec.decode(root)
    for inbound in (True, False):
        occasion = Occasion(
            now=NOW, inbound=inbound, own_parties=frozenset({"ncb:XA"}), known_parties=frozenset({"ncb:XB"})
        )
        assert all(finding.rule and finding.text for finding in spec.check(read, occasion))


def test_the_highest_level_holds_and_silence_means_official() -> None:
    header = sample("FreeText").header
    both = (Condition(code="IP-OFFICIAL"), Condition(code="IP-CONFIDENTIAL"))

    assert conditions.confidentiality(msgspec.structs.replace(header, handling=both)) == "IP-CONFIDENTIAL"
    assert conditions.confidentiality(msgspec.structs.replace(header, handling=())) == "IP-OFFICIAL"


def test_conditions_beyond_the_room_of_the_header_are_kept_in_words() -> None:
    many = [Condition(code="C0-TEXT", text=f"Condition {number}") for number in range(20)]
    kept = conditions.joined(many, [Condition(code="C6-EXCLUDE", text="XD")])

    assert kept is not None
    assert len(kept) == conditions.MAX_CONDITIONS
    assert Condition(code="C6-EXCLUDE", text="XD") in kept
    assert all(any(condition.text in one.text for one in kept) for condition in many)


@pytest.mark.parametrize(
    ("number", "compared"),
    [
        ("000 000 001", "000000001"),
        ("ab-1", "AB1"),
        ("O0I1", "O0I1"),
        ("A" * 25, None),
        ("", None),
        ("Ⅻ1", None),
        ("ı1", None),
    ],
)
def test_document_numbers_are_compared_in_one_shape(number: str, compared: str | None) -> None:
    assert identifiers.document_number(number) == compared


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-02-29", "2024-02-29", "2024-02-29"),
    ],
)
def test_a_partial_date_means_all_its_days(text: str, first: str, last: str) -> None:
    found = dates.span(text)
    assert found is not None
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)


def test_a_day_that_does_not_exist_is_no_date() -> None:
    assert dates.span("2023-02-29") is None
    assert dates.span("0000") is None


def test_the_member_list_has_196_members() -> None:
    assert len(vocabulary.member_countries()) == 196
    assert vocabulary.alpha2_of("D") == "DE"
    assert vocabulary.alpha2_of("DNK") == "DK"
    assert vocabulary.alpha2_of("XPO") == ""
    assert vocabulary.alpha2_of("OOO") is None
