"""The limit of a row as a family writes it: one ISO 8601 duration of one unit, or a word.

A day can be counted in three ways, so a row in days says which, and a row in whole days says whose midnight ends them:
neither is ever assumed.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.clocks.cells import Cells
from gateway.clocks.limit import EXACT, LONGEST, Kind, Limit, Moves, Unit

_DURATION: Final = re.compile(r"P(?:T([1-9][0-9]{0,3})H|([1-9][0-9]{0,3})([DMY]))")
_DAYS: Final = {"calendar": Unit.CALENDAR_DAYS, "working": Unit.WORKING_DAYS, "elapsed": Unit.ELAPSED_DAYS}
_PLACES: Final = {"bound authority": True, "UTC": False}
_UNREADABLE: Final = Limit(kind=Kind.DURATION, amount=1, unit=Unit.CALENDAR_DAYS)
"""Stands in for a limit that could not be read, so that the rest of the row is still looked at."""
_WORDS: Final = {kind.value: kind for kind in Kind if kind is not Kind.DURATION}


def limit_from(cells: Cells) -> Limit:
    """The limit of a row, from `limit`, `days`, `place`, `next_working_day` and `before`."""
    written = cells.text("limit")
    if written in _WORDS:
        _nothing_else(cells, ("days", "place", "next_working_day", "before"))
        return Limit(kind=_WORDS[written])
    found = _duration(cells, "limit", written)
    if found is None:
        return _UNREADABLE
    amount, unit = found
    if unit is Unit.CALENDAR_DAYS:
        unit = _DAYS[cells.choice("days", _DAYS)]
    else:
        _nothing_else(cells, ("days",))
    if unit in EXACT:
        _nothing_else(cells, ("place", "next_working_day", "before"))
        return Limit(kind=Kind.DURATION, amount=amount, unit=unit)
    before = cells.flag("before")
    if before and unit not in {Unit.MONTHS, Unit.YEARS}:
        cells.problem("only months and years are counted back from a date")
    if unit is Unit.WORKING_DAYS or before:
        _nothing_else(cells, ("next_working_day",))
    needed = unit is Unit.CALENDAR_DAYS
    moves = cells.choice("next_working_day", [each.value for each in Moves], default=None if needed else Moves.NO)
    local = _PLACES[cells.choice("place", _PLACES)]
    return Limit(kind=Kind.DURATION, amount=amount, unit=unit, local=local, moves=Moves(moves), before=before)


def same_unit(cells: Cells, key: str, limit: Limit) -> int:
    """The number of a duration that must be in the unit of the limit it lengthens."""
    written = cells.text(key)
    found = _duration(cells, key, written)
    if found is None:
        return 0
    amount, unit = found
    in_days = {Unit.CALENDAR_DAYS, Unit.WORKING_DAYS, Unit.ELAPSED_DAYS}
    if limit.unit != unit and not (unit is Unit.CALENDAR_DAYS and limit.unit in in_days):
        cells.problem(f"“{key}” must be in the unit of the limit")
    return amount


def _duration(cells: Cells, key: str, written: str) -> tuple[int, Unit] | None:
    found = _DURATION.fullmatch(written)
    if not found or int(found[1] or found[2]) > LONGEST:
        words = ", ".join(_WORDS)
        cells.problem(
            f"“{key}” must be a duration such as PT12H, P10D, P2M, P1Y, at most {LONGEST}, or one of: {words}"
        )
        return None
    if found[1]:
        return int(found[1]), Unit.HOURS
    return int(found[2]), {"D": Unit.CALENDAR_DAYS, "M": Unit.MONTHS, "Y": Unit.YEARS}[found[3]]


def _nothing_else(cells: Cells, keys: tuple[str, ...]) -> None:
    for key in keys:
        if cells.has(key):
            cells.problem(f"“{key}” means nothing with this limit")
