"""To which matter does it belong? By message ids and references of the same sender, never by the subject line of a
mail.
"""

from __future__ import annotations

from datetime import datetime

from gateway.envelope import Direction, Envelope
from gateway.ledger import Ledger, Query, Row, Summary
from gateway.ports import Formats
from gateway.verdict import Advance, Verdict

MAX_CANDIDATES = 20


class Correlate:
    """Finds the exchange, or opens a new one that bears the envelope's own id."""

    name = "correlate"
    direction = Direction.INBOUND
    needs = frozenset({"form"})
    adds = frozenset({"exchange"})

    def __init__(self, ledger: Ledger, formats: Formats) -> None:
        self._ledger, self._formats = ledger, formats

    async def perform(self, row: Row, now: datetime) -> Verdict:
        """Advance with the exchange and how it was found."""
        exchange, how = await find_exchange(self._ledger, self._formats, row.envelope)
        return Advance(
            envelope=row.envelope.learn(exchange=exchange), details=(("exchange", exchange), ("found_by", how))
        )


async def find_exchange(ledger: Ledger, formats: Formats, envelope: Envelope) -> tuple[str, str]:
    """The exchange of an envelope with a form, and by what it was found."""
    header = envelope.form.header
    other = header.sender if envelope.inbound else header.to[0]
    matter = formats.get(envelope.form.format).matter(envelope.form)
    candidates = (
        ("in-reply-to", header.in_reply_to),
        *(("your-reference", reference) for reference in header.your_references),
        ("matter", matter),
    )
    for how, key in candidates:
        found = await _earlier(ledger, envelope, other, key) if key else None
        if found:
            return found.exchange or found.id, how
    return envelope.id, "new"


async def _earlier(ledger: Ledger, envelope: Envelope, other: str, key: str) -> Summary | None:
    """The newest earlier envelope with this key that this same counterpart sent or got."""
    found = await ledger.find(Query(text=key, limit=MAX_CANDIDATES))
    return next((each for each in found if each.id != envelope.id and each.counterpart == other), None)
