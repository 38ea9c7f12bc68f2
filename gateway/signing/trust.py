"""Which certificate may sign for a partner.

A closed set of questions about the certificate itself, then one path to an authority that was pinned for this very
partner, then the name. The web's rules for TLS (host names, TLS purposes) do not apply to signers; everything else of
RFC 5280 path validation is left to `cryptography.x509.verification`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from gateway.identity import Digest, digest
from gateway.partners import SignaturePolicy
from gateway.signing.algorithms import (
    CURVES,
    EVERYTHING,
    MAX_RSA_BITS,
    RSA_BITS,
    WEAK_RSA,
    WEAK_RSA_BITS,
    AlgorithmPolicy,
    key_class,
)
from gateway.signing.reasons import refusal, refused_as

MAX_DEPTH: Final = 4

_DOCUMENT_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
_TLS_PURPOSES: Final = frozenset({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH})
_SIGNING_PURPOSES: Final = frozenset({
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,  # RFC 5280: no restriction
    ExtendedKeyUsageOID.EMAIL_PROTECTION,        # what signing certificates carried before there was one for documents
    _DOCUMENT_SIGNING,                           # RFC 9336
})  # fmt: skip


class Trust(Struct, frozen=True, kw_only=True):
    """A certificate that may sign for a partner, and for how long this holds without asking again."""

    certificate: x509.Certificate
    fingerprint: Digest
    subject: str
    """As in RFC 4514."""
    key: str
    """`ec` or `rsa`."""
    key_class: str
    """Kind and size, as `gateway.signing.algorithms.KEYS` names them."""
    links: tuple[tuple[Digest, str], ...]
    """Issuer and serial number of each certificate of the path below the anchor, the signer's first."""
    valid_from: datetime
    valid_until: datetime


def check_certificates(
    certificates: Iterable[bytes], policy: SignaturePolicy, at: datetime, algorithms: AlgorithmPolicy = EVERYTHING
) -> Trust:
    """The trust in these certificates (DER, as enclosed) under the policy; raises `Refused` if there is none."""
    if not policy.anchors:
        raise refusal("signature.no-anchors")
    if not policy.signers:
        raise refusal("signature.no-signers")
    with refused_as("signature.certificate"):
        enclosed = [x509.load_der_x509_certificate(der) for der in certificates]
        signer = _the_signer(enclosed)
        others = [one for one in enclosed if one is not signer]
    with refused_as("signature.no-anchors"):
        anchors = [x509.load_der_x509_certificate(der) for der in policy.anchors]
    with refused_as("signature.certificate"):
        _check_signer(signer, anchors, at)
    with refused_as("signature.untrusted"):
        path = _path(signer, others, anchors, at)
    for one in path:
        _check_key(one, policy, at, algorithms)
    with refused_as("signature.signer"):
        _check_name(signer, policy)
    with refused_as("signature.certificate"):
        subject = signer.subject.rfc4514_string()
    return Trust(
        certificate=signer,
        fingerprint=digest(signer.public_bytes(Encoding.DER)),
        subject=subject,
        key=key_kind(signer),
        key_class=key_class(signer.public_key()),
        links=tuple(
            (digest(above.public_bytes(Encoding.DER)), format(one.serial_number, "x")) for one, above in pairwise(path)
        ),
        valid_from=max(one.not_valid_before_utc for one in path),
        valid_until=min(
            [one.not_valid_after_utc for one in path] + _end_of_tolerance(path, policy) + _end_of_keys(path, algorithms)
        ),
    )


# --- the certificate itself ----------------------------------------------------------------------------------------


def _the_signer(enclosed: list[x509.Certificate]) -> x509.Certificate:
    # XML-DSig gives no order: the signer is the one that is no authority. If all are, it is the first, to be refused.
    leaves = [one for one in enclosed if not is_authority(one)]
    if len(leaves) > 1:
        raise refusal("signature.certificate-ambiguous")
    return leaves[0] if leaves else enclosed[0]


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it says that it may issue certificates."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _check_signer(signer: x509.Certificate, anchors: list[x509.Certificate], at: datetime) -> None:
    if signer in anchors and is_authority(signer):
        raise refusal("signature.is-authority")
    if signer.issuer == signer.subject:
        raise refusal("signature.self-signed")
    if is_authority(signer):
        raise refusal("signature.is-authority")
    if at > signer.not_valid_after_utc:
        raise refusal("signature.expired", f"on {signer.not_valid_after_utc:%Y-%m-%d}")
    if at < signer.not_valid_before_utc:
        raise refusal("signature.not-yet-valid", f"before {signer.not_valid_before_utc:%Y-%m-%d}")
    code = usage_problem(signer)
    if code:
        raise refusal(code)


