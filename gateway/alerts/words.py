"""An alert in neutral words: what it is about, what is to be done, how long it lives, who may not see it."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from gateway.dialogues.story import AlertFacts
from gateway.identity import PartyId
from gateway.subjects import Document, Person, Subject, Thing, Vehicle

MAX_ID: Final = 64
"""Longest Schengen ID that is kept. Its structure is not public; it is opaque and never taken apart."""
SchengenId = Annotated[str, Meta(max_length=MAX_ID)]
ShortText = Annotated[str, Meta(max_length=200)]
LongText = Annotated[str, Meta(max_length=10_000)]
Pair = tuple[ShortText, LongText]
_TERRORISM: Final = re.compile(r"\bterror", re.IGNORECASE)


class Status(StrEnum):
    """Whether an alert is in force."""

    ACTIVE = "ACTIVE"
    HIDDEN = "HIDDEN"
    """An arrest alert that only SIRENE bureaux see for a while."""
    EXPIRED = "EXPIRED"
    DELETED = "DELETED"


class BiometricKind(StrEnum):
    """Kinds of biometrics. The gateway keeps references to them, never their content."""

    FLAT_PRINTS = "FLAT_PRINTS"
    ROLLED_PRINTS = "ROLLED_PRINTS"
    PALM_PRINTS = "PALM_PRINTS"
    LATENT_PRINTS = "LATENT_PRINTS"
    """Prints from a scene of crime, of somebody unknown."""
    PHOTOGRAPH = "PHOTOGRAPH"
    FACIAL_IMAGE = "FACIAL_IMAGE"
    DNA = "DNA"


class Biometric(Struct, frozen=True, kw_only=True):
    """One set of biometrics that the alert system holds."""

    kind: BiometricKind
    reference: Annotated[str, Meta(min_length=1, max_length=200)]
    count: Annotated[int, Meta(ge=1, le=50)] = 1
    """How many fingers, palms or pictures are in it."""


class Flag(Struct, frozen=True, kw_only=True):
    """The alert has no effect on the territory of one state, at that state's request."""

    state: PartyId
    since: datetime | None = None
    reason: LongText = ""
    requested_by: ShortText = ""
    """Reference (field 002) of the F form that asked for it."""


class Consent(Struct, frozen=True, kw_only=True):
    """The victim of a misused identity allows one category of its data to be used, until it says otherwise."""

    category: ShortText
    given_on: date | None = None
    withdrawn_on: date | None = None

    @property
    def stands(self) -> bool:
        """Whether the consent was given and not withdrawn."""
        return self.given_on is not None and self.withdrawn_on is None


class MisusedIdentity(Struct, frozen=True, kw_only=True):
    """Data of the innocent person whose identity the subject uses. Each category needs its own consent."""

    alias_number: ShortText = ""
    """Which alias of the alert the data belong to."""
    content: tuple[Pair, ...] = ()
    """Category and value."""
    biometrics: tuple[Biometric, ...] = ()
    consents: tuple[Consent, ...] = ()


class Alert(Struct, frozen=True, kw_only=True):
    """One alert. Before it is entered, `id`, `version` and the times are empty."""

    id: SchengenId = ""
    issuer: PartyId
    """The bureau of the issuing state, as the alert system names it: never read out of the id."""
    category: ShortText
    """Code of the family's table of categories: `ARR`, `MIS-P`, `REF` …"""
    article: ShortText
    """Act and article as in field 090: `1862:26`."""
    subject: Subject | None = None
    """None for an alert that was deleted, and for unknown persons of whom there are only prints."""
    action: LongText = ""
    reason: LongText = ""
    authority: LongText = ""
    decision: LongText = ""
    """Reference to the decision behind the alert."""
    particulars: tuple[Pair, ...] = ()
    """Further data by the codes of the family's table: `warnings`, `ground_of_refusal`, `voluntary_departure` …"""
    biometrics: tuple[Biometric, ...] = ()
    report_at_once: bool = False
    """Check alerts: a hit is to be reported without delay."""
    entered_at: datetime | None = None
    expires_at: datetime | None = None
    review_at: datetime | None = None
    links: tuple[SchengenId, ...] = ()
    flags: tuple[Flag, ...] = ()
    misused_identity: MisusedIdentity | None = None
    remarks: tuple[LongText, ...] = ()
    """Such as “Suspicion of clone”."""
    hidden_until: datetime | None = None
    status: Status = Status.ACTIVE
    deleted_at: datetime | None = None
    version: ShortText = ""
    """What a change must name, so that nobody overwrites what he has not seen."""

    def particular(self, code: str) -> str:
        """One of the further data, or an empty text."""
        return next((value for name, value in self.particulars if name == code), "")

    @property
    def flagged_for(self) -> tuple[PartyId, ...]:
        """Bureaux of the states for which the alert is flagged."""
        return tuple(flag.state for flag in self.flags)

    def facts(self) -> AlertFacts | None:
        """What rules need of it, without personal data; None for an alert that was not entered."""
        if self.entered_at is None or not self.id:
            return None
        return AlertFacts(
            alert=self.id, issuer=self.issuer, article=self.article, category=self.category, entered_at=self.entered_at,
            expires_at=self.expires_at, deleted_at=self.deleted_at, links=self.links, flagged_for=self.flagged_for,
            misused_identity=self.misused_identity is not None,
            terrorism=any(_TERRORISM.search(text) for text in (self.reason, self.particular("warnings"))),
        )  # fmt: skip


class PrintReference(Struct, frozen=True, kw_only=True, tag="print"):
    """A set of prints, known to the alert system by this reference."""

    reference: Annotated[str, Meta(min_length=1, max_length=200)]


Sought = Person | Vehicle | Document | Thing | PrintReference


class Found(Struct, frozen=True, kw_only=True):
    """What a search found."""

    alerts: tuple[Alert, ...]
    as_of: datetime
    partial: bool = False
    """Whether there may be more: too many, or a part of the system was away."""


class ChangeKind(StrEnum):
    """What the change feed of the alert system tells."""

    ENTERED = "ENTERED"
    UPDATED = "UPDATED"
    EXTENDED = "EXTENDED"
    DELETED = "DELETED"
    FLAGGED = "FLAGGED"
    UNFLAGGED = "UNFLAGGED"
    HIDDEN = "HIDDEN"
    SHOWN_AGAIN = "SHOWN_AGAIN"
    EXPIRY_WARNING = "EXPIRY_WARNING"
    """Four months before automatic deletion, to the issuing state."""


class AlertChange(Struct, frozen=True, kw_only=True):
    """One notice of the change feed. No personal data."""

    number: int
    kind: ChangeKind
    alert: SchengenId
    issuer: PartyId
    category: ShortText
    article: ShortText
    at: datetime
    expires_at: datetime | None = None


class Changes(Struct, frozen=True, kw_only=True):
    """A page of the change feed. `cursor` is where the next page begins; it is opaque."""

    changes: tuple[AlertChange, ...]
    cursor: ShortText
    more: bool = False


def changed(alert: Alert, **changes: object) -> Alert:
    """The same alert with these fields."""
    return msgspec.structs.replace(alert, **changes)


def tidy_id(text: str) -> str:
    """A Schengen ID as it is kept: without blanks around it, in capitals; raises `ValueError` for none."""
    found = text.strip().upper()
    if not found or len(found) > MAX_ID or not found.isprintable() or " " in found:
        raise ValueError(f"not a Schengen ID: it has 1 to {MAX_ID} visible characters")
    return found
