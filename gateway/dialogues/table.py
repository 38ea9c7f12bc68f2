"""Reads a family's dialogues, one TOML file each, strictly: either all are sound, or they are refused with every fault.

The one idea: every role, state, form, fact and happening that a row names is declared, and every one that is declared is used;
no two rows of a state fit the same form. A slip in a chart would otherwise be a form that waits for an officer for ever.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable
from typing import Any, Final

from gateway.clocks.cells import Cells, Problem
from gateway.clocks.definition import CONFIDENCE
from gateway.clocks.happening import NAME
from gateway.dialogues.chart import (
    ABOUT,
    ABSENT,
    ANY,
    ASIDE,
    STEP,
    Bar,
    Chart,
    Charts,
    Emission,
    Needs,
    Questions,
    State,
    Turn,
)
from gateway.dialogues.soundness import faults_between, faults_of
from gateway.dialogues.words import FactWords
from gateway.errors import Misconfigured
from gateway.facts import LETTER

WORDS: Final = "words"
"""The file of a folder of dialogues that holds what all of them share."""
MAX_ROWS: Final = 200
SCHEME: Final = re.compile(r"[a-z]{2,16}")
_ROWS: Final = ("opens", "step", "refuse")
_SOURCE: Final = ("text", "citation", "confidence")
_WHOLE: Final = ("issuer", "same", "beside", "own_clock", "played_by")


class ChartsRefused(Misconfigured):
    """The dialogues of a family cannot be used; `problems` lists everything that is wrong."""

    def __init__(self, problems: Iterable[tuple[str, Problem]]) -> None:
        self.problems = tuple(f"{file}:{problem}" for file, problem in problems)
        super().__init__("dialogues.invalid", "A table of dialogues cannot be used.", operator="\n".join(self.problems))


def charts_in(folder: Traversable, *, facts: FactWords, happenings: Mapping[str, str]) -> Charts:
    """The dialogues in the TOML files of a folder; the forms that they may name are the values of the fact `letter`."""
    texts = {
        file.name.removesuffix(".toml"): file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }
    return read_charts(texts, facts=facts, letters=facts[LETTER].values, happenings=happenings)


def read_charts(
    files: Mapping[str, str], *, facts: FactWords, letters: Iterable[str], happenings: Mapping[str, str]
) -> Charts:
    """The dialogues in these TOML texts (file name without ending, text); `happenings` are those that clocks know."""
    problems: list[tuple[str, Problem]] = []
    shared = _Shared(facts, tuple(letters), happenings)
    charts = []
    shared.read(files.get(WORDS, ""), problems)
    for name, text in sorted(files.items()):
        if name != WORDS:
            chart = _File(name, text, shared, problems).read()
            charts += [chart] if chart is not None else []
    found = Charts(
        charts=tuple(sorted(charts, key=lambda chart: _section(chart.section))), facts=facts, letters=shared.letters,
        happenings=shared.happenings, recorded=shared.recorded, questions=shared.questions, always=shared.always,
        carried=shared.carried,
    )  # fmt: skip
    for chart_id, fault in faults_between(found):
        problems.append((f"{chart_id}.toml", Problem(line=1, place="", text=fault)))
    if problems:
        raise ChartsRefused(problems)
    return found


def _section(section: str) -> tuple[tuple[int, str], ...]:
    """4.10 after 4.9, and 4.4(a) after 4.3."""
    return tuple((int(re.match(r"[0-9]*", part)[0] or 0), part) for part in section.split("."))  # type: ignore[index]  # an empty match too


class _Words:
    """The declared words, and how rows are read against them."""

    def __init__(self, facts: FactWords, letters: tuple[str, ...], happenings: Mapping[str, str]) -> None:
        self.facts = facts
        self.letters = letters
        self.happenings = dict(happenings)

    def needs(self, cells: Cells, key: str = "needs") -> Needs:
        inner = cells.inner(key)
        found = []
        for name in inner.names():
            want = inner.text(name)
            if name not in ASIDE and name not in self.facts:
                inner.problem(f"no fact “{name}” is declared")
            elif want not in (ANY, ABSENT):
                self._values(inner, name, want)
            found.append((name, want))
        return tuple(sorted(found))

    def _values(self, cells: Cells, name: str, want: str) -> None:
        for each in want.split("|"):
            if not (each in ASIDE[name] if name in ASIDE else self.facts[name].allows(each)):
                cells.problem(f"“{name}” never says “{each[:64]}”")

    def emission(self, cells: Cells, roles: Mapping[str, str] | None) -> Emission:
        cells.only(("happening", "about", "binds", "needs", "at", "until", "amount"))
        stated = {key: cells.text(key, "") for key in ("at", "until", "amount")}
        for key, name in stated.items():
            if name and name not in self.facts:
                cells.problem(f"“{key}” names the fact “{name[:64]}”, which is not declared")
        return Emission(
            happening=cells.text("happening", among=self.happenings),
            about=cells.choice("about", ABOUT, default=STEP),
            binds=cells.text("binds", "", among=roles if roles is not None else ()) if cells.has("binds") else "",
            needs=self.needs(cells), **stated,
        )  # fmt: skip


class _Shared(_Words):
    """What all dialogues of the family share."""

    recorded: Mapping[str, str] = {}
    always: tuple[Emission, ...] = ()
    carried: tuple[str, ...] = ()
    questions: Questions

    def read(self, text: str, problems: list[tuple[str, Problem]]) -> None:
        own: list[Problem] = []
        top = Cells(_document(text, own), place="the file", line=1, problems=own)
        top.only(("happenings", "recorded", "always", "carried", "questions"))
        for name, meaning in top.words("happenings").items():
            if name in self.happenings or not NAME.fullmatch(name):
                top.problem(f"“{name}” is known to the clocks, or no name of a happening")
            self.happenings[name] = meaning
        self.recorded = top.words("recorded")
        for name in self.recorded:
            if name not in self.happenings:
                top.problem(f"[recorded] names “{name}”, which nobody declares")
        self.always = tuple(self.emission(each, None) for each in top.rows("always"))
        self.carried = top.texts("carried", among=self.facts, needed=False)
        self.questions = self._questions(top.inner("questions"))
        problems += [(f"{WORDS}.toml", problem) for problem in own]

    def _questions(self, cells: Cells) -> Questions:
        cells.only(("fact", "wants", "received", "answered", *_SOURCE))
        return Questions(
            fact=cells.text("fact", among=self.facts), wants=cells.text("wants", "", among=(*self.facts, "")),
            received=cells.text("received", among=self.happenings), answered=cells.text("answered", among=self.happenings),
            text=cells.text("text"), citation=cells.text("citation"), confidence=cells.choice("confidence", CONFIDENCE),
        )  # fmt: skip


class _File:
    """One dialogue."""

    def __init__(self, name: str, text: str, shared: _Shared, problems: list[tuple[str, Problem]]) -> None:
        self._name, self._text, self._shared, self._all = name, text, shared, problems
        self._problems: list[Problem] = []
        self._roles: dict[str, str] = {}
        self._states: dict[str, State] = {}

    def read(self) -> Chart | None:
        chart = self._chart(_document(self._text, self._problems))
        if not self._problems:
            lines = self._lines("step")
            for row, fault in faults_of(chart):
                line = lines[row] if 0 <= row < len(lines) else 1
                self._problems.append(Problem(line=line, place=self._name, text=fault))
        self._all += [(f"{self._name}.toml", problem) for problem in sorted(self._problems, key=lambda each: each.line)]
        return chart if not self._problems else None

    def _chart(self, document: dict[str, Any]) -> Chart:
        top = Cells(document, place="the file", line=1, problems=self._problems)
        top.only(("section", "title", *_SOURCE, *_WHOLE, "roles", "states", *_ROWS))
        self._roles = top.words("roles")
        self._states = {
            name: self._state(name, top.inner("states").inner(name)) for name in top.inner("states").names()
        }
        turns = [turn for cells in self._rows(document, "opens") for turn in self._turns(cells, opening=True)]
        turns += [turn for cells in self._rows(document, "step") for turn in self._turns(cells, opening=False)]
        return Chart(
            id=self._name, section=top.text("section"), title=top.text("title"), text=top.text("text"),
            citation=top.text("citation"), confidence=top.choice("confidence", CONFIDENCE), roles=self._roles,
            issuer=top.text("issuer", "", among=self._roles), states=self._states, turns=tuple(turns),
            played_by=self._played_by(top.inner("played_by")),
            bars=tuple(bar for cells in self._rows(document, "refuse") for bar in self._bars(cells)),
            same=top.texts("same", among=self._shared.facts, needed=False), beside=top.flag("beside"), own_clock=top.flag("own_clock"),
        )  # fmt: skip

    def _played_by(self, cells: Cells) -> dict[str, str]:
        cells.only(tuple(self._roles))
        found = {role: cells.text(role) for role in cells.names() if role in self._roles}
        if not all(SCHEME.fullmatch(scheme) for scheme in found.values()):
            cells.problem("a role is kept for the parties of a scheme such as sirene")
        return found

    def _state(self, name: str, cells: Cells) -> State:
        cells.only(("meaning", "closed"))
        return State(name=name, meaning=cells.text("meaning"), closed=cells.flag("closed"))

    def _turns(self, cells: Cells, *, opening: bool) -> list[Turn]:
        known = ("form", "happening", "by", "to", "needs", "leads_to", "expected", "emits", *_SOURCE)
        cells.only((*known, "also_answers", "last") if opening else (*known, "from", "free"))
        letters = cells.texts("form", among=self._shared.letters) if cells.has("form") else ("",)
        happening = cells.text("happening", among=self._shared.happenings) if cells.has("happening") else ""
        if bool(happening) == (letters != ("",)) or (opening and happening):
            cells.problem("write either `form` or `happening`; a dialogue is opened by a form")
        return [
            Turn(
                before=() if opening else self._from(cells), letter=letter, happening=happening,
                by=cells.text("by", "" if happening else None, among=(*self._roles, ANY, "")),
                to=self._to(cells), leads_to=cells.text("leads_to", None if opening else "", among=(*self._states, "")),
                needs=self._shared.needs(cells), expected=cells.flag("expected"), free=not opening and cells.flag("free"),
                also_answers=opening and cells.flag("also_answers"), last=opening and cells.flag("last"),
                text=cells.text("text"), citation=cells.text("citation"),
                emits=tuple(self._shared.emission(each, self._roles) for each in cells.rows("emits")),
                confidence=cells.choice("confidence", CONFIDENCE),
            )
            for letter in letters
        ]  # fmt: skip

    def _bars(self, cells: Cells) -> list[Bar]:
        cells.only(("from", "form", "by", "needs", "same", "rule", "instead", *_SOURCE))
        return [
            Bar(
                before=self._from(cells), letter=letter, by=cells.text("by", among=(*self._roles, ANY)), rule=cells.text("rule"),
                text=cells.text("text"), instead=cells.text("instead"), citation=cells.text("citation"),
                confidence=cells.choice("confidence", CONFIDENCE), needs=self._shared.needs(cells), same=cells.flag("same"),
            )
            for letter in cells.texts("form", among=self._shared.letters)
        ]  # fmt: skip

    def _from(self, cells: Cells) -> tuple[str, ...]:
        named = cells.texts("from", among=(*self._states, ANY))
        return tuple(self._states) if ANY in named else named

    def _to(self, cells: Cells) -> tuple[str, ...]:
        return cells.texts("to", among=(*self._roles, ANY), needed=not cells.has("happening"))

    def _rows(self, document: dict[str, Any], kind: str) -> list[Cells]:
        rows = document.get(kind, [])
        if not isinstance(rows, list) or len(rows) > MAX_ROWS:
            self._problems.append(Problem(line=1, place=kind, text=f"must be at most {MAX_ROWS} [[{kind}]] rows"))
            return []
        lines = self._lines(kind)
        lines = lines if len(lines) == len(rows) else [1] * len(rows)
        return [
            Cells(row, place=f"{kind} {number}", line=line, problems=self._problems)
            for number, (row, line) in enumerate(zip(rows, lines, strict=True), 1)
        ]

    def _lines(self, kind: str) -> list[int]:
        return [
            number
            for number, line in enumerate(self._text.splitlines(), 1)
            if line.split("#")[0].strip() == f"[[{kind}]]"
        ]


def _document(text: str, problems: list[Problem]) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(line=1, place="", text=f"not TOML: {error}"))
        return {}
