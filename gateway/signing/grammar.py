"""The parts of a signature as a table: which element may hold which children, attributes and text.

Stricter than the schemas of XML-DSig and XAdES, which allow anything almost anywhere. Each row says why it is as it is.
"""

from typing import Final

from lxml import etree
from msgspec import Struct

from gateway.signing.reasons import refusal

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"

MAX_CERTIFICATES: Final = 5
MAX_REFERENCES: Final = 3
MAX_TRANSFORMS: Final = 2
_MALFORMED: Final = "signature.malformed"


def ds(name: str) -> str:
    """An XML-DSig name in Clark notation."""
    return f"{{{DS}}}{name}"


def xades(name: str) -> str:
    """A XAdES name in Clark notation."""
    return f"{{{XADES}}}{name}"


class Child(Struct, frozen=True):
    """One kind of child, how often it may stand there, and the code when it does not."""

    tag: str
    least: int = 1
    most: int = 1
    code: str = _MALFORMED
    absent: str = ""
    """The code when it is missing, where that is another one."""


class Row(Struct, frozen=True, kw_only=True):
    """What one element may hold."""

    children: tuple[Child, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    text: bool = False
    code: str = _MALFORMED
    """The code for anything that the row does not name."""
    why: str


_P: Final = "signature.properties"

GRAMMAR: Final[dict[str, Row]] = {
    ds("Signature"): Row(
        children=(
            Child(ds("SignedInfo")), Child(ds("SignatureValue")), Child(ds("KeyInfo"), code="signature.key-info"),
            Child(ds("Object"), 0, 1, "signature.object"),
        ),
        optional=("Id",), why="XML-DSig 1.1 section 4.1, with KeyInfo mandatory and at most one Object",
    ),
    ds("SignedInfo"): Row(
        children=(
            Child(ds("CanonicalizationMethod")), Child(ds("SignatureMethod")),
            Child(ds("Reference"), 1, MAX_REFERENCES, "signature.reference-several", "signature.reference-missing"),
        ),
        optional=("Id",), why="the form, the signed properties, the certificate: nothing else is signed",
    ),
    ds("CanonicalizationMethod"): Row(required=("Algorithm",), code="signature.c14n", why="no parameters: inclusive C14N has none"),
    ds("SignatureMethod"): Row(required=("Algorithm",), why="no parameters: they could weaken the algorithm"),
    ds("Reference"): Row(
        children=(Child(ds("Transforms"), 0, 1), Child(ds("DigestMethod")), Child(ds("DigestValue"))),
        optional=("Id", "URI", "Type"), why="what it may refer to is decided in shape.py",
    ),
    ds("Transforms"): Row(
        children=(Child(ds("Transform"), 1, MAX_TRANSFORMS, "signature.transform"),),
        code="signature.transform", why="enveloped-signature and one canonicalization",
    ),
    ds("Transform"): Row(required=("Algorithm",), code="signature.transform", why="XPath and XSLT are programs of the sender"),
    ds("DigestMethod"): Row(required=("Algorithm",), why="no parameters"),
    ds("DigestValue"): Row(text=True, why="base64"),
    ds("SignatureValue"): Row(text=True, optional=("Id",), why="base64"),
    ds("KeyInfo"): Row(
        children=(Child(ds("X509Data"), code="signature.key-info"),), optional=("Id",), code="signature.key-info",
        why="a bare key has no office; a second source of the key is an ambiguity",
    ),
    ds("X509Data"): Row(
        children=(Child(ds("X509Certificate"), 1, MAX_CERTIFICATES, "signature.key-info"),), code="signature.key-info",
        why="the certificate and those of its authorities; names and serials add only doubt",
    ),
    ds("X509Certificate"): Row(text=True, code="signature.key-info", why="base64 of DER"),
    ds("Object"): Row(
        children=(Child(xades("QualifyingProperties"), code="signature.object"),), optional=("Id",), code="signature.object",
        why="an Object can hold a hidden copy of a message",
    ),
    xades("QualifyingProperties"): Row(
        children=(Child(xades("SignedProperties"), code="signature.object"),), required=("Target",), optional=("Id",),
        code="signature.object", why="ETSI EN 319 132-1; no unsigned properties in baseline-B",
    ),
    xades("SignedProperties"): Row(
        children=(Child(xades("SignedSignatureProperties"), code=_P), Child(xades("SignedDataObjectProperties"), 0, 1, _P)),
        required=("Id",), code=_P, why="a reference must name it",
    ),
    xades("SignedSignatureProperties"): Row(
        children=(Child(xades("SigningTime"), code="signature.time"), Child(xades("SigningCertificateV2"), code=_P)),
        optional=("Id",), code=_P, why="what baseline-B demands; a signature policy or a role would mean something that nobody reads",
    ),
    xades("SigningTime"): Row(text=True, code=_P, why="xs:dateTime with a zone"),
    xades("SigningCertificateV2"): Row(
        children=(Child(xades("Cert"), 1, MAX_CERTIFICATES, _P),), code=_P, why="the first one is the signer's",
    ),
    xades("Cert"): Row(
        children=(Child(xades("CertDigest"), code=_P), Child(xades("IssuerSerialV2"), 0, 1, _P)), optional=("URI",), code=_P,
        why="the digest decides; issuer and URI are not read",
    ),
    xades("CertDigest"): Row(children=(Child(ds("DigestMethod")), Child(ds("DigestValue"))), code=_P, why="as in a Reference"),
    xades("IssuerSerialV2"): Row(text=True, code=_P, why="signed, not read"),
    xades("SignedDataObjectProperties"): Row(
        children=(Child(xades("DataObjectFormat"), 0, 1, _P),), optional=("Id",), code=_P, why="the media type of the form",
    ),
    xades("DataObjectFormat"): Row(
        children=(Child(xades("Description"), 0, 1, _P), Child(xades("MimeType"), 0, 1, _P), Child(xades("Encoding"), 0, 1, _P)),
        required=("ObjectReference",), code=_P, why="signed, not read",
    ),
    xades("Description"): Row(text=True, code=_P, why="signed, not read"),
    xades("MimeType"): Row(text=True, code=_P, why="signed, not read"),
    xades("Encoding"): Row(text=True, code=_P, why="signed, not read"),
}  # fmt: skip
"""One row per element. What is not here may not stand in a signature."""

NAMED: Final = {
    ds("KeyValue"): "signature.key-value",
    "{http://www.w3.org/2009/xmldsig11#}DEREncodedKeyValue": "signature.key-value",
    ds("RetrievalMethod"): "signature.retrieval-method",
    "{http://www.w3.org/2009/xmldsig11#}KeyInfoReference": "signature.retrieval-method",
    ds("HMACOutputLength"): "signature.hmac",
    xades("UnsignedProperties"): "signature.unsigned-properties",
}
"""Elements that many tools write and that deserve a code of their own."""

_XML_SPACE: Final = " \t\r\n"


def check_grammar(signature: etree._Element) -> None:
    """Refuse a signature that holds anything the table does not name, in another order or number."""
    waiting = [signature]
    while waiting:
        element = waiting.pop()
        row = GRAMMAR[str(element.tag)]
        _check_attributes(element, row)
        _check_text(element, row)
        _check_children(element, row)
        waiting.extend(reversed(element))


def _check_attributes(element: etree._Element, row: Row) -> None:
    names = set(element.attrib)
    if not names.issuperset(row.required) or not names.issubset((*row.required, *row.optional)):
        raise refusal(row.code, f"attributes of {etree.QName(element).localname}: {sorted(map(str, names))}"[:300])


def _check_text(element: etree._Element, row: Row) -> None:
    if row.text:
        return
    texts = (element.text, *(child.tail for child in element))
    if any(text and text.strip(_XML_SPACE) for text in texts):
        raise refusal(row.code, f"text in {etree.QName(element).localname}")


def _check_children(element: etree._Element, row: Row) -> None:
    tags = [str(child.tag) for child in element]
    known = [child.tag for child in row.children]
    for tag in tags:
        if tag not in known:
            raise refusal(NAMED.get(tag, row.code), f"{tag[:200]} in {etree.QName(element).localname}")
    for child in row.children:
        count = tags.count(child.tag)
        if not child.least <= count <= child.most:
            raise refusal((not count and child.absent) or child.code, f"{count} of {child.tag}")
    places = [known.index(tag) for tag in tags]
    if places != sorted(places):
        raise refusal(row.code, f"order of the children of {etree.QName(element).localname}")
