"""Counting: a walk over the journal that keeps, behind every number, the entries that made it.

What an entry is about is put together from the entries of the same message: who sent it, to whom, and the facts of its form. Exercises
never count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct

from gateway.identity import EnvelopeId
from gateway.journal.entry import Entry
from gateway.statistics.figure import Figure

FACT: Final = "fact."
_OF_A_MESSAGE: Final = frozenset({"direction", "counterpart", "format", "exchange", "message_id", "test"})


class Period(Struct, frozen=True, kw_only=True):
    """From a moment, included, to another, not included. Raises `ValueError` when it is empty."""

    begins: datetime
    ends: datetime

    def __post_init__(self) -> None:
        if self.begins.utcoffset() is None or self.ends.utcoffset() is None or self.begins >= self.ends:
            raise ValueError("a period ends after it begins, and both moments need a time zone")

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.begins <= moment < self.ends


class Behind(Struct, frozen=True, kw_only=True):
    """One entry behind a number."""

    number: int
    at: datetime
    event: str
    envelope: EnvelopeId
    exchange: str
    counterpart: str


class Row(Struct, frozen=True, kw_only=True):
    """One number with what it counts."""

    key: tuple[str, ...]
    count: int


class Tally:
    """Figures of one family over one period. Feed it the journal from its beginning, in order."""

    def __init__(self, figures: Iterable[Figure], period: Period, family: str) -> None:
        self.figures, self.period, self._family = tuple(figures), period, family
        self._messages: dict[EnvelopeId, dict[str, str]] = {}
        self._behind: dict[str, dict[tuple[str, ...], list[Behind]]] = {each.id: {} for each in self.figures}
        self._seen: dict[str, set[str]] = {each.id: set() for each in self.figures}
        self.entries = 0
        self._events = frozenset(event for each in self.figures for event in each.events)

    def feed(self, number: int, entry: Entry) -> None:
        """Count one entry."""
        self.entries += 1
        details = dict(entry.details)
        message = self._learn(entry.envelope, details) if entry.envelope else {}
        if entry.event not in self._events or not self.period.holds(entry.at):
            return
        if message.get("test") or details.get("test"):
            return
        about = {**message, **details, "event": entry.event}
        if entry.envelope and not about.get("format", "").startswith(f"{self._family}/"):
            return
        for figure in self.figures:
            if figure.counts(entry.event, about):
                self._count(figure, number, entry, about)

    def _learn(self, envelope: EnvelopeId, details: Mapping[str, str]) -> dict[str, str]:
        known = self._messages.setdefault(envelope, {})
        for name, value in details.items():
            if name in _OF_A_MESSAGE:
                known[name] = value
            elif name.startswith(FACT):
                known[name.removeprefix(FACT)] = value
        return known

    def _count(self, figure: Figure, number: int, entry: Entry, about: Mapping[str, str]) -> None:
        if figure.distinct:
            # what does not say which it is counts by itself
            which = about.get(figure.distinct) or f"entry {number}"
            mark = "\x1f".join((*figure.row(about), which))
            if mark in self._seen[figure.id]:
                return
            self._seen[figure.id].add(mark)
        found = Behind(
            number=number, at=entry.at, event=entry.event, envelope=entry.envelope, exchange=about.get("exchange", ""),
            counterpart=about.get("counterpart", ""),
        )  # fmt: skip
        self._behind[figure.id].setdefault(figure.row(about), []).append(found)

    def rows(self, figure_id: str) -> tuple[Row, ...]:
        """The numbers of one figure, by row."""
        cells = self._behind[figure_id]
        return tuple(Row(key=key, count=len(cells[key])) for key in sorted(cells))

    def total(self, figure_id: str) -> int:
        """The sum over all rows."""
        return sum(map(len, self._behind[figure_id].values()))

    def behind(self, figure_id: str, key: tuple[str, ...] | None = None) -> tuple[Behind, ...]:
        """The entries behind one number, or behind all of a figure, in the order of the journal."""
        cells = self._behind[figure_id]
        found = cells.get(key, []) if key is not None else [each for row in cells.values() for each in row]
        return tuple(sorted(found, key=lambda each: each.number))
