"""Numbers of documents, vehicles and files in the shape in which they are compared. What was sent is kept beside it."""

import re
import unicodedata
from typing import Final

FILE_NUMBER: Final = re.compile(r"(?:19|20)\d{2}[/-]\d{1,6}", re.ASCII)
"""Entity or file number (the slash is seen in the public interface)."""
CONTROL_NUMBER: Final = re.compile(r"[A-Z]-?\d{1,6}/(?:1[0-2]|0?[1-9])-(?:19|20)\d{2}", re.ASCII)
"""Control number of a notice, as quoted in a court decision."""
MAX_DOCUMENT_NUMBER: Final = 24
_DOCUMENT_NUMBER: Final = re.compile(r"[A-Z0-9]{1,24}")
_VIN: Final = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_OLD_VIN: Final = re.compile(r"[A-Z0-9]{1,17}")
_VIN_VALUES: Final = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True)
)
_VIN_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_DIRECTION: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def compact(text: str) -> str:
    """Capitals without spaces and hyphens. Leading zeros stay, and 0 and O, 1 and I are never swapped."""
    if not text.isascii():
        return text
    return re.sub(r"[ \-]", "", text).upper()


def document_number(text: str) -> str | None:
    """The number as compared, or None when it cannot be one (empty, over 24 characters, other than A-Z and 0-9)."""
    number = compact(text)
    return number if _DOCUMENT_NUMBER.fullmatch(number) else None


def vin(text: str, *, old: bool = False) -> str | None:
    """The VIN as compared, or None when it cannot be one. ISO 3779: 17 characters without I, O and Q."""
    number = compact(text)
    return number if (_OLD_VIN if old else _VIN).fullmatch(number) else None


def has_wrong_check_digit(number: str) -> bool:
    """Whether position 9 of a compared North American VIN (first character 1 to 5) contradicts the other sixteen."""
    if not _VIN.fullmatch(number) or number[0] not in "12345":
        return False
    values = (int(letter) if letter.isdigit() else _VIN_VALUES[letter] for letter in number)
    rest = sum(value * weight for value, weight in zip(values, _VIN_WEIGHTS, strict=True)) % 11
    return number[8] != ("X" if rest == 10 else str(rest))


def plate(text: str) -> str:
    """A plate as compared; it may hold letters beyond A to Z."""
    return re.sub(r"[\s\-]", "", text).upper()


def deceives(text: str) -> bool:
    """Whether an identifier holds control characters, marks of reading direction, or letters of several alphabets."""
    if any(unicodedata.category(letter) == "Cc" or letter in _DIRECTION for letter in text):
        return True
    alphabets = {unicodedata.name(letter, "?").split()[0] for letter in text if letter.isalpha()}
    return len(alphabets) > 1


def country_of(party: str) -> str:
    """The country of a bureau (`XB` of `ncb:XB` and of `ncb:XB-NORTH`); of others the role in capitals."""
    role, _, code = party.partition(":")
    return code.partition("-")[0].upper() if role == "ncb" else role.upper()
