"""Signing and encrypting our own mails.

`cryptography` could write the signature, but takes the time from the system clock and does not name the certificate; asn1crypto
needs 30 ms to write one. So the structure is put together here and the values are computed there. Encryption is its own builder for RSA and CBC, which knows no
other; for EC keys, and wherever nothing inside is signed, it is AES-256-GCM (RFC 5083), put together here.
"""

from __future__ import annotations

import base64
import hashlib
import os
from datetime import UTC, datetime
from typing import Final, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

from gateway.errors import Misconfigured
from gateway.identity import digest as digest_of
from gateway.partners import Partner
from gateway.signing.algorithms import CURVES, MAX_RSA_BITS, RSA_BITS
from gateway.signing.keys import OwnKey
from gateway.signing.revocation import RevocationBook
from gateway.smime import ber
from gateway.smime.opening import AUTH_ENVELOPED, DATA, MGF1, RSA_OAEP, shared_information
from gateway.smime.signed import CONTENT_TYPE, HASHES, MESSAGE_DIGEST, MICALG, SIGNING_CERTIFICATE_V2, SIGNING_TIME

SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_DIGESTS: Final = {f"sha{bits}": f"2.16.840.1.101.3.4.2.{arc}" for bits, arc in ((256, 1), (384, 2), (512, 3))}
_ECDSA_WITH: Final = {f"sha{bits}": f"1.2.840.10045.4.3.{arc}" for bits, arc in ((256, 2), (384, 3), (512, 4))}
_RSA_WITH: Final = {f"sha{bits}": f"1.2.840.113549.1.1.{arc}" for bits, arc in ((256, 11), (384, 12), (512, 13))}
_KEY_OCTETS: Final = 32
_NONCE_OCTETS: Final = 12
_GCM256: Final = ber.oid("2.16.840.1.101.3.4.1.46")
_WRAP256: Final = ber.sequence(ber.oid("2.16.840.1.101.3.4.1.45"))
_SHA256: Final = ber.oid("2.16.840.1.101.3.4.2.1")
_ECDH_SHA256: Final = ber.oid("1.3.132.1.11.1")
_EC_KEY: Final = ber.oid("1.2.840.10045.2.1")


def entity_of(content: bytes, media_type: str) -> bytes:
    """A payload as a MIME entity in 7-bit: a multipart brings its own headers, everything else goes in base64."""
    if media_type == "multipart/mixed":
        return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return f"Content-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + _lines(content)


def signed_entity(entity: bytes, own: OwnKey, at: datetime) -> bytes:
    """The entity as multipart/signed."""
    name = own.method.name.rpartition("_")[2].lower()
    boundary = f"smime-{digest_of(entity)[:40]}"
    head = f'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg={MICALG[name]}; boundary="{boundary}"\r\n\r\n'
    beside = (
        'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n'
        'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n'
    )
    mark = f"--{boundary}".encode()
    signature = _lines(detached_signature(entity, own, name, at))
    return b"".join(
        (head.encode(), mark, b"\r\n", entity, b"\r\n", mark, b"\r\n", beside.encode(), signature, mark, b"--\r\n")
    )


