"""The schemas and the register of field numbers say the same, form by form."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from lxml import etree

from schemas.sirene.articles import all_articles
from schemas.sirene.field_numbers import EVERY_FORM, all_numbers, lookup

XS = "{http://www.w3.org/2001/XMLSchema}"
XSD = Path(str(files("schemas.sirene") / "xsd"))
LETTERS = "AEFGHIJKLMNOPQ"
CONFIDENCES = {"verified", "manual-2015", "secondary", "unverified", "proposal"}


def declarations() -> dict[str, etree._Element]:
    """Every element that the family declares, by name."""
    trees = [etree.parse(str(XSD / name)).getroot() for name in ("family.xsd", "parts.xsd")]
    return {str(element.get("name")): element for tree in trees for element in tree.iterfind(f"{XS}element")}


DECLARED = declarations()


def numbers_of(name: str) -> list[str]:
    """The field numbers that an element may carry."""
    found = []
    for attribute in DECLARED[name].iter(f"{XS}attribute"):
        if attribute.get("name") == "no":
            fixed = attribute.get("fixed")
            found += [fixed] if fixed else [str(each.get("value")) for each in attribute.iter(f"{XS}enumeration")]
    return found


def elements_of(letter: str) -> Iterator[str]:
    """Every element that may stand on the form, at any depth."""
    form = etree.parse(str(XSD / f"form{letter.lower()}.xsd")).getroot()
    waiting = [str(each.get("ref")) for each in form.iter(f"{XS}element") if each.get("ref")]
    seen = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in DECLARED:
            continue
        seen.add(name)
        yield name
        waiting += [str(each.get("ref")) for each in DECLARED[name].iter(f"{XS}element") if each.get("ref")]


@pytest.mark.parametrize("letter", LETTERS)
def test_every_number_on_a_form_is_registered_under_that_element(letter: str) -> None:
    for name in elements_of(letter):
        for number in numbers_of(name):
            row = lookup(letter, number)
            assert row is not None, f"{letter} {number} {name}"
            expected = "AlertArticle" if name == "AlertArticleRemark" else name
            assert row.element == expected, f"{letter} {number}"


@pytest.mark.parametrize("letter", LETTERS)
def test_every_number_registered_for_a_form_has_its_element_there(letter: str) -> None:
    on_form = {number for name in elements_of(letter) for number in numbers_of(name)}
    registered = {row.number for row in all_numbers() if row.form == letter}

    assert registered - on_form == set()


def test_every_element_of_the_register_is_declared() -> None:
    for row in all_numbers():
        if row.element and not row.element.startswith("Header/"):
            assert row.number in numbers_of(row.element), row


def test_every_declared_element_stands_on_some_form() -> None:
    used = {name for letter in LETTERS for name in elements_of(letter)}

    assert set(DECLARED) - used == set()


@pytest.mark.parametrize("letter", LETTERS)
def test_a_form_lists_its_fields_in_the_order_of_the_family(letter: str) -> None:
    order = list(DECLARED)
    form = etree.parse(str(XSD / f"form{letter.lower()}.xsd")).getroot()
    listed = [str(each.get("ref")) for each in form.iter(f"{XS}element") if each.get("ref") in DECLARED]

    assert listed == sorted(listed, key=order.index)
    assert listed[-1] == "OtherField"


def test_numbers_001_to_004_are_elements_of_the_header() -> None:
    header = etree.parse(str(XSD.parents[1] / "xsd" / "header.xsd")).getroot()
    names = {str(each.get("name")) for each in header.iter(f"{XS}element")}

    for number in ("001", "002", "003", "004"):
        row = lookup("G", number)
        assert row is not None
        assert row.element.removeprefix("Header/") in names


def test_a_number_has_one_meaning_on_a_form_and_says_how_sure_it_is() -> None:
    keys = [(row.form, row.number) for row in all_numbers()]

    assert len(keys) == len(set(keys))
    assert {row.confidence for row in (*all_numbers(), *all_articles())} <= CONFIDENCES
    assert all(row.meaning and row.source for row in all_numbers())
    assert {row.form for row in all_numbers()} <= {EVERY_FORM, *"AEFGHIJKLMNOPQ"}


def test_one_number_means_two_things_on_two_forms() -> None:
    flag, authority = lookup("F", "080"), lookup("M", "080")

    assert flag is not None
    assert authority is not None
    assert flag.meaning != authority.meaning
    assert lookup("G", "080") is None


SINGLE = "061 071 075 080 081 083 086 088 089 090 091 162 164 165 166 167 169 201 210 211 212 213 214 237 238 239 240 241 266 267 272 273 274 275 287"
RANGES = ((1, 28), (30, 45), (50, 61), (251, 259))
OF_2021 = "307 308 311 327 345"


def test_every_number_that_a_public_source_names_is_registered_and_no_other() -> None:
    """The checklist: a number can not be left out by leaving out its row."""
    sourced = {
        *SINGLE.split(),
        *OF_2021.split(),
        *(f"{number:03}" for first, last in RANGES for number in range(first, last + 1)),
    }

    assert {row.number for row in all_numbers()} == sourced


def test_numbers_that_no_source_knows_are_not_registered() -> None:
    assert [number for number in ("105", "268", "410", "411", "412") if lookup("G", number)] == []
