"""What a field number means on a form, read from `fields.csv`.

Numbers mostly keep one meaning on all forms, but some do not (080 is a reason on F and an authority on M). So the key
is form and number, with a default for all forms, and every row says how sure its source is.
"""

from __future__ import annotations

import csv
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
