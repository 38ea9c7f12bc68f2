"""What a field number means on a form, read from `fields.csv`, and what people call a field.

Numbers mostly keep one meaning on all forms, but some do not (080 is a reason on F and an authority on M). So the key
is form and number, with a default for all forms, and every row says how sure its source is.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files

from msgspec import Struct

EVERY_FORM = "*"


class FieldNumber(Struct, frozen=True, kw_only=True):
    """One row of the register of field numbers. `element` is empty where no form of ours carries the field yet."""

    form: str
    number: str
    element: str
    meaning: str
    source: str
    confidence: str


@cache
def all_numbers() -> tuple[FieldNumber, ...]:
    """Every row, in the order of the file."""
    rows = (files("schemas.sirene") / "fields.csv").read_text(encoding="utf-8").splitlines()
    return tuple(FieldNumber(**row) for row in csv.DictReader(rows))


@cache
def lookup(letter: str, number: str) -> FieldNumber | None:
    """What the number means on the form with this letter, or None when no source maps it."""
    rows = {row.form: row for row in all_numbers() if row.number == number}
    return rows.get(letter) or rows.get(EVERY_FORM)


def field_name(letter: str, field: str) -> str:
    """What people call the field of a finding: the meaning of its number; for a field of the header also the number."""
    number = re.search(r"\b\d{3}\b", field)
    if number:
        row = lookup(letter, number[0])
        return row.meaning if row else "a number that no public source maps"
    place = field.partition("[")[0]
    return next(
        (f"{row.number} {row.meaning}" for row in all_numbers() if row.form == EVERY_FORM and row.element == place), ""
    )
