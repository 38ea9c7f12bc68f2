"""Names in SIRENE forms: the original stays beside the Latin letters, and findings say which table is meant, never the name."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from gateway import safexml
from gateway.findings import Finding, Occasion
from gateway.form import Field, Form
from gateway.subjects import Person
from schemas.catalogue import discover

CORPUS = Path(__file__).parents[1] / "corpus" / "sirene"
CATALOGUE = discover()
OCCASION = Occasion(
    now=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
    inbound=True,
    own_parties=frozenset({"sirene:XA"}),
    known_parties=frozenset({"sirene:XB", "sirene:XC"}),
)


def read(name: str) -> Form:
    root = safexml.parse((CORPUS / f"{name}.xml").read_bytes())
    return CATALOGUE.recognise(str(root.tag), "1.0").decode(root)


def found(form: Form) -> dict[str, list[Finding]]:
    told: dict[str, list[Finding]] = {}
    for finding in CATALOGUE.get(form.format).check(form, OCCASION):
        if finding.rule.startswith("R37"):
            told.setdefault(finding.rule, []).append(finding)
    return told


def named(surname: str, forename: str, original: str, **attributes: str) -> Form:
    """An A form about a person of this name."""
    form = read("FormA/passes/new-alert")
    (person,) = form.named("Person")
    names = {"Surname": surname, "Forename": forename, "OriginalScriptName": original}
    children = tuple(
        msgspec.structs.replace(
            child,
            value=names.get(child.name, child.value),
            attributes=tuple(attributes.items()) if child.name == "OriginalScriptName" else child.attributes,
        )
        for child in person.children
    )
    changed = msgspec.structs.replace(person, children=children)
    return msgspec.structs.replace(form, fields=tuple(changed if field is person else field for field in form.fields))


def test_script_and_language_travel_with_the_name_to_the_subject() -> None:
    form = read("FormA/passes/original-by-the-table-of-its-language")

    person = next(subject for subject in form.subjects if isinstance(subject, Person))
    (original,) = person.written_names
    assert (original.text, original.script, original.language) == ("Щан Нободиен", "Cyrl", "bg")
    assert (original.converted, original.tables) == ("SHTAN NOBODIEN", ("cyrillic-bg 1",))


def test_a_name_with_marks_is_kept_beside_its_form_and_a_plain_one_needs_none() -> None:
    marked = next(each for each in read("FormA/passes/letters-with-marks").subjects if isinstance(each, Person))
    plain = next(each for each in read("FormK/passes/sample").subjects if isinstance(each, Person))

    assert [name.converted for name in marked.written_names] == ["IMAGINUS NOEBOEDYSEN"] * 2
    assert plain.written_names == ()


@pytest.mark.parametrize("name", ["original-by-the-table-of-its-language", "original-in-greek", "new-alert"])
def test_attributes_of_the_original_survive_decoding_and_encoding(name: str) -> None:
    form = read(f"FormA/passes/{name}")
    again = CATALOGUE.get(form.format).decode(CATALOGUE.get(form.format).encode(form))

    assert again == form


@pytest.mark.parametrize("script", ["cyrl", "Cyrillic", ""])
def test_a_script_that_is_no_code_is_refused_by_the_schema(script: str) -> None:
    form = named("Nobodysen", "Imaginus", "Нободысен Имагинус", script=script)
    spec = CATALOGUE.get(form.format)

    assert [finding.rule for finding in spec.validate(spec.encode(form))] == ["XSD"]


@pytest.mark.parametrize(
    ("surname", "forename", "original", "language", "field", "words"),
    [
        ("Other", "Imaginus", "Имагинус Нободысен", "", "006", ["cyrillic-ru, cyrillic-bg", "by cyrillic-ru 1"]),
        ("Nobodysen", "Other", "Имагинус Нободысен", "ru", "007", ["Expected is its form by cyrillic-ru 1"]),
        ("Nobadysen", "Imaginus", "Имагинус Нободысен", "ru", "006", ["only alike, by 9"]),
        ("Other", "Name", "Νίκος Νομπόδης", "el", "006", ["by greek 1"]),
        ("Han", "Imaginus", "Имагинус Хан", "bg", "Person/OriginalScriptName", ["by the table cyrillic-", "bg", "cyrillic-bg 1"]),
    ],
)  # fmt: skip
def test_another_name_is_told_with_the_table_that_is_expected(
    surname: str, forename: str, original: str, language: str, field: str, words: list[str]
) -> None:
    attributes = {"language": language} if language else {}
    (finding,) = found(named(surname, forename, original, **attributes))["R37-AGREES"]

    assert finding.field == field
    assert all(word in finding.text for word in words), finding.text
    for name in (surname, forename, *original.split()):
        assert name not in finding.text


@pytest.mark.parametrize(
    ("surname", "forename", "original"),
    [
        ("Nobodysen", "Imaginus", "Нободысен Имагинус"), ("NOBODYSEN", "IMAGINUS", "Имагинус Нободысен"),
        ("Han", "Imaginus", "Имагинус Хан"), ("Khan", "Imaginus", "Имагинус Хан"), ("Nobodysen", "Imaginus", "Нободысен"),
        ("Moeller", "Ann", "Ann Möller"), ("Moller", "Ann", "Ann Möller"), ("Ali", "Test", "محمد"), ("Yivan", "Ann", "Анн Їван"),
    ],
)  # fmt: skip
def test_every_table_order_and_marks_left_out_are_agreement(surname: str, forename: str, original: str) -> None:
    assert "R37-AGREES" not in found(named(surname, forename, original))


def test_losses_are_told_once_for_each_original_and_do_not_repeat_the_name() -> None:
    (finding,) = found(named("Nol", "Yivan", "Їван Ноль", language="uk"))["R37-LOSSY"]

    assert "left out" in finding.text and "not guessed" in finding.text
    assert "Ноль" not in finding.text and "NOL" not in finding.text.upper().split()


def test_a_name_in_a_script_without_tables_says_so() -> None:
    (finding,) = found(named("Ali", "Test", "محمد"))["R37-LOSSY"]
    assert "no table for a script" in finding.text


def test_an_empty_original_is_nobodys_name() -> None:
    form = named("Nobodysen", "Imaginus", " ")
    assert found(form) == {}


def test_a_person_without_any_name_raises_nothing_about_names() -> None:
    form = read("FormA/passes/new-alert")
    bare = msgspec.structs.replace(form, fields=(Field(name="Person"),))
    assert found(bare) == {}
