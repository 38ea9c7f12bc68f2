"""Rows of `tolerances.toml`: which rule counts for less when this partner breaks it, from when until when, why, and who decided.

Whether a rule or a partner exists is known elsewhere and passed in; a fault names file, line and remedy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.faults import Fault
from config.locate import line_of, lines_of

TOLERANCES_FILE: Final = "tolerances.toml"
SEVERITIES: Final = ("error", "hold", "warning", "info")
LONGEST_DAYS: Final = 366
"""A row holds for a year at most: what lasts longer is another rule."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


class Row(_Strict):
    """One `[[tolerance]]`."""

    partner: str = Field(description="The office whose messages are meant, for example sirene:XB.", min_length=1)
    rule: str = Field(description="Id of the rule, as `spoc rules` lists it.", min_length=1)
    severity: Literal["hold", "warning", "info"] = Field(description="As what the rule's findings count meanwhile.")
    since: date = Field(alias="from", description="First day.")
    until: date = Field(description="Last day; no row is without one.")
    reason: str = Field(description="Why.", min_length=1, max_length=500)
    decided_by: str = Field(description="Who decided it, and where that is written.", min_length=1, max_length=200)


class Table(_Strict):
    """The whole file."""

    tolerance: tuple[Row, ...] = Field((), strict=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a row may name."""

    partners: Collection[str]
    severities: Mapping[str, str]
    """Severity by id of the rule."""
    binding: Collection[str] = ()
    """Rules that nobody may lower."""


def tolerance_file(folder: Path) -> Path:
    """The table in force: the home folder's own, else the one that is shipped."""
    own = folder / TOLERANCES_FILE
    return own if own.is_file() else Path(str(files("config") / TOLERANCES_FILE))


def read_tolerances(file: Path, known: Known) -> tuple[tuple[Row, ...], list[Fault]]:
    """The rows and everything that is wrong with them."""
    try:
        text = file.read_text("utf-8")
        values = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        return (), [Fault(file=file, line=1, setting="file", text=f"It cannot be read: {error}.")]
    except tomllib.TOMLDecodeError as error:
        line = int(str(error).rpartition("line ")[2].partition(",")[0]) if "line " in str(error) else 1
        return (), [Fault(file=file, line=line, setting="syntax", text=f"This is not TOML: {error}.")]
    lines = lines_of(text)
    try:
        rows = Table.model_validate(values).tolerance
    except ValidationError as invalid:
        found = [(tuple(error["loc"]), f"{error['msg']}.", _remedy(str(error["type"]))) for error in invalid.errors()]
        return (), [_fault(file, lines, path, words, remedy) for path, words, remedy in found]
    faults = [
        _fault(file, lines, ("tolerance", place, setting), words, remedy)
        for place, row in enumerate(rows)
        for setting, words, remedy in _wrong(row, rows[:place], known)
    ]
    return rows, faults


def _fault(
    file: Path, lines: dict[tuple[str | int, ...], int], path: tuple[str | int, ...], text: str, remedy: str
) -> Fault:
    return Fault(file=file, line=line_of(lines, path), setting=".".join(map(str, path)), text=text, remedy=remedy)


def _remedy(kind: str) -> str:
    return {
        "missing": "Add it: every row says partner, rule, severity, from, until, reason and decided_by.",
        "extra_forbidden": "Remove it, or mend its spelling.",
        "date_type": "Write a date without quotes, for example 2027-01-31.",
    }.get(kind, "Write it as the shipped file shows, which is config/tolerances.toml of the program.")


def _wrong(row: Row, earlier: tuple[Row, ...], known: Known) -> Iterator[tuple[str, str, str]]:
    """Setting, fault and remedy."""
    if row.partner not in known.partners:
        yield "partner", f"{row.partner} is no partner.", "`spoc partners list` shows all."
    own = known.severities.get(row.rule)
    if row.rule in known.binding:
        yield "rule", f"{row.rule} guards what must never happen; nobody may lower it.", "Remove the row."
    elif own is None:
        yield (
            "rule",
            f"There is no rule {row.rule} that could be lowered.",
            "`spoc rules sirene` lists those of a family.",
        )
    elif SEVERITIES.index(row.severity) <= SEVERITIES.index(own):
        yield "severity", f"{row.rule} is {own}; {row.severity} is not lower.", "Write a milder one, or remove the row."
    if row.until < row.since:
        yield "until", "The last day is before the first one.", "Write a later date."
    elif (row.until - row.since).days > LONGEST_DAYS:
        yield "until", f"A row holds for {LONGEST_DAYS} days at most.", "Write an earlier date, and decide again then."
    for other in earlier:
        if (
            (other.partner, other.rule) == (row.partner, row.rule)
            and other.since <= row.until
            and row.since <= other.until
        ):
            yield "rule", f"An earlier row for {row.partner} and {row.rule} holds on some of these days.", "Keep one."