def detached_signature(content: bytes, own: OwnKey, digest: str, at: datetime) -> bytes:
    """A CMS SignedData beside the content, in DER (RFC 5652, with the certificate named as in RFC 5035)."""
    certificate = own.certificate.public_bytes(Encoding.DER)
    enclosed = [own.certificate, *(one for one in own.chain[1:] if one.subject != one.issuer)]
    named, chosen = ber.sequence(ber.oid(_DIGESTS[digest])), HASHES[digest]
    # SHA-256 is the default of RFC 5035, and what is the default is left out in DER.
    cert_id = ber.sequence(
        b"" if digest == "sha256" else named, ber.tlv(ber.OCTET_STRING, hashlib.new(digest, certificate).digest())
    )
    attributes = ber.set_of((
        _attribute(CONTENT_TYPE, ber.oid(DATA)),
        _attribute(MESSAGE_DIGEST, ber.tlv(ber.OCTET_STRING, hashlib.new(digest, content).digest())),
        _attribute(SIGNING_TIME, _time(at)),
        _attribute(SIGNING_CERTIFICATE_V2, ber.sequence(ber.sequence(cert_id))),
    ))  # fmt: skip
    # By the certificate: a key in the signer process is of no class that could be asked.
    if isinstance(own.certificate.public_key(), rsa.RSAPublicKey):
        value = cast("rsa.RSAPrivateKey", own.key).sign(attributes, padding=padding.PKCS1v15(), algorithm=chosen)
        method = ber.sequence(ber.oid(_RSA_WITH[digest]), ber.tlv(ber.NULL, b""))
    else:
        value = cast("ec.EllipticCurvePrivateKey", own.key).sign(attributes, ec.ECDSA(chosen))
        method = ber.sequence(ber.oid(_ECDSA_WITH[digest]))
    signer = ber.sequence(
        ber.integer(1), ber.sequence(own.certificate.issuer.public_bytes(), ber.integer(own.certificate.serial_number)), named,
        b"\xa0" + attributes[1:], method, ber.tlv(ber.OCTET_STRING, value),
    )  # fmt: skip
    chain = b"".join(sorted(one.public_bytes(Encoding.DER) for one in enclosed))
    info = ber.sequence(
        ber.integer(1), ber.set_of([named]), ber.sequence(ber.oid(DATA)), ber.tlv(0xA0, chain), ber.set_of([signer])
    )
    return ber.sequence(ber.oid(SIGNED_DATA), ber.tlv(0xA0, info))


def _attribute(name: str, value: bytes) -> bytes:
    return ber.sequence(ber.oid(name), ber.set_of([value]))


