"""Has this office used its reference before? A reference that stands on two different messages makes every answer to it ambiguous.

The same message id again is settled when the form is decoded. Here the message id is new: the same reference with the same
body is a repetition under another id (flagged, and goes on), with another body an alarm. It is refused where the first message
was accepted; while that is still open, an officer decides, for a form that was refused may come again under its reference.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from gateway.envelope import Direction, Envelope
from gateway.families import Family
from gateway.findings import Finding
from gateway.form import Form
from gateway.ledger import Ledger, Query, Row, Summary, readable
from gateway.verdict import Hold, Reason, Reject

CODE: Final = "reference.reused"
MAX_CANDIDATES: Final = 50
NEVER_ACCEPTED: Final = frozenset({"rejected", "repeated"})
"""A form that was refused may come again, mended, under its reference."""
ACCEPTED: Final = frozenset({"correlated", "routed", "delivered", "acknowledged"})
"""States in which its sender was told that it is in order: the reference is used."""
log = logging.getLogger(__name__)


async def reused_reference(ledger: Ledger, family: Family, envelope: Envelope) -> Hold | Reject | None:
    """Refuse or hold a message whose reference its sender gave to another one before; None where all is well."""
    header, told = envelope.form.header, family.reused_reference
    if told is None or envelope.released(CODE):
        return None
    found = await ledger.find(
        Query(
            direction=Direction.INBOUND, counterpart=header.sender, text=header.our_reference, limit=MAX_CANDIDATES
        )
    )  # fmt: skip
    others = []
    for summary in earlier_with(found, envelope):
        row = await readable(ledger, summary.id)  # what was destroyed cannot be compared any more
        if row is not None and row.envelope.learned.form and not same_body(row.envelope.form, envelope.form):
            others.append(row)
    if not others:
        return None
    return _alarm(envelope, next(filter(_accepted, others), others[0]), told)


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


def _accepted(row: Row) -> bool:
    """Whether its sender was told that it is in order, even if it waits for an officer since."""
    return row.state in ACCEPTED or (row.state == "held" and row.envelope.learned.resume in ACCEPTED)


def _alarm(envelope: Envelope, first: Row, told: Finding) -> Hold | Reject:
    log.error("alarm: a reference on two messages, envelope=%s first=%s", envelope.id, first.envelope.id)
    known = envelope.learn(findings=(*(each for each in envelope.findings if each != told), told))
    reason = Reason(code=CODE, public=f"{told.text} {told.remedy}", operator=f"first: {first.envelope.id}")
    also = (("envelope.alarm", (("first", first.envelope.id), ("why", CODE))),)
    if _accepted(first):
        return Reject(envelope=known, reason=reason, findings=(told,), also=also)
    return Hold(envelope=known, reason=reason, also=also)
