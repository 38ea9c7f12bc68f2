"""One cleaned text by given tables, letter for letter.

The one idea: a letter gets what its table says, or a gap. A gap is never closed by a guess; what was lost on the way is
told by a remark. Hyphens, spaces and apostrophes stay, so that the parts of a name can still be told apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from gateway.clocks.definition import CONFIDENCE
from gateway.names.letters import APOSTROPHE, HYPHEN, JOINTS, NO_SCRIPT, SPACE, script_of
from gateway.names.table import ANY, INSIDE, START, VOICED, VOICELESS, NameTable, Row

GAP: Final = "?"
"""Stands for a letter without a conversion, in patterns only and never in a form."""
_DIAERESIS: Final = "\u0308"
_JOINTS: Final = frozenset(JOINTS)
_HYPHENS: Final = re.compile(r"[ ']*-[ '\-]*")


class Remark(StrEnum):
    """What a reader of a form must know about how it came about."""

    SHARED = "letters-fall-together"
    LEFT_OUT = "letter-left-out"
    MARK_LEFT_OUT = "mark-left-out"
    UNKNOWN = "letter-without-conversion"
    NO_TABLE = "script-without-table"
    FOREIGN = "character-left-out"
    HIDDEN = "hidden-character"
    COMPATIBLE = "compatible-character"
    MIXED = "mixed-scripts"
    MIXED_IN_A_WORD = "mixed-scripts-in-a-word"
    LANGUAGE_OPEN = "language-not-known"
    LANGUAGE_WITHOUT_TABLE = "language-without-table"
    TOO_LONG = "too-long"
    EMPTY = "nothing-converted"


WORDS: Final[Mapping[Remark, str]] = {
    Remark.SHARED: "Several letters have the same form: the original cannot be told from it.",
    Remark.LEFT_OUT: "A letter is left out by its table, as the soft sign is.",
    Remark.MARK_LEFT_OUT: "A mark over or under a letter is left out: no row holds the letter with its mark.",
    Remark.UNKNOWN: "A letter has no conversion in any source that we know. It is not guessed; the form is incomplete.",
    Remark.NO_TABLE: "There is no table for a script of this name; the form is incomplete.",
    Remark.FOREIGN: "A character that belongs to no name is left out: a digit, a sign, half a character.",
    Remark.HIDDEN: "A character that cannot be seen, or turns the direction of writing, was taken out. Look at the original with care.",
    Remark.COMPATIBLE: "A character stands for another one in a special width or shape.",
    Remark.MIXED: "The name holds letters of several scripts.",
    Remark.MIXED_IN_A_WORD: "One word holds letters of several scripts that may look alike. It may be meant to deceive.",
    Remark.LANGUAGE_OPEN: "The language is not given, and the form depends on it: see the variants.",
    Remark.LANGUAGE_WITHOUT_TABLE: "There is no table for this language and script; the default one of the script was taken.",
    Remark.TOO_LONG: "The name is longer than what is read; the form is incomplete.",
    Remark.EMPTY: "Nothing of the name could be converted.",
}  # fmt: skip
LOSSY: Final = frozenset(
    {Remark.SHARED, Remark.LEFT_OUT, Remark.MARK_LEFT_OUT, Remark.UNKNOWN, Remark.NO_TABLE, Remark.FOREIGN, Remark.TOO_LONG}
)  # fmt: skip
"""Remarks that say that the original cannot be had back from the form."""
INCOMPLETE: Final = frozenset({Remark.UNKNOWN, Remark.NO_TABLE, Remark.TOO_LONG, Remark.EMPTY})
"""Remarks that say that the form is not the whole name."""


class Conversion(NamedTuple):
    """What came out: `pattern` has a gap where a letter has no conversion, `form` leaves it out."""

    form: str
    pattern: str
    remarks: frozenset[Remark]
    confidence: str
    """That of the weakest row used; empty where none was."""


class _Token(NamedTuple):
    """One letter with what the table calls it: empty `key` for a joint, None for a letter without a row."""

    text: str
    key: str | None
    marks: str
    table: NameTable | None


def convert(text: str, tables: Mapping[str, NameTable]) -> Conversion:
    """The form of a cleaned text; `tables` gives the table of each script."""
    tokens = list(_tokens(text, tables))
    remarks: set[Remark] = set()
    written: list[str] = []
    weakest, place = -1, 0
    while place < len(tokens):
        token, taken = tokens[place], 1
        if token.key is None:
            remarks.add(Remark.UNKNOWN if token.table else Remark.NO_TABLE)
            written.append(GAP)
        elif token.table is None:
            written.append(token.key)
        else:
            row, taken = _row(tokens, place, token.table)
            remarks |= _losses(row, token.table)
            weakest = max(weakest, CONFIDENCE.index(row.confidence))
            written.append(row.result)
        if token.marks or (taken > 1 and tokens[place + 1].marks):
            remarks.add(Remark.MARK_LEFT_OUT)
            weakest = len(CONFIDENCE) - 1
        place += taken
    pattern = tidy("".join(written))
    form = tidy(pattern.replace(GAP, ""))
    if not form:
        remarks.add(Remark.EMPTY)
    confidence = CONFIDENCE[weakest] if weakest >= 0 else ""
    return Conversion(form=form, pattern=pattern, remarks=frozenset(remarks), confidence=confidence)


def tidy(text: str) -> str:
    """One hyphen, space or apostrophe between letters, and none at the ends."""
    joined = re.sub(r"'+", APOSTROPHE, _HYPHENS.sub(HYPHEN, text))
    parts = (part for part in joined.split(SPACE) if part.strip(JOINTS))
    return SPACE.join(parts).strip(JOINTS)


def _losses(row: Row, table: NameTable) -> set[Remark]:
    if not row.result:
        return {Remark.LEFT_OUT}
    return {Remark.SHARED} if row.letter in table.shared else set()


def _row(tokens: list[_Token], place: int, table: NameTable) -> tuple[Row, int]:
    """The row that holds at this place and how many letters it takes: pairs before single letters."""
    token = tokens[place]
    rows = table.letters[token.key or ""]
    if token.key not in table.pairing and len(rows) == 1 and rows[0].place == ANY:
        return rows[0], 1
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    # An accent on the first letter or a diaeresis on the second says that the two are read apart.
    if (
        following
        and following.key
        and following.table is table
        and not token.marks
        and _DIAERESIS not in following.marks
    ):
        found = _holding(table.letters.get(f"{token.key}{following.key}", ()), tokens, place, 2)
        if found:
            return found, 2
    found = _holding(rows, tokens, place, 1)
    if found is None:  # every row of the letter asks for another place
        return Row(
            letter=token.text, result="", place=ANY, confidence=CONFIDENCE[-1], source="no row holds at this place"
        ), 1
    return found, 1


def _holding(rows: tuple[Row, ...], tokens: list[_Token], place: int, length: int) -> Row | None:
    if not rows:
        return None
    starts = place == 0 or tokens[place - 1].key in _JOINTS
    after = tokens[place + length] if place + length < len(tokens) else None
    voiced = after is not None and bool(after.key) and after.key not in _JOINTS
    if voiced and after is not None and after.table is not None:
        voiced = after.key not in after.table.voiceless
    holds = {ANY, START if starts else INSIDE, VOICED if voiced else VOICELESS}
    return next((row for row in rows if row.place in holds), None)


def _tokens(text: str, tables: Mapping[str, NameTable]) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        letter, place = text[place], place + 1
        marks = ""
        while place < len(text) and unicodedata.category(text[place])[0] == "M":
            marks, place = marks + text[place], place + 1
        yield _token(letter, marks, tables)


def _token(letter: str, marks: str, tables: Mapping[str, NameTable]) -> _Token:
    if letter in _JOINTS:
        return _Token(letter, letter, marks, None)
    if letter.isascii():
        return _Token(letter, letter.upper(), marks, None)
    script = script_of(letter)
    table = tables.get(script)
    if table is None:
        # A mark or a modifier on its own is no letter: nothing is lost that anybody could name.
        return _Token(letter, "", letter + marks, None) if script == NO_SCRIPT else _Token(letter, None, marks, None)
    key = table.called(letter)
    if key is not None:
        return _Token(letter, key, marks, table)
    return _without_marks(letter, marks, table)


def _without_marks(letter: str, marks: str, table: NameTable) -> _Token:
    """A letter with more marks than a row has: read with fewer, where the table allows it."""
    decomposed = unicodedata.normalize("NFD", letter)
    base, more = decomposed[0], list(decomposed[1:])
    while more and table.drops_marks:
        last = more.pop()
        marks = last + marks
        kept = unicodedata.normalize("NFC", base + "".join(more))
        key = table.called(kept)
        if key is not None:
            return _Token(letter, key, marks, table)
        if len(kept) == 1 and kept.isascii() and kept.isalpha():
            return _Token(letter, kept.upper(), marks, None)
    return _Token(letter, None, marks, table)
