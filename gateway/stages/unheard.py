"""The authority of a signer could not be heard, and the partner's policy demands that it is.

First the message waits by itself, so that a short absence costs nobody anything; then it waits for an officer, who may
let it go on without. Nobody is asked from here: the background watch fetches answers.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from gateway.envelope import Envelope, SignatureReport
from gateway.judging import UNAVAILABLE_RETRY
from gateway.partners import SignaturePolicy
from gateway.verdict import Details, Hold, Reason, Retry, Verdict

UNHEARD: Final = "signature.revocation-unknown"
HOLD_AFTER: Final = timedelta(hours=1)
"""For so long it is tried again without a person. Our own proposal."""
HARD: Final = "hard"


def awaited(envelope: Envelope, report: SignatureReport, policy: SignaturePolicy, now: datetime) -> Verdict | None:
    """What to do instead of going on, or None to go on."""
    known = (*report.revocation, *(report.smime.revocation if report.smime else ()))
    unknown = [one for one in known if one.status == "unknown"]
    if policy.revocation != HARD or not unknown or envelope.released(UNHEARD):
        return None
    words = "Whether the signer's certificate was revoked is not known now."
    reason = Reason(code=UNHEARD, public=words, operator=f"{words} The authority's answer: {unknown[0].why}.")
    if now - envelope.received_at < HOLD_AFTER:
        return Retry(envelope=envelope, reason=reason, at=now + UNAVAILABLE_RETRY, details=about(report))
    return Hold(envelope=envelope, reason=reason, details=about(report))


def about(report: SignatureReport) -> Details:
    """What the journal keeps of it; the watch learns from here which certificates to ask about."""
    told: Details = (("issuer", report.issuer), ("serial", report.serial))
    smime = report.smime
    if smime is not None and smime.serial:
        told = (*told, ("smime_issuer", smime.issuer), ("smime_serial", smime.serial))
        unknown = next((one for one in smime.revocation if one.status == "unknown"), None)
        told += (("smime_revocation", f"unknown: {unknown.why}"),) if unknown else ()
    if not report.revocation:
        return told
    worst = next((one for one in report.revocation if one.status == "unknown"), report.revocation[0])
    found = (
        ("revocation", f"{worst.status}: {worst.why}" if worst.why else worst.status),
        ("revocation_answer", worst.digest),
        ("revocation_source", worst.source),
        ("revocation_as_of", worst.as_of.isoformat() if worst.as_of else ""),
    )
    return told + tuple((name, value) for name, value in found if value)
