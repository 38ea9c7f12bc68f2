"""Has the other side got it? Its signed receipt says so; for our own receipts its server's word is enough."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from gateway import statements
from gateway.envelope import Direction, Envelope
from gateway.ledger import Row
from gateway.partners import Directory, Partner
from gateway.settlement import BY_RECEIPT, CONFIRMING_STAGES
from gateway.stages.transmit import REPEATABLE_KINDS
from gateway.statements import Occasion, Statements, spoken
from gateway.verdict import Advance, Hold, Reason, Retry, Verdict

BY_SERVER: Final = Reason(code="confirmed.by-server", public="The counterpart's server has taken it.")
BY_OFFICER: Final = Reason(code="confirmed.by-officer", public="An officer made sure that the counterpart has it.")
NO_RECEIPT: Final = "confirm.no-receipt"
log = logging.getLogger(__name__)


class Confirm:
    """Waits for the counterpart's receipt, and calls an officer when none comes."""

    name = "confirm"
    direction = Direction.OUTBOUND
    needs = frozenset({"form", "leg", "transmissions"})
    adds: frozenset[str] = frozenset()

    def __init__(self, directory: Directory, statements: Statements) -> None:
        self._directory, self._statements = directory, statements

    async def perform(self, row: Row, now: datetime) -> Verdict:
        """Advance with what confirms it, Retry until the receipt is due, Hold when it is overdue."""
        envelope = row.envelope
        if any(receipt.stage in CONFIRMING_STAGES for receipt in envelope.learned.receipts):
            return Advance(envelope=envelope, reason=BY_RECEIPT)
        partner = self._directory.get(envelope.leg.counterpart)
        if envelope.kind in REPEATABLE_KINDS or partner is None or not partner.receipts:
            return Advance(envelope=envelope, reason=BY_SERVER)
        within = timedelta(hours=_hours(partner, envelope))
        due = envelope.learned.transmissions[-1].at + within
        if now < due:
            reason = Reason(code="confirm.waiting", public="Taken by the counterpart's server; its receipt is awaited.")
            return Retry(envelope=envelope, reason=reason, at=due, counts=False)
        if envelope.released(NO_RECEIPT):
            return Advance(envelope=envelope, reason=BY_OFFICER)
        return self._missing(envelope, _hours(partner, envelope), due, now)

    def _missing(self, envelope: Envelope, hours: int, due: datetime, now: datetime) -> Hold:
        """An officer is called, and what did not come is stated once for each time it was awaited."""
        hold = Hold(
            envelope=envelope,
            reason=Reason(code=NO_RECEIPT, public=f"The counterpart sent no receipt within {hours} h."),
        )
        if any((each.kind, each.by) == (statements.NO_RECEIPT, due) for each in envelope.learned.stated):
            return hold
        words = f"No receipt of {envelope.leg.counterpart} for this message was recorded by {spoken(due)}."
        why = Occasion(kind=statements.NO_RECEIPT, text=words, by=due, counterpart=envelope.leg.counterpart)
        made = self._statements.about(envelope, why, now)
        log.warning("no receipt in time, envelope=%s", envelope.id)
        known = envelope.learn(stated=(*envelope.learned.stated, made.stated))
        return replace(hold, envelope=known, also=((made.event, made.details),), spawn=(made.offspring,))


def _hours(partner: Partner, envelope: Envelope) -> int:
    """Within how many hours the receipt must be here."""
    return partner.receipt_hours if envelope.form.header.urgency == "NORMAL" else partner.urgent_receipt_hours
