"""What each office usually sends at an hour of the day, and who has fallen silent: normally ten an hour, now none.

The one idea: an office is measured by itself. Its usual number is the median of the same hour on the last days, so that nights and the
first days of a new partner alarm nobody. What came is counted from the ledger, a few hours at each look: a start reads no week at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from gateway.ledger import Ledger

HOUR: Final = timedelta(hours=1)
LEAST_DAYS: Final = 3
"""With fewer days known nobody says what is usual."""
HOURS_PER_LOOK: Final = 4
Counts = Mapping[datetime, Mapping[str, int]]


def usual(counts: Counts, hour: datetime, office: str, days: int) -> float:
    """How many usually come in this hour of the day; 0 where too little is known."""
    known = [counts[then] for day in range(1, days + 1) if (then := hour - timedelta(days=day)) in counts]
    return median(one.get(office, 0) for one in known) if len(known) >= LEAST_DAYS else 0.0


def silent(counts: Counts, hour: datetime, days: int, least: float) -> dict[str, float]:
    """Offices of which nothing came in this hour, with what usually comes."""
    here = counts.get(hour, {})
    offices = {office for day in range(1, days + 1) for office in counts.get(hour - timedelta(days=day), {})}
    found = {office: usual(counts, hour, office, days) for office in offices if not here.get(office)}
    return {office: number for office, number in sorted(found.items()) if number >= least}


class Silence:
    """Looks once an hour has ended."""

    def __init__(self, ledger: Ledger, partners: Callable[[str], bool], days: int, least: float) -> None:
        """`partners` says whether somebody is a partner; `least` is how many must usually come before their absence counts."""
        self._ledger, self._partners, self._days, self._least = ledger, partners, days, least
        self._counts: dict[datetime, Mapping[str, int]] = {}
        self._silent: dict[str, tuple[datetime, float]] = {}
        self._looked_at: datetime | None = None

    async def look(self, now: datetime) -> dict[str, str]:
        """Who is silent, in words."""
        this = now.replace(minute=0, second=0, microsecond=0)
        hour = this - HOUR
        if not await self._whole(hour):
            return {}
        if self._looked_at != hour:
            for office, number in silent(self._counts, hour, self._days, self._least).items():
                if self._partners(office):
                    self._silent.setdefault(office, (hour, number))
            self._looked_at = hour
        if self._silent:
            came = await self._ledger.arrivals(min(since for since, _ in self._silent.values()) + HOUR, now)
            self._silent = {office: told for office, told in self._silent.items() if not came.get(office)}
        return {
            f"silence {office}": f"Nothing came from {office} since {since:%H:%M} UTC; usually {number:.0f} an hour come then."
            for office, (since, number) in self._silent.items()
        }

    async def _whole(self, hour: datetime) -> bool:
        """Read what is missing of the days before, a few hours at a time; whether all is known."""
        first = hour - timedelta(days=self._days)
        self._counts = {then: counts for then, counts in self._counts.items() if first <= then <= hour}
        hours = [hour - HOUR * back for back in range(24 * self._days + 1)]
        missing = [then for then in hours if then not in self._counts]
        for then in missing[:HOURS_PER_LOOK]:
            self._counts[then] = await self._ledger.arrivals(then, then + HOUR)
        return len(missing) <= HOURS_PER_LOOK
