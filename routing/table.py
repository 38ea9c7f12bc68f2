"""The routing table: ordered rows, the first that matches decides.

The one idea: a table is either sound or refused. `read_table` reports everything that is wrong at once, with row, line
and remedy: unknown keys, contradictions, names that do not exist, rows that earlier rows leave nothing to.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any, Final

from gateway.errors import Misconfigured
from routing.conditions import ANY, FACETS, Codes, Condition, FormatIs, MarkedAsTest, MarkedOrNot, Pattern
from routing.lines import Lines
from routing.reading import Actions, Problem, Tell, read_actions, read_conditions

MAX_ROWS: Final = 1000
MAX_CASES: Final = 4096
"""Cases into which a row is split when earlier rows are held against it; a row with more is compared as a whole."""
_ROW_KEYS: Final = frozenset({"name", "because", "when", "do"})


class RoutesRefused(Misconfigured):
    """The routing table cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        listed = "\n".join(f"{file}:{problem}" for problem in problems)
        super().__init__("routes.invalid", "The routing table cannot be used.", operator=listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that exist; None where they are not known, and then not checked."""

    registers: frozenset[str] | None = None
    case_systems: frozenset[str] | None = None
    formats: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: a name, a reason, conditions that must all hold, actions."""

    name: str
    because: str
    line: int
    conditions: tuple[Condition, ...]
    actions: Actions

    def concerns(self, family: str) -> bool:
        """Whether a form of this family could match."""
        return all(condition.concerns(family) for condition in self.conditions if isinstance(condition, FormatIs))

    def leaves_nothing_to(self, conditions: Sequence[Condition]) -> bool:
        """Whether whatever meets these conditions matches this row."""
        return all(any(theirs.implies(mine) for theirs in conditions) for mine in self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A sound table."""

    file: str
    rows: tuple[Row, ...]
    _by_name: dict[str, Row] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {row.name: row for row in self.rows})

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def row(self, name: str) -> Row | None:
        """The row with this name; None for the built-in ones."""
        return self._by_name.get(name)


def read_table(text: str, *, file: str = "config/routes.toml", known: Known | None = None) -> Table:
    """The table in a TOML text; raises `RoutesRefused` with every problem."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RoutesRefused(file, [_syntax(error)]) from error
    lines = Lines(text)
    problems = [
        Problem(line=lines.top(key), text=f"unknown key “{key}”", remedy="Write [[route]] rows and nothing else.")
        for key in sorted(document.keys() - {"route"})
    ]
    tables = document.get("route")
    if not isinstance(tables, list) or not tables or len(tables) > MAX_ROWS:
        remedy = f"Write between 1 and {MAX_ROWS} [[route]] rows: an empty table would route nothing."
        problems.append(Problem(line=1, text="no row, or too many", remedy=remedy))
        raise RoutesRefused(file, problems)
    rows = [_read_row(table, index, lines, problems) for index, table in enumerate(tables)]
    problems += _same_names(rows)
    for index, row in enumerate(rows):
        problems += _unknown_names(row, lines, index, known or Known())
    if not problems:  # a row that was misread would only confuse the comparison
        problems += _unreachable(rows)
    if problems:
        raise RoutesRefused(file, sorted(problems, key=lambda problem: problem.line))
    return Table(file=file, rows=tuple(rows))


def _syntax(error: tomllib.TOMLDecodeError) -> Problem:
    message = str(error)
    _, _, after = message.partition("(at line ")
    number = after.partition(",")[0]
    line = int(number) if number.isdigit() else 1
    return Problem(line=line, text=f"not TOML: {message}", remedy="Correct the syntax there.")


def _read_row(table: Any, index: int, lines: Lines, problems: list[Problem]) -> Row:
    content: dict[str, Any] = table if isinstance(table, dict) else {}
    name = content.get("name")
    shown = name if isinstance(name, str) and name else f"row {index + 1}"

    def problem(key: str, text: str, remedy: str) -> None:
        problems.append(Problem(line=lines.of(index, key), row=shown, text=text, remedy=remedy))

    if not isinstance(name, str) or not name.strip():
        problem("name", "the row has no name", "Give it a short name; explanations and the journal call it by that.")
    because = content.get("because")
    if not isinstance(because, str) or not because.strip():
        problem("because", "the row gives no reason", "Say in `because` why such messages go there, with the source.")
    for key in sorted(content.keys() - _ROW_KEYS):
        problem(key, f"unknown key “{key}”", f"A row has {', '.join(sorted(_ROW_KEYS))}.")
    conditions = read_conditions(content.get("when", {}), problem)
    actions = read_actions(content.get("do"), problem)
    _refuse_contradictions(conditions, actions, problem)
    reason = because.strip() if isinstance(because, str) else ""
    return Row(name=shown, because=reason, line=lines.of(index, ""), conditions=conditions, actions=actions)


def _refuse_contradictions(conditions: Sequence[Condition], actions: Actions, tell: Tell) -> None:
    for position, one in enumerate(conditions):
        for other in conditions[position + 1 :]:
            if one.excludes(other) or other.excludes(one):
                text = f"no message can match: {one.words()}, and {other.words()}"
                tell(f"when.{other.key}", text, "Remove one of the two conditions.")
    if actions.case and MarkedAsTest(True) in conditions:
        remedy = "Remove `case`: an exercise must never reach a case system (header, element Test)."
        tell("do.case", "a row for tests hands to a case system", remedy)


def _same_names(rows: Sequence[Row]) -> list[Problem]:
    first: dict[str, Row] = {}
    found = []
    for row in rows:
        if row.name in first:
            remedy = f"Rename one; line {first[row.name].line} has it too."
            found.append(Problem(line=row.line, row=row.name, text="another row has the same name", remedy=remedy))
        first.setdefault(row.name, row)
    return found


def _unknown_names(row: Row, lines: Lines, index: int, known: Known) -> Iterator[Problem]:
    wanted = (
        ("do.ask", "register", row.actions.ask, known.registers),
        ("do.case", "case system", (row.actions.case,) if row.actions.case else (), known.case_systems),
    )
    for key, kind, names, there in wanted:
        for name in names:
            if there is not None and name not in there:
                remedy = f"Use one of: {', '.join(sorted(there)) or '(none is configured)'}; or configure {name}."
                line = lines.of(index, key)
                yield Problem(line=line, row=row.name, text=f"there is no {kind} “{name}”", remedy=remedy)
    if known.formats is None:
        return
    formats = [pattern for pattern in map(Pattern.read, known.formats) if pattern]
    for condition in row.conditions:
        for pattern in condition.patterns if isinstance(condition, FormatIs) else ():
            if not any(pattern.covers(each) for each in formats):
                yield Problem(
                    line=lines.of(index, "when.form"), row=row.name, text=f"there is no format “{pattern}”",
                    remedy=f"Use one of: {', '.join(sorted(known.formats))}.",
                )  # fmt: skip


def _unreachable(rows: Sequence[Row]) -> Iterator[Problem]:
    """Rows that get nothing: one earlier row takes it all, or several together do."""
    for position, row in enumerate(rows):
        taken_by: dict[str, Row] = {}
        for case in _cases(row, rows[:position]):
            taker = next((earlier for earlier in rows[:position] if earlier.leaves_nothing_to(case)), None)
            if taker is None:
                break
            taken_by[taker.name] = taker
        else:
            names = " and ".join(f"“{taker.name}” (line {taker.line})" for taker in taken_by.values())
            text = f"the row can never be reached: {names} above takes every message that it would match"
            yield Problem(line=row.line, row=row.name, text=text, remedy="Move it up, or narrow the earlier row.")


def _cases(row: Row, earlier: Sequence[Row]) -> list[tuple[Condition, ...]]:
    """The conditions of a row, split into cases, so that several earlier rows can be held against it together."""
    conditions = [*row.conditions, *_silent_choices(row, earlier)]
    split = list(islice(product(*(tuple(condition.cases()) for condition in conditions)), MAX_CASES + 1))
    return split if len(split) <= MAX_CASES else [row.conditions]


def _silent_choices(row: Row, earlier: Sequence[Row]) -> Iterator[Condition]:
    """Choices with few values that the row leaves open but an earlier row asks about: every value is a case."""
    asked = {condition.key for each in earlier for condition in each.conditions}
    own = {condition.key for condition in row.conditions}
    if "urgency" in asked - own:
        yield Codes(FACETS["urgency"], ANY, FACETS["urgency"].closed)
    if "test" in asked - own:
        yield MarkedOrNot()
