"""A CMS signature: beside its content (the list of members) or around it (time-stamps). One signer, a closed list of algorithms."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from .certificates import certificate_of
from .report import Bad

HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
MAX_OCTETS: Final = 256 * 1024
MAX_CERTIFICATES: Final = 8
KIND, DIGEST, TIME = "content_type", "message_digest", "signing_time"
_VERSIONS: Final = (b"\x02\x01\x01", b"\x02\x01\x03")
_OIDS: Final = {"sha256": 1, "sha384": 2, "sha512": 3}
_SPELT: Final = {
    name: (
        bytes.fromhex(f"300b060960864801650304020{arc}"),
        bytes.fromhex(f"300d060960864801650304020{arc}0500"),
    )
    for name, arc in _OIDS.items()
}
"""The two ways in which DER may name a digest algorithm: without parameters, and with NULL."""
NAMED: Final = "1.2.840.113549.1.9.16.2.47"
NAMED_V1: Final = "1.2.840.113549.1.9.16.2.12"


@dataclass(frozen=True)
class Signed:
    """A signature whose digest and value are right."""

    signer: x509.Certificate
    others: tuple[x509.Certificate, ...]
    at: datetime | None
    content: bytes
    """What is enclosed; empty for a signature beside its content."""


def verified(der: bytes, kind: str, beside: bytes | None = None) -> Signed:
    """The signature over `beside`, or over what it encloses; raises `Bad`."""
    if len(der) > MAX_OCTETS:
        raise Bad("the signature is too long")
    info = cms.ContentInfo.load(der, strict=True)
    if info["content_type"].native != "signed_data":
        raise Bad("it is no CMS signature")
    data = info["content"]
    content = _content(data, kind, beside)
    if len(data["signer_infos"]) != 1 or len(data["certificates"] or ()) > MAX_CERTIFICATES:
        raise Bad("it does not have exactly one signer, or too many certificates")
    signer = data["signer_infos"][0]
    enclosed = [certificate_of(each.chosen.dump()) for each in data["certificates"] or () if each.name == "certificate"]
    certificate = _named(enclosed, signer["sid"])
    attributes = _attributes(signer)
    algorithm = str(signer["digest_algorithm"]["algorithm"].native)
    if algorithm not in HASHES:
        raise Bad(f"the digest algorithm {algorithm[:20]} is not agreed")
    if attributes[KIND].native != kind or attributes[DIGEST].native != hashlib.new(algorithm, content).digest():
        raise Bad(
            "the digest that was signed is not that of the content: it was changed, or the signature is of something else"
        )
    _check_said(data, signer, algorithm, kind)
    _named_again(signer, certificate)
    check_value(
        certificate,
        str(signer["signature_algorithm"].signature_algo),
        algorithm,
        signer["signature"].native,
        _octets(signer),
    )
    at = attributes[TIME].native if TIME in attributes else None
    others = tuple(each for each in enclosed if each != certificate)
    return Signed(certificate, others, at.astimezone(UTC) if at else None, b"" if beside is not None else content)


def _content(data: Any, kind: str, beside: bytes | None) -> bytes:
    within = data["encap_content_info"]
    if within["content_type"].native != kind:
        raise Bad("it signs another kind of content")
    enclosed = within["content"].native is not None
    if enclosed == (beside is not None):
        raise Bad("the content stands where it should not")
    return (
        beside
        if beside is not None
        else bytes(within["content"].contents if kind == "data" else within["content"].parsed.dump())
    )


def _check_said(data: Any, signer: Any, algorithm: str, kind: str) -> None:
    """Raise `Bad` unless what nobody signed is as it must be: versions, and the one digest algorithm in all its places."""
    named = [signer["digest_algorithm"], *data["digest_algorithms"]]
    if (
        data["version"].dump() != _VERSIONS[kind != "data"]
        or signer["version"].dump() != _VERSIONS[0]
        or len(named) != 2
    ):
        raise Bad("it is of another version of CMS")
    if data["digest_algorithms"].dump()[:1] != b"\x31":
        raise Bad("it is no CMS signature in DER")
    if any(each.dump() not in _SPELT[algorithm] for each in named):
        raise Bad("it names its digest algorithm in several ways")
    method = signer["signature_algorithm"]
    spelt = method["parameters"].dump() in (b"", b"\x05\x00") or method.signature_algo == "rsassa_pss"
    if not spelt or (method.signature_algo == "ecdsa" and method.hash_algo != algorithm):
        raise Bad("its signature algorithm does not fit its digest algorithm")


def _named(enclosed: list[x509.Certificate], sid: Any) -> x509.Certificate:
    if sid.name != "issuer_and_serial_number":
        raise Bad("the signer is not named by issuer and serial number")
    issuer, serial = sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native
    matching = [each for each in enclosed if each.serial_number == serial and each.issuer.public_bytes() == issuer]
    if len(matching) != 1:
        raise Bad("the signer's certificate is not enclosed")
    return matching[0]


def _attributes(signer: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in signer["signed_attrs"] or ():
        name = str(each["type"].native)
        if name in found or len(each["values"]) != 1:
            raise Bad("a signed attribute stands twice")
        found[name] = each["values"][0]
    if KIND not in found or DIGEST not in found:
        raise Bad("the signed attributes are missing")
    if len(signer["unsigned_attrs"] or ()):
        raise Bad("there are attributes that nobody signed")
    return found


def _octets(signer: Any) -> bytes:
    return b"\x31" + bytes(signer["signed_attrs"].dump()[1:])


def _named_again(signer: Any, certificate: x509.Certificate) -> None:
    """The signed attributes name the certificate (RFC 5035, RFC 2634); time-stamps of older authorities do so by SHA-1."""
    for each in signer["signed_attrs"]:
        name = each["type"].dotted
        if name == NAMED:
            first = tsp.SigningCertificateV2.load(each["values"][0].dump())["certs"][0]
            algorithm = str(first["hash_algorithm"]["algorithm"].native)
        elif name == NAMED_V1:
            first, algorithm = tsp.SigningCertificate.load(each["values"][0].dump())["certs"][0], "sha1"
        else:
            continue
        chosen = {**HASHES, "sha1": hashes.SHA1()}.get(algorithm)  # noqa: S303  # names a certificate, proves nothing by itself
        if chosen is None or first["cert_hash"].native != certificate.fingerprint(chosen):
            raise Bad("the signed attributes name another certificate")
        return
    raise Bad("the signed attributes name no certificate")


def check_value(certificate: x509.Certificate, scheme: str, algorithm: str, value: bytes, octets: bytes) -> None:
    """Raise `Bad` unless this is the signature of the octets."""
    key, chosen = certificate.public_key(), HASHES[algorithm]
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and scheme == "ecdsa":
            key.verify(value, octets, ec.ECDSA(chosen))
        elif isinstance(key, rsa.RSAPublicKey) and scheme == "rsassa_pkcs1v15":
            key.verify(value, octets, padding.PKCS1v15(), chosen)
        elif isinstance(key, rsa.RSAPublicKey) and scheme == "rsassa_pss":
            key.verify(value, octets, padding.PSS(padding.MGF1(chosen), chosen.digest_size), chosen)
        else:
            raise Bad("the algorithm does not fit the key, or is not agreed")
    except InvalidSignature as error:
        raise Bad("the signature does not hold") from error
