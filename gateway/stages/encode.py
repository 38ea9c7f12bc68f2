"""Write the XML of an outbound form; nothing that its origin set may be missing from it (promise 10)."""

from __future__ import annotations

from datetime import datetime

from gateway.envelope import Direction, Envelope
from gateway.numbers.telling import numbered
from gateway.ports import Formats
from gateway.receipts import document
from gateway.stages.version import on_the_wire
from gateway.verdict import Advance, Verdict


class Encode:
    """From form to bytes."""

    name = "encode"
    direction = Direction.OUTBOUND
    needs = frozenset({"form"})
    adds = frozenset({"encoded"})

    def __init__(self, formats: Formats) -> None:
        self._formats = formats

    def judge(self, envelope: Envelope, now: datetime) -> Verdict:
        """Advance with the unsigned XML."""
        form = numbered(on_the_wire(self._formats, envelope), envelope.learned.running)
        encoded = document(self._formats.get(form.format).encode(form))
        return Advance(envelope=envelope.learn(encoded=encoded))
