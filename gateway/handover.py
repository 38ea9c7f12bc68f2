"""What passes between the core and the channels: an acceptance on the way in, an outgoing parcel on the way out."""

from datetime import datetime

from msgspec import Struct

from gateway.envelope import Leg, Payload
from gateway.identity import EnvelopeId, MessageId, PartyId
from gateway.partners import Partner


class Accepted(Struct, frozen=True, kw_only=True):
    """Intake's word to a channel: the bytes are durable under this id. `known_before`: this very delivery was taken
    in earlier.
    """

    envelope: EnvelopeId
    known_before: bool = False


class Outgoing(Struct, frozen=True, kw_only=True):
    """One attempt to hand over one outbound envelope."""

    envelope: EnvelopeId
    message_id: MessageId
    attempt: int
    payload: Payload
    """The signed bytes: the XML alone (`application/xml`) or with its attachments (`multipart/mixed`)."""
    leg: Leg
    partner: Partner
    subject: str
    """A neutral subject line without personal data."""
    urgent: bool
    at: datetime
    entity: bytes = b""
    """The MIME entity under S/MIME that mail carries instead of the payload; empty where none was agreed."""
    sender: PartyId = ""
    """Our own party that writes; empty leaves it to the channel's settings."""
