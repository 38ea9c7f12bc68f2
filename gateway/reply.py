"""What is needed to write back: the context of a draft, and the content of a technical receipt or of a statement."""

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


class JournalPlace(Struct, frozen=True, kw_only=True):
    """Where a journal says something: what a proof of inclusion can be asked for with."""

    number: int
    leaf: str
    """RFC 9162 hash of the leaf, in hexadecimal."""


class ReceiptContent(Struct, frozen=True, kw_only=True):
    """What a technical receipt says; public text only."""

    to: PartyId
    stage: str
    """`RECEIVED`, `VALID`, `INVALID`, `HANDED_OVER` or `READ`."""
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
    entry: JournalPlace | None = None
    """Where the journal of who wrote it says so; in ours it is filled in once that is known."""


class StatementContent(Struct, frozen=True, kw_only=True):
    """What we state about our own books."""

    kind: str
    """`NO_RECEIPT`, `NO_ANSWER`, `LATE` or `CONTRADICTS`."""
    counterpart: PartyId
    of_message: str
    of_digest: str
    """SHA-256 of the signed XML that we sent."""
    text: str
    of_reference: str = ""
    by: datetime | None = None
    """Until when it was awaited."""
    code: str = ""
    """The legal limit by its id."""
    citation: str = ""
    receipts: tuple[tuple[str, datetime, str], ...] = ()
    """Stage, when it was recorded and digest of each receipt that is known."""
    test: bool = False
