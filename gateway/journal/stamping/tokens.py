"""What a time-stamp must be, and whose: a closed shape first, then what it says, then who signed it.

`rfc3161-client` verifies the signature and its path with OpenSSL. Before that stands what it leaves out: bounds for what others send, DER and nothing
else, closed lists of digests and keys, the purpose being the only one, the certificate that the signed attributes name (RFC 5816), and a path by a
second implementation. A token that both accept is taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any, Final

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID
from msgspec import Struct
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from gateway.journal.stamping.question import Question
from gateway.journal.stamping.reasons import refusal, refused_as
from gateway.signing.algorithms import CURVES, MAX_RSA_BITS
from gateway.smime import ber

MAX_REPLY_OCTETS: Final = 64 * 1024
MAX_ELEMENTS: Final = 4000
MAX_CERTIFICATES: Final = 8
MAX_DEPTH: Final = 4
MIN_RSA_BITS: Final = 2048
DIGESTS: Final = frozenset({"sha256", "sha384", "sha512"})
SCHEMES: Final = frozenset({"rsassa_pkcs1v15", "rsassa_pss", "ecdsa"})
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
GRANTED: Final = "granted"


class Trust(Struct, frozen=True, kw_only=True):
    """Whose stamps are believed."""

    anchors: tuple[bytes, ...]
    """Certificates (DER) of the authorities that the signer's must lead to."""
    policy: str = ""
    """The only policy that is taken; empty for any."""
    accuracy_seconds: float = 1.0
    """How exact its time must be; 0 takes what comes."""


class Stamp(Struct, frozen=True, kw_only=True):
    """A token that holds."""

    at: datetime
    accuracy: timedelta | None
    serial: int
    policy: str
    signer: str
    token: bytes
    """DER of the TimeStampToken, as it came."""


def read_reply(reply: bytes, question: Question, trust: Trust) -> Stamp:
    """The stamp in an answer; raises `Refused`."""
    tree = _tree(reply)
    with refused_as("stamp.malformed"):
        status = tsp.PKIStatusInfo.load(tree[0].der, strict=True)
        granted = status["status"].native
        said = f"{granted} {status['fail_info'].native or ''} {status['status_string'].native or ''}"
    if granted != GRANTED:  # also with modifications: that is not what was asked
        raise refusal("stamp.rejected", said[:300])
    if len(tree) != 2:
        raise refusal("stamp.malformed", "granted, and no token")
    content = tree[1].der
    return check_token(content, question.digest, trust, question.nonce)


def check_token(token: bytes, digest: bytes, trust: Trust, nonce: int | None = None) -> Stamp:
    """A token over this SHA-256, fresh from the wire (then with the nonce) or kept; raises `Refused`."""
    _tree(token)
    with refused_as("stamp.malformed"):
        info = cms.ContentInfo.load(token, strict=True)
        signed, signer, told = _parts(info)
        at = _time(told)
        _check_content(told, digest, trust, nonce)
    with refused_as("stamp.certificate"):
        enclosed = [x509.load_der_x509_certificate(each.chosen.dump()) for each in signed["certificates"]]
        certificate = _certificate(signer, enclosed)
    _check_algorithms(signer, certificate)
    _check_certificate(certificate, at)
    with refused_as("stamp.untrusted"):
        anchors = [x509.load_der_x509_certificate(der) for der in trust.anchors]
        _check_path(certificate, [each for each in enclosed if each is not certificate], anchors, at)
    with refused_as("stamp.malformed"):
        reply = decode_timestamp_response(_sorted(info))
    with refused_as("stamp.signature"):
        VerifierBuilder(roots=anchors).build().verify(reply, digest)
    with refused_as("stamp.malformed"):
        return Stamp(
            at=at, accuracy=_accuracy(told), serial=told["serial_number"].native, policy=told["policy"].dotted,
            signer=certificate.subject.rfc4514_string(), token=token,
        )  # fmt: skip


def _tree(content: bytes) -> ber.Node:
    """The elements, counted, in the one spelling that DER allows."""
    if len(content) > MAX_REPLY_OCTETS:
        raise refusal("stamp.too-long")
    with refused_as("stamp.malformed"):
        tree = ber.read(content, MAX_ELEMENTS)
        if tree.der != content:
            raise refusal("stamp.malformed", "not DER")
        return tree


def _parts(info: Any) -> tuple[Any, Any, Any]:
    """Signed data, the one signer, and what is signed."""
    if info["content_type"].native != "signed_data":
        raise refusal("stamp.malformed", "not signed data")
    signed = info["content"]
    content, signers = signed["encap_content_info"], signed["signer_infos"]
    certificates = signed["certificates"]
    if content["content_type"].native != "tst_info" or len(signers) != 1:
        raise refusal("stamp.malformed", "not one signer of a time-stamp")
    if any(each.name != "certificate" for each in certificates) or not 1 <= len(certificates) <= MAX_CERTIFICATES:
        raise refusal("stamp.certificate", "none is enclosed, too many are, or of another kind")
    told = content["content"].parsed
    if told["version"].native != "v1" or any(each["critical"].native for each in told["extensions"] or ()):
        raise refusal("stamp.malformed", "of another version, or with an extension that must not be ignored")
    return signed, signers[0], told


# --- what it says


def _time(told: Any) -> datetime:
    at = told["gen_time"].native
    if not isinstance(at, datetime) or at.tzinfo is None or not told["gen_time"].contents.endswith(b"Z"):
        raise refusal("stamp.malformed", "its time is not one in UTC")
    return at.astimezone(UTC)


