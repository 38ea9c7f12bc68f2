"""Is it genuine? From here on only the tree that verification returned is used."""

from __future__ import annotations

from datetime import datetime

import msgspec

from gateway import parcel
from gateway.bounce import read_report
from gateway.by_hand import came_by_hand, not_signed
from gateway.envelope import Direction, Envelope, Payload, Receipt, SmimeReport
from gateway.flow.canary import KIND as CANARY
from gateway.partners import Directory, Partner
from gateway.ports import Verifier
from gateway.smime.seals import Seals
from gateway.stages.identify import REPORT_FORMAT
from gateway.stages.unheard import about, awaited
from gateway.verdict import Advance, Details, Hold, Note, Reason, Settle, Verdict

ARRIVED = Reason(code="canary.arrived", public="A test message of our own went all the way.")


class Verify:
    """Checks the signature against what was agreed with the partner; a delivery report is settled here, because
    nobody signs it.
    """

    name = "verify"
    direction = Direction.INBOUND
    needs = frozenset({"identification"})
    adds = frozenset({"signature", "opened"})

    def __init__(self, verifier: Verifier, directory: Directory, seals: Seals) -> None:
        self._verifier, self._directory, self._seals = verifier, directory, seals

    def judge(self, envelope: Envelope, now: datetime) -> Verdict:
        """Advance with the report of the signature; raises `Refused` with a code `signature.…` or `smime.…`."""
        if envelope.kind == CANARY:
            return Settle(envelope=envelope, state="settled", reason=ARRIVED)
        if envelope.identification.format == REPORT_FORMAT:
            return settle_report(envelope, now)
        partner = self._directory.get(envelope.identification.partner)
        if partner is None:
            return Hold(
                envelope=envelope,
                reason=Reason(code="sender.unknown", public="The sender is not a partner of this office."),
            )
        if came_by_hand(envelope):
            told = not_signed(envelope, parcel.open_parcel(envelope.payload).form, partner.party)
            return Advance(
                envelope=envelope.learn(signature=told, opened=None),
                details=(("profile", told.profile), ("who", told.subject)),
            )
        opened, smime = self._under_smime(envelope, partner, now)
        document = parcel.open_parcel(opened or envelope.payload).form
        report = msgspec.structs.replace(self._verifier.verify(document, partner, now), smime=smime)
        details = (
            ("party", report.party),
            ("certificate", report.certificate),
            ("algorithm", report.algorithm),
            ("profile", report.profile),
            ("key", report.key),
            ("digests", " ".join(report.digests)),
            *about(report),
            *_about(smime),
        )
        waiting = awaited(envelope, report, partner.signature, now)
        if waiting is not None:
            return waiting
        return Advance(envelope=envelope.learn(signature=report, opened=opened), details=details)

    def _under_smime(
        self, envelope: Envelope, partner: Partner, now: datetime
    ) -> tuple[Payload | None, SmimeReport | None]:
        """What is under S/MIME and what that proves; nothing for a mail without it, where none was agreed."""
        if envelope.payload.media_type != parcel.MAIL:
            return None, None
        sender = envelope.claim.sender
        peeled = self._seals.peeled(envelope.payload, self._directory, sender)
        report = self._seals.proved(peeled, partner, sender, now, self._directory.revocation)
        return (peeled.payload if peeled else None), report


def _about(smime: SmimeReport | None) -> Details:
    if smime is None:
        return ()
    told = ("smime", "+".join(smime.layers)), ("smime_cipher", smime.cipher), ("smime_certificate", smime.certificate)
    return tuple((name, value) for name, value in told if value)


def settle_report(envelope: Envelope, now: datetime) -> Verdict:
    """Record a delivery status notification on the message it speaks of. It is not proof, so a failure only calls an
    officer.
    """
    report = read_report(envelope.payload.content)
    if report is None or not report.message_id:
        return Hold(
            envelope=envelope,
            reason=Reason(code="report.unmatched", public="A delivery report names no message of ours."),
        )
    failed = report.action == "failed"
    details = (("action", report.action), ("status", report.status), ("diagnostic", report.diagnostic[:500]))
    reason = Reason(
        code="delivery.failed", public=f"The mail system reports that the message was not delivered ({report.status})."
    )
    note = Note(
        event="delivery.reported", message_id=report.message_id, details=details,
        state="held" if failed else "", reason=reason if failed else None,
        receipt=Receipt(stage=f"DSN-{report.action.upper()}", at=now, envelope=envelope.id),
    )  # fmt: skip
    settled = Reason(code="report.recorded", public="Recorded on the message it speaks of.")
    return Settle(envelope=envelope, state="settled", reason=settled, notes=(note,), details=details[:2])
