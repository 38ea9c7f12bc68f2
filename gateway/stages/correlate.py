"""To which matter does it belong, and does it fit there? Then, and only then, the sender is told that it is in order."""

from __future__ import annotations

from datetime import datetime

from gateway.envelope import Direction
from gateway.exchanges.fitting import Fitted, Fitting
from gateway.exchanges.joining import find_exchange
from gateway.ledger import Ledger, Row
from gateway.ports import Formats
from gateway.receipts import Receipts
from gateway.stages.references import reused_reference
from gateway.verdict import Advance, Verdict


class Correlate:
    """Finds the exchange, or opens a new one that bears the envelope's own id, and fits the message into its dialogues."""

    name = "correlate"
    direction = Direction.INBOUND
    needs = frozenset({"form", "findings", "facts"})
    adds = frozenset({"exchange"})

    def __init__(self, ledger: Ledger, formats: Formats, fitting: Fitting, receipts: Receipts) -> None:
        self._ledger, self._formats, self._fitting, self._receipts = ledger, formats, fitting, receipts

    async def perform(self, row: Row, now: datetime) -> Verdict:
        """Advance with the exchange, how it was found, the step and the receipt `VALID`; Hold what breaks a dialogue; Reject
        what a rule over the whole exchange refuses.
        """
        reused = await reused_reference(self._ledger, self._formats.family(row.envelope.form.format), row.envelope)
        if reused is not None:
            return reused
        exchange, how = await find_exchange(self._ledger, self._formats, row.envelope)
        fitted = await self._fitting.fit(row.envelope, exchange, now)
        if not isinstance(fitted, Fitted):
            return fitted
        known = fitted.envelope
        return Advance(
            envelope=known, steps=fitted.steps, expects=fitted.expects,
            details=(("exchange", known.exchange), ("found_by", how), *fitted.details),
            spawn=self._receipts.valid(known, known.findings, now),
        )  # fmt: skip
