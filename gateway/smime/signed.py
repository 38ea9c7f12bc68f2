"""The CMS signature beside a content: a closed shape first, then digest and value. Whose it is, is asked in `proof`.

asn1crypto reads the structure, `cryptography` computes. Nothing that the sender chose decides how it is judged: the lists of
algorithms are closed, and one digest is used throughout.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from hmac import compare_digest
from types import MappingProxyType
from typing import Any, Final

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from msgspec import Struct

from gateway.signing.algorithms import CURVES, MAX_RSA_BITS
from gateway.smime import ber
from gateway.smime.mime import Halves
from gateway.smime.reasons import refusal, refused_as

MAX_CERTIFICATES: Final = 5
MAX_ATTRIBUTES: Final = 16
MAX_ELEMENTS: Final = 4000
"""Five certificates with all that may stand in them stay below."""
MICALG: Final = {"sha256": "sha-256", "sha384": "sha-384", "sha512": "sha-512"}
"""RFC 8551 section 3.5.3.2."""
HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = MappingProxyType(
    {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
)


class CmsSignature(Struct, frozen=True, kw_only=True):
    """A signature whose digest and value are right, by whomever."""

    certificates: tuple[bytes, ...]
    """DER, the signer's first."""
    algorithm: str
    """`ecdsa-sha256`, `rsa-sha384`, `rsa-pss-sha512` …"""
    signed_at: datetime | None
    named_certificate: bool
    """Whether the signed attributes name the certificate (RFC 5035)."""


def check_signature(parts: Halves) -> CmsSignature:
    """What the signature says; raises `Refused` for every other shape, algorithm or value."""
    info = _signed_data(parts.signature)
    with refused_as("smime.malformed"):
        signer = _only_signer(info)
        certificates = _certificates(info, signer)
        digest = _digest(info, signer)
        if parts.micalg.replace("-", "") != digest:
            raise refusal("smime.micalg", f"{parts.micalg[:40]} and {digest}")
        attributes = _attributes(signer)
        algorithm = _check_value(signer, digest, certificates[0])
        _check_digest(attributes, digest, parts.content)
        return CmsSignature(
            certificates=certificates, algorithm=algorithm, signed_at=_time(attributes),
            named_certificate=_names_certificate(attributes, certificates[0]),
        )  # fmt: skip


def _signed_data(signature: bytes) -> Any:
    try:
        tree = ber.read(signature, MAX_ELEMENTS)
    except ber.TooMuch as trouble:
        raise refusal("smime.too-large", str(trouble)) from trouble
    except ber.Unreadable as trouble:
        raise refusal("smime.malformed", str(trouble)) from trouble
    with refused_as("smime.malformed"):
        info = cms.ContentInfo.load(tree.der, strict=True)
        kind = info["content_type"].native
        if kind == "compressed_data":
            raise refusal("smime.compressed")
        if kind != "signed_data":
            raise refusal("smime.malformed", str(kind))
        return info["content"]


def _only_signer(info: Any) -> Any:
    signers = info["signer_infos"]
    if len(signers) != 1:
        raise refusal("smime.several-signers" if len(signers) else "smime.no-signer")
    within = info["encap_content_info"]
    if within["content_type"].native != "data":
        raise refusal("smime.malformed", "the content type is not data")
    if within["content"].native is not None:
        raise refusal("smime.embedded")
    if len(signers[0]["unsigned_attrs"] or ()):
        raise refusal("smime.unsigned-attributes")
    return signers[0]


def _certificates(info: Any, signer: Any) -> tuple[bytes, ...]:
    """What is enclosed, the signer's first."""
    enclosed = info["certificates"] or ()
    if len(enclosed) > MAX_CERTIFICATES:
        raise refusal("smime.too-large", "certificates")
    if any(each.name != "certificate" for each in enclosed):
        raise refusal("smime.certificate-missing", "an attribute certificate, or one of another kind")
    matching = [each for each in enclosed if _is_named(each.chosen, signer["sid"])]
    if len(matching) != 1:
        raise refusal("smime.certificate-missing", f"{len(matching)} fit")
    others = (each for each in enclosed if each is not matching[0])
    return tuple(each.chosen.dump() for each in (matching[0], *others))


def _is_named(certificate: Any, sid: Any) -> bool:
    if sid.name == "subject_key_identifier":
        return bool(certificate.key_identifier == sid.chosen.native)
    named = sid.chosen
    serial = certificate.serial_number == named["serial_number"].native
    return bool(serial and certificate.issuer.dump() == named["issuer"].dump())


def _digest(info: Any, signer: Any) -> str:
    """The one digest of the signature."""
    named = {each["algorithm"].native for each in info["digest_algorithms"]}
    digest = str(signer["digest_algorithm"]["algorithm"].native)
    for weak in ("sha1", "md5"):
        if weak == digest or weak in named:
            raise refusal(f"smime.{weak}")
    if digest not in HASHES or named != {digest}:
        raise refusal("smime.algorithm", f"digest {digest[:40]}")
    return digest


