"""Has the other side got it? Its signed receipt says so; for our own receipts its server's word is enough."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from gateway.envelope import Direction
from gateway.ledger import Row
from gateway.partners import Directory
from gateway.settlement import BY_RECEIPT, CONFIRMING_STAGES
from gateway.stages.transmit import REPEATABLE_KINDS
from gateway.verdict import Advance, Hold, Reason, Retry, Verdict

RECEIPT_WITHIN: Final = timedelta(hours=24)
URGENT_RECEIPT_WITHIN: Final = timedelta(hours=1)
BY_SERVER: Final = Reason(code="confirmed.by-server", public="The counterpart's server has taken it.")
BY_OFFICER: Final = Reason(code="confirmed.by-officer", public="An officer made sure that the counterpart has it.")
NO_RECEIPT: Final = "confirm.no-receipt"


class Confirm:
    """Waits for the counterpart's receipt, and calls an officer when none comes."""

    name = "confirm"
    direction = Direction.OUTBOUND
    needs = frozenset({"form", "leg", "transmissions"})
    adds: frozenset[str] = frozenset()

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def perform(self, row: Row, now: datetime) -> Verdict:
        """Advance with what confirms it, Retry until the receipt is due, Hold when it is overdue."""
        envelope = row.envelope
        if any(receipt.stage in CONFIRMING_STAGES for receipt in envelope.learned.receipts):
            return Advance(envelope=envelope, reason=BY_RECEIPT)
        partner = self._directory.get(envelope.leg.counterpart)
        if envelope.kind in REPEATABLE_KINDS or partner is None or not partner.receipts:
            return Advance(envelope=envelope, reason=BY_SERVER)
        within = RECEIPT_WITHIN if envelope.form.header.urgency == "NORMAL" else URGENT_RECEIPT_WITHIN
        due = envelope.learned.transmissions[-1].at + within
        if now < due:
            reason = Reason(code="confirm.waiting", public="Taken by the counterpart's server; its receipt is awaited.")
            return Retry(envelope=envelope, reason=reason, at=due, counts=False)
        if envelope.released(NO_RECEIPT):
            return Advance(envelope=envelope, reason=BY_OFFICER)
        hours = int(within.total_seconds() // 3600)
        return Hold(
            envelope=envelope,
            reason=Reason(code=NO_RECEIPT, public=f"The counterpart sent no receipt within {hours} h."),
        )
