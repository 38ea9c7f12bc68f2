"""Who does something, in which role, why, and for which case: what every entry about an act of a person says (promises 9 and 11).

The one idea: the door that proves a caller makes a `Person` of it, and every desk hands that on to the one function that writes
the entry, so that no act can be journalled without the role that allowed it, the purpose and the case that were stated with it.
Desks take a bare name, too: for tools and tests that have nobody to prove.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct

from gateway.journal.entry import Entry
from gateway.verdict import Details

ROLE, PURPOSE, CASE = "role", "purpose", "case"
OFFICER: Final = "officer"
MAX_CASE: Final = 200
"""Characters of a case reference."""


class Person(Struct, frozen=True, kw_only=True):
    """A proven person or client at the moment of an act."""

    actor: str
    """`user:…` or `client:…`."""
    role: str = ""
    """The roles of the caller that allow the act, with spaces between."""
    purpose: str = ""
    """As it was stated with the act; reading and searching cannot be done without."""
    case: str = ""
    """Reference of the case, where one was stated."""

    @property
    def is_officer(self) -> bool:
        """Whether the act is one of an officer."""
        return OFFICER in self.role.split()


Who = Person | str


def actor_of(who: Who) -> str:
    """How the journal calls them."""
    return who if isinstance(who, str) else who.actor


def told_of(who: Who, details: Details = ()) -> Details:
    """The details of an entry with role, purpose and case; what the act itself says already is not said again."""
    if isinstance(who, str):
        return details
    said = {name for name, _ in details}
    about = ((ROLE, who.role), (PURPOSE, who.purpose), (CASE, who.case))
    return (*details, *((name, value) for name, value in about if value and name not in said))


def entry_by(  # one keyword for each thing that an entry says
    who: Who, event: str, at: datetime, *, envelope: str = "", reason: str = "", details: Details = ()
) -> Entry:
    """The entry about an act of theirs."""
    return Entry(
        event=event, at=at, actor=actor_of(who), envelope=envelope, reason=reason, details=told_of(who, details)
    )
