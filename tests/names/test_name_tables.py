"""The conversion tables: every row as our sources give it, every row in force, and a faulty table refused with all its faults."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import pytest

from gateway.errors import Misconfigured
from gateway.names.table import (
    ANY,
    INSIDE,
    START,
    VOICED,
    VOICELESS,
    NameTable,
    NameTablesRefused,
    Row,
    read_tables,
    shipped,
)
from gateway.names.written import written

FOLDER = files("gateway.names") / "tables"
TABLES = shipped()
ROWS = [(table, row) for table in TABLES.tables for row in table.own]

# The tables of our dossier on SIRENE, section 5.6, letter for letter; * marks what a secondary source confirms.
LATIN = """
A  <- Á* À* Â* Ã* Ă* Ā* Ą*      | AE <- Ä* Æ        | AA <- Å*
C  <- Ć* Ĉ* Č Ċ Ç             | D  <- Ð Ď Đ
E  <- É È Ê Ë Ě Ė Ē Ę Ĕ       | G  <- Ğ Ĝ Ġ Ģ
H  <- Ħ Ĥ                    | I  <- Í Ì Î Ï İ ı Ī Į Ĩ Ĭ
IJ <- Ĳ    | J <- Ĵ    | K <- Ķ    | L <- Ł Ĺ Ľ Ļ Ŀ
N  <- Ń Ñ Ň Ņ Ŋ             | O  <- Ó Ò Ô Õ Ő Ō Ŏ
OE <- Ö Ø Œ                  | R  <- Ŕ Ř Ŗ
S  <- Ś Ŝ Š Ş Ș             | SS <- ß
T  <- Ť Ţ Ŧ Ț               | TH <- Þ
U  <- Ú Ù Û Ŭ Ũ Ů Ű Ū Ų       | UE <- Ü
W  <- Ŵ    | Y <- Ý Ŷ Ÿ    | Z <- Ź Ž Ż
"""
RUSSIAN = """
А A  Б B  В V  Г G  Д D  Е E  Ё E  Ж ZH  З Z  И I  Й I  К K  Л L  М M  Н N
О O  П P  Р R  С S  Т T  У U  Ф F  Х KH  Ц TS  Ч CH  Ш SH  Щ SHCH  Ы Y  Ъ IE
Э E  Ю IU  Я IA  І I
"""
OTHERS = {
    "bg": {"Щ": "SHT"},
    "sr": {"Х": "H", "Ц": "C", "Ж": "Z", "Ч": "C", "Ш": "S"},
    "mk": {"Х": "H", "Ц": "C"},
    "uk": {"И": "Y"},
    "be": {"Ё": "IO", "Г": "H"},
}
NOT_GUESSED = {"uk": "ҐЄЇ", "be": "Ў", "sr": "ЂЈЉЊЋЏ", "mk": "ЃЅЈЉЊЌЏ", "bg": "", "ru": ""}
GREEK = """
Α A  Β V  Γ G  Δ D  Ε E  Ζ Z  Η I  Θ TH  Ι I  Κ K  Λ L  Μ M  Ν N  Ξ X  Ο O  Π P
Ρ R  Σ S  Τ T  Υ Y  Φ F  Χ CH  Ψ PS  Ω O
ΟΥ OU   ΓΓ NG   ΓΞ NX   ΓΧ NCH
"""


def pairs(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def results(id: str) -> dict[str, str]:
    return {row.letter: row.result for row in TABLES.get(id).own if row.place == ANY}


def test_the_latin_table_is_the_one_of_our_source_with_its_marks() -> None:
    expected = {}
    for line in LATIN.strip().splitlines():
        for group in line.split("|"):
            result, letters = group.split("<-")
            expected |= {
                letter.rstrip("*"): (result.strip(), "secondary" if letter.endswith("*") else "unverified")
                for letter in letters.split()
            }

    assert {row.letter: (row.result, row.confidence) for row in TABLES.get("latin").own} == expected
    assert len(expected) == 97


def test_the_russian_column_is_the_one_of_our_source_and_the_soft_sign_is_unverified() -> None:
    assert results("cyrillic-ru") == {**pairs(RUSSIAN), "Ь": ""}
    marks = {row.confidence for row in TABLES.get("cyrillic-ru").own if row.letter != "Ь"}
    assert marks == {"secondary"}
    assert next(row for row in TABLES.get("cyrillic-ru").own if row.letter == "Ь").confidence == "unverified"


@pytest.mark.parametrize("language", OTHERS)
def test_another_language_is_the_russian_column_with_the_differences_of_our_source(language: str) -> None:
    table = TABLES.get(f"cyrillic-{language}")

    assert results(table.id) == {**results("cyrillic-ru"), **OTHERS[language]}
    assert {row.confidence for row in table.own} == {"unverified"}


@pytest.mark.parametrize("language", NOT_GUESSED)
def test_letters_without_a_source_are_named_and_not_guessed(language: str) -> None:
    assert TABLES.get(f"cyrillic-{language}").lacks == frozenset(NOT_GUESSED[language])
    for letter in NOT_GUESSED[language]:
        for name in (letter, letter.lower()):
            found = written(f"А{name}а", language)
            assert (found.converted, found.complete) == ("AA", False)
            assert "letter-without-conversion" in found.remarks


def test_the_greek_table_is_the_one_of_our_source() -> None:
    table = TABLES.get("greek")
    places = {(row.letter, row.place): row.result for row in table.own if row.place != ANY}

    assert results("greek") == pairs(GREEK)
    assert places == {
        ("ΜΠ", START): "B", ("ΜΠ", INSIDE): "MP",
        ("ΑΥ", VOICED): "AV", ("ΑΥ", VOICELESS): "AF", ("ΕΥ", VOICED): "EV", ("ΕΥ", VOICELESS): "EF",
        ("ΗΥ", VOICED): "IV", ("ΗΥ", VOICELESS): "IF",
    }  # fmt: skip
    assert {row.confidence for row in table.own} == {"unverified"}


def test_no_table_of_our_source_is_missing_and_only_one_is_our_own_proposal() -> None:
    assert [table.id for table in TABLES.tables] == [
        "latin", "latin-plain", "cyrillic-ru", "cyrillic-bg", "cyrillic-uk", "cyrillic-be", "cyrillic-sr", "cyrillic-mk",
        "greek",
    ]  # fmt: skip
    assert {row.confidence for row in TABLES.get("latin-plain").own} == {"proposal"}
    assert results("latin-plain") == {"Ä": "A", "Å": "A", "Ö": "O", "Ø": "O", "Ü": "U"}


@pytest.mark.parametrize(("table", "row"), ROWS, ids=[f"{table.id}-{row.letter}-{row.place}" for table, row in ROWS])
def test_every_row_is_in_force_in_both_cases_and_says_where_it_comes_from(table: NameTable, row: Row) -> None:
    before = {START: "", INSIDE: "Α"}.get(row.place, "")
    after = {VOICED: "Δ", VOICELESS: "Τ"}.get(row.place, "")
    around = {"": "", "Α": "A", "Δ": "D", "Τ": "T"}
    expected = f"{around[before]}{row.result}{around[after]}"

    for text in (before + row.letter + after, (before + row.letter + after).lower()):
        if table.id != "latin-plain":
            found = written(text, next(iter(table.languages), ""))
            assert found.converted == expected
            assert found.tables == (() if text.isascii() else (table.edition,))
    assert row.source and table.version and table.citation


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("ΑΥΤΟΣ", "AFTOS"), ("ΝΑΥ", "NAF"), ("ΑΥΔΗ", "AVDI"), ("ΕΥΑ", "EVA"), ("ΗΥΚ", "IFK"), ("ΤΑΥ ΑΓΓΕΛΟΣ", "TAF ANGELOS"),
        ("ΜΠΑΜΠΑΣ ΜΠΕ-ΜΠΕ", "BAMPAS BE-BE"), ("Ούτης", "OUTIS"), ("άυλος", "AYLOS"), ("Αϋλος", "AYLOS"), ("ΛΥΓΞ", "LYNX"),
    ],
)  # fmt: skip
def test_greek_pairs_go_by_their_neighbours(text: str, form: str) -> None:
    assert written(text, "el").converted == form


# --- tables that cannot be used

INDEX = """
[[table]]
id = "one"
file = "one.csv"
script = "Cyrl"
languages = ["ru"]
default = true
marks = "keep"
version = "1"
title = "One"
citation = "A book"
"""
HEAD = "letter,result,place,confidence,source,note\n"
GOOD = HEAD + "А,A,any,secondary,a book,\n"


def reading(index: str = INDEX, **texts: str) -> Callable[[str], str]:
    known = {"tables.toml": index, **{f"{name}.csv": text for name, text in texts.items()}}
    return lambda file: known[file]


def faults(index: str = INDEX, **texts: str) -> str:
    with pytest.raises(NameTablesRefused) as refused:
        read_tables(reading(index, **texts))
    assert isinstance(refused.value, Misconfigured)
    assert len(refused.value.problems) == refused.value.operator.count("\n") + 1
    return refused.value.operator


def test_a_sound_table_is_read() -> None:
    (table,) = read_tables(reading(one=GOOD)).tables
    assert (table.edition, table.letters["А"][0].result) == ("one 1", "A")


def test_all_faults_of_a_table_are_told_at_once_with_their_lines() -> None:
    rows = (
        "A,A,any,secondary,a book,\n" "Б,b,any,secondary,a book,\n" "В,V,somewhere,secondary,a book,\n"
        "Г,G,any,sure,a book,\n" "Д,D,any,secondary,,\n" "Ь,,any,secondary,a book,\n" "Ж,ZH\n"
        "З,Z,any,secondary,a book,\n" "З,S,start,secondary,a book,\n" "Δ,D,any,secondary,a book,\n"
        "АБВ,X,any,secondary,a book,\n" "И,I,voiced,secondary,a book,\n" "Ї,I,any,secondary,a book,\n"
    )  # fmt: skip
    told = faults(INDEX.replace('marks = "keep"', 'marks = "keep"\nlacks = ["Ї"]'), one=HEAD + rows).splitlines()

    assert [line.split(": ")[0] for line in told] == [
        f"one.csv:{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14)
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('id = "one"', 'id = "One!"'), "an id is made of"),
        (('file = "one.csv"', 'file = "../one.csv"'), "beside the index"),
        (('script = "Cyrl"', 'script = "Runes"'), "must be one of"),
        (('languages = ["ru"]', 'languages = ["Russian"]'), "no code of a language"),
        (("default = true", "default = false"), "exactly one table of the script"),
        (('marks = "keep"', 'marks = "maybe"'), "must be one of"),
        (('version = "1"', ""), "“version” must be a text"),
        (('citation = "A book"', 'citation = "A book"\ncolour = "red"'), "unknown key"),
        (('citation = "A book"', 'citation = "A book"\nbeside = "two"'), "no other table “two”"),
        (("[[table]]", "[[table"), "not TOML"),
        (('file = "one.csv"', 'file = "two.csv"'), "cannot be read"),
        ((INDEX, ""), "between 1 and"),
        ((INDEX, INDEX + INDEX), "another table has the same id"),
    ],
)  # fmt: skip
def test_an_index_that_cannot_be_is_refused(change: tuple[str, str], words: str) -> None:
    assert words in faults(INDEX.replace(*change), one=GOOD)


@pytest.mark.parametrize("text", ["", "letter,result\nА,A\n", HEAD, HEAD + '"А,A,any'])
def test_a_file_that_is_no_table_is_refused(text: str) -> None:
    assert "one.csv:" in faults(one=text)


def test_every_file_of_the_folder_is_listed() -> None:
    index = (FOLDER / "tables.toml").read_text(encoding="utf-8")
    for file in FOLDER.iterdir():
        assert file.name == "tables.toml" or f'file = "{file.name}"' in index
