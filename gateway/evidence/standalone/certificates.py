"""Whose certificate it is: one path from the signer to an authority that was pinned outside, at the moment that counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .report import Bad, NotCheckable

MAX_DEPTH: Final = 4
MIN_RSA_BITS: Final = 2048
CURVES: Final = ("secp256r1", "secp384r1", "secp521r1")
_DOCUMENTS: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
SIGNING: Final = frozenset(
    {ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, ExtendedKeyUsageOID.EMAIL_PROTECTION, _DOCUMENTS}
)


def certificate_of(der: bytes) -> x509.Certificate:
    """One certificate; raises `Bad`."""
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise Bad("a certificate cannot be read") from error


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of its DER, in hexadecimal."""
    return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def named(certificate: x509.Certificate) -> str:
    """Its subject for people."""
    return certificate.subject.rfc4514_string()[:200]


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it says that it may issue certificates."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def signer_among(certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """The one that is no authority; raises `Bad`."""
    leaves = [each for each in certificates if not is_authority(each)]
    if len(leaves) != 1:
        raise Bad(f"{len(leaves)} certificates could be the signer's")
    return leaves[0]


def path(
    signer: x509.Certificate, others: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate], at: datetime
) -> list[x509.Certificate]:
    """Signer, intermediates, anchor, all valid at that moment; raises `Bad`, or `NotCheckable` without an anchor."""
    if not anchors:
        raise NotCheckable("no authority was given to hold its certificate against")
    if signer.issuer == signer.subject or is_authority(signer):
        raise Bad(f"the certificate of {named(signer)} is self-signed, or that of an authority")
    check_key(signer)
    if not signer.not_valid_before_utc <= at <= signer.not_valid_after_utc:
        raise Bad(f"the certificate of {named(signer)} was not valid on {at:%Y-%m-%d %H:%M:%S}Z")
    any_, agnostic = verification.ExtensionPolicy.permit_all(), verification.Criticality.AGNOSTIC
    authority = any_.require_present(x509.BasicConstraints, agnostic, None).may_be_present(
        x509.KeyUsage, agnostic, _may_issue
    )
    builder = verification.PolicyBuilder().store(verification.Store(list(anchors))).time(at.replace(tzinfo=None))
    verifier = (
        builder.max_chain_depth(MAX_DEPTH)
        .extension_policies(ca_policy=authority, ee_policy=any_)
        .build_client_verifier()
    )
    try:
        return list(verifier.verify(signer, list(others)).chain)
    except verification.VerificationError as error:
        raise Bad(
            f"the certificate of {named(signer)} does not lead to an authority that you pinned: a foreign certificate"
        ) from error


def _may_issue(_: verification.Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("the key of an authority may not sign certificates")


def check_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    """Raise `Bad` unless this authority issued the certificate."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise Bad("the answer is that of another authority than the one that issued the certificate") from error


def check_key(certificate: x509.Certificate) -> None:
    """Raise `Bad` for a key that is too weak or of another kind."""
    key = certificate.public_key()
    strong = isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS
    if not strong and not (isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES):
        raise Bad("its key is of a kind or size that is not agreed")


def purposes(certificate: x509.Certificate) -> frozenset[x509.ObjectIdentifier]:
    """What it may be used for; empty where it does not say."""
    try:
        return frozenset(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return frozenset()


def may_sign(path_: Sequence[x509.Certificate]) -> None:
    """Raise `Bad` for a path to a signer that is not meant for signing documents."""
    certificate, *authorities = path_
    meant = purposes(certificate)
    if any(purposes(each) and not purposes(each) & SIGNING for each in authorities):
        raise Bad("an authority on its path may issue certificates for other purposes only")
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    if (meant and not meant & SIGNING) or usage is None or not (usage.digital_signature or usage.content_commitment):
        raise Bad(f"the certificate of {named(certificate)} is not meant for signing documents")


def common_name(certificate: x509.Certificate) -> str:
    """The name by which offices agree on signers; raises `Bad` where it has none, or several."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(names) != 1:
        raise Bad("the certificate does not have exactly one common name")
    return str(names[0].value)
