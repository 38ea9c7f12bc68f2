"""Which messages may still be sent again as they were signed: while there are some, the key that signed them stays known."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gateway.envelope import Direction
from gateway.ledger import Ledger, Query

UNDER_WAY: Final = ("signed", "transmitted", "ambiguous", "held", "quarantined")
PAGE: Final = 200


async def under_way(ledger: Ledger, party: str, before: datetime) -> int:
    """How many messages of this office from before a moment may still be sent again as they were signed."""
    count, last = 0, ""
    while found := await ledger.find(Query(direction=Direction.OUTBOUND, states=UNDER_WAY, before_id=last, limit=PAGE)):
        last = found[-1].id
        for summary in found:
            row = await ledger.get(summary.id) if summary.received_at <= before else None
            if row is not None and row.envelope.learned.signed and row.envelope.form.header.sender == party:
                count += 1
    return count
