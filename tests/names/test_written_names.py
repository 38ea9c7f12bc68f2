"""A name keeps what was written; its form, its script and what was lost are told beside it."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.names.convert import INCOMPLETE, LOSSY, WORDS, Remark
from gateway.names.letters import MAX_CHARACTERS, script_of
from gateway.names.table import shipped
from gateway.names.written import written

ALLOWED = frozenset(string.ascii_uppercase + " -'")
EUROPEAN = "".join(sorted(shipped().letters)) + string.ascii_letters + " -'’‑\u0301\u0308\u200b\u202eЇЄЃ"
names = st.text(max_size=60) | st.text(alphabet=EUROPEAN, max_size=40)


@pytest.mark.parametrize(
    ("text", "language", "script", "form", "tables", "confidence", "remarks"),
    [
        ("Imaginus Nobodysen", "", "Latn", "IMAGINUS NOBODYSEN", "", "", ""),
        ("Testine Prøvesen", "da", "Latn", "TESTINE PROEVESEN", "latin 1", "unverified", "letters-fall-together"),
        ("Árni Nobody", "", "Latn", "ARNI NOBODY", "latin 1", "secondary", "letters-fall-together"),
        ("Соль", "ru", "Cyrl", "SOL", "cyrillic-ru 1", "unverified", "letter-left-out"),
        ("Хан", "sr", "Cyrl", "HAN", "cyrillic-sr 1", "unverified", ""),
        ("Хан", "", "Cyrl", "KHAN", "cyrillic-ru 1", "secondary", "language-not-known"),
        ("Хан", "kk", "Cyrl", "KHAN", "cyrillic-ru 1", "secondary", "language-without-table"),
        ("Їва", "uk", "Cyrl", "VA", "cyrillic-uk 1", "unverified", "letter-without-conversion"),
        ("Нойа", "ru", "Cyrl", "NOIA", "cyrillic-ru 1", "secondary", "letters-fall-together"),
        ("Ноба\u0301", "ru", "Cyrl", "NOBA", "cyrillic-ru 1", "proposal", "mark-left-out"),
        ("Νόνα", "el", "Grek", "NONA", "greek 1", "proposal", "letters-fall-together mark-left-out"),
        ("Nguyễn", "", "Latn", "NGUYEN", "latin 1", "proposal", "letters-fall-together mark-left-out"),
        ("Nо", "", "Latn", "NO", "latin 1 cyrillic-ru 1", "secondary", "mixed-scripts-in-a-word"),
        ("Nobody Но", "ru", "Latn", "NOBODY NO", "latin 1 cyrillic-ru 1", "secondary", "mixed-scripts"),
        ("محمد", "ar", "Arab", "", "", "", "script-without-table nothing-converted"),
        ("Əli", "az", "Latn", "LI", "latin 1", "", "letter-without-conversion"),
        ("No\u200bbo\u202edy", "", "Latn", "NOBODY", "", "", "hidden-character"),
        ("Ｎｏ", "", "Latn", "NO", "", "", "compatible-character"),
        ("Nobody 2\ud800", "", "Latn", "NOBODY", "", "", "character-left-out"),
        ("O’No‑Body", "", "Latn", "O'NO-BODY", "", "", ""),
        (" - No --  ' body - ", "", "Latn", "NO-BODY", "", "", ""),
        ("", "", "Zyyy", "", "", "", "nothing-converted"),
        ("1234", "", "Zyyy", "", "", "", "character-left-out nothing-converted"),
    ],
)  # fmt: skip
def test_a_name_is_told_with_its_script_form_tables_and_losses(
    text: str, language: str, script: str, form: str, tables: str, confidence: str, remarks: str
) -> None:
    found = written(text, language)

    assert (found.text, found.language, found.script, found.converted) == (text, language, script, form)
    assert " ".join(found.tables) == tables
    assert " ".join(found.remarks) == remarks
    assert found.confidence == confidence


def test_every_remark_has_its_words_and_losses_are_remarks() -> None:
    assert set(WORDS) == set(Remark)
    assert set(Remark) >= LOSSY | INCOMPLETE


@given(names, st.sampled_from(["", "ru", "uk", "el", "de", "zz"]))
@example("Ь'A", "")
@example("ŉ ĳ ß ẞ ﷺ", "")
def test_the_form_is_capital_ascii_and_is_its_own_form(text: str, language: str) -> None:
    found = written(text, language)
    again = written(found.converted)

    assert found.text == text
    assert set(found.converted) <= ALLOWED
    assert again.converted == found.converted
    assert not again.lossy


@given(names)
def test_it_does_not_matter_how_unicode_composes_the_letters(text: str) -> None:
    composed, decomposed = (written(unicodedata.normalize(form, text)) for form in ("NFC", "NFD"))

    assert (composed.converted, composed.script, composed.remarks) == (
        decomposed.converted, decomposed.script, decomposed.remarks,
    )  # fmt: skip


@given(st.sampled_from(sorted(shipped().letters)), st.sampled_from(["", "ru", "uk", "el"]))
def test_case_does_not_change_the_form(letter: str, language: str) -> None:
    assert written(letter, language).converted == written(letter.lower(), language).converted


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    [
        "A" * 10_000, "Щ" * 10_000, "a" + "\u0301" * 10_000, "\u202e\u2066" * 5_000, "aа" * 5_000, "\ud800" * 10_000,
        "\x00\x1b[31m" * 1_000, "\ufdfa" * 10_000, "-' " * 3_000, "\U0001d400" * 10_000, "ﷺ" * 500,
    ],
    ids=["latin", "cyrillic", "marks", "bidi", "mixed", "surrogates", "control", "ligature", "joints", "styled", "phrase"],
)  # fmt: skip
def test_hostile_names_cost_little_and_are_kept_as_they_are(text: str) -> None:
    found = written(text)

    assert found.text == text
    assert set(found.converted) <= ALLOWED
    assert found.remarks
    assert ("too-long" in found.remarks) == (len(text) > MAX_CHARACTERS)


@pytest.mark.parametrize(
    ("letter", "script"),
    [
        ("a", "Latn"), ("1", "Zyyy"), ("я", "Cyrl"), ("Ω", "Grek"), ("\u02bc", "Zyyy"), ("ა", "Geor"), ("ꙮ", "Cyrl"),
        ("ᚠ", "Zzzz"),
    ],
)  # fmt: skip
def test_letters_know_their_script(letter: str, script: str) -> None:
    assert script_of(letter) == script
