"""Bad signatures: wrapped, or with references, transforms or algorithms that were not agreed. Each is wrong once."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ed25519
from lxml import etree

from gateway.partners import Partner
from tests.signing.forge import (
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
    Edit,
    Mutate,
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


def on_root(attribute: str) -> bytes:
    return FORM.replace(b'version="1.0"', f'version="1.0" {attribute}="en"'.encode())


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
    Bad("language-on-the-root", "signature.xml-attribute", lambda: sign(form=on_root("xml:lang"))),
    Bad("xml-id-on-the-root", "signature.xml-attribute", lambda: sign(form=on_root("xml:id"))),
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
