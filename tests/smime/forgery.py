"""CMS signatures bent in one respect each, put together by hand."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.smime.mailroom import AT, Mailbox, entity

HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(), "sha1": hashes.SHA1(), "sha224": hashes.SHA224(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}  # fmt: skip


def attributes(content: bytes, digest: str = "sha256", at: datetime = AT) -> list[dict[str, Any]]:
    """The usual ones."""
    return [
        {"type": "content_type", "values": ["data"]},
        {"type": "message_digest", "values": [hashlib.new(digest, content).digest()]},
        {"type": "signing_time", "values": [cms.Time({"utc_time": at})]},
    ]


def names(certificate: bytes) -> dict[str, Any]:
    """The attribute that names a certificate."""
    value = {"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": hashlib.sha256(certificate).digest()}
    return {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [value]})]}


def signer_info(
    box: Mailbox, signed: list[dict[str, Any]] | None, digest: str = "sha256", method: str = "", **fields: Any
) -> dict[str, Any]:
    """One signer, its value right for what it has."""
    read = asn1_x509.Certificate.load(box.der)
    made = cms.CMSAttributes(signed) if signed is not None else None
    octets = made.dump() if made is not None else entity()
    if isinstance(box.key, rsa.RSAPrivateKey):
        value, usual = box.key.sign(octets, padding.PKCS1v15(), HASHES[digest]), f"{digest}_rsa"
    else:
        value, usual = (
            box.key.sign(octets, ec.ECDSA(HASHES[digest])),
            f"{digest if digest != 'md5' else 'sha256'}_ecdsa",
        )
    info = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            {"issuer_and_serial_number": {"issuer": read.issuer, "serial_number": read.serial_number}}
        ),
        "digest_algorithm": algos.DigestAlgorithm({"algorithm": digest}),
        "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": method or usual}),
        "signature": value,
    }
    if made is not None:
        info["signed_attrs"] = made
    return info | fields


def signed_data(box: Mailbox, signers: list[dict[str, Any]], digest: str = "sha256", **fields: Any) -> bytes:
    """The CMS object."""
    usual = {
        "version": "v1", "digest_algorithms": [{"algorithm": digest}], "encap_content_info": {"content_type": "data"},
        "certificates": [asn1_x509.Certificate.load(box.der)], "signer_infos": signers,
    }  # fmt: skip
    info = cms.SignedData(usual | fields)
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": info}).dump())


def good(box: Mailbox, content: bytes | None = None, **how: Any) -> bytes:
    """A signature that is right."""
    digest = how.get("digest", "sha256")
    return signed_data(box, [signer_info(box, attributes(content or entity(), **how), digest)], digest)


def duplicated(box: Mailbox, name: str) -> bytes:
    """A signature whose attributes hold one of them twice, rightly signed."""
    usual = attributes(entity())
    return signed_data(box, [signer_info(box, [*usual, next(one for one in usual if one["type"] == name)])])


def part(signature: bytes, kind: str = "application/pkcs7-signature", encoding: str = "base64") -> bytes:
    """The second part."""
    body = base64.encodebytes(signature).replace(b"\n", b"\r\n")
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


def multipart(
    *parts: bytes, boundary: str = "b", protocol: str = "application/pkcs7-signature", micalg: str = "sha-256",
    preamble: bytes = b"", epilogue: bytes = b"", extra: str = "",
) -> bytes:  # fmt: skip
    """multipart/signed of these parts."""
    head = (
        f'Content-Type: multipart/signed; protocol="{protocol}"; micalg={micalg}; boundary="{boundary}"{extra}\r\n\r\n'
    )
    mark = b"\r\n--" + boundary.encode()
    pieces = b"".join(mark + b"\r\n" + each for each in parts)
    return head.encode() + (preamble + pieces if preamble else pieces[2:]) + mark + b"--\r\n" + epilogue


def signed(box: Mailbox, content: bytes | None = None, signature: bytes | None = None, **shape: Any) -> bytes:
    """A whole signed entity."""
    content = content if content is not None else entity()
    return multipart(content, part(signature if signature is not None else good(box, content)), **shape)


def sealed(cms_object: bytes, kind: str = "enveloped-data", media: str = "application/pkcs7-mime") -> bytes:
    """application/pkcs7-mime."""
    body = base64.encodebytes(cms_object).replace(b"\n", b"\r\n")
    return f"Content-Type: {media}; smime-type={kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + body


def sequence_in(count: int) -> bytes:
    """A SEQUENCE in a SEQUENCE in …"""
    content = b""
    for _ in range(count):
        content = core.Sequence(contents=content).dump()
    return content


def one_signer(box: Mailbox, *more: dict[str, Any], method: str = "", value: bytes = b"", **fields: Any) -> bytes:
    """A CMS object of one usual signer: `more` attributes, another method or value, other fields of the object."""
    changed = {"signature": value} if value else {}
    return signed_data(box, [signer_info(box, [*attributes(entity()), *more], method=method, **changed)], **fields)


def compressed() -> bytes:
    """A CMS object of compressed content."""
    within = {"content_type": "data", "content": b"x"}
    content = {"version": "v0", "compression_algorithm": {"algorithm": "zlib"}, "encap_content_info": within}
    return bytes(cms.ContentInfo({"content_type": "compressed_data", "content": content}).dump())
