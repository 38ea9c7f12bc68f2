"""Sign the XML for the office that sends it. The signed bytes are kept and never made again, so every resend is the
same.
"""

from __future__ import annotations

from datetime import datetime

from gateway import safexml
from gateway.envelope import Direction, Envelope
from gateway.identity import digest
from gateway.ports import Signer
from gateway.verdict import Advance, Verdict


class Sign:
    """From bytes to signed bytes."""

    name = "sign"
    direction = Direction.OUTBOUND
    needs = frozenset({"form", "encoded"})
    adds = frozenset({"signed"})

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def judge(self, envelope: Envelope, now: datetime) -> Verdict:
        """Advance with the signed XML; the unsigned one is no longer needed."""
        if envelope.knows("signed"):
            return Advance(envelope=envelope.learn(encoded=None), details=(("signed", digest(envelope.signed)),))
        signed = self._signer.sign(safexml.parse(envelope.encoded), envelope.form.header.sender, now)
        return Advance(envelope=envelope.learn(signed=signed, encoded=None), details=(("signed", digest(signed)),))