def _attributes(signer: Any) -> dict[str, list[Any]]:
    """The signed attributes by name; each stands there once."""
    found: dict[str, list[Any]] = {}
    attributes = signer["signed_attrs"] or ()
    if len(attributes) > MAX_ATTRIBUTES:
        raise refusal("smime.too-large", "attributes")
    for each in attributes:
        name = each["type"].dotted
        if name in found:
            raise refusal("smime.attributes", f"{name} twice")
        found[name] = list(each["values"])
    kinds, digests = found.get(CONTENT_TYPE, []), found.get(MESSAGE_DIGEST, [])
    if len(kinds) != 1 or len(digests) != 1 or len(found.get(SIGNING_TIME, [0])) != 1:
        raise refusal("smime.attributes")
    if kinds[0].native != "data":
        raise refusal("smime.attributes", "the content type is not data")
    return found


CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"


def _check_value(signer: Any, digest: str, certificate: bytes) -> str:
    """The signature over the attributes as they stand, as a SET (RFC 5652 section 5.4)."""
    method = signer["signature_algorithm"]
    with refused_as("smime.algorithm"):
        named, scheme = _named_hash(method), str(method.signature_algo)
    for weak in ("sha1", "md5"):
        if named == weak:
            raise refusal(f"smime.{weak}")
    if named not in (digest, ""):
        raise refusal("smime.algorithm", f"{named} and {digest}")
    octets = b"\x31" + signer["signed_attrs"].dump()[1:]
    value, chosen = signer["signature"].native, HASHES[digest]
    with refused_as("smime.certificate"):
        key = x509.load_der_x509_certificate(certificate).public_key()
    try:
        if scheme == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES:
            key.verify(value, octets, ec.ECDSA(chosen))
            return f"ecdsa-{digest}"
        if isinstance(key, rsa.RSAPublicKey) and key.key_size <= MAX_RSA_BITS:
            if scheme == "rsassa_pkcs1v15":
                key.verify(value, octets, padding.PKCS1v15(), chosen)
                return f"rsa-{digest}"
            if scheme == "rsassa_pss":
                key.verify(value, octets, _pss(method, digest), chosen)
                return f"rsa-pss-{digest}"
    except InvalidSignature as wrong:
        raise refusal("smime.value") from wrong
    raise refusal("smime.algorithm", f"{scheme[:40]} with a key of kind {type(key).__name__}")


def _named_hash(method: Any) -> str:
    """The digest that the signature algorithm names; `rsaEncryption` names none."""
    return "" if method["algorithm"].native == "rsassa_pkcs1v15" else str(method.hash_algo)


def _pss(method: Any, digest: str) -> padding.PSS:
    parameters = method["parameters"]
    mask = parameters["mask_gen_algorithm"]
    plain = mask["algorithm"].native == "mgf1" and mask["parameters"]["algorithm"].native == digest
    salt = parameters["salt_length"].native
    if (
        not plain
        or salt < HASHES[digest].digest_size
        or parameters["trailer_field"].native not in (1, "trailer_field_bc")
    ):
        raise refusal("smime.algorithm", "parameters of PSS")
    return padding.PSS(padding.MGF1(HASHES[digest]), salt)


def _check_digest(attributes: dict[str, list[Any]], digest: str, content: bytes) -> None:
    told = attributes[MESSAGE_DIGEST][0].native
    if compare_digest(told, hashlib.new(digest, content).digest()):
        return
    # Only to say it: what was signed with other line ends is refused like every other difference.
    for other in (content.replace(b"\r\n", b"\n"), content + b"\r\n", content.removesuffix(b"\r\n")):
        if compare_digest(told, hashlib.new(digest, other).digest()):
            raise refusal("smime.line-ends", "the digest fits other line ends")
    raise refusal("smime.digest")


def _time(attributes: dict[str, list[Any]]) -> datetime | None:
    found = attributes.get(SIGNING_TIME)
    if not found:
        return None
    told = found[0].native
    if not isinstance(told, datetime) or told.tzinfo is None:
        raise refusal("smime.time")
    return told.astimezone(UTC)


def _names_certificate(attributes: dict[str, list[Any]], certificate: bytes) -> bool:
    """Whether the signed attributes name a certificate; raises `Refused` when it is another one (RFC 5035)."""
    found = attributes.get(SIGNING_CERTIFICATE_V2)
    if found is None:
        return False
    with refused_as("smime.certificate-digest"):
        first = tsp.SigningCertificateV2.load(found[0].dump(), strict=True)["certs"][0]
        digest = str(first["hash_algorithm"]["algorithm"].native)
        if len(found) != 1 or digest not in HASHES:
            raise refusal("smime.certificate-digest", digest[:40])
        if not compare_digest(first["cert_hash"].native, hashlib.new(digest, certificate).digest()):
            raise refusal("smime.certificate-digest")
    return True
