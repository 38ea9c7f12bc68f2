"""What a list shows of one exchange, and when somebody must look at it again.

The one idea: whoever writes a step or a happening makes the matter due at once; the watch then computes where it stands
and sets the next time. `revision` grows with every write, so two that read the same state cannot both decide on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.identity import PartyId, family_of

MAX_STEPS: Final = 200
"""Of one exchange; every new message has all of them read again. A message over it waits for an officer."""
MAX_STEPS_OF_ONE: Final = 120
"""Of one counterpart in one exchange, so that the answers of the others have room."""
MAX_HAPPENED: Final = 500
"""Of one exchange. What is over it is refused to the person who records it."""
MAX_COUNTERPARTS: Final = 64
"""Shown in a list and searched by; every state and Europol are fewer."""
MAX_MATTERS_LISTED: Final = 200


class Matter(Struct, frozen=True, kw_only=True):
    """One exchange as lists show it."""

    exchange: str
    family: str = ""
    key: str = ""
    """What all its messages share: the Schengen ID, the case reference. Empty where there is none."""
    counterparts: tuple[PartyId, ...] = ()
    dialogues: tuple[tuple[str, str], ...] = ()
    """Each dialogue with the state it stands in."""
    closed: bool = False
    overdue: bool = False
    overdue_by: tuple[PartyId, ...] = ()
    """Who has let a limit pass and still owes the act."""
    due: datetime | None = None
    """The nearest end of a running clock."""
    running: int = 0
    """How many clocks run in it: something is still owed."""
    owed_by_us: datetime | None = None
    """The nearest end of a running clock that binds one of our own offices: what goes out must be there by then."""
    marks: tuple[str, ...] = ()
    """What the clocks have had written once and for all: no mark is written twice."""
    trouble: str = ""
    """Why its clocks cannot be computed; empty when they can."""
    next_look_at: datetime | None = None
    """When the watch must look at it again; None for never by itself."""
    revision: int = 0
    opened_at: datetime
    updated_at: datetime


class MatterQuery(Struct, frozen=True, kw_only=True):
    """Which matters to list: all given conditions must hold; the newest exchange first."""

    family: str = ""
    key: str = ""
    counterpart: str = ""
    closed: bool | None = None
    overdue: bool | None = None
    before: str = ""
    """Only exchanges with a smaller id: the next page."""
    limit: int = 50


class Kept(NamedTuple):
    """What the ledger keeps of one exchange, as of one moment."""

    steps: tuple[Step, ...] = ()
    happened: tuple[Happened, ...] = ()
    matter: Matter | None = None

    @property
    def revision(self) -> int:
        """What a decision on this state must name; 0 for an exchange that is not there yet."""
        return self.matter.revision if self.matter else 0


Writing = tuple[Sequence[Step], Sequence[Happened]]


def exchanges_of(steps: Iterable[Step], happened: Iterable[Happened]) -> tuple[str, ...]:
    """The exchanges that these are written to, each once, in a fixed order."""
    return tuple(sorted({*(each.exchange for each in steps), *(each.exchange for each in happened)}))


def touched(known: Matter | None, exchange: str, steps: Iterable[Step], at: datetime) -> Matter:
    """The matter after these were written to it: to be looked at now."""
    matter = known or Matter(exchange=exchange, opened_at=at, updated_at=at)
    own = [step for step in steps if step.exchange == exchange]
    others = {party for step in own for party in ((step.sender,) if step.inbound else step.to)}
    return replace(
        matter,
        family=matter.family or next((family_of(step.format) for step in own), ""),
        key=matter.key or next((step.key for step in own if step.key), ""),
        counterparts=(*matter.counterparts, *sorted(others - set(matter.counterparts)))[:MAX_COUNTERPARTS],
        next_look_at=at,
        revision=matter.revision + 1,
        updated_at=max(matter.updated_at, at),
    )
