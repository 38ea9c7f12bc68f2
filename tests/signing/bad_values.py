"""Bad signatures: parts, values, properties and certificates. Each wrong in one respect."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree

from tests.signing.bad_shapes import (
    CLIENT,
    CODE,
    SERVER,
    Bad,
    another_certificate,
    by,
    ed25519_signer,
    edited,
    find,
    tampered,
    with_text,
)
from tests.signing.forge import AT, SIGNER, XB, XC, Mutate, Office, Signer, rsa_key, sign

# --- KeyInfo, Object, values ---------------------------------------------------------------------------------------

KEY_VALUE = (
    "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue>"
    "</ds:KeyValue>"
)
X509_DATA = re.compile("<ds:X509Data>.*</ds:X509Data>", re.DOTALL)


def key_info(name: str, code: str, content: str) -> Bad:
    return Bad(f"key-info-{name}", code, lambda: sign(edit=lambda text: X509_DATA.sub(content, text)))


def in_properties(name: str, code: str, old: str, new: str) -> Bad:
    return edited(f"properties-{name}", code, old, new)


DESCRIBED = (
    '<x:SignedDataObjectProperties><x:DataObjectFormat ObjectReference="#other"><x:MimeType>text/html</x:MimeType>'
    "</x:DataObjectFormat></x:SignedDataObjectProperties>"
)
VALUE = "ds:Signature/ds:SignatureValue"
DIGEST = "ds:Signature/ds:SignedInfo/ds:Reference/ds:DigestValue"
CERTIFICATE = "ds:Signature/ds:KeyInfo/ds:X509Data/ds:X509Certificate"
FIRST_OF_PROPERTIES = "ds:Signature/ds:Object/x:QualifyingProperties/x:SignedProperties/x:SignedSignatureProperties/"


def reversed_children(path: str) -> Mutate:
    def mutate(root: etree._Element) -> None:
        node = find(root, path)
        node[:] = node[::-1]

    return mutate


def text_of(path: str, change: Callable[[str], str]) -> Mutate:
    def mutate(root: etree._Element) -> None:
        node = find(root, path)
        node.text = change(node.text or "")

    return mutate


PARTS = [
    key_info("key-value-only", "signature.key-value", KEY_VALUE),
    edited("key-info-key-value-besides", "signature.key-value", "</ds:X509Data>", f"</ds:X509Data>{KEY_VALUE}"),
    key_info("key-name-only", "signature.key-info", "<ds:KeyName>SIRENE XB signing</ds:KeyName>"),
    key_info("empty", "signature.key-info", ""),
    key_info("empty-x509-data", "signature.key-info", "<ds:X509Data/>"),
    key_info("external", "signature.retrieval-method", '<ds:RetrievalMethod URI="http://xb.sirene.example/cert"/>'),
    key_info("subject-name-only", "signature.key-info",
             "<ds:X509Data><ds:X509SubjectName>CN=SIRENE XB signing</ds:X509SubjectName></ds:X509Data>"),
    key_info("no-base64", "signature.base64", "<ds:X509Data><ds:X509Certificate>!</ds:X509Certificate></ds:X509Data>"),
    key_info("no-certificate", "signature.certificate",
             "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>"),
    Bad("key-info-missing", "signature.key-info",
        lambda: sign(edit=lambda text: re.sub("<ds:KeyInfo>.*</ds:KeyInfo>", "", text, flags=re.DOTALL))),
    edited("object-with-text", "signature.object", "<ds:Object>", "<ds:Object>hidden"),
    edited("object-with-manifest", "signature.object", "</ds:Object>", "<ds:Manifest/></ds:Object>"),
    edited("two-objects", "signature.object", "</ds:Object>", "</ds:Object><ds:Object/>"),
    edited("object-of-another-signature", "signature.object", 'Target="#sig"', 'Target="#other"'),
    in_properties("unsigned", "signature.unsigned-properties", "</x:SignedProperties>",
                  "</x:SignedProperties><x:UnsignedProperties/>"),
    in_properties("policy", "signature.properties", "</x:SigningCertificateV2>",
                  "</x:SigningCertificateV2><x:SignaturePolicyIdentifier/>"),
    tampered("properties-in-another-order", "signature.properties", reversed_children(FIRST_OF_PROPERTIES[:-1])),
    tampered("parts-in-another-order", "signature.malformed", reversed_children("ds:Signature")),
    in_properties("describe-something-else", "signature.properties", "</x:SignedSignatureProperties>",
                  f"</x:SignedSignatureProperties>{DESCRIBED}"),
    edited("id-that-is-no-name", "signature.malformed", "props", "pr ops"),
    in_properties("without-time", "signature.time", f"<x:SigningTime>{AT:%Y-%m-%dT%H:%M:%S}Z</x:SigningTime>", ""),
    in_properties("time-without-zone", "signature.time", "00Z</x:SigningTime>", "00</x:SigningTime>"),
    in_properties("time-that-is-none", "signature.time", "2026-11-21T", "2026-13-41T"),
    in_properties("time-in-words", "signature.time", "2026-11-21T12:00:00Z", "noon"),
    Bad("properties-time-in-the-future", "signature.time-future",
        lambda: sign(time=f"{AT + timedelta(minutes=6):%Y-%m-%dT%H:%M:%S}Z")),
    Bad("properties-time-before-the-certificate", "signature.time-before-certificate",
        lambda: sign(time=f"{AT - timedelta(days=40):%Y-%m-%dT%H:%M:%S}Z")),
    Bad("properties-name-another-certificate", "signature.certificate-digest", lambda: sign(
        edit=lambda text: re.sub("<ds:DigestValue>[^<]+<", f"<ds:DigestValue>{'A' * 43}=<", text))),
    tampered("signature-value-empty", "signature.base64", with_text(VALUE, "")),
    tampered("signature-value-truncated", "signature.base64", text_of(VALUE, lambda text: text[:-3])),
    tampered("signature-value-shorter", "signature.value", text_of(VALUE, lambda text: text[:84])),
    tampered("signature-value-huge", "signature.base64", with_text(VALUE, "A" * 100_000)),
    tampered("signature-value-zero", "signature.value", with_text(VALUE, "A" * 86 + "==")),
    tampered("signature-value-with-garbage", "signature.base64", text_of(VALUE, lambda text: f"{text[:9]}!{text[9:]}")),
    tampered("digest-value-empty", "signature.base64", with_text(DIGEST, "")),
    tampered("digest-value-huge", "signature.base64", with_text(DIGEST, "A" * 100_000)),
    tampered("digest-value-truncated", "signature.base64", text_of(DIGEST, lambda text: text[:-3])),
    tampered("digest-value-changed", "signature.value", with_text(DIGEST, "A" * 43 + "=")),
    tampered("certificate-truncated", "signature.certificate", text_of(CERTIFICATE, lambda text: text[:200])),
    tampered("certificate-swapped", "signature.value", another_certificate),
    tampered("content-changed", "signature.digest", with_text("s:Body/s:Plate", "XX 00 001")),
    tampered("attribute-added", "signature.digest", lambda root: find(root, "s:Body").set("test", "true")),
    tampered("space-added", "signature.digest", lambda root: setattr(root[0], "tail", "\n\n")),
    tampered("signing-time-changed", "signature.digest",
             with_text(FIRST_OF_PROPERTIES + "x:SigningTime", "2026-11-21T11:00:00Z")),
    tampered("properties-removed", "signature.reference-fragment", lambda root: root[-1].remove(root[-1][-1])),
    Bad("plain-where-not-agreed", "signature.plain", lambda: sign(plain=True)),
]  # fmt: skip

# --- certificates --------------------------------------------------------------------------------------------------

NAMESAKE = Office("XB test authority")
OLD = Office("XB old authority", lasting=(-900, -1))
WEAK = Office("XB weak authority", rsa_key(2048))


def self_signed() -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    return Office("SIRENE XB signing", key).issue("SIRENE XB signing", key)


def enclosing(signer: Signer, *more: Signer) -> Signer:
    return Signer(signer.key, signer.certificate, tuple(one.certificate for one in more))


def by_pinned_authority() -> Signer:
    return Signer(XB.key, XB.certificate)


def under_expired_authority() -> Signer:
    return OLD.issue("SIRENE XB signing")


def through(**traits: object) -> Signer:
    """Issued by an authority that the pinned one let exist, for something else."""
    middle = XB.issue("XB other authority", **traits)  # type: ignore[arg-type]
    return enclosing(Office("XB other authority", middle.key).issue("SIRENE XB signing"), middle)


def through_tls_authority() -> Signer:
    return through(authority=True, purposes=(SERVER,))


def through_authority_without_usage() -> Signer:
    return through(authority=True, certifies=False)


def through_another_signer() -> Signer:
    return through()


def issued(name: str = "SIRENE XB signing", office: Office = XB, **traits: object) -> Callable[[], Signer]:
    return lambda: office.issue(name, **traits)  # type: ignore[arg-type]


def with_rsa(bits: int) -> Callable[[], Signer]:
    return lambda: XB.issue("SIRENE XB signing", rsa_key(bits))


YESTERDAY, TODAY = AT.date() - timedelta(days=1), AT.date()

CERTIFICATES = [
    by("another-signer-of-the-same-authority", "signature.signer", issued("SIRENE XD signing")),
    by("another-offices-valid-signature", "signature.untrusted", issued("SIRENE XC signing", XC)),
    by("another-authority-same-signer-name", "signature.untrusted", issued(office=XC)),
    by("another-authority-same-names", "signature.forged-issuer", issued(office=NAMESAKE)),
    by("another-authority-same-names-enclosed", "signature.forged-issuer",
       lambda: enclosing(NAMESAKE.issue("SIRENE XB signing"), Signer(NAMESAKE.key, NAMESAKE.certificate))),
    by("self-signed-same-name", "signature.self-signed", self_signed),
    by("tls-server-only", "signature.tls-only", issued(purposes=(SERVER,))),
    by("tls-client-only", "signature.tls-only", issued(purposes=(CLIENT,))),
    by("tls-both", "signature.tls-only", issued(purposes=(SERVER, CLIENT))),
    by("code-signing-only", "signature.key-usage", issued(purposes=(CODE,))),
    by("key-encipherment-only", "signature.key-usage", issued(usage="key_encipherment")),
    by("no-key-usage", "signature.key-usage", issued(usage=None)),
    by("an-authority-as-signer", "signature.is-authority", issued(authority=True)),
    by("the-pinned-authority-as-signer", "signature.is-authority", by_pinned_authority),
    by("expired", "signature.expired", issued(days=(-300, -1))),
    by("not-yet-valid", "signature.not-yet-valid", issued(days=(1, 300))),
    by("through-an-authority-for-tls-only", "signature.untrusted", through_tls_authority),
    by("through-an-authority-that-may-not-issue", "signature.untrusted", through_authority_without_usage),
    by("through-another-signer", "signature.certificate-ambiguous", through_another_signer),
    by("authority-expired", "signature.authority-expired", under_expired_authority, anchors=(OLD.der,)),
    by("two-possible-signers", "signature.certificate-ambiguous",
       lambda: enclosing(SIGNER, XB.issue("SIRENE XB signing"))),
    by("rsa-1024", "signature.key-size", with_rsa(1024)),
    by("rsa-1024-where-2048-is-tolerated", "signature.key-size", with_rsa(1024), weak_rsa_until=TODAY),
    by("rsa-2048", "signature.key-size", with_rsa(2048)),
    by("rsa-2048-of-the-authority", "signature.key-size", lambda: WEAK.issue("SIRENE XB signing"), anchors=(WEAK.der,)),
    by("rsa-2048-after-the-tolerance", "signature.key-size", with_rsa(2048), weak_rsa_until=YESTERDAY),
    by("ed25519", "signature.key-type", ed25519_signer),
    by("curve-not-agreed", "signature.key-type", issued(key=ec.generate_private_key(ec.SECP256K1()))),
    by("no-anchor-on-file", "signature.no-anchors", lambda: SIGNER, anchors=()),
    by("no-signer-on-file", "signature.no-signers", lambda: SIGNER, signers=()),
    by("broken-anchor-on-file", "signature.no-anchors", lambda: SIGNER, anchors=(b"no certificate",)),
]  # fmt: skip

# --- the parser's part ---------------------------------------------------------------------------------------------


def bytes_edited(old: bytes, new: bytes) -> Callable[[], bytes]:
    return lambda: sign().replace(old, new, 1)


PARSER = [
    Bad("comment-splitting-a-text", "xml.comment", bytes_edited(b"sirene:XB<", b"sirene:XB<!-- -->.evil<")),
    Bad("processing-instruction", "xml.comment", bytes_edited(b"<h:Header>", b"<?php ?><h:Header>")),
    Bad(
        "document-type", "xml.dtd", bytes_edited(b"<FormG", b'<!DOCTYPE FormG [<!ATTLIST Plate Id ID "props">]><FormG')
    ),
    Bad("entity", "xml.dtd", bytes_edited(b"<FormG", b'<!DOCTYPE FormG [<!ENTITY a "b">]><FormG')),
    Bad("truncated", "xml.not-well-formed", lambda: sign()[:-20]),
    Bad("empty", "xml.not-well-formed", lambda: b""),
]
