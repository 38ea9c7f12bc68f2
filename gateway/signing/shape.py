# ruff: noqa: E501  one row of the table, one line
"""What a signature may look like. Looked at before any digest or certificate: shape before value.

Everything is a closed list: what is not in a table below is refused, with the code of its row. A pure function of the parsed tree.

| what | allowed | everything else |
| --- | --- | --- |
| place | one `ds:Signature`, last child of the root; nothing named Signature, and nothing of its namespaces, anywhere else | missing, several, nested, not-last, namespace, enveloping, stray |
| root | no attribute xml:lang, xml:space, xml:base, xml:id | xml-attribute |
| ids | each value once in the whole document, whatever the spelling of the attribute | duplicate-id |
| parts | `SignedInfo SignatureValue KeyInfo Object?`, each as in `gateway/signing/grammar.py` | malformed, object, properties, unsigned-properties |
| SignedInfo canonicalization | inclusive Canonical XML 1.0 | c14n |
| signature algorithm | ECDSA, RSA PKCS#1 v1.5, RSA-PSS, each with SHA-256, 384, 512 (`algorithms.py`; until when is the office's table) | hmac, sha1, md5, algorithm |
| digests | SHA-256, 384, 512 | sha1, md5, digest-algorithm |
| first Reference | URI="", transforms enveloped-signature then inclusive Canonical XML 1.0 | reference-missing, -fragment, -remote, transform, c14n |
| further References | the SignedProperties of this signature (with its Type), its KeyInfo; each once; no transform or inclusive Canonical XML 1.0 | reference-several, -type, properties-unsigned |
| KeyInfo | one X509Data with 1 to 5 X509Certificate | key-info, key-value, retrieval-method |
| Object | none, or one with one QualifyingProperties/SignedProperties | object |
| base64 values | strict, of the expected length | base64 |

The codes carry the prefix `signature.`.
"""

import base64
import binascii
import re
from typing import Final

from lxml import etree
from msgspec import Struct

from gateway.signing.algorithms import ALGORITHMS, DIGESTS, Algorithm, digest_name
from gateway.signing.grammar import DS, XADES, check_grammar, ds, xades
from gateway.signing.reasons import refusal

C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
PROPERTIES_TYPE: Final = "http://uri.etsi.org/01903#SignedProperties"

MAX_CERTIFICATE_OCTETS: Final = 16 * 1024
MAX_SIGNATURE_OCTETS: Final = 1024


WEAK: Final = (
    # first match in the lower-case algorithm name decides; only the name of the refusal depends on it
    ("hmac", "signature.hmac", "a shared secret proves no office"),
    ("md5", "signature.md5", "collisions since 2004"),
    ("sha1", "signature.sha1", "collisions since 2017"),
    ("ripemd", "signature.algorithm", "not agreed"),
)

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,127}")
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_XML_SPACE: Final = " \t\r\n"


class Shape(Struct, frozen=True, kw_only=True):
    """A signature that may be looked at more closely."""

    signature: etree._Element
    profile: str
    """`xades-b` or `xmldsig`."""
    algorithm: Algorithm
    references: int
    digests: tuple[str, ...]
    """Names of the digest algorithms in use, each once."""
    certificates: tuple[bytes, ...]
    """DER, as enclosed; nothing is known about them yet."""


def check_shape(root: etree._Element) -> Shape:
    """The signature of a document if it looks as agreed; raises `Refused` with the code of what does not."""
    signature = _the_signature(root)
    check_grammar(signature)
    info = signature[0]
    algorithm = _algorithm(info[1])
    if info[0].get("Algorithm") != C14N:
        raise refusal("signature.c14n", str(info[0].get("Algorithm"))[:200])
    digests = [_digest(method) for method in signature.iter(ds("DigestMethod"))]
    properties = _properties(signature)
    references = info.findall(ds("Reference"))
    _check_references(references, properties, signature[2])
    _octets(signature[1], 1, MAX_SIGNATURE_OCTETS)
    return Shape(
        signature=signature,
        profile="xmldsig" if properties is None else "xades-b",
        algorithm=algorithm,
        references=len(references),
        digests=tuple(dict.fromkeys(digests)),
        certificates=tuple(_octets(node, 1, MAX_CERTIFICATE_OCTETS) for node in signature[2][0]),
    )


# --- place ---------------------------------------------------------------------------------------------------------

_OURS: Final = (f"{{{DS}}}", f"{{{XADES}}}")


class _Survey(Struct):
    """What one walk over the whole document finds; a form may have fifty thousand elements."""

    named: list[etree._Element]
    """Everything called Signature, in any namespace."""
    ours: int = 0
    """How many elements are of the signature namespaces."""
    repeated_id: bool = False


def _survey(root: etree._Element) -> _Survey:
    found = _Survey([])
    ids: set[str] = set()
    for element in root.iter(etree.Element):
        tag = str(element.tag)
        if tag.endswith("Signature") and tag.rpartition("}")[2] == "Signature":
            found.named.append(element)
        if tag.startswith(_OURS):
            found.ours += 1
        for name, value in element.items():
            # Every spelling counts, because verifiers differ in which attributes they take for an id.
            if str(name).rpartition("}")[2].lower() == "id":
                found.repeated_id = found.repeated_id or value in ids
                ids.add(str(value))
    return found


