"""Which numbers of a series have not come, and since when that is known. Pure.

Out of order is no fault: a number is missing when a higher one, or a sheet, has shown that it exists, and it has not come within
the tolerance. A series begins at 1. Only where the first number that ever comes is far from that, the books of ours have begun in the
midst of it, and what lies before is told by sheets alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from msgspec import Struct

from gateway.numbers.series import COME, MISSING, SETTLED, TOLD, TWICE, VOID, Numbered

TOLERANCE: Final = timedelta(hours=4)
"""One mail may wait in a queue for some hours while those behind it pass."""
MAX_GAP: Final = 1000
"""Of one jump; whoever leaves out more has lost its count, and the first thousand say so."""

NEAR_THE_BEGINNING: Final = 20
DONE: Final = frozenset({COME, VOID, MISSING, SETTLED})
"""Kinds after which nothing is awaited any more."""


class Gaps(Struct, frozen=True, kw_only=True):
    """How far a series is whole, and what is awaited above that."""

    whole_to: int = 0
    """Up to here every number came, is void, or is a task already."""
    since: dict[int, datetime] = {}
    begun: bool = False
    """Whether anything has come; before that nobody knows where the series begins for us."""

    def seen(self, rows: Iterable[Numbered]) -> Gaps:
        """The same after all rows above `whole_to`."""
        found = list(rows)
        done = {row.number for row in found if row.kind in DONE}
        at = _known_since(found)
        whole = self.whole_to if self.begun or not at else _begin(min(at))
        since = _awaited(whole, at, done)
        while whole + 1 in done:
            whole += 1
        return Gaps(whole_to=whole, since=since, begun=self.begun or bool(at))

    def overdue(self, series: tuple[str, str], now: datetime) -> list[Numbered]:
        """Those that have been awaited long enough, as rows that make a task of each."""
        return [
            Numbered(sender=series[0], receiver=series[1], number=number, kind=MISSING, at=now, note="nothing came with it")
            for number, since in sorted(self.since.items())
            if since + TOLERANCE <= now
        ]  # fmt: skip

    def next_at(self, now: datetime) -> datetime | None:
        """When the next one will have been awaited long enough."""
        return min((since + TOLERANCE for since in self.since.values() if since + TOLERANCE > now), default=None)


def _begin(first: int) -> int:
    """Where a series begins for us, by the first number that is known of it."""
    return 0 if first <= NEAR_THE_BEGINNING else first - 1


def _known_since(rows: Iterable[Numbered]) -> dict[int, datetime]:
    """Numbers that surely exist: they came, or a sheet has told of them; and since when that is known."""
    at: dict[int, datetime] = {}
    for row in rows:
        if row.kind in (COME, TOLD):
            at[row.number] = min(at.get(row.number, row.at), row.at)
    return at


def _awaited(whole: int, at: Mapping[int, datetime], done: frozenset[int] | set[int]) -> dict[int, datetime]:
    """What has not come of all that is below a number that exists; of each jump the first ones alone."""
    since: dict[int, datetime] = {}
    numbers = [whole, *(number for number in sorted(at) if number > whole)]
    earliest: datetime | None = None
    for below, number in reversed(list(pairwise(numbers))):
        earliest = min(earliest, at[number]) if earliest else at[number]
        jump = range(below + 1, min(number, below + 1 + MAX_GAP))
        since |= {each: earliest for each in (*jump, number) if each not in done}
    return since


def twice(known: Mapping[int, Sequence[Numbered]], now: datetime) -> list[Numbered]:
    """Numbers with which two messages came."""
    found = []
    for rows in known.values():
        came = [row for row in rows if row.kind == COME]
        others = {(row.message_id, row.digest) for row in came}
        if len(others) > 1 and not any(row.kind == TWICE for row in rows):
            told = " ".join(sorted(row.about for row in came))
            last = max(came, key=lambda row: (row.at, row.about))
            found.append(_closing(last, TWICE, now, about="", note=f"envelopes {told}"))
    return found


def found_again(known: Mapping[int, Sequence[Numbered]], now: datetime) -> list[Numbered]:
    """Missing numbers with which something has come after all, or that were told to be void."""
    found = []
    for rows in known.values():
        kinds = {row.kind: row for row in rows}
        settled = any(row.kind == SETTLED and row.about == MISSING for row in rows)
        came = kinds.get(COME) or kinds.get(VOID)
        if MISSING in kinds and came and not settled:
            words = "came late" if came.kind == COME else "void by their sheet"
            found.append(_closing(came, SETTLED, now, about=MISSING, note=words))
    return found


def _closing(row: Numbered, kind: str, now: datetime, *, about: str, note: str) -> Numbered:
    return Numbered(
        sender=row.sender, receiver=row.receiver, number=row.number, kind=kind, about=about, at=now,
        message_id=row.message_id, digest=row.digest, note=note,
    )  # fmt: skip
