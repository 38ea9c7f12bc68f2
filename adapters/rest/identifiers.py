"""Formats of the numbers that systems are asked by (national systems dossier, section 3.2).

The one idea: a format can be wrong, a check digit cannot. CPR numbers given out since 1 October 2007 may fail modulus
11, so failing it is a remark and never a refusal. Numbers of test persons have 60 added to the day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

TEST_DAYS: Final = 60
OLDEST_YEARS: Final = 130
"""Above this age a number is more likely mistyped than its bearer alive (proposal)."""
_WEIGHTS: Final = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_JANUARY_FIRST: Final = frozenset(
    {1960, 1962, 1964, 1965, 1966, 1967, 1969, 1970, 1974, 1975, 1978, *range(1980, 1993), 1994, 1995}
)
"""Years whose 1 January has numbers without modulus 11 (CPR office, 2023; the list is not exhaustive)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CprNumber:
    """A number that has the format. `remarks` never lead to a refusal."""

    digits: str
    born: date
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "CprNumber((redacted))"


def read_cpr(text: str, today: date) -> CprNumber | None:
    """The number in a text, or None when it has another format.

    Remarks: `no-checksum`, `no-checksum-expected`, `born-in-future`, `implausible-age`.
    """
    digits = normalised(text)
    if digits is None:
        return None
    born = _born(digits)
    return CprNumber(digits=digits, born=born, remarks=tuple(_remarks(digits, born, today)))


def normalised(text: str) -> str | None:
    """Ten digits whose first six are a date, without hyphen and spaces; None for anything else."""
    digits = re.sub(r"[\s\-]", "", text)
    if not re.fullmatch(r"[0-9]{10}", digits):
        return None
    try:
        _born(digits)
    except ValueError:
        return None
    return digits


def _born(digits: str) -> date:
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    return date(_century(int(digits[6]), year) + year, month, day - TEST_DAYS if day > TEST_DAYS else day)


def _century(seventh: int, year: int) -> int:
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800


def _remarks(digits: str, born: date, today: date) -> list[str]:
    found = []
    if sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11:
        expected = (born.month, born.day) == (1, 1) and born.year in _JANUARY_FIRST
        found.append("no-checksum-expected" if expected else "no-checksum")
    if born > today:
        found.append("born-in-future")
    elif today.year - born.year > OLDEST_YEARS:
        found.append("implausible-age")
    return found


def substitute_number(text: str) -> str | None:
    """A substitute number (ENR): six digits, four letters. Impossible dates have reserved meanings: none is refused."""
    plain = re.sub(r"[\s\-]", "", text).upper()
    return plain if re.fullmatch(r"[0-9]{6}[A-Z]{4}", plain) else None


def company_number(text: str) -> str | None:
    """A company number (SE/CVR): eight digits."""
    plain = re.sub(r"\s", "", text)
    return plain if re.fullmatch(r"[0-9]{8}", plain) else None


def full_date(text: str) -> str | None:
    """A complete calendar date; a partial one is no key."""
    try:
        return date.fromisoformat(text).isoformat() if len(text) == 10 else None
    except ValueError:
        return None


def passport_number(text: str) -> str | None:
    """A passport number: nine digits, without a check digit (secondary source; older series may differ)."""
    plain = re.sub(r"[\s\-]", "", text)
    return plain if re.fullmatch(r"[0-9]{9}", plain) else None


def plate(text: str) -> str | None:
    """A number plate as it is compared, or None for a text that cannot be one. Personal and foreign plates are free."""
    plain = re.sub(r"[\s\-]", "", text).upper()
    return plain if re.fullmatch(r"[0-9A-ZÆØÅ]{2,9}", plain) else None


def vin(text: str) -> str | None:
    """A vehicle identification number; those of old vehicles are shorter than 17. No check digit is asked for."""
    plain = re.sub(r"[\s\-]", "", text).upper()
    return plain if re.fullmatch(r"[0-9A-Z]{5,17}", plain) else None