def _time(at: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime from then on (RFC 5652 section 11.3)."""
    told = at.astimezone(UTC)
    return (
        ber.tlv(0x17, f"{told:%y%m%d%H%M%SZ}".encode())
        if told.year < 2050
        else ber.tlv(0x18, f"{told:%Y%m%d%H%M%SZ}".encode())
    )


# --- encrypting ----------------------------------------------------------------------------------------------------


def encrypted_entity(entity: bytes, partner: Partner, at: datetime, *, signed: bool) -> bytes:
    """The entity encrypted for the partner; raises `Misconfigured` when there is no certificate to encrypt for.

    CBC shows no changes: it is used only around a signature, for partners with RSA keys, whose programs may know nothing else.
    """
    certificate = _recipient(partner, at)
    if signed and isinstance(certificate.public_key(), rsa.RSAPublicKey):
        builder = PKCS7EnvelopeBuilder().set_data(entity).add_recipient(certificate)
        sealed = builder.set_content_encryption_algorithm(algorithms.AES256).encrypt(
            Encoding.DER, [PKCS7Options.Binary]
        )
        return _sealed(sealed, "enveloped-data")
    return _sealed(authenticated(entity, certificate), "authEnveloped-data")


def _recipient(partner: Partner, at: datetime) -> x509.Certificate:
    who = partner.party
    if not partner.smime.certificate:
        raise _wrong("smime.no-recipient", f"There is no S/MIME certificate of {who} to encrypt for.")
    certificate = x509.load_der_x509_certificate(partner.smime.certificate)
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise _wrong(
            "smime.recipient-expired", f"The S/MIME certificate of {who} is not valid now. Take in its new card."
        )
    if not may_be_encrypted_for(certificate):
        raise _wrong("smime.recipient-key", f"The S/MIME certificate of {who} is not one that can be encrypted for.")
    return certificate


def check_recipient(partner: Partner, at: datetime, revocation: RevocationBook) -> None:
    """Raise `Misconfigured` when an authority of the partner's, by the answers at hand, has taken back what we would encrypt for."""
    certificate = _recipient(partner, at)
    serial = format(certificate.serial_number, "x")
    if any(revocation.standing(digest_of(one), serial, at).gone is not None for one in partner.signature.anchors):
        words = f"The S/MIME certificate of {partner.party} was revoked by its authority. Take in its new card."
        raise _wrong("smime.recipient-revoked", words)


def may_be_encrypted_for(certificate: x509.Certificate) -> bool:
    """Whether its key is of a kind that is used, and meant for it."""
    key = certificate.public_key()
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    if isinstance(key, rsa.RSAPublicKey):
        return RSA_BITS <= key.key_size <= MAX_RSA_BITS and (usage is None or usage.key_encipherment)
    known = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES
    return known and (usage is None or usage.key_agreement)


def authenticated(content: bytes, certificate: x509.Certificate) -> bytes:
    """A CMS AuthEnvelopedData in DER: AES-256-GCM, its key for one recipient (RFC 5083, RFC 5084)."""
    key, nonce = os.urandom(_KEY_OCTETS), os.urandom(_NONCE_OCTETS)
    sealed = AESGCM(key).encrypt(nonce, content, None)
    body, tag = sealed[:-16], sealed[-16:]
    method = ber.sequence(_GCM256, ber.sequence(ber.tlv(ber.OCTET_STRING, nonce), ber.integer(len(tag))))
    within = ber.sequence(ber.oid(DATA), method, ber.tlv(0x80, body))
    info = ber.sequence(
        ber.integer(0), ber.set_of([_for_recipient(key, certificate)]), within, ber.tlv(ber.OCTET_STRING, tag)
    )
    return ber.sequence(ber.oid(AUTH_ENVELOPED), ber.tlv(0xA0, info))


def _for_recipient(key: bytes, certificate: x509.Certificate) -> bytes:
    who = ber.sequence(certificate.issuer.public_bytes(), ber.integer(certificate.serial_number))
    theirs = certificate.public_key()
    if isinstance(theirs, rsa.RSAPublicKey):
        chosen = HASHES["sha256"]
        plain = ber.sequence(_SHA256, ber.tlv(ber.NULL, b""))
        how = ber.sequence(ber.tlv(0xA0, plain), ber.tlv(0xA1, ber.sequence(MGF1, plain)))
        sealed = theirs.encrypt(key, padding.OAEP(padding.MGF1(chosen), chosen, None))
        return ber.sequence(ber.integer(0), who, ber.sequence(RSA_OAEP, how), ber.tlv(ber.OCTET_STRING, sealed))
    assert isinstance(theirs, ec.EllipticCurvePublicKey)
    once = ec.generate_private_key(theirs.curve)
    derived = X963KDF(HASHES["sha256"], _KEY_OCTETS, shared_information(_WRAP256, _KEY_OCTETS, None))
    wrapped = aes_key_wrap(derived.derive(once.exchange(ec.ECDH(), theirs)), key)
    point = once.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    origin = ber.tlv(0xA1, ber.sequence(_EC_KEY) + ber.tlv(ber.BIT_STRING, b"\x00" + point))
    ours = ber.sequence(ber.sequence(who, ber.tlv(ber.OCTET_STRING, wrapped)))
    return ber.tlv(0xA1, ber.integer(3) + ber.tlv(0xA0, origin) + ber.sequence(_ECDH_SHA256, _WRAP256) + ours)


def _sealed(content: bytes, kind: str) -> bytes:
    head = (
        f'Content-Type: application/pkcs7-mime; smime-type={kind}; name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n'
        'Content-Disposition: attachment; filename="smime.p7m"\r\n\r\n'
    )
    return head.encode() + _lines(content)


def _lines(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _wrong(code: str, operator: str) -> Misconfigured:
    return Misconfigured(code, "The mail cannot be protected by S/MIME as agreed.", operator=operator)
