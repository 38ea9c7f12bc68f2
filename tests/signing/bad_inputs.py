"""Every bad signature we know of, each wrong in one respect, with the code it must be refused with."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from lxml import etree

from gateway.partners import Partner
from tests.signing.forge import (
    AT,
    C14N,
    CONTENT_REFERENCE,
    DS,
    FORM,
    MORE,
    NAMES,
    PROPERTIES_REFERENCE,
    SHA256,
    SIGNER,
    XB,
    XC,
    Edit,
    Mutate,
    Office,
    Signer,
    partner,
    pem,
    rsa_key,
    sign,
    template,
)

SERVER, CLIENT, CODE = (f"1.3.6.1.5.5.7.3.{number}" for number in (1, 2, 3))
EVIL = b"<Body><Reason>forged</Reason></Body>"


@dataclass(frozen=True)
class Bad:
    name: str
    code: str
    document: Callable[[], bytes]
    partner: Callable[[], Partner] = partner

    def __str__(self) -> str:
        return self.name


def replaced(old: str, new: str, count: int = -1) -> Edit:
    return lambda text: text.replace(old, new, count)


def edited(name: str, code: str, old: str, new: str, count: int = -1) -> Bad:
    """Signed over the bent template, so that only the bend is wrong."""
    return Bad(name, code, lambda: sign(edit=replaced(old, new, count)))


def tampered(name: str, code: str, after: Mutate) -> Bad:
    """A good signature, bent afterwards."""
    return Bad(name, code, lambda: sign(after=after))


def by(name: str, code: str, signer: Callable[[], Signer], **policy: object) -> Bad:
    """A well-made signature of somebody who may not."""
    return Bad(name, code, lambda: sign(signer()), lambda: partner(**policy))


def find(root: etree._Element, path: str) -> etree._Element:
    found = root.find(path, NAMES)
    assert found is not None
    return found


def with_text(path: str, text: str) -> Mutate:
    def mutate(root: etree._Element) -> None:
        find(root, path).text = text

    return mutate


# --- wrapping ------------------------------------------------------------------------------------------------------


def _forged_root(*children: etree._Element) -> bytes:
    root = etree.fromstring(FORM)
    find(root, "s:Body/s:Reason").text = "forged"
    for child in children:
        root.append(child)
    return etree.tostring(root)


def genuine_as_child() -> bytes:
    return _forged_root(etree.fromstring(sign()))


def genuine_as_child_signature_moved() -> bytes:
    genuine = etree.fromstring(sign())
    return _forged_root(genuine, genuine[-1])


def genuine_in_object() -> bytes:
    genuine = etree.fromstring(sign())
    signature = genuine[-1]
    genuine.remove(signature)
    holder = etree.SubElement(signature, f"{{{DS}}}Object")
    holder.append(genuine)
    return _forged_root(signature)


def genuine_in_only_object() -> bytes:
    genuine = etree.fromstring(sign(plain=True))
    signature = genuine[-1]
    genuine.remove(signature)
    holder = etree.SubElement(signature, f"{{{DS}}}Object")
    holder.append(genuine)
    return _forged_root(signature)


def genuine_by_id_moved_aside() -> bytes:
    """The classic: the signature covers an element by its id, which moves aside to make room for a forged one."""
    form = FORM.replace(b"<Body>", b'<Body Id="body">')
    root = etree.fromstring(sign(form=form, edit=replaced('URI=""', 'URI="#body"')))
    body = find(root, "s:Body")
    aside = etree.Element("{urn:x-spoc:sirene:1}Extension")
    root.replace(body, etree.fromstring(EVIL.replace(b"<Body>", b'<Body xmlns="urn:x-spoc:sirene:1">')))
    root.insert(0, aside)
    aside.append(body)
    return etree.tostring(root)


def moved_body() -> bytes:
    root = etree.fromstring(sign())
    body = find(root, "s:Body")
    forged = copy.deepcopy(body)
    find(forged, "s:Reason").text = "forged"
    root.replace(body, forged)
    etree.SubElement(find(root, "h:Header"), "{urn:x-spoc:sirene:1}Extension").append(body)
    return etree.tostring(root)


def root_with_id() -> bytes:
    form = FORM.replace(b'version="1.0"', b'version="1.0" Id="form"')
    return sign(form=form, edit=replaced('URI=""', 'URI="#form"'))


def duplicate(attribute: str) -> Callable[[], bytes]:
    return lambda: sign(form=FORM.replace(b"<Plate>", f'<Plate {attribute}="props">'.encode()))


def duplicated_properties(root: etree._Element) -> None:
    holder = find(root, "ds:Signature/ds:Object")
    holder.append(copy.deepcopy(holder[0]))


def second_signature(root: etree._Element) -> None:
    root.append(etree.fromstring(template(SIGNER).replace('Id="sig"', "").replace('Id="props"', "")))


def signature_into(path: str) -> Mutate:
    return lambda root: find(root, path).append(root[-1])


def signature_first(root: etree._Element) -> None:
    root.insert(0, root[-1])


def stray_signed_info(root: etree._Element) -> None:
    info = copy.deepcopy(find(root, "ds:Signature/ds:SignedInfo"))
    for element in info.iter():
        element.attrib.pop("Id", None)
    find(root, "s:Body").append(info)


def second_signed_info(root: etree._Element) -> None:
    info = find(root, "ds:Signature/ds:SignedInfo")
    info.addnext(copy.deepcopy(info))


def other_namespace(root: etree._Element) -> None:
    root[-1].tag = "{urn:x-spoc:other}Signature"


def another_certificate(root: etree._Element) -> None:
    certificate = XB.issue("SIRENE XB signing")
    text = re.search("<ds:X509Certificate>(.*?)</ds:X509Certificate>", template(certificate))
    assert text
    find(root, "ds:Signature/ds:KeyInfo/ds:X509Data/ds:X509Certificate").text = text[1]


def enveloping() -> bytes:
    signature = etree.fromstring(template(SIGNER, plain=True))
    etree.SubElement(signature, f"{{{DS}}}Object").append(etree.fromstring(FORM))
    return etree.tostring(signature)


WRAPPING = [
    Bad("genuine-message-as-child-of-a-forged-root", "signature.nested", genuine_as_child),
    Bad("genuine-message-as-child-signature-at-the-root", "signature.digest", genuine_as_child_signature_moved),
    Bad("genuine-message-in-a-second-object", "signature.object", genuine_in_object),
    Bad("genuine-message-in-the-only-object", "signature.object", genuine_in_only_object),
    Bad("signed-by-id-and-moved-aside", "signature.reference-fragment", genuine_by_id_moved_aside),
    Bad("body-moved-into-the-header", "signature.digest", moved_body),
    Bad("root-signed-by-id", "signature.reference-fragment", root_with_id),
    Bad("id-of-the-properties-on-a-field", "signature.duplicate-id", duplicate("Id")),
    Bad("ID-of-the-properties-on-a-field", "signature.duplicate-id", duplicate("ID")),
    Bad("xml-id-of-the-properties-on-a-field", "signature.duplicate-id", duplicate("xml:id")),
    tampered("properties-twice", "signature.duplicate-id", duplicated_properties),
    tampered("two-signatures", "signature.several", second_signature),
    tampered("signature-in-the-body", "signature.nested", signature_into("s:Body")),
    tampered("signature-in-the-header", "signature.nested", signature_into("h:Header")),
    tampered("signature-first", "signature.not-last", signature_first),
    tampered("element-after-the-signature", "signature.not-last", lambda r: r.append(etree.Element("Late"))),
    tampered("text-after-the-signature", "signature.not-last", lambda r: setattr(r[-1], "tail", "late")),
    tampered("signature-of-another-namespace", "signature.namespace", other_namespace),
    tampered("signed-info-in-the-body", "signature.stray", stray_signed_info),
    tampered("two-signed-infos", "signature.malformed", second_signed_info),
    Bad("enveloping", "signature.enveloping", enveloping),
    Bad("unsigned", "signature.missing", lambda: FORM),
]

# --- references, transforms, canonicalization ----------------------------------------------------------------------

XPATH = "<ds:XPath>not(ancestor-or-self::Body)</ds:XPath>"
C14N_STEP = f'<ds:Transform Algorithm="{C14N}"/>'
ENVELOPED_STEP = f'<ds:Transform\n Algorithm="{DS}enveloped-signature"/>'
TWICE = CONTENT_REFERENCE + CONTENT_REFERENCE.replace('URI=""', 'URI=""', 1)


def transform(uri: str, inner: str = "") -> str:
    return f'<ds:Transform Algorithm="{uri}">{inner}</ds:Transform>'


def transformed(name: str, code: str, uri: str, inner: str = "") -> Bad:
    return edited(f"transform-{name}", code, C14N_STEP, transform(uri, inner))


REFERENCES = [
    edited("remote-reference", "signature.reference-remote", 'URI=""', 'URI="http://xb.sirene.example/form.xml"'),
    edited("file-reference", "signature.reference-remote", 'URI=""', 'URI="file:///etc/hostname"'),
    edited("reference-to-an-id", "signature.reference-fragment", 'URI=""', 'URI="#props"'),
    edited("xpointer-reference", "signature.reference-fragment", 'URI=""', 'URI="#xpointer(/)"'),
    edited("reference-without-uri", "signature.reference-missing", ' URI=""', ""),
    edited("no-reference", "signature.reference-missing", CONTENT_REFERENCE + PROPERTIES_REFERENCE, ""),
    edited("only-the-properties", "signature.reference-fragment", CONTENT_REFERENCE, ""),
    edited("content-referred-twice", "signature.reference-several", CONTENT_REFERENCE, TWICE),
    edited("ten-references", "signature.reference-several", CONTENT_REFERENCE, CONTENT_REFERENCE * 10),
    edited("properties-not-referred", "signature.properties-unsigned", PROPERTIES_REFERENCE, ""),
    edited(
        "properties-without-type", "signature.reference-type", ' Type="http://uri.etsi.org/01903#SignedProperties"', ""
    ),
    edited("content-called-properties", "signature.reference-type", '<ds:Reference URI=""',
           '<ds:Reference URI="" Type="http://uri.etsi.org/01903#SignedProperties"'),
    edited("content-as-manifest", "signature.reference-type", '<ds:Reference URI=""',
           f'<ds:Reference URI="" Type="{DS}Manifest"'),
    transformed("xpath", "signature.transform", "http://www.w3.org/TR/1999/REC-xpath-19991116", XPATH),
    transformed("xpath-filter-2", "signature.transform", "http://www.w3.org/2002/06/xmldsig-filter2"),
    transformed("xslt", "signature.transform", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
    transformed("base64", "signature.transform", f"{DS}base64"),
    transformed("unknown", "signature.transform", "urn:x-spoc:unknown"),
    transformed("exclusive-c14n", "signature.c14n", "http://www.w3.org/2001/10/xml-exc-c14n#"),
    transformed("c14n-with-comments", "signature.c14n", f"{C14N}#WithComments"),
    transformed("c14n-11", "signature.c14n", "http://www.w3.org/2006/12/xml-c14n11"),
    edited("transform-without-enveloped", "signature.transform", ENVELOPED_STEP, ""),
    edited("transform-without-c14n", "signature.transform", C14N_STEP, ""),
    edited("transform-thrice", "signature.transform", C14N_STEP, C14N_STEP * 2),
    edited("transform-with-parameters", "signature.transform", C14N_STEP, transform(C14N, XPATH)),
    edited("properties-with-xslt", "signature.transform", '#SignedProperties">', '#SignedProperties"><ds:Transforms>'
           + transform("http://www.w3.org/TR/1999/REC-xslt-19991116") + "</ds:Transforms>"),
    edited("signed-info-exclusive-c14n", "signature.c14n", f'Method Algorithm="{C14N}"',
           'Method Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"'),
    edited("signed-info-c14n-with-comments", "signature.c14n", f'Method Algorithm="{C14N}"',
           f'Method Algorithm="{C14N}#WithComments"'),
]  # fmt: skip

# --- algorithms ----------------------------------------------------------------------------------------------------


def algorithm(name: str, code: str, uri: str) -> Bad:
    """Signed with that algorithm as well as can be; the public certificate is the secret of an HMAC."""
    key = rsa_key if "rsa" in uri else None
    return Bad(
        f"algorithm-{name}",
        code,
        lambda: sign(
            XB.issue("SIRENE XB signing", key(3072) if key else None), algorithm=uri, secret=pem(SIGNER.certificate)
        ),
    )


def digest(name: str, code: str, uri: str) -> Bad:
    return edited(f"digest-{name}", code, f'DigestMethod Algorithm="{SHA256}"', f'DigestMethod Algorithm="{uri}"', 1)


def ed25519_signer() -> Signer:
    return XB.issue("SIRENE XB signing", ed25519.Ed25519PrivateKey.generate())


ALGORITHMS = [
    algorithm("rsa-sha1", "signature.sha1", f"{DS}rsa-sha1"),
    algorithm("ecdsa-sha1", "signature.sha1", f"{MORE}ecdsa-sha1"),
    algorithm("sha1-rsa-mgf1", "signature.sha1", "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1"),
    algorithm("dsa-sha1", "signature.sha1", f"{DS}dsa-sha1"),
    algorithm("hmac-sha1", "signature.hmac", f"{DS}hmac-sha1"),
    algorithm("hmac-sha256", "signature.hmac", f"{MORE}hmac-sha256"),
    algorithm("rsa-md5", "signature.md5", f"{MORE}rsa-md5"),
    algorithm("sha224", "signature.algorithm", f"{MORE}ecdsa-sha224"),
    algorithm("sha3", "signature.algorithm", "http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-256"),
    algorithm("unknown", "signature.algorithm", "urn:x-spoc:unknown"),
    edited("algorithm-empty", "signature.algorithm", f"{MORE}ecdsa-sha256", ""),
    edited("algorithm-missing", "signature.malformed", f'Method Algorithm="{MORE}ecdsa-sha256"', "Method"),
    edited("hmac-output-length", "signature.hmac", '#ecdsa-sha256"/>',
           '#ecdsa-sha256"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>'),
    edited("rsa-name-with-ec-key", "signature.key-mismatch", "#ecdsa-sha256", "#rsa-sha256"),
    digest("sha1", "signature.sha1", f"{DS}sha1"),
    digest("md5", "signature.md5", f"{MORE}md5"),
    digest("sha224", "signature.digest-algorithm", f"{MORE}sha224"),
    digest("unknown", "signature.digest-algorithm", "urn:x-spoc:unknown"),
    Bad("digest-of-the-certificate-sha1", "signature.sha1", lambda: sign(
        edit=lambda text: text[::-1].replace(SHA256[::-1], f"{DS}sha1"[::-1], 1)[::-1])),
]  # fmt: skip

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


VALUE = "ds:Signature/ds:SignatureValue"
DIGEST = "ds:Signature/ds:SignedInfo/ds:Reference/ds:DigestValue"
CERTIFICATE = "ds:Signature/ds:KeyInfo/ds:X509Data/ds:X509Certificate"
FIRST_OF_PROPERTIES = "ds:Signature/ds:Object/x:QualifyingProperties/x:SignedProperties/x:SignedSignatureProperties/"


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


def self_signed() -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    return Office("SIRENE XB signing", key).issue("SIRENE XB signing", key)


def enclosing(signer: Signer, *more: Signer) -> Signer:
    return Signer(signer.key, signer.certificate, tuple(one.certificate for one in more))


def by_pinned_authority() -> Signer:
    return Signer(XB.key, XB.certificate)


def under_expired_authority() -> Signer:
    return OLD.issue("SIRENE XB signing")


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
    by("authority-expired", "signature.authority-expired", under_expired_authority, anchors=(OLD.der,)),
    by("two-possible-signers", "signature.certificate-ambiguous",
       lambda: enclosing(SIGNER, XB.issue("SIRENE XB signing"))),
    by("rsa-1024", "signature.key-size", with_rsa(1024)),
    by("rsa-1024-where-2048-is-tolerated", "signature.key-size", with_rsa(1024), weak_rsa_until=TODAY),
    by("rsa-2048", "signature.key-size", with_rsa(2048)),
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

ALL = [*WRAPPING, *REFERENCES, *ALGORITHMS, *PARTS, *CERTIFICATES, *PARSER]
