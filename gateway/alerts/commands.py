"""What an officer can do with an alert. Each command is a frozen value; the law of the family judges it before the
alert system carries it out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.alerts.words import Alert, Biometric, LongText, MisusedIdentity, Pair, SchengenId, ShortText
from gateway.identity import PartyId
from gateway.subjects import Subject

Version = Annotated[str, Meta(max_length=200)]


class Asking(Struct, frozen=True, kw_only=True):
    """Who asks the alert system, why, and under which id a repetition is recognised."""

    actor: str
    purpose: str
    """In the officer's words: journalled here, never sent to the alert system."""
    request_id: str
    at: datetime
    urgency: str = "NORMAL"


class EnterAlert(Struct, frozen=True, kw_only=True):
    """Enter a new alert. The same `idempotency_key` never makes a second one."""

    alert: Alert
    idempotency_key: str
    despite: LongText = ""
    """Why an officer enters it although the gateway advises otherwise; journalled."""


class UpdateAlert(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Change what an alert says. What is not set stays as it is."""

    alert: SchengenId
    version: Version
    subject: Subject | UnsetType = UNSET
    action: LongText | UnsetType = UNSET
    reason: LongText | UnsetType = UNSET
    authority: LongText | UnsetType = UNSET
    decision: LongText | UnsetType = UNSET
    particulars: tuple[Pair, ...] | UnsetType = UNSET
    biometrics: tuple[Biometric, ...] | UnsetType = UNSET
    report_at_once: bool | UnsetType = UNSET
    remarks: tuple[LongText, ...] | UnsetType = UNSET


class ExtendAlert(Struct, frozen=True, kw_only=True):
    """Keep an alert longer, after an individual assessment that is recorded."""

    alert: SchengenId
    version: Version
    until: datetime
    assessment: LongText


class FlagAlert(Struct, frozen=True, kw_only=True):
    """Add or remove the flag of one state. Only the issuer does so, at that state's request."""

    alert: SchengenId
    version: Version
    state: PartyId
    reason: LongText = ""
    requested_by: ShortText = ""
    remove: bool = False


class DeleteAlert(Struct, frozen=True, kw_only=True):
    """Delete an alert; `ground` is one of the family's grounds or words of the officer."""

    alert: SchengenId
    version: Version
    ground: Annotated[str, Meta(min_length=1, max_length=1000)]


class LinkAlerts(Struct, frozen=True, kw_only=True):
    """Link an alert with others of the same state, or end the links."""

    alert: SchengenId
    version: Version
    others: tuple[SchengenId, ...]
    remove: bool = False


class MisuseIdentity(Struct, frozen=True, kw_only=True):
    """Add, replace or (with None) remove the data of a person whose identity is misused."""

    alert: SchengenId
    version: Version
    identity: MisusedIdentity | None


class HideAlert(Struct, frozen=True, kw_only=True):
    """Hide an arrest alert from users for a while, or (with None) show it again."""

    alert: SchengenId
    version: Version
    until: datetime | None
    authorisation: LongText = ""
    """Reference to the judicial authorisation."""


Change = UpdateAlert | ExtendAlert | FlagAlert | DeleteAlert | LinkAlerts | MisuseIdentity | HideAlert
