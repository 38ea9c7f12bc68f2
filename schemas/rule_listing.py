"""Every rule of a family as people look it up: what it asks, by which source, where it is enforced, and two samples that show it.

`rule_samples.csv` of a family names for each rule a message of the corpus that keeps it and one that breaks it. Rules that
no function over one form can decide are story rules, rows of the charts of dialogues, or stand in the family's
`rules/elsewhere.csv`: their samples are whole exchanges, and `rules/stories.csv` names the tests that go further.
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
from msgspec.structs import replace

from gateway.dialogues.chart import Bar
from gateway.dialogues.rules import StoryRule
from gateway.families import Family
from gateway.findings import Rule, Severity
from gateway.identity import family_of
from gateway.ports import Formats

CORPUS: Final = "tests/corpus"
AS_RULE: Final = "rule"
CHARTS: Final = "gateway.dialogues"
CHARTS_SHOWN: Final = "tests/dialogues/test_dialogue_stories.py::test_a_break_of_a_dialogue_is_told_to_an_officer"


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
    """A message that keeps it, or an exchange in which it is kept, as a path in the source tree."""
    fails: str = ""
    """A message that breaks it, or an exchange in which it is broken; a test where there is no sample."""
    tolerable: bool = True
    """Whether the severity may be lowered for one partner."""
    of_the_list: str = ""
    """The severity that the family's own list of rules gives it, two of them with `or`; empty where there is no list."""
    why_different: str = ""
    """Why it acts otherwise than the list says; empty where it does not."""


class Samples(Struct, frozen=True, kw_only=True):
    """One row of `rule_samples.csv`."""

    rule: str
    passes: str
    fails: str


@cache
def samples(family: str) -> dict[str, Samples]:
    """The samples that show each rule of a family."""
    return {row["rule"]: Samples(**row) for row in _rows(family, "rule_samples.csv")}


def rules_of(family: str, formats: Formats) -> list[Listed]:
    """Every rule of the family, by id."""
    found: dict[str, tuple[Rule, list[str]]] = {}
    for spec in formats:
        if family_of(spec.id) == family:
            for rule in spec.rules:
                found.setdefault(rule.id, (rule, []))[1].append(spec.id)
    whole = formats.family(f"{family}/x@1")
    rows = [_of_rule(family, rule, used, rule.id not in whole.binding) for rule, used in found.values()]
    rows += [_of_story(family, rule) for rule in whole.story_rules]
    rows += _of_charts(family, whole)
    rows += _elsewhere(family, {row.id for row in rows})
    return sorted((_beside_the_list(family, row) for row in rows), key=lambda row: row.id)


def _beside_the_list(family: str, row: Listed) -> Listed:
    """The rule with what the list says of it; `R45-LATE` is a part of R45."""
    covered = _coverage(family).get(row.id.partition("-")[0], {})
    listed = covered.get("of_the_list", "")
    differs = bool(listed) and row.severity not in listed.split(" or ")
    return replace(row, of_the_list=listed, why_different=covered.get("why_ours_differs", "") if differs else "")


def chosen(rows: Iterable[Listed], *, letter: str = "", severity: str = "") -> list[Listed]:
    """The rules of one form, given by letter or name, and of one severity."""
    wanted = letter.lower()
    return [
        row for row in rows
        if (not severity or row.severity == severity)
        and (not wanted or any(wanted == name.partition("/")[2].partition("@")[0].lower() for name in row.formats))
    ]  # fmt: skip


def _of_rule(family: str, rule: Rule, used: list[str], tolerable: bool) -> Listed:
    covered = _coverage(family).get(rule.id, {})
    return Listed(
        id=rule.id, severity=str(rule.severity), text=rule.text, field=rule.field, remedy=rule.remedy, citation=rule.citation,
        confidence=rule.confidence, formats=tuple(used), remark=covered.get("reason", ""), tolerable=tolerable,
        enforced_in=covered.get("enforced_in", AS_RULE),
        **_pair(family, rule.id, covered.get("sample", "")),
    )  # fmt: skip


def _pair(family: str, rule: str, test: str) -> dict[str, Any]:
    """The paths of the two samples; `test` stands where there are none."""
    shown = samples(family).get(rule)
    if shown is None:
        return {"fails": test}
    return {"passes": f"{CORPUS}/{family}/{shown.passes}", "fails": f"{CORPUS}/{family}/{shown.fails}"}


def _of_story(family: str, rule: StoryRule) -> Listed:
    """A rule that looks at the whole exchange."""
    covered = _shown(family, rule.id)
    return Listed(
        id=rule.id, severity=str(rule.severity), text=rule.text, field=rule.field, remedy=rule.remedy, citation=rule.citation,
        confidence=rule.confidence, enforced_in=covered.get("enforced_in", rule.check.__module__), tolerable=False,
        remark=covered.get("reason", ""), **_pair(family, rule.id, covered.get("sample", "")),
    )  # fmt: skip


def _of_charts(family: str, whole: Family) -> Iterator[Listed]:
    """What the charts of dialogues refuse in words of a source: one row for each id, with every dialogue that has it."""
    found: dict[str, list[tuple[str, Bar]]] = {}
    for chart in whole.charts.charts if whole.charts else ():
        for bar in chart.bars:
            found.setdefault(bar.rule, []).append((chart.id, bar))
    for rule, rows in found.items():
        names, bar = dict.fromkeys(name for name, _ in rows), rows[0][1]
        letters = dict.fromkeys(each.letter for _, each in rows)
        yield Listed(
            id=rule, severity=str(Severity.HOLD), text=bar.text, remedy=bar.instead, citation=bar.citation,
            confidence=bar.confidence, formats=tuple(f"{family}/{letter}@1" for letter in letters), enforced_in=CHARTS,
            tolerable=False, remark=f"dialogues: {', '.join(names)}", **_pair(family, rule, CHARTS_SHOWN),
        )  # fmt: skip


def _elsewhere(family: str, found: set[str]) -> Iterator[Listed]:
    for row in _rows(family, "rules/elsewhere.csv"):
        if row["rule"] not in found:
            covered = _shown(family, row["rule"])
            yield Listed(
                id=row["rule"], severity=row["severity"], text=row["text"], remedy=row["remedy"], citation=row["citation"],
                confidence=row["confidence"], enforced_in=covered.get("enforced_in", "not yet"), tolerable=False,
                remark=covered.get("reason", ""), **_pair(family, row["rule"], covered.get("sample", "")),
            )  # fmt: skip


def _shown(family: str, rule: str) -> dict[str, str]:
    """Where a rule that needs more than a form is enforced, and the test that goes further than its samples."""
    stories = {row["rule"]: row for row in _rows(family, "rules/stories.csv")}
    return _coverage(family).get(rule) or stories.get(rule, {})


@cache
def _coverage(family: str) -> dict[str, dict[str, str]]:
    return {row["rule"]: row for row in _rows(family, "rules/coverage.csv")}


def _rows(family: str, name: str) -> list[dict[str, str]]:
    if find_spec(f"schemas.{family}") is None:
        return []
    file = files(importlib.import_module(f"schemas.{family}")).joinpath(*name.split("/"))
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines())) if file.is_file() else []
