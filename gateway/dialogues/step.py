"""One message of an exchange as dialogues, clocks and figures see it: who sent what to whom and when. No content."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from gateway.facts import LETTER, Facts, fact
from gateway.identity import EnvelopeId, FormatId, MessageId, PartyId


class Step(Struct, frozen=True, kw_only=True):
    """What an exchange keeps of one message. One step per envelope; receipts and repetitions are no steps."""

    envelope: EnvelopeId
    exchange: str
    format: FormatId
    sender: PartyId
    to: tuple[PartyId, ...]
    message_id: MessageId
    reference: str
    """The sender's own reference, field 002 of a SIRENE form."""
    sent: datetime
    """When the sender says that it sent it: the order of a dialogue."""
    known_at: datetime
    """When it reached us, or when the order to send it was kept: what legal clocks count from."""
    in_reply_to: str = ""
    your_references: tuple[str, ...] = ()
    urgent: bool = False
    test: bool = False
    inbound: bool = True
    taken_at: datetime | None = None
    """For a message of ours: when the other side's server took it. None while it is on the way; a clock that an answer
    stops is stopped by this moment."""
    facts: Facts = ()
    key: str = ""
    """What all messages of the matter share: the Schengen ID, the case reference. Exchanges are found by it."""
    void: bool = False
    """It was kept and never went out, or was refused after all: no dialogue and no clock looks at it."""

    @property
    def letter(self) -> str:
        """The kind of form, in its family's words."""
        return fact(self.facts, LETTER)

    def says(self, name: str) -> str:
        """One fact of the form, or an empty text."""
        return fact(self.facts, name)
