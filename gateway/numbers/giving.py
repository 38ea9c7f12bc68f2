"""The next number of a series. The store keeps it only behind the last one, so that no crash and no quarrel leaves a gap.

The idea: the last number is remembered here, so that messages to one office can be written together; whoever comes a second
time for the same message has lost its write, and then the end of the series is read anew, once for all who lost with it.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Final

from gateway.envelope import Envelope
from gateway.form import Running
from gateway.ledger import Ledger
from gateway.numbers.series import Numbered, given
from gateway.partners import Partner
from gateway.ports import Formats

REMEMBERED: Final = 4096
"""Messages whose write may still be under way."""


class Giver:
    """Gives numbers to messages on their way out."""

    def __init__(self, ledger: Ledger, formats: Formats) -> None:
        self._ledger, self._formats = ledger, formats
        self._last: dict[tuple[str, str], int] = {}
        self._readings = 0
        self._asked: OrderedDict[str, int] = OrderedDict()

    async def numbered(
        self, envelope: Envelope, partner: Partner, now: datetime
    ) -> tuple[Envelope, tuple[Numbered, ...]]:
        """The envelope with its number and the row that keeps it; as it was where it has one, or gets none.

        Receipts and sheets have none: a receipt is missed by whoever waits for it, and sheets would count themselves.
        """
        header = envelope.form.header
        if envelope.learned.running or not partner.numbers or self._formats.family(envelope.form.format).technical:
            return envelope, ()
        series = (header.sender, partner.party)
        if self._asked.get(envelope.id) == self._readings:
            self._last.clear()
            self._readings += 1
        if series not in self._last:
            last = await self._ledger.last_number(*series)
            self._last[series] = max(last, self._last.get(series, 0))
        self._remember(envelope.id)
        self._last[series] += 1
        running = Running(to=partner.party, number=self._last[series])
        row = given(envelope.id, header.sender, running, header.message_id, now)
        return envelope.learn(running=running), (row,)

    def _remember(self, envelope: str) -> None:
        self._asked[envelope] = self._readings
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
