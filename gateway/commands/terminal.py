"""What a command shows: tables for people, JSON for programs, from one document.

What comes from outside is shown with its control characters made visible, so that no message can drive the terminal of whoever reads it.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

STATED_CASE: Final[ContextVar[str]] = ContextVar("stated_case", default="")
"""The case that the command acts for: set by the one reader of the options that all commands share."""
PIPE_WIDTH: Final = 160
"""Columns where there is no terminal: wide enough that nothing is folded in a log."""
_SHOWN_AS_THEY_ARE: Final = frozenset("\n\t")
_STATES: Final = {
    "ok": "green", "valid": "green", "verified": "green", "acknowledged": "green", "confirmed": "green", "delivered": "green",
    "settled": "green", "repeated": "green",
    "warning": "yellow", "hold": "yellow", "held": "yellow", "ambiguous": "yellow", "waiting": "yellow", "unverified": "yellow",
    "fault": "red", "error": "red", "refused": "red", "rejected": "red", "quarantined": "red",
}  # fmt: skip


def plain(value: object) -> str:
    """A value as text that cannot drive a terminal: control and direction characters become visible."""
    text = "" if value is None else str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(letter) for letter in text)


def _visible(letter: str) -> str:
    if letter in _SHOWN_AS_THEY_ARE or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return letter
    return f"<{ord(letter):04X}>"


class Terminal:
    """Where the command speaks: answers to standard output, everything else to standard error."""

    def __init__(self, *, home: Path | None = None, as_json: bool = False, verbose: bool = False) -> None:
        self.home_option, self.as_json, self.verbose = home, as_json, verbose

    @property
    def out(self) -> Console:
        """Standard output for people."""
        return _console(sys.stdout)

    @property
    def err(self) -> Console:
        """Standard error for people."""
        return _console(sys.stderr)

    def answer(self, document: Any, draw: Callable[[Console], None]) -> None:
        """The answer of a command: the document for a program, or drawn for a person."""
        if self.as_json:
            self.document(document)
        else:
            draw(self.out)

    def document(self, document: Any, *, lines: bool = False) -> None:
        """One JSON document; `lines` puts it on one line, for streams of them."""
        sys.stdout.write(to_json(document, lines=lines) + "\n")
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """A remark beside the answer."""
        self.err.print(plain(text), style="dim", soft_wrap=True)


def to_json(document: Any, *, lines: bool = False) -> str:
    """JSON in ASCII: the same bytes wherever it is run, and nothing in it can drive a terminal."""
    built = msgspec.to_builtins(document, enc_hook=_known)
    return json.dumps(built, indent=None if lines else 2, default=str)


def _known(value: object) -> object:
    if isinstance(value, Path | date | datetime):
        return str(value)
    raise NotImplementedError(type(value).__name__)


def _console(stream: Any) -> Console:
    from rich.console import Console

    is_terminal = stream.isatty()
    width = None if is_terminal else int(os.environ.get("COLUMNS") or PIPE_WIDTH)
    return Console(
        file=stream, width=width, markup=False, highlight=False, emoji=False, no_color=None if is_terminal else True
    )


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, whole: Mapping[str, int] | None = None
) -> Table:
    """A table of plain values; words that name a state are coloured.

    Columns in `whole` keep their width on one line, so that what they hold can be copied; the others fold.
    """
    from rich import box
    from rich.table import Table

    made = Table(
        title=plain(title) or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    kept = whole or {}
    for column in columns:
        made.add_column(column, overflow="fold", no_wrap=column in kept, min_width=kept.get(column))
    for row in rows:
        made.add_row(*(cell(value) for value in row))
    return made


def cell(value: object) -> RenderableType:
    """One value of a table."""
    from rich.text import Text

    if isinstance(value, Text):
        return value
    text = plain(value)
    return Text(text, style=_STATES.get(text, ""))


def facts(rows: Iterable[tuple[str, object]]) -> Table:
    """Names and values below each other; what is empty is left out."""
    from rich.table import Table

    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        if value not in (None, "", [], (), {}):
            made.add_row(plain(name), cell(value))
    return made


def moment(value: object) -> str:
    """A time for people: UTC to the second."""
    text = str(value or "")
    return text.replace("T", " ")[:19] + ("Z" if text else "")
