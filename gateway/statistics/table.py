"""Reads a family's `statistics.toml`: every fault at once, each with its row."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from typing import Any, Final

from gateway.clocks.cells import Cells, Problem
from gateway.clocks.definition import CONFIDENCE
from gateway.errors import Misconfigured
from gateway.journal.events import EVENTS
from gateway.statistics.figure import Figure, Figures, Unavailable

OF_EVERY_ENTRY: Final = frozenset({"direction", "counterpart", "format", "exchange", "message_id", "event"})
"""What is known of a message beside its facts."""
_FIGURE: Final = (
    "id",
    "title",
    "events",
    "where",
    "by",
    "distinct",
    "told_to",
    "citation",
    "confidence",
    "note",
    "details",
)
_MISSING: Final = ("title", "reason", "citation")


def read_figures(text: str, facts: Collection[str], *, file: str) -> Figures:
    """The figures in a file; `facts` are the facts that the family declares. Raises `Misconfigured` with every fault."""
    try:
        found: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(
            "statistics.unreadable", "The figures cannot be read.", operator=f"{file}: {error}"
        ) from error
    problems: list[Problem] = []
    top = Cells(found, place="the file", line=1, problems=problems)
    top.only(("figure", "not_from_here"))
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == "[[figure]]"]
    rows = found.get("figure", [])
    figures = tuple(
        _figure(Cells(row, place=f"figure {_name(row, number)}", line=line, problems=problems), row, facts)
        for number, (row, line) in enumerate(zip(rows, lines, strict=False), 1)
    )
    ids = [each.id for each in figures]
    for twice in sorted({each for each in ids if ids.count(each) > 1}):
        top.problem(f"two figures are called “{twice}”")
    missing = tuple(_unavailable(cells) for cells in top.rows("not_from_here"))
    if problems:
        words = "\n".join(f"{file}:{problem}" for problem in sorted(problems, key=lambda each: each.line))
        raise Misconfigured("statistics.faults", "The figures cannot be used.", operator=words)
    return Figures(figures=figures, not_from_here=missing)


def _name(row: object, number: int) -> str:
    return str(row.get("id", number)) if isinstance(row, Mapping) else str(number)


def _figure(cells: Cells, row: Mapping[str, Any], facts: Collection[str]) -> Figure:
    cells.only(_FIGURE)
    known = {*OF_EVERY_ENTRY, *facts, *cells.texts("details", needed=False)}
    where = cells.inner("where")
    conditions = tuple((name, _values(where, name)) for name in where.names())
    events, by, distinct = cells.texts("events", among=EVENTS), cells.texts("by"), cells.text("distinct", "")
    for name in (*by, *(name for name, _ in conditions), *filter(None, (distinct,))):
        if name not in known:
            cells.problem(f"nobody declares the fact “{name[:40]}”")
    return Figure(
        id=cells.text("id"), title=cells.text("title"), events=events, where=conditions, by=by, distinct=distinct,
        told_to=cells.text("told_to"), citation=cells.text("citation"), note=cells.text("note", ""),
        confidence=cells.choice("confidence", CONFIDENCE),
    )  # fmt: skip


def _values(where: Cells, name: str) -> tuple[str, ...]:
    return where.texts(name)


def _unavailable(cells: Cells) -> Unavailable:
    cells.only(_MISSING)
    return Unavailable(title=cells.text("title"), reason=cells.text("reason"), citation=cells.text("citation"))