def _check_content(told: Any, digest: bytes, trust: Trust, nonce: int | None) -> None:
    imprint = told["message_imprint"]
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    if algorithm != "sha256" or not compare_digest(imprint["hashed_message"].native, digest):
        raise refusal("stamp.imprint", str(algorithm)[:40])
    if nonce is not None and told["nonce"].native != nonce:
        raise refusal("stamp.nonce")
    if trust.policy and told["policy"].dotted != trust.policy:
        raise refusal("stamp.policy", told["policy"].dotted[:100])
    accuracy = _accuracy(told)
    wanted = trust.accuracy_seconds
    if wanted and (accuracy is None or accuracy.total_seconds() > wanted):
        raise refusal("stamp.accuracy", f"{accuracy.total_seconds():g} s" if accuracy is not None else "not told")


def _accuracy(told: Any) -> timedelta | None:
    found = told["accuracy"].native
    if found is None:
        return None
    seconds, millis, micros = (found[name] or 0 for name in ("seconds", "millis", "micros"))
    if seconds < 0 or not 0 <= millis <= 999 or not 0 <= micros <= 999:
        raise refusal("stamp.malformed", "an accuracy that cannot be")
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)


def clock_difference(at: datetime, begun: datetime, ended: datetime) -> timedelta:
    """How far a stamp's time is outside the moment in which it was asked for and came; negative when it is before."""
    return min(at - begun, timedelta()) + max(at - ended, timedelta())


# --- whose it is


def _certificate(signer: Any, enclosed: Iterable[x509.Certificate]) -> x509.Certificate:
    """The signer's own: named by issuer and number, and by its digest in the signed attributes."""
    if signer["sid"].name != "issuer_and_serial_number":
        raise refusal("stamp.certificate", "named in another way than by issuer and number")
    named = signer["sid"].chosen
    issuer, number = named["issuer"].dump(), named["serial_number"].native
    fitting = [each for each in enclosed if (each.serial_number, each.issuer.public_bytes()) == (number, issuer)]
    if len(fitting) != 1:
        raise refusal("stamp.certificate", f"{len(fitting)} of the enclosed fit")
    values = [list(each["values"]) for each in signer["signed_attrs"] if each["type"].dotted == SIGNING_CERTIFICATE_V2]
    if len(values) != 1 or len(values[0]) != 1:
        raise refusal("stamp.certificate", "the signed attributes do not name it by a digest that is taken")
    first = tsp.SigningCertificateV2.load(values[0][0].dump(), strict=True)["certs"][0]
    digest = str(first["hash_algorithm"]["algorithm"].native)
    if digest not in DIGESTS:
        raise refusal("stamp.algorithm", digest[:40])
    der = fitting[0].public_bytes(Encoding.DER)
    if not compare_digest(first["cert_hash"].native, hashlib.new(digest, der).digest()):
        raise refusal("stamp.certificate", "the signed attributes name another one")
    return fitting[0]


def _check_algorithms(signer: Any, certificate: x509.Certificate) -> None:
    with refused_as("stamp.algorithm"):
        digest, method = str(signer["digest_algorithm"]["algorithm"].native), signer["signature_algorithm"]
        scheme = str(method.signature_algo)
        # the algorithm `rsaEncryption` names no digest of its own
        named = digest if method["algorithm"].native == "rsassa_pkcs1v15" else str(method.hash_algo)
        key = certificate.public_key()
        if digest not in DIGESTS or named != digest or scheme not in SCHEMES:
            raise refusal("stamp.algorithm", f"{scheme} {named} {digest}"[:100])
        if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES and scheme == "ecdsa":
            return
        if isinstance(key, rsa.RSAPublicKey) and MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS and scheme != "ecdsa":
            return
        raise refusal("stamp.algorithm", type(key).__name__)


def _check_certificate(certificate: x509.Certificate, at: datetime) -> None:
    with refused_as("stamp.purpose"):
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        if not found.critical or list(found.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
            raise refusal("stamp.purpose", ", ".join(each.dotted_string for each in found.value)[:200])
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise refusal("stamp.expired", f"until {certificate.not_valid_after_utc:%Y-%m-%d}, and it tells {at:%Y-%m-%d}")


def _check_path(
    certificate: x509.Certificate, others: list[x509.Certificate], anchors: list[x509.Certificate], at: datetime
) -> None:
    anything = verification.ExtensionPolicy.permit_all()
    authorities = anything.require_present(x509.BasicConstraints, verification.Criticality.AGNOSTIC, None)
    builder = verification.PolicyBuilder().store(verification.Store(anchors)).time(at).max_chain_depth(MAX_DEPTH)
    verifier = builder.extension_policies(ca_policy=authorities, ee_policy=anything).build_client_verifier()
    verifier.verify(certificate, others)


def _sorted(info: Any) -> bytes:
    """The token as a whole reply, which is what the library takes, with its certificates in order: it takes them in no other, and `openssl ts`
    and others enclose them as they come. No signature is over them.
    """
    token = info.copy()
    certificates = sorted(
        (each.chosen for each in token["content"]["certificates"]), key=lambda each: bytes(each.dump())
    )
    token["content"]["certificates"] = [cms.CertificateChoices({"certificate": each}) for each in certificates]
    return bytes(tsp.TimeStampResp({"status": {"status": GRANTED}, "time_stamp_token": token}).dump())
