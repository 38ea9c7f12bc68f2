"""Whose key is meant. What shares a key is destroyed together, so a subject is what has one lawful lifetime.

An envelope is named by its id, and so is an exchange: the first message of an exchange and the exchange itself have different
subjects. What the journal says of persons and of no envelope shares the key of its day.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from gateway.identity import EnvelopeId

EXCHANGE: Final = "exchange:"
JOURNAL: Final = "journal:"
SubjectId = str


def of_envelope(envelope: EnvelopeId) -> SubjectId:
    """Content of a message, and what entries about it say of persons."""
    return envelope


def of_exchange(exchange: str) -> SubjectId:
    """What was recorded of an exchange beside its messages, in words."""
    return f"{EXCHANGE}{exchange}"


def of_day(at: datetime) -> SubjectId:
    """What entries of this day, in UTC, say of persons and of no envelope: searches, purposes, refusals."""
    return f"{JOURNAL}{at.astimezone(UTC):%Y-%m-%d}"
