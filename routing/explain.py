"""A decision as lines for a person, as `spoc explain` prints them.

The one idea: the row is quoted with its place and its reason, then what will happen, then why no earlier row decided;
who disagrees knows which line to change.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from gateway.envelope import Routing
from routing.decide import UNROUTABLE
from routing.table import Table

WIDTH = 110


def explain(routing: Routing, table: Table) -> tuple[str, ...]:
    """The decision in lines of at most `WIDTH` characters."""
    return tuple(line for paragraph in _paragraphs(routing, table) for line in _wrapped(*paragraph))


def _paragraphs(routing: Routing, table: Table) -> Iterator[tuple[str, str]]:
    row = table.row(routing.row)
    if row is None:
        yield "row", f"none ({UNROUTABLE})"
    else:
        yield "row", f"{row.name} ({table.file}, line {row.line}, row {table.rows.index(row) + 1} of {len(table.rows)})"
        yield "because", row.because
        yield "matched", "; ".join(condition.words() for condition in row.conditions) or "everything that is left"
    yield "registers", ", ".join(routing.registers) or "none"
    yield "case system", routing.case_system or "none"
    yield "forward to", ", ".join(routing.forward_to) or "nobody"
    yield "hold", routing.hold or "no"
    yield "answer", "recorded on the message it speaks of" if routing.settle else routing.answer
    for number, sentence in enumerate(routing.explanation, 1):
        yield "in words" if number == 1 else "", sentence


def _wrapped(label: str, text: str) -> list[str]:
    start = f"{label + ':' if label else '':<13}"
    return textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start)) or [start.rstrip()]
