"""Text that is longer than its field goes on in numbered parts; nothing is ever cut.

Each part ends with its number, `(2/3)`: at the end, for offices read keywords at the start of a field. Put together in order
and without their numbers, the parts are the text, letter for letter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

MIN_CHARACTERS: Final = 100
"""A limit below that would be all numbers and no text."""
MAX_PARTS: Final = 99
_MARK: Final = re.compile(r"\((\d{1,2})/(\d{1,2})\)\s*\Z")
_AT_THE_START: Final = re.compile(r"\A\s*(?=\(|\d{1,2}/\d{1,2}:)\(?(\d{1,2})/(\d{1,2})[):]")
"""In brackets or with a colon: `3/12` alone may be a day of December."""
_END: Final = re.compile(r"\bend of message\W*\Z", re.IGNORECASE)
_ROOM: Final = len(" (99/99)")


class Part(Struct, frozen=True, kw_only=True):
    """One part of a longer text. `total` is 0 where only the last part says that it is the last."""

    number: int
    total: int
    text: str
    """Without its number."""


def split_text(text: str, limit: int) -> tuple[str, ...]:
    """The text in parts of at most `limit` characters, each with its number; one part, unchanged, when it fits.

    Raises `ValueError` for a limit that leaves no room, and for a text of more parts than can be numbered.
    """
    if limit < MIN_CHARACTERS:
        raise ValueError(f"a limit of {limit} characters leaves no room for text")
    if len(text) <= limit:
        return (text,)
    pieces = _pieces(text, limit - _ROOM)
    if len(pieces) > MAX_PARTS:
        raise ValueError(f"the text needs more than {MAX_PARTS} parts of {limit} characters")
    return tuple(f"{piece} ({number}/{len(pieces)})" for number, piece in enumerate(pieces, 1))


def _pieces(text: str, room: int) -> list[str]:
    pieces, at = [], 0
    while len(text) - at > room:
        end = _end(text, at, at + room)
        pieces.append(text[at:end])
        at = end
    return [*pieces, text[at:]]


def _end(text: str, start: int, end: int) -> int:
    """Where a part ends: after the last white space of its second half, else between two letters, never before an accent."""
    for place in range(end, start + (end - start) // 2, -1):
        if text[place - 1].isspace():
            return place
    while end > start + 1 and unicodedata.combining(text[end]):
        end -= 1
    return end


def part_of(text: str) -> Part | None:
    """Which part of a longer text this is; None for a text that is whole. `End of Message` marks a last part (2011 text)."""
    marked = _MARK.search(text)
    if marked and 1 <= int(marked[1]) <= int(marked[2]):
        return Part(number=int(marked[1]), total=int(marked[2]), text=text[: marked.start()].removesuffix(" "))
    marked = _AT_THE_START.match(text)
    if marked and 1 <= int(marked[1]) <= int(marked[2]) and int(marked[2]) > 1:
        return Part(number=int(marked[1]), total=int(marked[2]), text=text[marked.end() :])
    ended = _END.search(text)
    return Part(number=0, total=0, text=text[: ended.start()]) if ended else None


def together(parts: Iterable[Part]) -> tuple[str, tuple[int, ...]]:
    """The text as far as it has come, and the numbers that are missing. Each part is taken once, whatever order they came in."""
    known: dict[int, Part] = {}
    for part in parts:
        known.setdefault(part.number, part)
    total = max((part.total for part in known.values()), default=0)
    missing = tuple(number for number in range(1, total + 1) if number not in known)
    return "".join(known[number].text for number in sorted(known)), missing
