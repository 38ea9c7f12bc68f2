"""Watermarks: a figure becomes a level, and falls back only when it is clearly better than the mark that it passed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct

CLEARLY: Final = 0.1
"""By this share a figure must be better than a mark before the level falls: no door opens and closes with every message."""


class Level(IntEnum):
    """What follows from a figure."""

    OPEN = 0
    WARN = 1
    """Everything is taken, and somebody should look."""
    SHED = 2
    """Only what is urgent is taken."""
    STOP = 3
    """Nothing is taken."""


class Mark(Struct, frozen=True, kw_only=True):
    """Three marks for one figure; 0 for a level that it never brings about."""

    warn: float = 0
    shed: float = 0
    stop: float = 0
    falling: bool = False
    """Whether less is worse: free space."""

    def __post_init__(self) -> None:
        told = [mark for mark in (self.warn, self.shed, self.stop) if mark]
        if sorted(told, reverse=self.falling) != told:
            raise ValueError("warn, shed and stop must follow one another")

    def level(self, value: float, before: Level = Level.OPEN) -> Level:
        """The level of this value, where the figure stood at `before`."""
        for level in (Level.STOP, Level.SHED, Level.WARN):
            mark = (0.0, self.warn, self.shed, self.stop)[level]
            if before >= level:
                mark *= 1 + CLEARLY if self.falling else 1 - CLEARLY
            if mark and (value < mark if self.falling else value > mark):
                return level
        return Level.OPEN


class Watermarks(Struct, frozen=True, kw_only=True):
    """The marks of one gateway."""

    disk_free_mib: Mark = Mark(warn=2048, shed=1024, stop=256, falling=True)
    disk_free_percent: Mark = Mark(warn=10, shed=5, stop=2, falling=True)
    queue: Mark = Mark(warn=50_000, shed=200_000, stop=1_000_000)
    oldest_minutes: Mark = Mark(warn=10, shed=120)
    urgent_oldest_seconds: Mark = Mark(warn=60)
    memory_mib: Mark = Mark(warn=1024, shed=2048, stop=4096)
    unpublished: Mark = Mark(warn=50_000, shed=500_000, stop=2_000_000)


def levels(marks: Watermarks, figures: Mapping[str, float], before: Mapping[str, Level]) -> dict[str, Level]:
    """The level of each figure that is known. Disk space is short only where both its octets and its share are."""
    found = {
        name: mark.level(figures[name], before.get(name, Level.OPEN))
        for name in Watermarks.__struct_fields__
        if name in figures
        for mark in (getattr(marks, name),)
    }
    share = found.get("disk_free_percent")
    if share is not None and "disk_free_mib" in found:
        both = min(found["disk_free_mib"], share)
        found |= {"disk_free_mib": both, "disk_free_percent": both}
    return found
