"""Reads the tables that convert names: either all are sound, or they are refused with everything that is wrong.

The one idea: a row is a letter (or a pair of letters) of one script, its result in capital ASCII, and where that comes
from. What no row gives has no conversion; `lacks` names the letters of a language for which we know of none.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from msgspec import Struct

from gateway.clocks.cells import Cells, Problem
from gateway.clocks.definition import CONFIDENCE
from gateway.errors import Misconfigured
from gateway.names.letters import SCRIPTS, script_of

INDEX: Final = "tables.toml"
COLUMNS: Final = ("letter", "result", "place", "confidence", "source", "note")
ANY, START, INSIDE, VOICED, VOICELESS = "any", "start", "inside", "voiced", "voiceless"
PLACES: Final = (ANY, START, INSIDE, VOICED, VOICELESS)
"""Where a row holds: anywhere; at the start of a word or not; before a voiced letter; before a voiceless one or no letter."""
DROP, KEEP = "drop", "keep"
MAX_TABLES: Final = 100
MAX_ROWS: Final = 2_000
LONGEST_LETTER: Final = 2
_RESULT: Final = re.compile(r"[A-Z]{0,4}")
_NAME: Final = re.compile(r"[a-z0-9\-]{1,32}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_KEYS: Final = (
    "id", "file", "script", "languages", "default", "beside", "marks", "lacks", "voiceless", "version", "title", "citation",
)  # fmt: skip


class NameTablesRefused(Misconfigured):
    """The tables cannot be used; `problems` lists everything that is wrong with them."""

    def __init__(self, problems: list[tuple[str, Problem]]) -> None:
        self.problems = tuple(problem for _, problem in problems)
        listed = "\n".join(f"{file}:{problem}" for file, problem in problems)
        super().__init__("names.invalid", "The tables that convert names cannot be used.", operator=listed)


class Row(Struct, frozen=True, kw_only=True):
    """One line of a table."""

    letter: str
    result: str
    place: str
    confidence: str
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTable:
    """One conversion. `letters` holds its rows by letter, those of the table beside it included."""

    id: str
    version: str
    title: str
    citation: str
    script: str
    languages: tuple[str, ...]
    default: bool
    beside: str
    drops_marks: bool
    lacks: frozenset[str]
    voiceless: frozenset[str]
    own: tuple[Row, ...]
    """The rows of its own file."""
    letters: Mapping[str, tuple[Row, ...]]
    keys: Mapping[str, str]
    """What the table calls a letter, in either case."""
    pairing: frozenset[str]
    """Letters that begin a pair."""
    shared: frozenset[str]
    """Letters whose result others of the table can spell too, so that nobody can tell them apart afterwards."""

    def called(self, letter: str) -> str | None:
        """What the table calls the letter; None when it has no row for it."""
        for each in (
            letter,
            letter.upper(),
            letter.lower(),
        ):  # final sigma and capital ẞ have a way in one direction only
            if each in self.keys:
                return self.keys[each]
        return None

    @property
    def edition(self) -> str:
        """Id and version, as it is kept beside a name."""
        return f"{self.id} {self.version}"


@dataclass(frozen=True, slots=True)
class NameTables:
    """All tables, in the order of the index."""

    tables: tuple[NameTable, ...]
    letters: frozenset[str]
    """Every letter that some table converts."""
    by_language: Mapping[str, frozenset[str]]
    """For each script with tables for languages: the letters that not all of them convert alike."""

    def get(self, id: str) -> NameTable:
        """The table with this id; `KeyError` when there is none."""
        for table in self.tables:
            if table.id == id:
                return table
        raise KeyError(id)

    def of_script(self, script: str) -> tuple[NameTable, ...]:
        """The tables for a script, the default one first."""
        return tuple(sorted((one for one in self.tables if one.script == script), key=lambda one: not one.default))

    def chosen(self, script: str, language: str) -> NameTable | None:
        """The table for names in this language, else the default one of the script, else none."""
        known = self.of_script(script)
        return next((table for table in known if language in table.languages), known[0] if known else None)


@cache
def shipped() -> NameTables:
    """The tables that travel with the gateway."""
    folder = files("gateway.names") / "tables"
    return read_tables(lambda file: (folder / file).read_text(encoding="utf-8"))


def read_tables(text_of: Callable[[str], str]) -> NameTables:
    """All tables of an index; raises `NameTablesRefused` with every problem. `text_of` gives the text of a file."""
    problems: list[tuple[str, Problem]] = []
    listed = _index(text_of(INDEX), problems)
    rows: dict[str, tuple[Row, ...]] = {}
    for entry in listed:
        try:
            rows[entry["id"]] = _rows(text_of(entry["file"]), entry, problems)
        except (OSError, UnicodeError, KeyError) as error:
            problems.append((entry["file"], Problem(line=1, place=entry["id"], text=f"cannot be read: {error!r}")))
    if problems:
        raise NameTablesRefused(problems)
    tables = tuple(_table(entry, rows) for entry in listed)
    return NameTables(
        tables=tables,
        letters=frozenset(letter for table in tables for letter in table.letters),
        by_language={table.script: _by_language(table.script, tables) for table in tables if table.languages},
    )


def _by_language(script: str, tables: tuple[NameTable, ...]) -> frozenset[str]:
    same = [table for table in tables if table.script == script and table.languages]
    letters = {letter for table in same for letter in table.letters}
    results = {
        letter: {tuple((row.place, row.result) for row in table.letters.get(letter, ())) for table in same}
        for letter in letters
    }
    return frozenset(letter for letter, different in results.items() if len(different) > 1)


# --- the index


def _index(text: str, problems: list[tuple[str, Problem]]) -> list[dict[str, Any]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NameTablesRefused([(INDEX, Problem(line=1, place="", text=f"not TOML: {error}"))]) from error
    found: list[Problem] = []
    top = Cells(document, place="the file", line=1, problems=found)
    top.only(("table",))
    entries = document.get("table")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_TABLES:
        top.problem(f"an index has between 1 and {MAX_TABLES} [[table]] entries")
        entries = []
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == "[[table]]"]
    lines = lines if len(lines) == len(entries) else [1] * len(entries)
    listed = [
        _entry(Cells(entry, place=_called(entry), line=line, problems=found))
        for entry, line in zip(entries, lines, strict=True)
    ]
    for place, fault in _faults_between(listed):
        found.append(
            Problem(
                line=next((n for n, e in zip(lines, listed, strict=True) if e["id"] == place), 1),
                place=place,
                text=fault,
            )
        )
    problems += [(INDEX, problem) for problem in sorted(found, key=lambda problem: problem.line)]
    return listed


def _called(entry: object) -> str:
    return str(entry.get("id", "a table"))[:64] if isinstance(entry, dict) else "a table"


def _entry(cells: Cells) -> dict[str, Any]:
    cells.only(_KEYS)
    entry: dict[str, Any] = {
        "id": cells.text("id"), "file": cells.text("file"), "script": cells.choice("script", SCRIPTS),
        "languages": cells.texts("languages", needed=False), "default": cells.flag("default"),
        "beside": cells.text("beside", ""), "marks": cells.choice("marks", (KEEP, DROP)),
        "lacks": cells.texts("lacks", needed=False), "voiceless": cells.texts("voiceless", needed=False),
        "version": cells.text("version"), "title": cells.text("title"), "citation": cells.text("citation"),
    }  # fmt: skip
    if not _NAME.fullmatch(entry["id"]):
        cells.problem("an id is made of small letters, digits and hyphens")
    if "/" in entry["file"] or not entry["file"].endswith(".csv"):
        cells.problem("“file” names a CSV file beside the index")
    for language in entry["languages"]:
        if not _LANGUAGE.fullmatch(language):
            cells.problem(f"“{language[:16]}” is no code of a language")
    return entry


def _faults_between(listed: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    ids = [entry["id"] for entry in listed]
    for entry in listed:
        same = [other for other in listed if other["script"] == entry["script"]]
        if ids.count(entry["id"]) > 1:
            yield entry["id"], "another table has the same id"
        if entry["beside"] and not any(
            other["id"] == entry["beside"] and not other["beside"] for other in same if other is not entry
        ):
            yield entry["id"], f"there is no other table “{entry['beside']}” of its script that stands alone"
        for language in entry["languages"]:
            if sum(language in other["languages"] for other in same) > 1:
                yield entry["id"], f"another table of the script is for “{language}” too"
    for script in dict.fromkeys(entry["script"] for entry in listed):
        defaults = [entry["id"] for entry in listed if entry["script"] == script and entry["default"]]
        if len(defaults) != 1:
            place = next(entry["id"] for entry in listed if entry["script"] == script)
            yield place, f"exactly one table of the script {script} must be the default, found {len(defaults)}"


# --- one file


def _rows(text: str, entry: dict[str, Any], problems: list[tuple[str, Problem]]) -> tuple[Row, ...]:
    reader = csv.reader(io.StringIO(text), strict=True)
    found: list[Row] = []

    def problem(line: int, place: str, words: str) -> None:
        problems.append((entry["file"], Problem(line=line, place=place, text=words)))

    try:
        lines = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        problem(reader.line_num, "", f"not CSV: {error}")
        return ()
    if not lines or tuple(lines[0][1]) != COLUMNS:
        problem(1, "", f"the first line must be {','.join(COLUMNS)}")
        return ()
    if not 1 < len(lines) <= MAX_ROWS:
        problem(1, "", f"a table has between 1 and {MAX_ROWS} rows")
        return ()
    for line, cells in lines[1:]:
        if len(cells) != len(COLUMNS):
            problem(line, "", f"a row has {len(COLUMNS)} cells, this one {len(cells)}")
            continue
        row = Row(**dict(zip(COLUMNS, cells, strict=True)))
        for fault in _faults_of(row, entry):
            problem(line, row.letter[:8], fault)
        if any(_same_place(other, row) for other in found):
            problem(line, row.letter[:8], "another row says what becomes of the letter at this place")
        found.append(row)
    return tuple(found)


def _same_place(one: Row, other: Row) -> bool:
    return one.letter == other.letter and (ANY in (one.place, other.place) or one.place == other.place)


def _faults_of(row: Row, entry: dict[str, Any]) -> Iterator[str]:
    yield from _faults_of_letter(row, entry)
    if not _RESULT.fullmatch(row.result):
        yield "“result” is at most four capital letters of ASCII"
    if not row.result and not row.note.strip():
        yield "a letter that is left out needs a note"
    if row.place not in PLACES:
        yield f"“place” must be one of: {', '.join(PLACES)}"
    if row.place in (VOICED, VOICELESS) and not entry["voiceless"]:
        yield "the index does not say which letters are voiceless"
    if row.confidence not in CONFIDENCE:
        yield f"“confidence” must be one of: {', '.join(CONFIDENCE)}"
    if not row.source.strip():
        yield "“source” must be a text"


def _faults_of_letter(row: Row, entry: dict[str, Any]) -> Iterator[str]:
    if not 1 <= len(row.letter) <= LONGEST_LETTER or unicodedata.normalize("NFC", row.letter) != row.letter:
        yield f"“letter” is one composed letter, or {LONGEST_LETTER}"
    elif any(script_of(letter) != entry["script"] for letter in row.letter):
        yield f"the letter is not of the script {entry['script']}"
    elif row.letter.isascii():
        yield "a letter of ASCII stays what it is"
    if row.letter in entry["lacks"]:
        yield "the index says that there is no conversion for this letter"


def _table(entry: dict[str, Any], rows: Mapping[str, tuple[Row, ...]]) -> NameTable:
    own = rows[entry["id"]]
    letters: dict[str, tuple[Row, ...]] = {}
    for row in own:
        letters[row.letter] = (*letters.get(row.letter, ()), row)
    for row in rows.get(entry["beside"], ()):
        if row.letter not in {each.letter for each in own}:
            letters[row.letter] = (*letters.get(row.letter, ()), row)
    return NameTable(
        id=entry["id"], version=entry["version"], title=entry["title"], citation=entry["citation"], script=entry["script"],
        languages=entry["languages"], default=entry["default"], beside=entry["beside"], drops_marks=entry["marks"] == DROP,
        lacks=frozenset(entry["lacks"]), voiceless=frozenset(entry["voiceless"]), own=own, letters=letters,
        keys=_keys(letters), pairing=frozenset(letter[0] for letter in letters if len(letter) > 1),
        shared=_shared(letters, entry["script"]),
    )  # fmt: skip


def _keys(letters: Mapping[str, tuple[Row, ...]]) -> dict[str, str]:
    single = [letter for letter in letters if len(letter) == 1]
    found = {other: letter for letter in single for other in (letter.lower(), letter.upper()) if len(other) == 1}
    return {letter: key for letter, key in found.items() if not letter.isascii()} | {
        letter: letter for letter in single
    }


def _shared(letters: Mapping[str, tuple[Row, ...]], script: str) -> frozenset[str]:
    pieces = {letter: {row.result for row in rows if row.result} for letter, rows in letters.items()}
    if script == "Latn":
        pieces |= {letter: {letter} for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    found = set()
    for letter, results in pieces.items():
        others = {
            result for other, theirs in pieces.items() if other != letter and letter not in other for result in theirs
        }
        if any(_spelled(result, others) for result in results):
            found.add(letter)
    return frozenset(found)


def _spelled(word: str, pieces: set[str]) -> bool:
    """Whether the word can be put together from the pieces."""
    ends = {0}
    for end in range(1, len(word) + 1):
        if any(start in ends and word[start:end] in pieces for start in range(end)):
            ends.add(end)
    return len(word) in ends
