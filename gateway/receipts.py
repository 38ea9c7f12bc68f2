"""Technical receipts: what we tell a partner about its message. Receipts are never made for receipts or for reports.

A receipt is an outbound envelope like any other, so it is checked, signed, journalled and retried; its message id
follows from the message it speaks of, so that a repeated step names the same receipt again.
"""

from datetime import datetime
from typing import Final

from gateway import safexml
from gateway.envelope import Envelope, Payload
from gateway.findings import Finding
from gateway.identity import derived_id
from gateway.office import Office
from gateway.partners import Directory
from gateway.ports import Formats, IdSource
from gateway.reply import ReceiptContent, ReplyContext
from gateway.statements import Statements, document, outbound
from gateway.verdict import Offspring, Reason

__all__ = ["Receipts", "document", "outbound"]

RECEIVED, VALID, INVALID = "RECEIVED", "VALID", "INVALID"
HANDED_OVER, READ = "HANDED_OVER", "READ"
SPEAKS_OF: Final = {
    RECEIVED: "envelope.received", VALID: "envelope.correlated", INVALID: "envelope.rejected", HANDED_OVER: "case.opened",
}  # fmt: skip
"""Which entry of our journal bears out a receipt; for other stages the entry names the receipt itself."""
MAX_FINDINGS_TOLD: Final = 50
_HEADER: Final = "{urn:x-spoc:header:1}"
BY_HAND: Final = "by-hand"
"""A form that an officer took in did not come over this way, and none goes back over it (`gateway/by_hand.py`)."""


class Receipts:
    """Composes receipts for inbound envelopes."""

    def __init__(self, formats: Formats, directory: Directory, office: Office, ids: IdSource) -> None:
        self._formats, self._directory, self._office, self._ids = formats, directory, office, ids
        self.statements = Statements(formats, office, ids)

    def received(self, envelope: Envelope, now: datetime) -> tuple[Offspring, ...]:
        """We have it, its signature is genuine, and it is a form we know."""
        return self._compose(envelope, RECEIVED, now)

    def valid(self, envelope: Envelope, findings: tuple[Finding, ...], now: datetime) -> tuple[Offspring, ...]:
        """Schema and rules are satisfied; warnings are told."""
        return self._compose(envelope, VALID, now, findings=findings)

    def invalid(
        self, envelope: Envelope, reason: Reason, findings: tuple[Finding, ...], now: datetime
    ) -> tuple[Offspring, ...]:
        """It is refused: why, which fields, what to send instead. Only the public text is told."""
        return self._compose(envelope, INVALID, now, reason=reason, findings=findings)

    def handed_over(self, envelope: Envelope, now: datetime) -> tuple[Offspring, ...]:
        """A national case system has it."""
        return self._compose(envelope, HANDED_OVER, now)

    def read(self, envelope: Envelope, now: datetime) -> tuple[Offspring, ...]:
        """An officer has opened it for the first time."""
        return () if envelope.learned.read_at else self._compose(envelope, READ, now)

    def _compose(
        self,
        envelope: Envelope,
        stage: str,
        now: datetime,
        *,
        reason: Reason | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> tuple[Offspring, ...]:
        known = envelope.learned.identification
        if (
            not envelope.inbound
            or envelope.channel == BY_HAND
            or known is None
            or self._formats.family(known.format).technical
        ):
            return ()
        if not known.claimed and envelope.learned.signature is None:
            # Nobody but the unproven form names the partner: it must not be sent what a stranger brought about.
            return ()
        partner = self._directory.get(known.partner)
        if partner is None or not partner.receipts or stage not in partner.receipt_stages:
            return ()
        form = envelope.learned.form
        of_message, of_reference = _names_of(envelope)
        message_id = derived_id(envelope.id, f"receipt/{stage}")
        content = ReceiptContent(
            to=partner.party, stage=stage, of_digest=envelope.payload.digest,
            of_message=of_message, of_reference=of_reference,
            code=reason.code if reason else "", text=reason.public if reason else "",
            findings=findings[:MAX_FINDINGS_TOLD], test=form.header.test if form else partner.test_only,
        )  # fmt: skip
        context = ReplyContext(
            own_party=self._office.facing(partner.party, form.header.to if form else ()), now=now,
            message_id=message_id, our_reference=f"R-{message_id[:13].upper()}",
        )  # fmt: skip
        composed = self._formats.receipt(form, content, context)
        payload = Payload.of(document(self._formats.get(composed.format).encode(composed)), "application/xml")
        made = outbound(composed, payload, id=self._ids.new(), kind="receipt", cause=envelope.id, now=now)
        return (Offspring(envelope=made),)


def _names_of(envelope: Envelope) -> tuple[str, str]:
    """MessageId and reference of the message that a receipt speaks of. Of a form that the schema refuses they are read only
    where its signature was verified: else anybody could have us refuse, in our own name, a message that he did not write.
    """
    form, signature = envelope.learned.form, envelope.learned.signature
    if form is not None:
        return form.header.message_id, form.header.our_reference
    if signature is None:
        return "", ""
    part = safexml.parse(signature.verified).find(f"{_HEADER}Header")
    if part is None:
        return "", ""
    return part.findtext(f"{_HEADER}MessageId") or "", part.findtext(f"{_HEADER}OurReference") or ""
