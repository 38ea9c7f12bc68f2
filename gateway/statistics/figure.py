"""One figure as a family declares it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from gateway.clocks.definition import CONFIDENCE

PRESENT: Final = "*"
"""In a condition: the fact is there, whatever it says."""
ABSENT: Final = "-"
"""In a condition: the fact is not there."""
NOTHING: Final = "(not stated)"
"""Stands in a row for a fact that an entry does not state."""
__all__ = ["ABSENT", "CONFIDENCE", "NOTHING", "PRESENT", "Figure", "Figures"]


class Figure(Struct, frozen=True, kw_only=True):
    """One figure. An entry counts when its event is named and every condition holds."""

    id: str
    title: str
    events: tuple[str, ...]
    where: tuple[tuple[str, tuple[str, ...]], ...]
    """Fact and the values of which one must stand there."""
    by: tuple[str, ...]
    """Facts whose values make the rows."""
    distinct: str
    """A fact that counts once for each of its values, such as `exchange`; empty counts every entry."""
    told_to: str
    """Who gets it, and when."""
    citation: str
    confidence: str
    note: str = ""

    def counts(self, event: str, about: Mapping[str, str]) -> bool:
        """Whether an entry of this event, about something with these facts, counts."""
        return event in self.events and all(_holds(about.get(name, ""), wanted) for name, wanted in self.where)

    def row(self, about: Mapping[str, str]) -> tuple[str, ...]:
        """The row that it counts in."""
        return tuple(about.get(name) or NOTHING for name in self.by)


def _holds(value: str, wanted: tuple[str, ...]) -> bool:
    if PRESENT in wanted:
        return bool(value)
    return value in wanted or (ABSENT in wanted and not value)


class Unavailable(Struct, frozen=True, kw_only=True):
    """A figure of the law that the journal cannot give, and why."""

    title: str
    reason: str
    citation: str


class Figures(Struct, frozen=True, kw_only=True):
    """All figures of a family."""

    figures: tuple[Figure, ...]
    not_from_here: tuple[Unavailable, ...] = ()

    def get(self, figure_id: str) -> Figure:
        """The figure with this id; raises `KeyError`."""
        for each in self.figures:
            if each.id == figure_id:
                return each
        raise KeyError(figure_id)
