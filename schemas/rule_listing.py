"""Every rule of a family as people look it up: what it asks, by which source, where it is enforced, and two messages that show it.

`rule_samples.csv` of a family names for each rule a message of the corpus that keeps it and one that breaks it. Rules that
no function over one form can decide stand in the family's `rules/elsewhere.csv`.
"""

from __future__ import annotations

import csv
import importlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, Final

from msgspec import Struct

from gateway.findings import Rule
from gateway.identity import family_of
from gateway.ports import Formats

CORPUS: Final = "tests/corpus"
AS_RULE: Final = "rule"


class Listed(Struct, frozen=True, kw_only=True):
    """One rule."""

    id: str
    severity: str
    text: str
    field: str = ""
    remedy: str = ""
    citation: str = ""
    confidence: str = ""
    formats: tuple[str, ...] = ()
    enforced_in: str = AS_RULE
    """`rule` where a function of the format reads the form, else the module that sees to it, or `not yet`."""
    remark: str = ""
    """What is left open."""
    passes: str = ""
    """A message that keeps it, as a path in the source tree."""
    fails: str = ""
    """A message that breaks it, or the test that shows it."""
    tolerable: bool = True
    """Whether the severity may be lowered for one partner."""


class Samples(Struct, frozen=True, kw_only=True):
    """One row of `rule_samples.csv`."""

    rule: str
    passes: str
    fails: str


@cache
def samples(family: str) -> dict[str, Samples]:
    """The messages that show each rule of a family."""
    return {row["rule"]: Samples(**row) for row in _rows(family, "rule_samples.csv")}


def rules_of(family: str, formats: Formats) -> list[Listed]:
    """Every rule of the family, by id."""
    found: dict[str, tuple[Rule, list[str]]] = {}
    for spec in formats:
        if family_of(spec.id) == family:
            for rule in spec.rules:
                found.setdefault(rule.id, (rule, []))[1].append(spec.id)
    binding = formats.family(f"{family}/x@1").binding
    rows = [_of_rule(family, rule, used, rule.id not in binding) for rule, used in found.values()]
    return sorted([*rows, *_elsewhere(family, found)], key=lambda row: row.id)


def chosen(rows: Iterable[Listed], *, letter: str = "", severity: str = "") -> list[Listed]:
    """The rules of one form, given by letter or name, and of one severity."""
    wanted = letter.lower()
    return [
        row for row in rows
        if (not severity or row.severity == severity)
        and (not wanted or any(wanted == name.partition("/")[2].partition("@")[0].lower() for name in row.formats))
    ]  # fmt: skip


def _of_rule(family: str, rule: Rule, used: list[str], tolerable: bool) -> Listed:
    shown, covered = samples(family).get(rule.id), _coverage(family).get(rule.id, {})
    return Listed(
        id=rule.id, severity=str(rule.severity), text=rule.text, field=rule.field, remedy=rule.remedy, citation=rule.citation,
        confidence=rule.confidence, formats=tuple(used), remark=covered.get("reason", ""), tolerable=tolerable,
        enforced_in=covered.get("enforced_in", AS_RULE),
        passes=f"{CORPUS}/{family}/{shown.passes}" if shown else "",
        fails=f"{CORPUS}/{family}/{shown.fails}" if shown else covered.get("sample", ""),
    )  # fmt: skip


def _elsewhere(family: str, found: dict[str, Any]) -> Iterator[Listed]:
    for row in _rows(family, "rules/elsewhere.csv"):
        if row["rule"] not in found:
            covered = _coverage(family).get(row["rule"], {})
            yield Listed(
                id=row["rule"], severity=row["severity"], text=row["text"], remedy=row["remedy"], citation=row["citation"],
                confidence=row["confidence"], enforced_in=covered.get("enforced_in", "not yet"), tolerable=False,
                remark=covered.get("reason", ""), fails=covered.get("sample", ""),
            )  # fmt: skip


@cache
def _coverage(family: str) -> dict[str, dict[str, str]]:
    return {row["rule"]: row for row in _rows(family, "rules/coverage.csv")}


def _rows(family: str, name: str) -> list[dict[str, str]]:
    if find_spec(f"schemas.{family}") is None:
        return []
    file = files(importlib.import_module(f"schemas.{family}")).joinpath(*name.split("/"))
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines())) if file.is_file() else []
