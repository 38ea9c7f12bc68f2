"""Rows of `algorithms.toml`: which algorithms and keys are good for signatures, and until when.

What the program knows is passed in: a table can leave out and date, never add. A fault names file, line and remedy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.faults import Fault
from config.locate import line_of, lines_of

ALGORITHMS_FILE: Final = "algorithms.toml"
KINDS: Final = ("signature", "digest", "key")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Row(_Strict):
    """One `[[signature]]`, `[[digest]]` or `[[key]]`."""

    name: str = Field(description="As `spoc algorithms` shows it.", min_length=1)
    accept_until: date | None = Field(None, description="Last day on which partners may use it; without: no end.")
    sign_until: date | None = Field(None, description="Last day on which we sign with it; without: no end.")
    reason: str = Field(description="Why.", min_length=1, max_length=500)
    citation: str = Field(description="Where that is written.", min_length=1, max_length=300)


class Table(_Strict):
    """The whole file."""

    signature: tuple[Row, ...] = Field((), strict=False)
    digest: tuple[Row, ...] = Field((), strict=False)
    key: tuple[Row, ...] = Field((), strict=False)


def algorithm_file(folder: Path) -> Path:
    """The table in force: the home folder's own, else the one that is shipped."""
    own = folder / ALGORITHMS_FILE
    return own if own.is_file() else Path(str(files("config") / ALGORITHMS_FILE))


def read_algorithms(file: Path, known: Collection[tuple[str, str]]) -> tuple[tuple[tuple[str, Row], ...], list[Fault]]:
    """The rows with their kinds, and everything that is wrong with them."""
    try:
        text = file.read_text("utf-8")
        values = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        return (), [Fault(file=file, line=1, setting="file", text=f"It cannot be read: {error}.")]
    except tomllib.TOMLDecodeError as error:
        line = int(str(error).rpartition("line ")[2].partition(",")[0]) if "line " in str(error) else 1
        return (), [Fault(file=file, line=line, setting="syntax", text=f"This is not TOML: {error}.")]
    lines = lines_of(text)

    def fault(path: tuple[str | int, ...], words: str, remedy: str) -> Fault:
        return Fault(file=file, line=line_of(lines, path), setting=".".join(map(str, path)), text=words, remedy=remedy)

    try:
        table = Table.model_validate(values)
    except ValidationError as invalid:
        return (), [fault(tuple(e["loc"]), f"{e['msg']}.", _remedy(str(e["type"]))) for e in invalid.errors()]
    found = tuple((kind, row) for kind in KINDS for row in getattr(table, kind))
    return found, [fault(*wrong) for wrong in _wrong(table, known)]


def _remedy(kind: str) -> str:
    return {
        "missing": "Add it: every row says name, reason and citation.",
        "extra_forbidden": "Remove it, or mend its spelling.",
        "date_type": "Write a date without quotes, for example 2030-12-31.",
    }.get(kind, "Write it as the shipped file shows, which is config/algorithms.toml of the program.")


def _wrong(table: Table, known: Collection[tuple[str, str]]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Setting, fault and remedy."""
    for kind in KINDS:
        rows: tuple[Row, ...] = getattr(table, kind)
        names = [name for of, name in known if of == kind]
        for place, row in enumerate(rows):
            if row.name not in names:
                words = f"The program knows no {kind} {row.name!r}; a table can leave out and date, never add."
                yield (kind, place, "name"), words, f"Known are: {', '.join(names)}."
            if any(row.name == other.name for other in rows[:place]):
                yield (kind, place, "name"), f"{row.name} has a row already.", "Keep one."
            if row.accept_until and row.sign_until and row.sign_until > row.accept_until:
                words = "We would sign with what we refuse from others."
                yield (kind, place, "sign_until"), words, "Write a day no later than accept_until."
        if not rows:
            yield (kind,), "There is no row of this kind: every signature would be refused.", "Add the rows needed."
