"""An exchange with where it stands and how its clocks run at a moment: the one place where all of it is put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, TypeVar

from msgspec import Struct

from gateway.dialogues import reading
from gateway.dialogues.happened import Happened
from gateway.dialogues.standing import Standing
from gateway.dialogues.step import Step
from gateway.exchanges.matter import Kept
from gateway.exchanges.running import Moment, Run, runs_of
from gateway.families import Family
from gateway.identity import PartyId

LONG: Final = 20
"""Steps from which on an exchange is read in a thread: fewer take less than the thread."""
T = TypeVar("T")


class Picture(Struct, frozen=True, kw_only=True):
    """All of an exchange as of a moment."""

    standing: Standing
    runs: tuple[Run, ...]

    @property
    def overdue_by(self) -> tuple[PartyId, ...]:
        """Who has let a limit pass and still owes the act."""
        return tuple(sorted({run.bound for run in self.runs if run.overdue and run.bound}))

    @property
    def due(self) -> datetime | None:
        """The nearest end of a clock that still runs."""
        return min(self._ends(), default=None)

    def owed_by(self, parties: frozenset[PartyId]) -> datetime | None:
        """The nearest end of a clock that still runs against one of these."""
        return min(self._ends(parties), default=None)

    def _ends(self, parties: frozenset[PartyId] | None = None) -> Iterator[datetime]:
        for run in self.runs:
            if (
                run.live
                and not run.overdue
                and run.state
                and run.state.due
                and (parties is None or run.bound in parties)
            ):
                yield run.state.due

    @property
    def next_look_at(self) -> datetime | None:
        """When something changes by itself."""
        looks = (run.state.next_look_at for run in self.runs if run.state)
        return min((look for look in looks if look), default=None)

    @property
    def trouble(self) -> str:
        """Why clocks cannot be computed; empty when all can."""
        return "; ".join(dict.fromkeys(run.trouble for run in self.runs if run.trouble))


async def aside(steps: int, compute: Callable[[], T]) -> T:
    """What is computed from so many steps; a long exchange is read in a thread, so that others go on meanwhile."""
    return await asyncio.to_thread(compute) if steps > LONG else compute()


def standing_of(
    family: Family, steps: Iterable[Step], happened: Iterable[Happened], own: frozenset[PartyId]
) -> Standing:
    """Where the dialogues of an exchange stand; nothing for a family without charts."""
    if family.charts is None:
        return Standing()
    return reading.read(family.charts, [step for step in steps if not step.void], happened, own)


def picture_of(
    family: Family, kept: Kept, own: frozenset[PartyId], at: Moment, also: Sequence[Happened] = ()
) -> Picture:
    """The exchange as it stands; `also` is what was found out since it was read."""
    happened = (*kept.happened, *also)
    standing = standing_of(family, kept.steps, happened, own)
    if family.clocks is None:
        return Picture(standing=standing, runs=())
    speaking = frozenset(party for party in own if party.partition(":")[0] == family.name) or own
    ours = own if kept.steps else speaking
    return Picture(standing=standing, runs=runs_of(family.clocks, kept.steps, happened, standing, at, ours))
