"""Has this office used its reference before? A reference that stands on two different messages makes every answer to it ambiguous.

The same message id again is settled when the form is decoded. Here the message id is new: the same reference with the same
body is a repetition under another id (flagged, and goes on), with another body an alarm that an officer looks into.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from gateway.envelope import Direction, Envelope
from gateway.families import Family
from gateway.form import Form
from gateway.ledger import Ledger, Query, Summary
from gateway.verdict import Hold, Reason

CODE: Final = "reference.reused"
MAX_CANDIDATES: Final = 50
NEVER_ACCEPTED: Final = frozenset({"rejected", "repeated"})
"""A form that was refused may come again, mended, under its reference."""
log = logging.getLogger(__name__)


async def reused_reference(ledger: Ledger, family: Family, envelope: Envelope) -> Hold | None:
    """Hold a message whose reference its sender gave to another one before; None where all is well."""
    header = envelope.form.header
    if not family.unique_references or envelope.released(CODE):
        return None
    found = await ledger.find(
        Query(
            direction=Direction.INBOUND, counterpart=header.sender, text=header.our_reference, limit=MAX_CANDIDATES
        )
    )  # fmt: skip
    for summary in earlier_with(found, envelope):
        row = await ledger.get(summary.id)
        if row is not None and row.envelope.learned.form and not same_body(row.envelope.form, envelope.form):
            return _alarm(envelope, summary.id)
    return None


def earlier_with(found: Iterable[Summary], envelope: Envelope) -> list[Summary]:
    """Earlier messages of this sender with the same reference under another message id, the first one first."""
    header = envelope.form.header
    same = [
        each for each in found
        if each.our_reference == header.our_reference and each.counterpart == header.sender and each.id < envelope.id
        and each.message_id not in ("", header.message_id) and each.state not in NEVER_ACCEPTED
    ]  # fmt: skip
    return sorted(same, key=lambda each: each.id)


def same_body(one: Form, other: Form) -> bool:
    """Whether two forms say the same beside their headers."""
    return (one.format, one.fields) == (other.format, other.fields)


def _alarm(envelope: Envelope, first: str) -> Hold:
    log.error("alarm: a reference on two messages, envelope=%s first=%s", envelope.id, first)
    words = "The reference in 002 stands on an earlier message with other content. Give every message a reference of its own."
    return Hold(
        envelope=envelope, reason=Reason(code=CODE, public=words, operator=f"first: {first}"),
        also=(("envelope.alarm", (("first", first), ("why", CODE))),),
    )  # fmt: skip
