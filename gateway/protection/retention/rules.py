"""The rules of retention: rows that an office can correct, each with its source and how sure it is.

The one idea: a rule that is not in force decides nothing. It is shown with its mark, and what it would apply to stays until an officer decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.clocks.limit import Kind, Limit, Unit

PERIOD: Final = re.compile(r"P(?:T(?P<hours>[1-9][0-9]{0,3})H|(?P<number>[1-9][0-9]{0,3})(?P<unit>[DMY]))")
BY_LAW: Final = "BY_LAW"
"""The law says that a period is set, and leaves it to national law; nobody here knows the figure."""
_UNITS: Final = {"D": Unit.CALENDAR_DAYS, "M": Unit.MONTHS, "Y": Unit.YEARS}


class About(StrEnum):
    """What an exchange is about, as far as retention asks."""

    ANY = ""
    FOREIGN = "foreign-alert"
    """An alert of another state, on which nothing was done here."""
    ACTED_UPON = "acted-alert"
    """An alert of another state, on which this state acted."""
    OWN = "own-alert"
    """An alert that this state issued."""


class Thing(StrEnum):
    """What a rule is for."""

    EXCHANGE = "exchange"
    """Content of the messages of an exchange, with what belongs to them: files, receipts, repetitions."""
    ALONE = "alone"
    """Content of a message that belongs to no exchange: refused, not understood."""
    LOG = "log"
    """The personal part of journal entries: who looked, for which purpose."""


class Start(StrEnum):
    """From what a period counts."""

    ALERT_DELETED = "alert.deleted"
    CLOSED = "exchange.closed"
    """All its dialogues and clocks are done: the last that took place in it."""
    LAST_MESSAGE = "exchange.last-message"
    RECEIVED = "received"
    DECIDED = "decided"
    """When a message came to its end: delivered, refused."""
    WRITTEN = "written"
    """When a journal entry was written."""


class Ends(StrEnum):
    """What the end of a period means."""

    AT_LATEST = "at-latest"
    """The law's longest: destroyed on the last day, before it is over; a person may order it earlier."""
    AFTER = "after"
    """The law's shortest, or exactly so long: destroyed when the last day is over."""


class Rule(Struct, frozen=True, kw_only=True):
    """One row."""

    id: str
    thing: Thing
    starts: Start
    lasts: str
    """An ISO 8601 duration, or `BY_LAW`."""
    ends: Ends
    text: str
    """What is kept how long, in words; it stands on the certificate."""
    citation: str
    confidence: str
    in_force: bool
    family: str = ""
    about: About = About.ANY
    decided_by: str = ""
    """Who put a row in force that rests on no verified source."""
    tells: str = ""
    """The happening that clocks of the family are told when it was carried out."""
    note: str = ""

    @property
    def limit(self) -> Limit | None:
        """The period; None where the law leaves it open."""
        return period(self.lasts) if self.lasts != BY_LAW else None

    def fits(self, family: str, about: About) -> bool:
        """Whether it is for content of this kind."""
        return self.family in ("", family) and self.about in (About.ANY, about)

    @property
    def narrowness(self) -> int:
        """How much it names: of the rules that fit, the narrowest decide."""
        return bool(self.family) + bool(self.about)


class Rules(Struct, frozen=True, kw_only=True):
    """All rows."""

    rows: tuple[Rule, ...] = ()
    acts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """By family: forms of ours which say that this state acted upon an alert."""

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rows)

    def get(self, id: str) -> Rule | None:
        """The row with this id."""
        return next((rule for rule in self.rows if rule.id == id), None)

    def acting(self, family: str) -> tuple[str, ...]:
        """Forms of ours which say that this state acted."""
        return dict(self.acts).get(family, ())

    def deciding(self, thing: Thing, family: str, about: About) -> tuple[Rule, ...]:
        """The narrowest rules in force that fit."""
        return _narrowest(
            rule for rule in self.rows if rule.in_force and rule.thing is thing and rule.fits(family, about)
        )

    def proposed(self, thing: Thing, family: str, about: About) -> tuple[Rule, ...]:
        """Rules that would fit and are not in force."""
        return tuple(
            rule for rule in self.rows if not rule.in_force and rule.thing is thing and rule.fits(family, about)
        )


def _narrowest(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    found = tuple(rules)
    most = max((rule.narrowness for rule in found), default=0)
    return tuple(rule for rule in found if rule.narrowness == most)


def period(text: str) -> Limit:
    """An ISO 8601 duration of one unit as a limit in whole days of legal time, or in exact hours; raises `ValueError`."""
    found = PERIOD.fullmatch(text)
    if found is None:
        raise ValueError(f"not a period such as P1Y, P6M, P90D or PT72H: {text[:20]!r}")
    if found["hours"]:
        return Limit(kind=Kind.DURATION, amount=int(found["hours"]), unit=Unit.HOURS)
    return Limit(kind=Kind.DURATION, amount=int(found["number"]), unit=_UNITS[found["unit"]])
