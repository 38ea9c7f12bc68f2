"""Identifier formats, and the key combinations a search may use.

The one idea: a register answers only to the keys of its list, in one of its combinations; anything else in `keys` is
refused, so that a caller cannot send more identifiers than the register needs. Formats are checked, check digits are
not: a number that fails modulus 11 is still a number.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from simulators.rest.contract import Problem

MAX_KEY = 200  # characters of one key


def _bad(key: str, why: str) -> Problem:
    return Problem("key-format", f"{key}: {why}", field=key)


def cpr(value: str) -> str:
    """Ten digits whose first six are a date; test numbers have 60 added to the day."""
    digits = value.replace("-", "").replace(" ", "")
    if not re.fullmatch(r"[0-9]{10}", digits):
        raise _bad("cpr", "ten digits, with or without a hyphen")
    day = int(digits[:2])
    try:  # 2000 is a leap year, so that no possible 29 February is refused
        date(2000, int(digits[2:4]), day - 60 if day > 60 else day)
    except ValueError as error:
        raise _bad("cpr", "the first six digits are not a date") from error
    return digits


def substitute_number(value: str) -> str:
    """Six digits and four letters. The date part may be impossible: such dates have reserved meanings."""
    plain = value.replace("-", "").replace(" ", "").upper()
    if not re.fullmatch(r"[0-9]{6}[A-Z]{4}", plain):
        raise _bad("enr", "six digits and four letters")
    return plain


def plate(value: str) -> str:
    plain = re.sub(r"[\s-]", "", value).upper()
    if not re.fullmatch(r"[0-9A-ZÆØÅ]{2,9}", plain):
        raise _bad("plate", "two to nine letters and digits")
    return plain


def partial_plate(value: str) -> str:
    """A plate with ? for one and * for any number of characters; at least one character must be known."""
    plain = re.sub(r"[\s-]", "", value).upper()
    if not re.fullmatch(r"[0-9A-ZÆØÅ?*]{1,9}", plain) or not re.search(r"[0-9A-ZÆØÅ]", plain):
        raise _bad("partialPlate", "letters, digits, ? and *, at least one of them known")
    return plain


def vin(value: str) -> str:
    plain = re.sub(r"[\s-]", "", value).upper()
    if not re.fullmatch(r"[0-9A-Z]{5,17}", plain):
        raise _bad("vin", "up to 17 letters and digits")
    return plain


def passport_number(value: str) -> str:
    plain = value.replace(" ", "").upper()
    if not re.fullmatch(r"[0-9]{9}", plain):
        raise _bad("passportNumber", "nine digits")
    return plain


def company(value: str) -> str:
    plain = value.replace(" ", "")
    if not re.fullmatch(r"[0-9]{8}", plain):
        raise _bad("ownerCompany", "eight digits")
    return plain


def journal_number(value: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{5}-[0-9]{5}-[0-9]{2}", value):
        raise _bad("journalNumber", "shaped 9999-99999-99999-99")
    return value


def calendar_date(value: str, key: str = "birthDate") -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise _bad(key, "a date as YYYY-MM-DD") from error


def text(value: str) -> str:
    return " ".join(value.split())


FORMATS: Mapping[str, Callable[[str], str]] = {
    "cpr": cpr,
    "previousCpr": cpr,
    "ownerCpr": cpr,
    "enr": substitute_number,
    "plate": plate,
    "partialPlate": partial_plate,
    "vin": vin,
    "passportNumber": passport_number,
    "ownerCompany": company,
    "journalNumber": journal_number,
    "birthDate": calendar_date,
}


def read_keys(body: Mapping[str, Any], combinations: Sequence[tuple[str, ...]]) -> dict[str, str]:
    """The normalised `keys` of a search, which must be exactly one of the combinations."""
    given = body.get("keys")
    if not isinstance(given, dict) or not given:
        raise Problem("schema-invalid", "keys is missing or empty", fields=["keys"])
    present = {key: value for key, value in given.items() if value is not None}
    for key, value in present.items():
        if not isinstance(value, str) or not value.strip() or len(value) > MAX_KEY:
            raise Problem("schema-invalid", f"keys.{key[:40]} must be a text", fields=[f"keys.{key[:40]}"])
    if set(present) not in [set(each) for each in combinations]:
        allowed = ", ".join("+".join(each) for each in combinations)
        raise Problem("schema-invalid", f"keys must be exactly one of: {allowed}", fields=["keys"])
    return {key: FORMATS.get(key, text)(value) for key, value in present.items()}
