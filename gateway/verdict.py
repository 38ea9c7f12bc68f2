"""What a stage may answer. The pipeline alone acts on it; there is no verdict that drops a message.

Advance   the envelope goes on and knows more
Hold      an officer must look, with a reason
Reject    the same input will always fail; the sender is told the public text
Retry     not now; again at the given time, keeping what was learned
Settle    the envelope has reached another end that the lifecycle names (a receipt recorded, a repetition answered)
"""

from datetime import datetime

from msgspec import Struct

from gateway.envelope import Envelope, Receipt
from gateway.findings import Finding
from gateway.identity import EnvelopeId


class Reason(Struct, frozen=True, kw_only=True):
    """Why an envelope stands where it stands. `code` is stable; `operator` is never shown to the other side."""

    code: str
    public: str
    operator: str = ""


class Note(Struct, frozen=True, kw_only=True):
    """A happening on another envelope that this verdict brings about, for example a receipt for what we sent.

    `state` moves the other envelope where the lifecycle allows it; `event` is journalled there either way.
    """

    envelope: EnvelopeId
    event: str
    details: tuple[tuple[str, str], ...] = ()
    state: str = ""
    reason: Reason | None = None
    receipt: Receipt | None = None
    """Added to what the other envelope knows."""


class Offspring(Struct, frozen=True, kw_only=True):
    """A new envelope that a verdict brings about; with `hold` it waits for an officer from the start."""

    envelope: Envelope
    hold: Reason | None = None


class DuplicateKey(Struct, frozen=True, kw_only=True):
    """Claims that sender and message id belong to this content; settled in the same write as the state."""

    sender: str
    message_id: str
    content: str
    """Digest of the verified bytes."""
    matter: str
    """Digest of sender and body without the header: the same matter under a new id."""


class Advance(Struct, frozen=True, kw_only=True):
    """Go on with the envelope that knows more."""

    envelope: Envelope
    details: tuple[tuple[str, str], ...] = ()
    """What the journal entry says beside the state: codes and digests, never personal data."""
    spawn: tuple[Offspring, ...] = ()
    """New envelopes, stored in the same write."""
    notes: tuple[Note, ...] = ()
    claim: DuplicateKey | None = None


class Hold(Struct, frozen=True, kw_only=True):
    """Wait for an officer."""

    envelope: Envelope
    reason: Reason
    spawn: tuple[Offspring, ...] = ()
    notes: tuple[Note, ...] = ()


class Reject(Struct, frozen=True, kw_only=True):
    """Refuse for good. The findings go into the negative receipt."""

    envelope: Envelope
    reason: Reason
    findings: tuple[Finding, ...] = ()
    spawn: tuple[Offspring, ...] = ()
    notes: tuple[Note, ...] = ()


class Retry(Struct, frozen=True, kw_only=True):
    """Try this stage again at `at`."""

    envelope: Envelope
    reason: Reason
    at: datetime


class Settle(Struct, frozen=True, kw_only=True):
    """Move to the named state instead of the stage's own, for the ends that the lifecycle allows."""

    envelope: Envelope
    state: str
    reason: Reason
    spawn: tuple[Offspring, ...] = ()
    notes: tuple[Note, ...] = ()


Verdict = Advance | Hold | Reject | Retry | Settle
