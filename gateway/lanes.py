"""Who goes next when more waits than can go at once: urgent before normal, office by office in turn, new and repeated work in turn.

The one idea: nobody is served by how much it brings. Each office has one place in the round of its lane, so that a flood of one office
waits behind itself; a share of the room is kept free for urgent work, and urgent work in turn lets normal work through now and then,
so that an office that calls everything urgent cannot stop the others. Here is only the order; there are no messages and no clocks.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final, Generic, NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

URGENT_IN_A_ROW: Final = 8
"""So many urgent ones go while a normal one could; then it is the normal one's turn."""
Ticket = TypeVar("Ticket")


class Place(Struct, frozen=True, kw_only=True):
    """Where somebody stands while it waits."""

    office: str = ""
    """The counterpart; empty for strangers, who share one turn."""
    urgent: bool = False
    again: bool = False
    """Work that was tried before, in turn with what is new."""
    needs: tuple[str, ...] = ()
    """What it uses that has a room of its own: a register, the way to a counterpart."""


class Room(NamedTuple):
    """How many may be in at once, and how many of these places are kept for urgent ones."""

    slots: int
    reserved: int = 0

    @classmethod
    def of(cls, slots: int, reserved: int) -> Room:
        """A room that keeps places for urgent ones, where that leaves one for the others."""
        return cls(slots, max(0, min(reserved, slots - 1)))

    def has_place(self, inside: int, normal_inside: int, urgent: bool) -> bool:
        """Whether one more may go in."""
        return inside < self.slots and (urgent or normal_inside < self.slots - self.reserved)


UNLIMITED: Final = Room(1_000_000_000)


class _Office(Generic[Ticket]):
    """What waits for one office and one set of needs: new and repeated work, taken in turn."""

    def __init__(self) -> None:
        self._waiting: dict[bool, OrderedDict[Ticket, None]] = {False: OrderedDict(), True: OrderedDict()}
        self._last_was_again = True

    def __bool__(self) -> bool:
        return any(self._waiting.values())

    def add(self, ticket: Ticket, again: bool) -> None:
        self._waiting[again][ticket] = None

    def take(self) -> Ticket:
        kind = not self._last_was_again
        if not self._waiting[kind]:
            kind = not kind
        self._last_was_again = kind
        return self._waiting[kind].popitem(last=False)[0]

    def remove(self, ticket: Ticket) -> None:
        for waiting in self._waiting.values():
            waiting.pop(ticket, None)


Member = tuple[str, tuple[str, ...]]


class _Round(Generic[Ticket]):
    """The offices of one lane in the order in which their turn comes."""

    def __init__(self) -> None:
        self._offices: OrderedDict[Member, _Office[Ticket]] = OrderedDict()

    def add(self, ticket: Ticket, place: Place) -> None:
        member = (place.office, place.needs)
        office = self._offices.get(member)
        if office is None:
            office = self._offices[member] = _Office()
        office.add(ticket, place.again)

    def first(self, may: Callable[[tuple[str, ...]], bool]) -> Member | None:
        """Whose turn it is, of those that may go."""
        return next((member for member in self._offices if may(member[1])), None)

    def take(self, member: Member) -> Ticket:
        """The next of this office, which then stands last."""
        office = self._offices[member]
        ticket = office.take()
        self._offices.move_to_end(member)
        self._tidy(member, office)
        return ticket

    def remove(self, ticket: Ticket, place: Place) -> None:
        member = (place.office, place.needs)
        if office := self._offices.get(member):
            office.remove(ticket)
            self._tidy(member, office)

    def _tidy(self, member: Member, office: _Office[Ticket]) -> None:
        if not office:
            del self._offices[member]


class Lanes(Generic[Ticket]):
    """Tickets that wait and tickets that have their turn."""

    def __init__(self, room: Room = UNLIMITED, rooms: Callable[[str], Room] = lambda _: UNLIMITED) -> None:
        """`room` is the room of all; `rooms` says it of each need."""
        self._room, self._rooms = room, rooms
        self._rounds: dict[bool, _Round[Ticket]] = {True: _Round(), False: _Round()}
        self._waiting: dict[Ticket, Place] = {}
        self._inside: dict[Ticket, Place] = {}
        self._used: Counter[str] = Counter()
        self._used_by_normal: Counter[str] = Counter()
        self._normal_inside = 0
        self._urgent_in_a_row = 0

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def inside(self) -> int:
        """How many have their turn."""
        return len(self._inside)

    def enter(self, ticket: Ticket, place: Place) -> None:
        """Begin to wait."""
        self._waiting[ticket] = place
        self._rounds[place.urgent].add(ticket, place)

    def call(self) -> Ticket | None:
        """The next that goes in now, or None while nobody can."""
        urgent, normal = (self._rounds[lane].first(self._may(lane)) for lane in (True, False))
        if urgent is None and normal is None:
            return None
        lets_through = normal is not None and self._urgent_in_a_row >= URGENT_IN_A_ROW
        lane = urgent is not None and not lets_through
        self._urgent_in_a_row = self._urgent_in_a_row + 1 if lane and normal is not None else 0
        member = urgent if lane else normal
        assert member is not None
        ticket = self._rounds[lane].take(member)
        self._count(self._waiting.pop(ticket), ticket)
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Its turn is over, or it does not wait any longer."""
        if place := self._waiting.pop(ticket, None):
            self._rounds[place.urgent].remove(ticket, place)
        elif place := self._inside.pop(ticket, None):
            self._normal_inside -= not place.urgent
            for need in place.needs:
                _less(self._used, need)
                if not place.urgent:
                    _less(self._used_by_normal, need)

    def _count(self, place: Place, ticket: Ticket) -> None:
        self._inside[ticket] = place
        self._normal_inside += not place.urgent
        self._used.update(place.needs)
        if not place.urgent:
            self._used_by_normal.update(place.needs)

    def _may(self, urgent: bool) -> Callable[[tuple[str, ...]], bool]:
        if not self._room.has_place(len(self._inside), self._normal_inside, urgent):
            return lambda _: False

        def may(needs: tuple[str, ...]) -> bool:
            return all(
                self._rooms(need).has_place(self._used[need], self._used_by_normal[need], urgent) for need in needs
            )

        return may


def _less(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]


def needing(place: Place, *needs: str) -> Place:
    """The same place, before what has rooms of its own; each need counts once."""
    return replace(place, needs=tuple(dict.fromkeys(needs)))