def _the_signature(root: etree._Element) -> etree._Element:
    found = _survey(root)
    if not found.named:
        raise refusal("signature.missing")
    signature = found.named[0]
    if signature is root:
        raise refusal("signature.enveloping")
    if any(element.getparent() is not root for element in found.named):
        raise refusal("signature.nested")
    if len(found.named) > 1:
        raise refusal("signature.several")
    if signature.tag != ds("Signature"):
        raise refusal("signature.namespace")
    if signature is not root[-1] or (signature.tail or "").strip(_XML_SPACE):
        raise refusal("signature.not-last")
    if found.ours != sum(1 for element in signature.iter(etree.Element) if str(element.tag).startswith(_OURS)):
        raise refusal("signature.stray")
    if any(str(name).startswith(_XML) for name in root.attrib):
        # Inclusive C14N hands these down to SignedInfo and SignedProperties (C14N 1.0 section 2.4). libxmlsec1 does so, lxml does not.
        raise refusal("signature.xml-attribute")
    if found.repeated_id:
        raise refusal("signature.duplicate-id")
    return signature


# --- algorithms and values -----------------------------------------------------------------------------------------


def _weakness(uri: str) -> str | None:
    name = uri.rpartition("#")[2].lower()
    return next((code for word, code, _ in WEAK if word in name), None)


def _algorithm(method: etree._Element) -> Algorithm:
    uri = method.get("Algorithm", "")
    if uri not in ALGORITHMS:
        raise refusal(_weakness(uri) or "signature.algorithm", uri[:200])
    if len(method):
        raise refusal("signature.malformed", "SignatureMethod has parameters")
    return ALGORITHMS[uri]


def _digest(method: etree._Element) -> str:
    uri = method.get("Algorithm", "")
    if uri not in DIGESTS:
        raise refusal(_weakness(uri) or "signature.digest-algorithm", uri[:200])
    value = method.getnext()
    if value is None:
        raise refusal("signature.malformed", "DigestMethod without DigestValue")
    _octets(value, DIGESTS[uri], DIGESTS[uri])
    return digest_name(uri)


def _octets(node: etree._Element, least: int, most: int) -> bytes:
    text = "".join((node.text or "").split())
    if len(text) > (most + 2) // 3 * 4:
        raise refusal("signature.base64", f"{etree.QName(node).localname} is longer than {most} octets")
    try:
        octets = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise refusal("signature.base64", f"{etree.QName(node).localname}: {error}") from error
    if not least <= len(octets) <= most:
        raise refusal("signature.base64", f"{etree.QName(node).localname} has {len(octets)} octets")
    return octets


# --- references ----------------------------------------------------------------------------------------------------


def _identifier(element: etree._Element) -> str:
    """The id of an element of the signature as a reference names it, or an empty text."""
    value = element.get("Id")
    if value is None:
        return ""
    if not _ID.fullmatch(value):
        raise refusal("signature.malformed", "an Id is not a short ASCII name")
    return f"#{value}"


def _properties(signature: etree._Element) -> etree._Element | None:
    if len(signature) < 4:
        return None
    qualifying = signature[3][0]
    if qualifying.get("Target") != _identifier(signature) or not qualifying.get("Target"):
        raise refusal("signature.object", "QualifyingProperties does not point to its signature")
    content = _identifier(signature[0][2])
    for described in signature.iter(xades("DataObjectFormat")):
        if not content or described.get("ObjectReference") != content:
            raise refusal("signature.properties", "DataObjectFormat does not describe the signed form")
    return qualifying[0]


def _check_references(
    references: list[etree._Element], properties: etree._Element | None, key_info: etree._Element
) -> None:
    _check_content_reference(references[0])
    properties_id = "" if properties is None else _identifier(properties)
    allowed = {properties_id: PROPERTIES_TYPE, _identifier(key_info): None}
    allowed.pop("", None)
    seen: set[str] = set()
    for reference in references[1:]:
        uri = reference.get("URI")
        if uri == "" or uri in seen:
            raise refusal("signature.reference-several")
        if uri not in allowed:
            raise refusal(_wrong_target(uri), str(uri)[:200])
        if reference.get("Type") != allowed[uri]:
            raise refusal("signature.reference-type", str(reference.get("Type"))[:200])
        if _transforms(reference) not in ([], [C14N]):
            raise refusal(_wrong_transform(_transforms(reference)))
        seen.add(uri)
    if properties is not None and (not properties_id or properties_id not in seen):
        raise refusal("signature.properties-unsigned")


def _check_content_reference(reference: etree._Element) -> None:
    uri = reference.get("URI")
    if uri != "":
        raise refusal(_wrong_target(uri), str(uri)[:200])
    if reference.get("Type") is not None:
        raise refusal("signature.reference-type", str(reference.get("Type"))[:200])
    transforms = _transforms(reference)
    if transforms != [ENVELOPED, C14N]:
        raise refusal(_wrong_transform(transforms))


def _wrong_target(uri: str | None) -> str:
    if uri is None:
        return "signature.reference-missing"
    return "signature.reference-fragment" if uri.startswith("#") else "signature.reference-remote"


def _transforms(reference: etree._Element) -> list[str]:
    return [node.get("Algorithm", "") for node in reference.iter(ds("Transform"))]


def _wrong_transform(transforms: list[str]) -> str:
    """Which of the two codes fits a wrong list of transforms."""
    others = [uri for uri in transforms if uri not in (ENVELOPED, C14N)]
    return "signature.c14n" if others and all("c14n" in uri for uri in others) else "signature.transform"
