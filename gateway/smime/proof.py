"""Whose signature it is: the agreed authority, the agreed name, the address that the mail was sent from, at a sane time.

The value was checked before; a certificate that nobody agreed on proves nothing. The rules about certificates are those of
the signature inside the form (`gateway.signing.trust`); what mail adds is the address and the purpose.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.envelope import SmimeReport
from gateway.errors import Refused
from gateway.partners import Partner, without_case
from gateway.signing.reasons import refusal as revoked
from gateway.signing.revocation import RevocationBook
from gateway.signing.verify import TrustKept
from gateway.smime.peeling import Peeled
from gateway.smime.reasons import SENTENCES, refusal, refused_as
from gateway.smime.signed import CmsSignature

AHEAD: Final = timedelta(minutes=5)
"""As for the signature inside the form."""
_FOR_MAIL: Final = frozenset({ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})


def prove(
    peeled: Peeled, partner: Partner, envelope_sender: str, at: datetime, kept: TrustKept, revocation: RevocationBook
) -> SmimeReport:
    """What S/MIME proves of a mail from this partner; raises `Refused`. A revoked certificate is refused by the answers at hand;
    without an answer the partner's policy decides, as for the signature inside.
    """
    report = SmimeReport(layers=peeled.layers, cipher=peeled.cipher)
    if peeled.signature is None:
        return report
    signature = peeled.signature
    policy = msgspec.structs.replace(partner.signature, signers=partner.smime.signers or partner.signature.signers)
    try:
        trust = kept.trust(signature.certificates, policy, at)
        found = [revocation.standing(issuer, serial, at) for issuer, serial in trust.links]
        if any(one.gone is not None for one in found):
            raise revoked("signature.revoked")
    except Refused as error:
        public = f"{SENTENCES['smime.certificate']} {error.public}"
        raise Refused("smime.certificate", public, operator=f"{error.code}: {error.operator}") from error
    signer = x509.load_der_x509_certificate(signature.certificates[0])
    if signer != trust.certificate:
        raise refusal("smime.certificate", "the signer is not the one certificate that may sign")
    with refused_as("smime.certificate"):
        _check_purpose(signer)
        _check_address(signer, peeled, partner, envelope_sender)
        _check_time(signature, signer, at)
        return msgspec.structs.replace(
            report, algorithm=signature.algorithm, certificate=trust.fingerprint, subject=trust.subject,
            signed_at=signature.signed_at, issuer=trust.links[0][0] if trust.links else "",
            serial=trust.links[0][1] if trust.links else "",
            revocation=() if policy.revocation == "none" else tuple(one.told() for one in found),
        )  # fmt: skip


def _check_purpose(signer: x509.Certificate) -> None:
    try:
        purposes = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not _FOR_MAIL & set(purposes):
        raise refusal("smime.certificate-purpose")


def _check_address(signer: x509.Certificate, peeled: Peeled, partner: Partner, envelope_sender: str) -> None:
    """The verified signer is the claimed sender, whatever a mail program would show (RFC 8550 section 3)."""
    own = addresses_in(signer)
    if not own:
        raise refusal("smime.no-address")
    if without_case(peeled.from_address) not in own or not partner.owns_address(peeled.from_address):
        raise refusal("smime.from-mismatch")
    for address in (*peeled.sender_addresses, envelope_sender):
        if not partner.owns_address(address):
            raise refusal("smime.sender-mismatch")
    for address in peeled.reply_addresses:
        if not partner.owns_address(address):
            raise refusal("smime.reply-to-mismatch")


def addresses_in(certificate: x509.Certificate) -> frozenset[str]:
    """The mail addresses that a certificate names: rfc822Name, and the older attribute of the subject."""
    found = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)]
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found += names.get_values_for_type(x509.RFC822Name)
    except x509.ExtensionNotFound:
        pass
    return frozenset(map(without_case, found))


def _check_time(signature: CmsSignature, signer: x509.Certificate, at: datetime) -> None:
    told = signature.signed_at
    if told is not None and not signer.not_valid_before_utc <= told <= at + AHEAD:
        raise refusal("smime.time", f"signed {told:%Y-%m-%dT%H:%M:%SZ}")
