"""Rows of `retention.toml`: how long which content lawfully stays, from when, by which source, and how sure that is.

A fault names file, line and remedy. A row that is in force without a verified source is the office's own decision, so it says who decided it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.faults import Fault
from config.locate import line_of, lines_of

RETENTION_FILE: Final = "retention.toml"
PERIOD: Final = r"^(P[1-9][0-9]{0,3}[DMY]|PT[1-9][0-9]{0,3}H|BY_LAW)$"
SURE: Final = "verified"
Confidence = Literal["verified", "manual-2015", "secondary", "unverified", "proposal"]
LONGEST: Final = {"D": 3660, "M": 1200, "Y": 100, "H": 9999}
"""More is a slip of the pen."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Row(_Strict):
    """One `[[rule]]`."""

    id: str = Field(description="Its name, on lists and certificates.", pattern=r"^[A-Za-z0-9._\-]{1,40}$")
    thing: Literal["exchange", "alone", "log"] = Field(description="What it is for.")
    family: str = Field("", description="For example sirene; left out for every family.", pattern=r"^[a-z]{0,16}$")
    about: Literal["", "foreign-alert", "acted-alert", "own-alert"] = Field(
        "", description="What the exchange is about."
    )
    starts: Literal["alert.deleted", "exchange.closed", "exchange.last-message", "received", "decided", "written"] = (
        Field(description="From what it counts.")
    )
    lasts: str = Field(description="P1Y, P6M, P90D, PT72H or BY_LAW.", pattern=PERIOD)
    ends: Literal["at-latest", "after"] = Field(description="Destroyed on the last day, or when it is over.")
    text: str = Field(description="In words, for the certificate.", min_length=1, max_length=300)
    citation: str = Field(description="Act and article.", min_length=1, max_length=300)
    confidence: Confidence = Field(description="How sure the source is.")
    in_force: bool = Field(description="Whether it decides anything.")
    decided_by: str = Field("", description="Who put a row in force that is not verified.", max_length=200)
    tells: str = Field("", description="What clocks of the family are told when it was carried out.", max_length=80)
    note: str = Field("", max_length=500)


class Acting(_Strict):
    """One `[acting.FAMILY]`."""

    letters: tuple[str, ...] = Field(strict=False, description="Forms of ours by which we say that we acted.")
    text: str = Field(min_length=1, max_length=300)
    citation: str = Field(min_length=1, max_length=300)
    confidence: Confidence


class Table(_Strict):
    """The whole file."""

    acting: dict[str, Acting] = Field(default_factory=dict)
    rule: tuple[Row, ...] = Field((), strict=False)


def retention_file(folder: Path) -> Path:
    """The table in force: the home folder's own, else the one that is shipped."""
    own = folder / RETENTION_FILE
    return own if own.is_file() else Path(str(files("config") / RETENTION_FILE))


def read_retention(file: Path) -> tuple[Table, list[Fault]]:
    """The table and everything that is wrong with it; a table with faults must not be used."""
    try:
        text = file.read_text("utf-8")
        values = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        return Table(), [Fault(file=file, line=1, setting="file", text=f"It cannot be read: {error}.")]
    except tomllib.TOMLDecodeError as error:
        line = int(str(error).rpartition("line ")[2].partition(",")[0]) if "line " in str(error) else 1
        return Table(), [Fault(file=file, line=line, setting="syntax", text=f"This is not TOML: {error}.")]
    lines = lines_of(text)

    def fault(path: tuple[str | int, ...], words: str, remedy: str) -> Fault:
        return Fault(file=file, line=line_of(lines, path), setting=".".join(map(str, path)), text=words, remedy=remedy)

    try:
        table = Table.model_validate(values)
    except ValidationError as invalid:
        return Table(), [fault(tuple(e["loc"]), f"{e['msg']}.", _remedy(str(e["type"]))) for e in invalid.errors()]
    return table, [
        fault(("rule", place, setting), words, remedy)
        for place, row in enumerate(table.rule)
        for setting, words, remedy in _wrong(row, table.rule[:place])
    ]


def _remedy(kind: str) -> str:
    return {
        "missing": "Add it: every row says id, thing, starts, lasts, ends, text, citation, confidence and in_force.",
        "extra_forbidden": "Remove it, or mend its spelling.",
        "string_pattern_mismatch": "Write a period such as P1Y, P6M, P90D or PT72H; or BY_LAW.",
    }.get(kind, "Write it as the shipped file shows, which is config/retention.toml of the program.")


def _wrong(row: Row, earlier: tuple[Row, ...]) -> Iterator[tuple[str, str, str]]:
    """Setting, fault and remedy."""
    if any(other.id == row.id for other in earlier):
        yield "id", f"{row.id} has a row already.", "Keep one, or give it another id."
    if row.in_force and row.confidence != SURE and not row.decided_by:
        words = (
            f"{row.id} rests on a source that is {row.confidence}; an office that puts it in force decides that itself."
        )
        yield "in_force", words, "Add decided_by: who decided it, and where that is written."
    if row.lasts != "BY_LAW" and int("".join(c for c in row.lasts if c.isdigit())) > LONGEST[row.lasts[-1]]:
        yield "lasts", f"{row.lasts} is out of all reason.", "Write a shorter period."
    if row.lasts.startswith("PT") and row.ends == "at-latest":
        yield "ends", "A period in hours has no last day.", 'Write ends = "after", or a period in days.'
    if (row.thing == "log") != (row.starts == "written"):
        yield "starts", "`written` is for logs, and logs know nothing else.", "Write another start."
    if row.thing == "alone" and row.starts not in ("received", "decided"):
        yield (
            "starts",
            "A message that belongs to no exchange knows only `received` and `decided`.",
            "Write one of them.",
        )
    if row.about and not row.family:
        yield "about", "Only a family says what an alert is.", "Add family."
