"""Which forms a name may have, and which rule joins two names."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gateway.names.compare import WORDS, MatchRule, compare
from gateway.names.spelling import MAX_SPELLINGS, joined_by, spellings_of
from gateway.names.table import shipped
from gateway.names.variants import MAX_VARIANTS, RULES, variants
from gateway.names.written import written
from gateway.subjects import Person, Vehicle

ALLOWED = frozenset(string.ascii_uppercase + " -'")
EUROPEAN = "".join(sorted(shipped().letters)) + string.ascii_letters + " -'’ЇЄ"
names = st.text(max_size=30) | st.text(alphabet=EUROPEAN, max_size=30)
languages = st.sampled_from(["", "ru", "uk", "bg", "el"])
KNOWN_RULES = {table.id for table in shipped().tables} | set(RULES)


def forms(text: str, language: str = "") -> dict[str, str]:
    return {one.form: one.rule for one in variants(written(text, language)).forms}


@pytest.mark.parametrize(
    ("text", "language", "form", "rule"),
    [
        ("Größ", "", "GROESS", "latin"), ("Größ", "", "GROSS", "latin-plain"), ("Åse", "", "AASE", "latin"),
        ("Åse", "", "ASE", "latin-plain"), ("Aase", "", "ASE", "latin-folded"), ("Øst", "", "OST", "latin-plain"),
        ("Ærø", "", "AEROE", "latin"), ("Хан", "", "HAN", "cyrillic-sr"), ("Хан", "mk", "HAN", "cyrillic-mk"),
        ("Щин", "", "SHTIN", "cyrillic-bg"), ("Щин", "", "SHCHYN", "cyrillic-uk"), ("Гён", "", "HION", "cyrillic-be"),
        ("No-Body", "", "NO BODY", "ascii+hyphen-as-space"), ("No-Body", "", "NOBODY", "ascii+hyphen-left-out"),
        ("O'No", "", "ONO", "ascii+apostrophe-left-out"), ("O'No", "", "O NO", "ascii+apostrophe-as-space"),
        ("An Test No", "", "NO AN TEST", "ascii+last-part-first"), ("An Test No", "", "TEST NO AN", "ascii+first-part-last"),
        ("Νίκη", "el", "NIKI", "greek"),
    ],
)  # fmt: skip
def test_every_plausible_form_says_which_rule_made_it(text: str, language: str, form: str, rule: str) -> None:
    assert forms(text, language)[form] == rule


def test_the_table_of_the_language_comes_first_and_the_others_are_still_tried() -> None:
    found = variants(written("Хан", "sr")).forms

    assert [(one.form, one.rule) for one in found] == [("HAN", "cyrillic-sr"), ("KHAN", "cyrillic-ru")]


def test_a_form_with_an_open_letter_shows_where_it_is() -> None:
    (found,) = variants(written("Їва", "uk")).forms
    assert (found.form, found.pattern) == ("VA", "?VA")


@given(names, languages)
@example("Ѓа-Ün'a Øé Щи ΜΠά", "")
def test_variants_are_bounded_ordered_and_capital_ascii(text: str, language: str) -> None:
    name = written(text, language)
    found = variants(name)

    assert found == variants(name)
    assert len(found.forms) <= MAX_VARIANTS
    assert found.left_off == 0 or len(found.forms) == MAX_VARIANTS
    assert [one.rank for one in found.forms] == list(range(len(found.forms)))
    for one in found.forms:
        assert set(one.form) <= ALLOWED and one.form
        assert set(one.rule.split("+")) <= KNOWN_RULES
    if name.complete:
        assert found.forms[0].form == name.converted


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        ("Nobodysen", "Nobodysen", "exact"),
        ("Nobodysén", "Nobodyse\u0301n", "exact"),
        ("Nobodysen", "NOBODYSEN", "same-letters"),
        ("No\u200bbody", "Nobody", "same-letters"),
        ("Müller", "Mueller", "same-conversion (latin / ascii)"),
        ("Хан", "Khan", "same-conversion (cyrillic-ru / ascii)"),
        ("Петрос", "Πετρος", "same-conversion (cyrillic-ru / greek)"),
        ("Хан", "Han", "variant (cyrillic-sr / ascii)"),
        ("Müller", "Muller", "variant (latin-plain / ascii)"),
        ("Mueller", "Muller", "variant (latin-folded / ascii)"),
        ("Ann-No", "Ann No", "variant (ascii+hyphen-as-space / ascii)"),
        ("Имагинус Нобадысен", "Nobadysen, Imaginus", "parts-reordered (cyrillic-ru / ascii)"),
        ("Ann Test Nobody", "Ann Nobody", "part-missing (ascii / ascii)"),
        ("Nobody", "Nobody Imaginus", "part-missing (ascii / ascii)"),
        ("Їван", "Yivan", "letter-open (cyrillic-ru / ascii)"),
        ("Nobodysen", "Nobadysen", "similar, 89 percent"),
    ],
)  # fmt: skip
def test_two_names_are_joined_by_the_surest_rule_that_holds(left: str, right: str, told: str) -> None:
    found = compare(written(left), written(right))

    assert str(found) == told


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Ann", "Bert"), ("", ""), ("", "Ann"), ("\u200b", "\u200b"), ("محمد", "Ann"), ("محمد", "عمر"), ("Ї", "Ann"),
        ("ЇЇЇЇа", "Anna"), ("A", "A B"), ("Ann No Body Test", "Ann No"), ("1", "2"),
    ],
)  # fmt: skip
def test_names_that_no_rule_joins_are_not_joined(left: str, right: str) -> None:
    assert compare(written(left), written(right)) is None


def test_likeness_is_no_match() -> None:
    alike, same = compare(written("Nobodysen"), written("Nobadysen")), compare(written("Хан"), written("Han"))

    assert alike and same
    assert (alike.certain, same.certain) == (False, True)
    assert (alike.percent, same.percent) == (88.9, None)


def test_ranks_go_from_sure_to_weak_and_every_rule_has_words() -> None:
    assert set(WORDS) == set(MatchRule)
    assert (min(MatchRule).code, max(MatchRule).code) == ("exact", "similar")


@given(names, languages)
def test_every_name_is_joined_to_itself_and_to_each_of_its_forms(text: str, language: str) -> None:
    name = written(text, language)
    assume(name.converted and name.complete)

    itself = compare(name, name)
    assert itself and itself.rule == "exact"
    for one in (name.converted, *(form.form for form in variants(name).forms)):
        found = compare(name, written(one))
        assert found and found.certain, one


@given(names, names, languages)
@example("Їван", "Yivan", "uk")
def test_it_does_not_matter_which_name_comes_first(left: str, right: str, language: str) -> None:
    one, other = written(left, language), written(right)
    here, there = compare(one, other), compare(other, one)

    assert (here is None) == (there is None)
    if here and there:
        assert (here.rule, here.rank, here.percent) == (there.rule, there.rank, there.percent)


@settings(max_examples=20)
@pytest.mark.timeout(30)
@given(st.sampled_from(["A-", "Щ'", "ЇA ", "Üß ", "a\u0301", "\ud800", "\u202e", "aа "]), st.integers(9_000, 10_000))
def test_hostile_names_are_compared_in_bounded_time(piece: str, times: int) -> None:
    name = written(piece * times)

    assert len(variants(name).forms) <= MAX_VARIANTS
    compare(name, written(piece * (times - 1)))
    found = compare(name, name)
    assert found is None or found.rule == "exact"


def test_a_person_is_asked_for_by_few_forms_and_told_by_the_surest_rule() -> None:
    original = written("Хан Нобадысен", "sr")
    person = Person(family_names=("Nobodysen",), given_names=("Håkan",), written_names=(original,))

    asked = spellings_of(person)
    assert asked[0] == "HAAKAN NOBODYSEN"
    assert len(asked) <= MAX_SPELLINGS
    assert spellings_of(Vehicle()) == () == spellings_of(Person(given_names=("Håkan",)))
    assert str(joined_by(person, ["Somebody", "Hakan Nobodysen"])) == "variant (latin-plain / ascii)"
    assert str(joined_by(person, ["Khan Nobadysen"])) == "variant (cyrillic-ru / ascii)"
    assert joined_by(person, ["Bert"]) is None is joined_by(Vehicle(), ["Bert"])
