"""The closed list of facts that a family's forms may state, as data beside its forms (`facts.toml`).

The one idea: a fact is either one of a few declared values or has a declared shape that cannot hold a person's data, so
that a test can read every form of a family and find nothing else.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from gateway.clocks.cells import Cells, Problem
from gateway.errors import Misconfigured
from gateway.facts import LETTER, Facts

SHAPES: Final = {
    "identifier": re.compile(r"\S(?:[^\n]{0,62}\S)?"),
    "article": re.compile(r"[0-9]{4}:[0-9]{1,3}[a-z]?(?:\([0-9a-z]{1,3}\))*"),
    "party": re.compile(r"[a-z]{2,16}:[A-Za-z0-9-]{1,32}"),
    "time": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(?:Z|[+-][0-9:]{4,6})"),
    "number": re.compile(r"[0-9]{1,6}"),
    "digest": re.compile(r"[0-9a-f]{4,16}"),
}
"""What a fact that is no word of a list looks like."""


class FactWord(Struct, frozen=True, kw_only=True):
    """One fact: its meaning, and its values or its shape. Several values of a list stand together with a space."""

    name: str
    meaning: str
    values: tuple[str, ...] = ()
    shape: str = ""
    used_by: str = ""
    """Who looks at it beside dialogues: rules, clocks, figures."""

    def allows(self, value: str) -> bool:
        """Whether a form may state this."""
        if self.values:
            return bool(value.split()) and all(each in self.values for each in value.split(" "))
        return SHAPES[self.shape].fullmatch(value) is not None


FactWords = Mapping[str, FactWord]


class FactsRefused(Misconfigured):
    """A list of facts cannot be used; the operator is told everything that is wrong with it."""


def read_facts(text: str, *, file: str = "facts.toml") -> dict[str, FactWord]:
    """The facts in a TOML text, a table for each; raises `FactsRefused` with every problem."""
    problems: list[Problem] = []
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refused(file, [f"not TOML: {error}"]) from error
    words = {}
    for name, table in document.items():
        cells = Cells(table, place=name, line=_line_of(text, name), problems=problems)
        cells.only(("meaning", "values", "shape", "used_by"))
        if cells.has("values") == cells.has("shape"):
            cells.problem("write either `values` or `shape`")
        words[name] = FactWord(
            name=name, meaning=cells.text("meaning"),
            values=cells.texts("values") if cells.has("values") else (),
            shape=cells.choice("shape", tuple(SHAPES)) if cells.has("shape") else "",
            used_by=cells.text("used_by", ""),
        )  # fmt: skip
    if LETTER not in words:
        problems.append(Problem(line=1, place="the file", text=f"every family declares “{LETTER}”"))
    if problems:
        raise _refused(file, [str(problem) for problem in problems])
    return words


def strangers(facts: Facts, words: FactWords) -> tuple[str, ...]:
    """The names of facts that are not declared, or state what their declaration does not allow."""
    return tuple(name for name, value in facts if name not in words or not words[name].allows(value))


def _line_of(text: str, name: str) -> int:
    return next((number for number, line in enumerate(text.splitlines(), 1) if line.strip() == f"[{name}]"), 1)


def _refused(file: str, problems: list[str]) -> FactsRefused:
    listed = "\n".join(f"{file}:{problem}" for problem in problems)
    return FactsRefused("facts.invalid", "A list of facts cannot be used.", operator=listed)
