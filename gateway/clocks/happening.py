"""What took place, in the words that clock definitions use: `request.received`, `consultation.answered`.

The caller gives a clock the happenings of one matter. Order does not matter, repetition does not matter.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

ZERO: Final = timedelta(0)
NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.[a-z0-9]+(?:-[a-z0-9]+)*")
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2500, 1, 1, tzinfo=UTC)
"""Nothing that a police office keeps lies outside; sums of times stay within what a `datetime` can hold."""


class Happening(Struct, frozen=True, kw_only=True):
    """One thing that took place. Raises `ValueError` when made without a zone or with a moment out of all reason."""

    name: str
    at: datetime
    reason: str = ""
    """Why a clock is paused or an extension is asked for. No personal data."""
    amount: int = 0
    """By how much an extension is asked for, in the unit of the limit."""
    until: datetime | None = None
    """The moment that somebody stated, for limits that are set case by case."""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"not a happening such as request.received: {self.name[:64]!r}")
        for moment in (self.at, self.until):
            if moment is not None:
                _refuse_unreasonable(moment)


def _refuse_unreasonable(moment: datetime) -> None:
    require_zone(moment)
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f"a moment outside {EARLIEST.year} to {LATEST.year}")


def require_zone(moment: datetime) -> None:
    """Raise `ValueError` for a moment without a zone: it could be any of twenty-six."""
    if moment.utcoffset() is None:
        raise ValueError("a moment needs a time zone")


def in_utc(happening: Happening) -> Happening:
    """The same with its moments in UTC: sums of local times go wrong where summer time begins or ends."""
    until = happening.until.astimezone(UTC) if happening.until else None
    return replace(happening, at=happening.at.astimezone(UTC), until=until)
