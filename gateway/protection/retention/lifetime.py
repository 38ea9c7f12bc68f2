"""What is kept of the lifetime of one subject: holds, orders, the intent to destroy, the destruction. The ledger writes it with its entries.

The one idea: a destruction is three durable things in a fixed order: the intent with everything that the certificate will say, the key
gone, the certificate. Whoever finds an intent without certificate goes on from there, so it happens once whatever dies.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from gateway.protection.retention.words import Hold, Order
from gateway.vault.subjects import SubjectId


class Stage(StrEnum):
    """How far it has come."""

    KEPT = "kept"
    """Nothing but holds and orders is known of it."""
    INTENDED = "intended"
    DESTROYED = "destroyed"


class Intent(Struct, frozen=True, kw_only=True):
    """That it will be destroyed now, and what the certificate will say of it. No content is needed to complete it."""

    at: datetime
    rule: str
    actor: str
    details: tuple[tuple[str, str], ...]
    envelope: str = ""
    """The message, where the subject is one."""


class Lifetime(Struct, frozen=True, kw_only=True):
    """One row; `revision` grows with every write, so that of two who decide on the same state one alone succeeds."""

    subject: SubjectId
    revision: int = 0
    stage: Stage = Stage.KEPT
    hold: Hold | None = None
    order: Order | None = None
    intent: Intent | None = None
    destroyed_at: datetime | None = None
    certified_after: int = 0
    """An entry of the journal, shortly before the certificate."""
    told_overdue: bool = False
    """It was journalled that the law's longest time passed and something keeps it."""
    plain: bool = False
    """It has no key: its content is older than the vault and is not encrypted, so it cannot be destroyed this way."""

    @property
    def rule(self) -> str:
        """Under which rule it was destroyed, or is about to be."""
        return self.intent.rule if self.intent else ""