def usage_problem(certificate: x509.Certificate) -> str:
    """The code of what keeps this certificate from signing documents, or an empty text."""
    try:
        purposes = set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        purposes = set(_SIGNING_PURPOSES)
    if purposes and purposes <= _TLS_PURPOSES:
        return "signature.tls-only"
    if not purposes & _SIGNING_PURPOSES:
        return "signature.key-usage"
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return "signature.key-usage"
    return "" if usage.digital_signature or usage.content_commitment else "signature.key-usage"


def key_kind(certificate: x509.Certificate) -> str:
    """`ec` or `rsa`; raises `Refused` for every other kind of key and every other curve."""
    with refused_as("signature.key-type"):
        key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return "rsa"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES:
        return "ec"
    raise refusal("signature.key-type", type(key).__name__)


def _rsa_bits(certificate: x509.Certificate) -> int | None:
    key = certificate.public_key()
    return key.key_size if isinstance(key, rsa.RSAPublicKey) else None


def _check_key(
    certificate: x509.Certificate, policy: SignaturePolicy, at: datetime, algorithms: AlgorithmPolicy
) -> None:
    key_kind(certificate)
    bits, name = _rsa_bits(certificate), key_class(certificate.public_key())
    tolerated = policy.weak_rsa_until is not None and at.astimezone(UTC).date() <= policy.weak_rsa_until
    if not name or (name == WEAK_RSA and not tolerated):
        raise refusal("signature.key-size", f"RSA with {bits} bits")
    algorithms.check_taken("key", name, at)


def _end_of_keys(path: list[x509.Certificate], algorithms: AlgorithmPolicy) -> list[datetime]:
    ends = [algorithms.ends("key", key_class(one.public_key())) for one in path]
    return [end for end in ends if end is not None]


def _end_of_tolerance(path: list[x509.Certificate], policy: SignaturePolicy) -> list[datetime]:
    weak = any((_rsa_bits(one) or RSA_BITS) < RSA_BITS for one in path)
    return [datetime.combine(policy.weak_rsa_until, time.max, UTC)] if weak and policy.weak_rsa_until else []


def _check_name(signer: x509.Certificate, policy: SignaturePolicy) -> None:
    names = [attribute.value for attribute in signer.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if len(names) != 1 or names[0] not in policy.signers:
        raise refusal("signature.signer", f"subject {signer.subject.rfc4514_string()[:200]}")


# --- the path ------------------------------------------------------------------------------------------------------


def _path(
    signer: x509.Certificate, others: list[x509.Certificate], anchors: list[x509.Certificate], at: datetime
) -> list[x509.Certificate]:
    """Signer, intermediates, anchor. The signer's own extensions were judged before."""
    _check_key_readable(signer)
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(anchors))
        .time(at)
        .max_chain_depth(MAX_DEPTH)
        .extension_policies(
            ca_policy=_authority_policy(),
            ee_policy=verification.ExtensionPolicy.permit_all(),
        )
        .build_client_verifier()
    )
    try:
        return list(verifier.verify(signer, others).chain)
    except verification.VerificationError as error:
        raise refusal(_why_no_path(signer, others, anchors, at), str(error)[:300]) from error


def _authority_policy() -> verification.ExtensionPolicy:
    """RFC 5280 for authorities. The web's rules ask for more than a plain `openssl req -x509` writes."""
    agnostic = verification.Criticality.AGNOSTIC
    return (
        verification.ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, agnostic, None)
        .may_be_present(x509.KeyUsage, agnostic, _may_issue)
        .may_be_present(x509.ExtendedKeyUsage, agnostic, _may_issue_signers)
    )


def _may_issue(_: verification.Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("the key of an authority may not sign certificates")


def _may_issue_signers(_: verification.Policy, __: x509.Certificate, purposes: x509.ExtendedKeyUsage | None) -> None:
    if purposes is not None and not set(purposes) & _SIGNING_PURPOSES:
        raise ValueError("an authority may issue certificates for other purposes only")


def _check_key_readable(signer: x509.Certificate) -> None:
    # Before the path: a weak or odd key must be named as such, and the verifier has rules of its own about keys.
    key_kind(signer)
    bits = _rsa_bits(signer)
    if bits is not None and not WEAK_RSA_BITS <= bits <= MAX_RSA_BITS:
        raise refusal("signature.key-size", f"RSA with {bits} bits")


def _why_no_path(
    signer: x509.Certificate, others: list[x509.Certificate], anchors: list[x509.Certificate], at: datetime
) -> str:
    for one in (signer, *others):
        namesakes = [anchor for anchor in anchors if anchor.subject == one.issuer and anchor != one]
        if namesakes and not any(_issued(anchor, one) for anchor in namesakes):
            return "signature.forged-issuer"
    authorities = (*others, *anchors)
    if any(not one.not_valid_before_utc <= at <= one.not_valid_after_utc for one in authorities):
        return "signature.authority-expired"
    return "signature.untrusted"


def _issued(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001  only words depend on it: the path is refused already
        return False
    return True
