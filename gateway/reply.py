"""What is needed to write back: the context of a draft, and the content of a technical receipt."""

from datetime import datetime

from msgspec import Struct

from gateway.findings import Finding
from gateway.identity import PartyId


class ReplyContext(Struct, frozen=True, kw_only=True):
    """What drafting needs from outside: who we are, when, and the ids to use."""

    own_party: PartyId
    now: datetime
    message_id: str
    our_reference: str


class ReceiptContent(Struct, frozen=True, kw_only=True):
    """What a technical receipt says; public text only."""

    to: PartyId
    stage: str
    """`RECEIVED`, `VALID` or `INVALID`."""
    of_message: str = ""
    """MessageId of the message; empty where it could not be read."""
    of_digest: str
    """SHA-256 of the payload as it came."""
    of_reference: str = ""
    """The sender's own reference, where it could be read."""
    code: str = ""
    """Stable reason code, for `INVALID`."""
    text: str = ""
    findings: tuple[Finding, ...] = ()
    test: bool = False
