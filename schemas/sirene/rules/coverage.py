"""Where each rule of our list for the family, R01 to R55, is enforced; read from `coverage.csv`.

A row says `rule` where a rule with this id reads the form, else the module that sees to it, else `not yet`, with the
message or story that shows it and what is left open.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from msgspec import Struct

AS_RULE = "rule"
NOT_YET = "not yet"


class Covered(Struct, frozen=True, kw_only=True):
    """One row. `sample` is a message of the corpus that breaks the rule, or a test where no rule reads the form."""

    rule: str
    enforced_in: str
    sample: str
    reason: str
    of_the_list: str
    """The severity that our list of rules gives it: `error`, `warning`, `info`, or two of them."""
    why_ours_differs: str
    """Why a finding of it, or of a rule beside it, acts otherwise than the list says; empty where it does not."""


@cache
def coverage() -> tuple[Covered, ...]:
    """Every row, in the order of the file."""
    rows = (files("schemas.sirene.rules") / "coverage.csv").read_text(encoding="utf-8").splitlines()
    return tuple(Covered(**row) for row in csv.DictReader(rows))
