"""All that is known of one exchange, for rules that a single form cannot decide."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from gateway.addressbook.book import Book
from gateway.dialogues.happened import Happened
from gateway.dialogues.standing import Standing
from gateway.dialogues.step import Step
from gateway.identity import PartyId


class AlertFacts(Struct, frozen=True, kw_only=True):
    """What a look-up of an alert says that rules need. No personal data."""

    alert: str
    """The Schengen ID."""
    issuer: PartyId
    article: str
    category: str
    entered_at: datetime
    expires_at: datetime | None = None
    deleted_at: datetime | None = None
    links: tuple[str, ...] = ()
    """Schengen IDs of alerts that it is linked to."""
    flagged_for: tuple[PartyId, ...] = ()
    misused_identity: bool = False
    terrorism: bool = False
    """Its reason or its warnings speak of terrorism."""


class Story(Struct, frozen=True, kw_only=True):
    """One exchange as a rule sees it while `step` is looked at; `step` itself is among the steps."""

    step: Step
    steps: tuple[Step, ...]
    happened: tuple[Happened, ...]
    standing: Standing
    alert: AlertFacts | None
    """None where the alert is not known here: then a rule that needs it yields nothing."""
    own: frozenset[PartyId]
    now: datetime
    book: Book | None = None
    """The address book in force: what it says the states take no part in."""

    @property
    def earlier(self) -> tuple[Step, ...]:
        """The other steps that were sent before this one."""
        return tuple(each for each in self.steps if each.envelope != self.step.envelope and each.sent <= self.step.sent)
