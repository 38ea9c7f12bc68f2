"""Signing and encrypting our own mails.

`cryptography` could write the signature, but takes the time from the system clock and does not name the certificate; so the
structure is put together here and the values are computed there. Encryption is its own builder for RSA and CBC, which knows no
other; for EC keys, and wherever nothing inside is signed, it is AES-256-GCM (RFC 5083), put together here.
"""

from __future__ import annotations

import base64
import hashlib
import os
from datetime import UTC, datetime
from typing import Final

from asn1crypto import algos, cms, tsp
from asn1crypto import x509 as asn1_x509
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
from gateway.smime import ber
from gateway.smime.opening import AUTH_ENVELOPED, DATA, MGF1, RSA_OAEP, shared_information
from gateway.smime.signed import HASHES, MICALG

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
    read = asn1_x509.Certificate.load(certificate)
    named = {"algorithm": digest}
    attributes = cms.CMSAttributes([
        {"type": "content_type", "values": ["data"]},
        {"type": "message_digest", "values": [hashlib.new(digest, content).digest()]},
        {"type": "signing_time", "values": [cms.Time({"utc_time": at.astimezone(UTC).replace(microsecond=0)})]},
        {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [
            {"hash_algorithm": named, "cert_hash": hashlib.new(digest, certificate).digest()}
        ]})]},
    ])  # fmt: skip
    octets = attributes.dump()
    chosen = HASHES[digest]
    if isinstance(own.key, rsa.RSAPrivateKey):
        method, value = "rsassa_pkcs1v15", own.key.sign(octets, padding.PKCS1v15(), chosen)
    else:
        method, value = f"{digest}_ecdsa", own.key.sign(octets, ec.ECDSA(chosen))
    signer = {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": {"issuer": read.issuer, "serial_number": read.serial_number}}),
        "digest_algorithm": algos.DigestAlgorithm(named),
        "signed_attrs": attributes,
        "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": method}),
        "signature": value,
    }  # fmt: skip
    info = cms.SignedData({
        "version": "v1", "digest_algorithms": [named], "encap_content_info": {"content_type": "data"},
        "certificates": [asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in enclosed],
        "signer_infos": [signer],
    })  # fmt: skip
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": info}).dump())


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
