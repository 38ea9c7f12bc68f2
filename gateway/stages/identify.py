"""What has come, and from whom does it claim to be? Nothing is proven here; the signature does that next."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from gateway import parcel, safexml
from gateway.envelope import Direction, Envelope, Identification
from gateway.errors import Refused
from gateway.flow.canary import KIND as CANARY
from gateway.parcel import Parcel
from gateway.partners import Directory, Partner, without_case
from gateway.ports import Formats
from gateway.smime.peeling import Peeled
from gateway.smime.reasons import refusal
from gateway.smime.seals import Seals
from gateway.verdict import Advance, Hold, Reason, Reject, Verdict

REPORT_FORMAT: Final = "mail/DeliveryStatus@1"
"""A delivery status notification: recognised by its mail headers, never signed."""
_HEADER_FROM: Final = "{urn:x-spoc:header:1}From"
HELD_CODES: Final = frozenset({"format.unknown", "format.version-unknown"})
"""A partner may be ahead of us: a form that we do not know waits for an officer instead of being refused."""


class Identify:
    """Finds the one form, its format and the partner that the channel's claim names."""

    name = "identify"
    direction = Direction.INBOUND
    needs: frozenset[str] = frozenset()
    adds = frozenset({"identification"})

    def __init__(self, formats: Formats, directory: Directory, seals: Seals) -> None:
        self._formats, self._directory, self._seals = formats, directory, seals

    def judge(self, envelope: Envelope, now: datetime) -> Verdict:
        """Advance with the identification, Hold what a person must name, Reject what is no form."""
        partner = self._claimed(envelope) if envelope.kind != CANARY else None
        if parcel.is_report(envelope.payload):
            found = Identification(format=REPORT_FORMAT, partner=partner.party if partner else "mail:postmaster")
            return Advance(envelope=envelope.learn(identification=found), details=(("format", REPORT_FORMAT),))
        try:
            return self._identify(envelope, partner)
        except Refused as refusal:
            reason = Reason(code=refusal.code, public=refusal.public, operator=refusal.operator)
            if partner and refusal.code in HELD_CODES:
                return Hold(envelope=envelope, reason=reason)
            # Named even so: a known partner is told why its mail was refused.
            known = (
                envelope.learn(identification=Identification(format="unknown/Unknown@1", partner=partner.party))
                if partner
                else envelope
            )
            told = refusal.findings
            return Reject(envelope=known.learn(findings=told) if told else known, reason=reason, findings=told)

    def _identify(self, envelope: Envelope, partner: Partner | None) -> Verdict:
        peeled = self._seals.peeled(envelope.payload, self._directory, envelope.claim.sender)
        opened = parcel.open_parcel(peeled.payload if peeled else envelope.payload)
        if peeled:
            opened = _from_outside(opened, peeled)
        if opened.form_type not in parcel.XML_TYPES:
            raise Refused(
                "mail.no-form",
                "Messages between offices are XML forms. Send the signed form as an application/xml part.",
            )
        root = safexml.parse(opened.form)
        spec = self._formats.recognise(str(root.tag), root.get("version", ""))
        written_by = next((found.text or "" for found in root.iter(_HEADER_FROM)), "")
        claimed = partner is not None
        partner = partner or self._named(envelope, written_by)
        if partner is None:
            return Hold(
                envelope=envelope,
                reason=Reason(code="sender.unknown", public="The sender is not a partner of this office."),
            )
        partner = self._agreeing(envelope, opened, partner, written_by)
        parts = tuple(file.part() for file in opened.files)
        found = Identification(format=spec.id, partner=partner.party, parts=parts, claimed=claimed)
        details = (("format", spec.id), ("partner", partner.party), ("attachments", str(len(opened.files))))
        return Advance(envelope=envelope.learn(identification=found), details=details)

    def _named(self, envelope: Envelope, written_by: str) -> Partner | None:
        """The office that the form names, where the channel saw no sender it knows. One that must show its TLS certificate
        has not done so then: the certificate is asked for by the sender's address.
        """
        named = self._directory.get(written_by)
        bound = named and named.mail and named.mail.client_certificate == "required"
        return None if bound and envelope.payload.media_type == parcel.MAIL else named

    def _claimed(self, envelope: Envelope) -> Partner | None:
        return self._directory.by_address(envelope.claim.sender) or self._directory.get(envelope.claim.sender)

    def _agreeing(self, envelope: Envelope, opened: Parcel, partner: Partner, written_by: str) -> Partner:
        """The one office that envelope sender, From line and form name: a disagreement is either an error or an attack."""
        if written_by and written_by != partner.party:
            # One mailbox may serve several offices of a state: then the form says which.
            other = self._directory.get(written_by)
            if other is None or not other.owns_address(envelope.claim.sender):
                raise Refused(
                    "sender.mismatch",
                    "The form names another office than the one whose mailbox sent it. Send it from that office's mailbox.",
                )
            partner = other
        if opened.from_address and not partner.owns_address(opened.from_address):
            raise Refused(
                "sender.mismatch",
                "The From line names another sender than the mail envelope. Both must be the office's own address.",
            )
        return partner


def _from_outside(opened: Parcel, peeled: Peeled) -> Parcel:
    """The From line of the mail itself. One that is repeated under S/MIME must be the same."""
    if opened.from_address and without_case(opened.from_address) != without_case(peeled.from_address):
        raise refusal("smime.from-mismatch", "another From line under S/MIME")
    return msgspec.structs.replace(opened, from_address=peeled.from_address)
