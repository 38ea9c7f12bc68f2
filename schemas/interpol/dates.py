"""Dates of which parts may be unknown: what they may mean at the earliest and at the latest."""

from calendar import monthrange
from datetime import date
from typing import NamedTuple


class Span(NamedTuple):
    """All days that a partial date may mean."""

    first: date
    last: date


def span(text: str) -> Span | None:
    """The days that `1970`, `1970-01` or `1970-01-31` may mean, or None for a date that cannot be."""
    parts = text.strip().split("-")
    try:
        year, month, day = (int(parts[n]) if n < len(parts) else 0 for n in range(3))
        first = date(year, month or 1, day or 1)
        last = date(year, month or 12, day or monthrange(year, month or 12)[1])
    except (ValueError, IndexError):
        return None
    return Span(first, last)


def years_later(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1) if day.year + years <= date.max.year else date.max
