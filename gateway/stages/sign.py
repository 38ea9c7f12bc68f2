"""Sign the XML for the office that sends it, and put S/MIME around it where that was agreed. The bytes are kept and never
made again, so every resend is the same.
"""

from __future__ import annotations

from datetime import datetime

from gateway import parcel, safexml
from gateway.envelope import Direction, Envelope
from gateway.identity import digest
from gateway.numbers.telling import signed_number
from gateway.partners import Directory
from gateway.ports import Signer
from gateway.smime.seals import Seals
from gateway.statements import STATEMENT
from gateway.verdict import Advance, Verdict


class Sign:
    """From bytes to signed bytes."""

    name = "sign"
    direction = Direction.OUTBOUND
    needs = frozenset({"form", "leg", "encoded"})
    adds = frozenset({"signed", "sealed"})

    def __init__(self, signer: Signer, directory: Directory, seals: Seals) -> None:
        self._signer, self._directory, self._seals = signer, directory, seals

    def judge(self, envelope: Envelope, now: datetime) -> Verdict:
        """Advance with the signed XML; the unsigned one is no longer needed."""
        if envelope.knows("signed"):
            return Advance(envelope=envelope.learn(encoded=None), details=(("signed", digest(envelope.signed)),))
        root = safexml.parse(envelope.encoded)
        numbers = signed_number(envelope, safexml.canonical(root), now)  # before the signature stands in it
        signed = self._signer.sign(root, envelope.form.header.sender, now)
        sealed = self._sealed(envelope, signed, now)
        details = [("signed", digest(signed)), *([("sealed", digest(sealed))] if sealed else [])]
        details += [told for row in numbers for told in (("number", str(row.number)), ("content", row.digest))]
        known = envelope.learn(signed=signed, sealed=sealed, encoded=None)
        return Advance(envelope=known, details=tuple(details), numbers=numbers)

    def _sealed(self, envelope: Envelope, signed: bytes, now: datetime) -> bytes | None:
        """The entity that a mail carries under S/MIME; None where none is agreed with the counterpart."""
        partner = self._directory.get(envelope.leg.counterpart)
        if partner is None or not partner.smime.layers or envelope.kind == STATEMENT:
            return None
        packed = parcel.pack(signed, parcel.open_parcel(envelope.payload).files)
        return self._seals.sealed(packed, envelope.form.header.sender, partner, now, self._directory.revocation)
