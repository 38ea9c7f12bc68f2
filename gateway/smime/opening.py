"""Decrypting: the same steps whatever fails.

A wrong key, a wrong padding and a recipient that is not us all go on with a random key, so that neither the answer nor the work
tells them apart (RFC 3218 for RSA; `Plain.sound` for the padding of CBC). The caller says the one sentence at the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, cast

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap
from msgspec import Struct

from gateway.signing.keys import OwnKey
from gateway.smime import ber
from gateway.smime.ber import Node, Unreadable

ENVELOPED: Final = "1.2.840.113549.1.7.3"
AUTH_ENVELOPED: Final = "1.2.840.113549.1.9.16.1.23"
DATA: Final = "1.2.840.113549.1.7.1"
MAX_RECIPIENTS: Final = 50
BLOCK: Final = 16
GCM_TAG: Final = 16
_AES: Final = "2.16.840.1.101.3.4.1."
CBC: Final[Mapping[bytes, int]] = MappingProxyType(
    {ber.oid(_AES + "2"): 16, ber.oid(_AES + "22"): 24, ber.oid(_AES + "42"): 32}
)
GCM: Final[Mapping[bytes, int]] = MappingProxyType(
    {ber.oid(_AES + "6"): 16, ber.oid(_AES + "26"): 24, ber.oid(_AES + "46"): 32}
)
WRAP: Final[Mapping[bytes, int]] = MappingProxyType(
    {ber.oid(_AES + "5"): 16, ber.oid(_AES + "25"): 24, ber.oid(_AES + "45"): 32}
)
KDF: Final[Mapping[bytes, hashes.HashAlgorithm]] = MappingProxyType({
    # What `openssl cms` writes unless told otherwise; SHA-1 as a key derivation is not broken (RFC 5753 section 7.1.4).
    ber.oid("1.3.133.16.840.63.0.2"): hashes.SHA1(),  # noqa: S303
    ber.oid("1.3.132.1.11.1"): hashes.SHA256(),
    ber.oid("1.3.132.1.11.2"): hashes.SHA384(),
    ber.oid("1.3.132.1.11.3"): hashes.SHA512(),
})  # fmt: skip
RSA_PKCS1: Final = ber.oid("1.2.840.113549.1.1.1")
RSA_OAEP: Final = ber.oid("1.2.840.113549.1.1.7")
MGF1: Final = ber.oid("1.2.840.113549.1.1.8")
OAEP_HASHES: Final[Mapping[bytes, hashes.HashAlgorithm]] = MappingProxyType(
    {
        ber.oid(f"2.16.840.1.101.3.4.2.{number}"): made
        for number, made in ((1, hashes.SHA256()), (2, hashes.SHA384()), (3, hashes.SHA512()))
    }
)


class Plain(Struct, frozen=True, kw_only=True):
    """What came out of a decryption."""

    content: bytes
    sound: bool
    """Whether everything about it was right. If not, the content is noise and must be refused like any other failure."""
    authenticated: bool
    """Whether the cipher itself shows changes (GCM). CBC does not."""
    cipher: str


def decrypt(tree: Node, keys: Iterable[OwnKey]) -> Plain:
    """The content of an encrypted CMS object; raises `Unreadable` (or another `ValueError`) where its shape alone is wrong."""
    authenticated = tree[0].der == ber.oid(AUTH_ENVELOPED)
    fields = list(tree[1].expect(0xA0)[0].expect(ber.SEQUENCE).children or ())
    if fields and fields[0].tag == ber.INTEGER:
        fields.pop(0)
    if fields and fields[0].tag == 0xA0:
        fields.pop(0)  # certificates of the originator: of no use here
    if len(fields) < 2:
        raise Unreadable("an element is missing")
    recipients, within = fields[0].expect(ber.SET), fields[1].expect(ber.SEQUENCE)
    if not 0 < len(recipients) <= MAX_RECIPIENTS:
        raise Unreadable("too many recipients, or none")
    if within[0].der != ber.oid(DATA):
        raise Unreadable("what is encrypted is not data")
    method, known = within[1].expect(ber.SEQUENCE), GCM if authenticated else CBC
    size = known.get(method[0].der)
    if size is None:
        raise Unreadable("a cipher that is not taken")
    sealed = within[2].expect(0x80, 0xA0).joined()
    key = _content_key(recipients, list(keys), size)
    return _gcm(key, method[1], sealed, fields[2:]) if authenticated else _cbc(key, method[1], sealed)


# --- the content ---------------------------------------------------------------------------------------------------


def _cbc(key: bytes, parameters: Node, sealed: bytes) -> Plain:
    vector = parameters.expect(ber.OCTET_STRING).octets
    if len(vector) != BLOCK or not sealed or len(sealed) % BLOCK:
        raise Unreadable("not whole blocks")
    opened = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    padded = opened.update(sealed) + opened.finalize()
    count = padded[-1]
    # No early end: a wrong padding leaves the content as long as it is, and everything after goes on alike.
    sound = 1 <= count <= BLOCK and padded[-count:] == bytes((count,)) * count
    return Plain(
        content=padded[: len(padded) - (count if sound else 0)], sound=sound, authenticated=False,
        cipher=f"aes-{len(key) * 8}-cbc",
    )  # fmt: skip


def _gcm(key: bytes, parameters: Node, sealed: bytes, rest: list[Node]) -> Plain:
    nonce = parameters.expect(ber.SEQUENCE)[0].expect(ber.OCTET_STRING).octets
    extra = b""
    if rest and rest[0].tag == 0xA1:
        extra = ber.tlv(ber.SET, rest.pop(0).content)
    if not rest or len(nonce) != 12:
        raise Unreadable("no tag, or an odd nonce")
    tag = rest[0].expect(ber.OCTET_STRING).octets
    told = int.from_bytes(parameters[1].expect(ber.INTEGER).octets, "big") if len(parameters) > 1 else 12
    if len(tag) != GCM_TAG or told != GCM_TAG:
        raise Unreadable("a tag that is too short")
    opened = Cipher(algorithms.AES(key), modes.GCM(nonce, tag)).decryptor()
    opened.authenticate_additional_data(extra)
    content, sound = opened.update(sealed), True
    try:
        opened.finalize()
    except InvalidTag:
        sound = False
    return Plain(content=content, sound=sound, authenticated=True, cipher=f"aes-{len(key) * 8}-gcm")


# --- the key of the content ----------------------------------------------------------------------------------------


def _content_key(recipients: Node, keys: list[OwnKey], size: int) -> bytes:
    """The key for the first recipient that is us; a random one when there is none or it cannot be had."""
    instead, found = os.urandom(size), None
    for recipient in recipients.children or ():
        for own in keys:
            if found is None:
                found = _from_recipient(recipient, own)
    return found if found is not None and len(found) == size else instead


def _from_recipient(recipient: Node, own: OwnKey) -> bytes | None:
    """The key as one recipient has it, None where it is not for this key of ours, empty where it cannot be had."""
    public = own.certificate.public_key()  # a key in the signer process is of no class that could be asked
    if recipient.tag == ber.SEQUENCE and isinstance(public, rsa.RSAPublicKey):
        return _transported(recipient, own)
    if recipient.tag == 0xA1 and isinstance(public, ec.EllipticCurvePublicKey):
        return _agreed(recipient, own, public.curve)
    return None


def _transported(recipient: Node, own: OwnKey) -> bytes | None:
    if not _names(recipient[1], own.certificate):
        return None
    method, sealed = recipient[2].expect(ber.SEQUENCE), recipient[3].expect(ber.OCTET_STRING).octets
    how = padding.PKCS1v15() if method[0].der == RSA_PKCS1 else _oaep(method)
    try:
        return cast("rsa.RSAPrivateKey", own.key).decrypt(sealed, how)
    except ValueError:
        return b""


def _oaep(method: Node) -> padding.OAEP:
    """OAEP with one hash of the list throughout and without a label (RFC 4055)."""
    if method[0].der != RSA_OAEP:
        raise Unreadable("a key transport that is not taken")
    told = {each.tag: each[0] for each in method[1].children or ()}
    if not told.keys() >= {0xA0, 0xA1} or told[0xA1][0].der != MGF1:
        raise Unreadable("parameters of OAEP that are not taken")
    chosen = OAEP_HASHES.get(told[0xA0][0].der)
    label = told.get(0xA2)
    if chosen is None or told[0xA1][1][0].der != told[0xA0][0].der or (label is not None and label[1].content):
        raise Unreadable("parameters of OAEP that are not taken")
    return padding.OAEP(padding.MGF1(chosen), chosen, None)


def _agreed(recipient: Node, own: OwnKey, curve: ec.EllipticCurve) -> bytes | None:
    """ECDH with an ephemeral key of the sender (RFC 5753)."""
    fields = list(recipient.children or ())
    ours = [
        each[1].octets for each in fields[-1].expect(ber.SEQUENCE).children or () if _names(each[0], own.certificate)
    ]
    if not ours:
        return None
    method, extra = fields[-2].expect(ber.SEQUENCE), fields[2] if len(fields) == 5 else None
    derivation, wrap = KDF.get(method[0].der), method[1].expect(ber.SEQUENCE)
    size = WRAP.get(wrap[0].der)
    if derivation is None or size is None:
        raise Unreadable("a key agreement that is not taken")
    point = recipient[1].expect(0xA0)[0].expect(0xA1)[1].expect(ber.BIT_STRING).octets[1:]
    try:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
        shared = cast("ec.EllipticCurvePrivateKey", own.key).exchange(ec.ECDH(), theirs)
        information = shared_information(wrap.der, size, extra.expect(0xA1)[0].octets if extra else None)
        return aes_key_unwrap(X963KDF(derivation, size, information).derive(shared), ours[0])
    except (ValueError, InvalidUnwrap):
        return b""


def shared_information(wrap: bytes, size: int, extra: bytes | None) -> bytes:
    """ECC-CMS-SharedInfo (RFC 5753 section 7.2)."""
    entity = ber.tlv(0xA0, ber.tlv(ber.OCTET_STRING, extra)) if extra is not None else b""
    return ber.sequence(wrap, entity, ber.tlv(0xA2, ber.tlv(ber.OCTET_STRING, (size * 8).to_bytes(4, "big"))))


def _names(named: Node, certificate: x509.Certificate) -> bool:
    """Whether a recipient identifier is of this certificate: issuer and serial number, or key identifier."""
    if named.tag == ber.SEQUENCE:
        return named[0].der == certificate.issuer.public_bytes() and named[1].der == ber.integer(
            certificate.serial_number
        )
    try:
        identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return False
    told = named.octets if named.tag == 0x80 else named[0].octets if named.tag == 0xA0 else b""
    return told == identifier
