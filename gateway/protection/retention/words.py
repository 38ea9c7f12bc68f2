"""What retention knows of one content, and what it decides about it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.protection.retention.rules import About, Rule, Start, Thing

GROUNDS: Final = {
    "data-subject": "a person's right to erasure",
    "court": "an order of a court or of the supervisory authority",
    "purpose-achieved": "the purpose for which it was kept is achieved",
    "other": "another ground, stated in the reason",
}
"""Why content may be destroyed before its time."""


class Hold(Struct, frozen=True, kw_only=True):
    """A legal hold: while it stands, nothing of this is destroyed. Its reason may name a person, so it stands in the journal alone."""

    by: str
    at: datetime


class Order(Struct, frozen=True, kw_only=True):
    """An order to destroy before the time. Its reason stands in the journal alone."""

    by: str
    at: datetime
    ground: str
    confirmed_by: str = ""
    """The second person; empty while one is needed and has not agreed."""
    confirmed_at: datetime | None = None

    @property
    def valid(self) -> bool:
        """Whether it may be carried out."""
        return bool(self.confirmed_by)


class File(Struct, frozen=True, kw_only=True):
    """One lawful file that a content belongs to: an exchange, or the content by itself."""

    name: str
    """The exchange; empty for a content that belongs to none."""
    thing: Thing = Thing.EXCHANGE
    family: str = ""
    about: About = About.ANY
    happened: tuple[tuple[Start, datetime], ...] = ()
    """From what periods may count, as far as it took place."""
    busy: str = ""
    """A message of it that a stage or an officer still works on."""
    bound: str = ""
    """Our office that keeps it: its legal time counts."""
    hold: Hold | None = None
    order: Order | None = None

    def began(self, start: Start) -> datetime | None:
        """When that took place; the last time where it did so more than once."""
        return max((at for name, at in self.happened if name is start), default=None)


class Content(Struct, frozen=True, kw_only=True):
    """What retention must know of one content."""

    id: str
    final: bool
    """Whether its message came to an end: no stage and no officer touches it any more."""
    files: tuple[File, ...]
    """Every lawful file that it belongs to: it lives as long as the longest of them."""
    hold: Hold | None = None
    order: Order | None = None
    destroyed: bool = False
    plain: bool = False
    """It has no key that could be destroyed."""


class Why(StrEnum):
    """The reason of a decision."""

    DUE = "due"
    ORDERED = "ordered"
    NOT_YET = "not-yet"
    NOT_BEGUN = "not-begun"
    BY_LAW = "by-law"
    NO_RULE = "no-rule"
    HELD = "held"
    AT_WORK = "at-work"
    OPEN = "open"
    NO_CALENDAR = "no-calendar"
    PLAIN = "not-encrypted"
    DESTROYED = "destroyed"


WORDS: Final = {
    Why.DUE: "Its lifetime is over.",
    Why.ORDERED: "A person ordered it.",
    Why.NOT_YET: "Its lifetime is not over yet.",
    Why.NOT_BEGUN: "What starts its lifetime has not taken place.",
    Why.BY_LAW: "National law sets the period and no figure is entered here: it stays until an officer decides.",
    Why.NO_RULE: "no rule: stays until an officer decides",
    Why.HELD: "A legal hold keeps it.",
    Why.AT_WORK: "The message is still worked on, or waits for an officer.",
    Why.OPEN: "Another message of the same exchange is still worked on, or waits for an officer.",
    Why.NO_CALENDAR: "The legal time of our office is not known here.",
    Why.PLAIN: "Its content is older than the vault and is not encrypted: it cannot be destroyed by its key.",
    Why.DESTROYED: "It was destroyed.",
}


class Decision(Struct, frozen=True, kw_only=True):
    """Whether a content is to be destroyed, when, under which rule; or why not."""

    why: Why
    destroy: bool = False
    rule: Rule | None = None
    began: datetime | None = None
    since: datetime | None = None
    """From when on it is to be destroyed; None where nobody can say."""
    until: datetime | None = None
    """When the law's longest period ends; None where it sets none."""
    overdue: bool = False
    """The law's longest period has passed and it is still there."""
    about: str = ""
    """The file, or the message, that decides."""
    order: Order | None = None

    @property
    def words(self) -> str:
        """The reason for a person."""
        return WORDS[self.why]
