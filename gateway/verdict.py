"""What a stage may answer. The pipeline alone acts on it; there is no verdict that drops a message.

Advance   the envelope goes on and knows more
Hold      an officer must look, with a reason
Reject    the same input will always fail; the sender is told the public text
Retry     not now; again at the given time, keeping what was learned
Settle    the envelope has reached another end that the lifecycle names (a receipt recorded, an ambiguous hand-over)

A verdict also says what else its write must hold: entries beside the state's own, new envelopes, happenings on other
envelopes.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from gateway.dialogues.step import Step
from gateway.envelope import Envelope, Receipt
from gateway.findings import Finding
from gateway.numbers.series import Numbered

Details = tuple[tuple[str, str], ...]


class Reason(Struct, frozen=True, kw_only=True):
    """Why an envelope stands where it stands. `code` is stable; `operator` is never shown to the other side."""

    code: str
    public: str
    operator: str = ""


class Note(Struct, frozen=True, kw_only=True):
    """A happening on another envelope that this verdict brings about, for example a receipt for what we sent.

    The other envelope is named by its id, or found as our outbound message with this message id. `state` moves it
    where the lifecycle allows it; `event` is journalled there either way.
    """

    event: str
    envelope: str = ""
    """Its id, or empty."""
    message_id: str = ""
    counterpart: str = ""
    """Who speaks of it: only a message to this very office is meant. Empty for a mail system's report."""
    details: Details = ()
    state: str = ""
    reason: Reason | None = None
    receipt: Receipt | None = None
    """Added to what the other envelope knows."""


class Offspring(Struct, frozen=True, kw_only=True):
    """A new envelope that a verdict brings about; with `hold` it waits for an officer from the start."""

    envelope: Envelope
    state: str = "received"
    hold: Reason | None = None


class DuplicateKey(Struct, frozen=True, kw_only=True):
    """Claims that sender and message id belong to this content; settled in the same write as the state."""

    sender: str
    message_id: str
    content: str
    """Digest of the verified bytes."""
    matter: str
    """Digest of sender and body without the header: the same matter under a new id."""


class _Common(Struct, frozen=True, kw_only=True):
    """What every verdict carries beside its decision."""

    envelope: Envelope
    details: Details = ()
    """What the journal entry says beside the state: codes and digests, never personal data."""
    also: tuple[tuple[str, Details], ...] = ()
    """Further journal entries of the same write: event and details."""
    spawn: tuple[Offspring, ...] = ()
    notes: tuple[Note, ...] = ()
    steps: tuple[Step, ...] = ()
    """What exchanges keep of it, written with the state."""
    expects: tuple[tuple[str, int], ...] = ()
    """Exchanges with the revision on which this was decided."""
    numbers: tuple[Numbered, ...] = ()
    """What it tells of running numbers, written with the state."""


class Advance(_Common, frozen=True, kw_only=True, tag="advance"):
    """Go on with the envelope that knows more."""

    claim: DuplicateKey | None = None
    reason: Reason | None = None
    """Why it ends here, for the stage that leads to an end: every end carries a stable code."""


class Hold(_Common, frozen=True, kw_only=True, tag="hold"):
    """Wait for an officer."""

    reason: Reason


class Reject(_Common, frozen=True, kw_only=True, tag="reject"):
    """Refuse for good. The findings go into the negative receipt."""

    reason: Reason
    findings: tuple[Finding, ...] = ()


class Retry(_Common, frozen=True, kw_only=True, tag="retry"):
    """Try this stage again at `at`. `counts` is false where waiting is no failure (a receipt that is not yet due)."""

    reason: Reason
    at: datetime
    counts: bool = True


class Settle(_Common, frozen=True, kw_only=True, tag="settle"):
    """Move to the named state instead of the stage's own."""

    state: str
    reason: Reason


Verdict = Advance | Hold | Reject | Retry | Settle
