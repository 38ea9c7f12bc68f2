"""Reads a family's `clocks.toml`: either it is sound, or it is refused with everything that is wrong with it.

The one idea: every word that a row uses is declared in the same file, and every word that is declared is used. A name
misspelt would otherwise be a clock that never starts, or one that never stops.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any, Final

from gateway.clocks.cells import Cells, Problem
from gateway.clocks.definition import (
    BINDS,
    CONFIDENCE,
    ClockDefinition,
    ClockTable,
    Consequence,
    Counting,
    Extension,
    Pause,
    WarningShares,
    names_of,
)
from gateway.clocks.durations import limit_from, same_unit
from gateway.clocks.happening import NAME
from gateway.clocks.limit import EXACT, Kind, Limit
from gateway.errors import Misconfigured

MAX_CLOCKS: Final = 500
_TOP: Final = ("happenings", "parties", "effects", "facets", "warnings", "counting", "clock")


class ClocksRefused(Misconfigured):
    """A table of clocks cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        listed = "\n".join(f"{file}:{problem}" for problem in problems)
        super().__init__("clocks.invalid", "A table of legal clocks cannot be used.", operator=listed)


def read_clocks(text: str, *, file: str = "clocks.toml", beside: ClockTable | None = None) -> ClockTable:
    """The table in a TOML text; raises `ClocksRefused` with every problem.

    `beside` is the table that this one amends: its words count as declared here, its warnings and counting hold.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ClocksRefused(file, [Problem(line=1, place="", text=f"not TOML: {error}")]) from error
    problems: list[Problem] = []
    top = Cells(document, place="the file", line=1, problems=problems)
    top.only(_TOP)
    words = _words(top, beside)
    shares = _shares(top) if beside is None or top.has("warnings") else beside.warnings
    counting = _counting(top) if beside is None or top.has("counting") else beside.counting
    rows = document.get("clock")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_CLOCKS:
        top.problem(f"a table has between 1 and {MAX_CLOCKS} [[clock]] rows")
        raise ClocksRefused(file, problems)
    lines = _lines_of_rows(text, len(rows))
    clocks = []
    for index, row in enumerate(rows):
        name = str(row.get("id", f"clock {index + 1}"))[:64] if isinstance(row, dict) else f"clock {index + 1}"
        cells = Cells(row, place=name, line=lines[index], problems=problems)
        clocks.append(_Row(cells, words, shares.percent).read())
    table = ClockTable(clocks=tuple(clocks), warnings=shares, counting=counting, **words)
    for place, fault in (*_faults_between_rows(table, beside), *_unused_words(table, beside)):
        line = next((line for line, each in zip(lines, clocks, strict=True) if each.id == place), 1)
        problems.append(Problem(line=line, place=place, text=fault))
    if problems:
        raise ClocksRefused(file, sorted(problems, key=lambda problem: problem.line))
    return table


def _words(top: Cells, beside: ClockTable | None) -> dict[str, Any]:
    happenings = top.words("happenings")
    for name in happenings:
        if not NAME.fullmatch(name):
            top.problem(f"“{name}” is no name of a happening such as request.received")
    facets = {name: top.inner("facets").texts(name) for name in top.inner("facets").names()}
    own: dict[str, dict[str, Any]] = {
        "happenings": happenings,
        "parties": top.words("parties"),
        "effects": top.words("effects"),
        "facets": facets,
    }
    return own if beside is None else {kind: {**getattr(beside, kind), **words} for kind, words in own.items()}


def _shares(top: Cells) -> WarningShares:
    cells = top.inner("warnings")
    cells.only(("percent", "citation", "confidence"))
    return WarningShares(
        percent=cells.percents("percent"), citation=cells.text("citation"),
        confidence=cells.choice("confidence", CONFIDENCE),
    )  # fmt: skip


def _counting(top: Cells) -> Counting:
    cells = top.inner("counting")
    cells.only(("text", "citation", "confidence"))
    return Counting(
        text=cells.text("text"), citation=cells.text("citation"), confidence=cells.choice("confidence", CONFIDENCE)
    )


class _Row:
    """Reads one row."""

    KEYS: Final = (
        "id", "row", "title", "act", "owes", "starts", "stops", "limit", "days", "place", "next_working_day", "before",
        "citation", "confidence", "limit_confidence", "warn_percent", "pauses", "extension", "consequence",
        "escalation", "resumes", "restarts", "superseded_by", "binds", "applies", "note",
    )  # fmt: skip

    def __init__(self, cells: Cells, words: dict[str, Any], percent: tuple[int, ...]) -> None:
        self._cells = cells
        self._words = words
        self._percent = percent

    def read(self) -> ClockDefinition:
        cells = self._cells
        cells.only(self.KEYS)
        limit = limit_from(cells)
        confidence = cells.choice("confidence", CONFIDENCE)
        clock = ClockDefinition(
            id=cells.text("id"),
            row=cells.text("row", cells.text("id")),
            title=cells.text("title"),
            act=cells.text("act"),
            owes=cells.texts("owes", among=self._words["parties"]),
            starts=cells.texts("starts", among=self._words["happenings"]),
            stops=cells.texts("stops", among=self._words["happenings"], needed=not cells.flag("restarts")),
            limit=limit,
            citation=cells.text("citation"),
            confidence=confidence,
            limit_confidence=cells.choice("limit_confidence", CONFIDENCE, default=confidence),
            warn_percent=cells.percents("warn_percent", default=self._percent) if limit.counts else (),
            pauses=tuple(self._pause(each) for each in cells.rows("pauses")),
            extension=self._extension(limit),
            consequence=self._consequence(),
            escalation=cells.text("escalation", ""),
            resumes=cells.texts("resumes", among=self._words["happenings"], needed=False),
            restarts=cells.flag("restarts"),
            superseded_by=cells.text("superseded_by", ""),
            binds=cells.choice("binds", BINDS, default="") if cells.has("binds") else "",
            applies=self._applies(),
            note=cells.text("note", ""),
        )
        for fault in _faults_of(clock):
            cells.problem(fault)
        return clock

    def _pause(self, cells: Cells) -> Pause:
        cells.only(("begins", "ends", "citation", "confidence"))
        return Pause(
            begins=cells.text("begins", among=self._words["happenings"]),
            ends=cells.text("ends", among=self._words["happenings"]),
            citation=cells.text("citation"), confidence=cells.choice("confidence", CONFIDENCE),
        )  # fmt: skip

    def _extension(self, limit: Limit) -> Extension | None:
        if not self._cells.has("extension"):
            return None
        cells = self._cells.inner("extension")
        cells.only(("event", "at_most", "times", "citation", "confidence"))
        return Extension(
            event=cells.text("event", among=self._words["happenings"]),
            at_most=same_unit(cells, "at_most", limit), times=cells.number("times"),
            citation=cells.text("citation"), confidence=cells.choice("confidence", CONFIDENCE),
        )  # fmt: skip

    def _consequence(self) -> Consequence | None:
        if not self._cells.has("consequence"):
            return None
        cells = self._cells.inner("consequence")
        cells.only(("effect", "text", "happening", "escalation"))
        happening = cells.text("happening", "")
        if happening and not NAME.fullmatch(happening):
            cells.problem(f"“{happening[:64]}” is no name of a happening such as request.received")
        return Consequence(
            effect=cells.text("effect", among=self._words["effects"]), text=cells.text("text"), happening=happening,
            escalation=cells.text("escalation", ""),
        )  # fmt: skip

    def _applies(self) -> tuple[tuple[str, str], ...]:
        if not self._cells.has("applies"):
            return ()
        cells = self._cells.inner("applies")
        facets: dict[str, tuple[str, ...]] = self._words["facets"]
        cells.only(tuple(facets))
        return tuple((name, cells.text(name, among=facets[name])) for name in cells.names() if name in facets)


def _faults_of(clock: ClockDefinition) -> Iterator[str]:
    """What is wrong with a row as a whole."""
    limit = clock.limit
    if (clock.consequence is None) == (not clock.escalation):
        yield "write either `consequence` (the law says what follows) or `escalation` (a person has to act), not both"
    if clock.consequence and not (limit.counts or limit.kind is Kind.NO_TIME):
        yield "a consequence needs a limit that ends"
    if limit.kind is Kind.NO_TIME and not clock.consequence:
        yield "where no time runs there must be a consequence"
    if clock.pauses and not (limit.kind is Kind.DURATION and limit.unit in EXACT):
        yield "only hours and days of 24 hours can be paused: how a pause moves a date is not known"
    if clock.pauses and any(pause.begins == pause.ends for pause in clock.pauses):
        yield "a pause begins and ends with different happenings"
    if clock.extension and limit.before:
        yield "a limit counted back from a date cannot be lengthened"
    if not clock.restarts and set(clock.starts) & set(clock.stops):
        yield "a happening that both starts and stops needs `restarts = true`"
    others = {name for pause in clock.pauses for name in (pause.begins, pause.ends)}
    others |= {clock.extension.event} if clock.extension else set()
    if others & {*clock.starts, *clock.stops}:
        yield "what pauses or lengthens a clock neither starts nor stops it"
    if set(clock.resumes) & {*clock.starts, *clock.stops, *others} or (clock.resumes and clock.consequence):
        yield "what takes a stop back does nothing else, and belongs to no clock whose end takes effect by law"


def _faults_between_rows(table: ClockTable, beside: ClockTable | None) -> Iterator[tuple[str, str]]:
    ids = [clock.id for clock in table.clocks]
    known = [clock.id for clock in beside.clocks] if beside is not None else []
    for clock in table.clocks:
        if ids.count(clock.id) > 1:
            yield clock.id, "another row has the same id"
        if clock.superseded_by and clock.superseded_by not in {*ids, *known} - {clock.id}:
            yield clock.id, f"there is no other clock “{clock.superseded_by}” that supersedes it"


def _unused_words(table: ClockTable, beside: ClockTable | None) -> Iterator[tuple[str, str]]:
    used = {
        "happenings": {name for clock in table.clocks for name in names_of(clock)},
        "parties": {name for clock in table.clocks for name in clock.owes},
        "effects": {clock.consequence.effect for clock in table.clocks if clock.consequence},
        "facets": {facet for clock in table.clocks for facet, _ in clock.applies},
    }
    for kind, names in used.items():
        theirs = set(getattr(beside, kind)) if beside is not None else set()
        for name in sorted(set(getattr(table, kind)) - names - theirs):
            yield "the file", f"[{kind}] declares “{name}”, and no clock uses it"


def _lines_of_rows(text: str, count: int) -> list[int]:
    found = [number for number, line in enumerate(text.splitlines(), 1) if line.split("#")[0].strip() == "[[clock]]"]
    return found if len(found) == count else [1] * count
