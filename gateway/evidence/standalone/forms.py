"""The signature inside a form: shape before value (docs/signature-profile.md), then digests and value, with lxml's own canonicalization."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from .certificates import certificate_of, signer_among
from .report import Bad
from .safe import parsed

DS: Final = "{http://www.w3.org/2000/09/xmldsig#}"
XADES: Final = "{http://uri.etsi.org/01903/v1.3.2#}"
HEADER: Final = "{urn:x-spoc:header:1}"
C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
PROPERTIES: Final = "http://uri.etsi.org/01903#SignedProperties"
DIGESTS: Final = {
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
METHODS: Final = {
    **{f"{_MORE}{kind}-{hash_}": (kind, hash_) for kind in ("ecdsa", "rsa") for hash_ in HASHES},
    **{f"http://www.w3.org/2007/05/xmldsig-more#{hash_}-rsa-MGF1": ("pss", hash_) for hash_ in HASHES},
}
MAX_SIGNATURE_OCTETS: Final = 2048
AHEAD: Final = timedelta(minutes=5)
"""Clocks of two offices differ."""
_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,127}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_ALLOWED: Final = frozenset({
    "SignedProperties", "SignedSignatureProperties", "SigningTime", "SigningCertificateV2", "Cert", "CertDigest", "IssuerSerialV2",
    "SignedDataObjectProperties", "DataObjectFormat", "Description", "MimeType", "ObjectIdentifier", "Encoding",
})  # fmt: skip


@dataclass(frozen=True)
class Form:
    """A form whose signature has the agreed shape."""

    root: etree._Element
    signature: etree._Element
    certificates: tuple[x509.Certificate, ...]
    signer: x509.Certificate
    kind: str
    hash: str
    attachments: dict[str, str] = field(default_factory=dict)
    """SHA-256 to file name, as the signed header says."""

    def text(self, name: str) -> str:
        """What the signed header says."""
        return self.root.findtext(f"{HEADER}Header/{HEADER}{name}") or ""

    def body(self, name: str) -> str:
        """What the signed body says."""
        return self.root.findtext(f"{{*}}Body/{{*}}{name}") or ""


def shaped(document: bytes) -> Form:
    """The form if its signature looks as agreed; raises `Bad`."""
    root = parsed(document)
    signature = _place(root)
    info, _, key_info, *objects = list(signature)
    method = METHODS.get(info[1].get("Algorithm") or "")
    if info[0].get("Algorithm") != C14N or method is None or len(info[1]):
        raise Bad("its canonicalization or signature algorithm is not agreed")
    references = info.findall(f"{DS}Reference")
    _references(references, objects, len(info))
    data = key_info.find(f"{DS}X509Data")
    if data is None or len(key_info) != 1 or any(each.tag != f"{DS}X509Certificate" for each in data):
        raise Bad("KeyInfo holds something else than certificates")
    certificates = tuple(certificate_of(b64decode(each.text or "")) for each in data)
    header = root.find(f"{HEADER}Header")
    named = {} if header is None else {
        str(each.findtext(f"{HEADER}Sha256")): str(each.findtext(f"{HEADER}FileName")) for each in header.findall(f"{HEADER}Attachment")
    }  # fmt: skip
    return Form(root, signature, certificates, signer_among(certificates), *method, attachments=named)


def _place(root: etree._Element) -> etree._Element:
    if (
        any(not isinstance(each.tag, str) for each in root.iter())
        or root.getprevious() is not None
        or root.getnext() is not None
    ):
        raise Bad("it holds comments or processing instructions")
    found = [each for each in root.iter() if str(each.tag).rpartition("}")[2] == "Signature"]
    if len(found) != 1 or found[0] is not root[-1] or found[0].tag != f"{DS}Signature":
        raise Bad("it does not have exactly one signature, as the last child of the root")
    names = [str(each.tag) for each in found[0]]
    wanted = [f"{DS}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo", "Object")]
    if names not in (wanted[:3], wanted):
        raise Bad("the parts of the signature are not as agreed")
    ids = [
        value for each in root.iter() for name, value in each.items() if str(name).rpartition("}")[2].lower() == "id"
    ]
    if len(ids) != len(set(ids)) or any(
        str(name).startswith("{http://www.w3.org/XML/1998/namespace}") for name in root.attrib
    ):
        raise Bad("an id stands on two elements, or the root carries an attribute of XML itself")
    return found[0]


def _references(references: list[etree._Element], objects: list[etree._Element], parts: int) -> None:
    """The whole form first; then the signed properties, and KeyInfo where somebody likes that."""
    if not references or parts != len(references) + 2 or len(references) > 3:
        raise Bad("it refers to nothing, or to too much")
    first, *others = references
    if first.get("URI") != "" or first.get("Type") is not None or _transforms(first) != [ENVELOPED, C14N]:
        raise Bad("its first reference does not cover the whole form")
    if any(_transforms(each) not in ([], [C14N]) or not (each.get("URI") or "").startswith("#") for each in others):
        raise Bad("a reference carries a transform that is not agreed, or leaves the signature")
    for each in references:
        method = each.find(f"{DS}DigestMethod")
        if method is None or method.get("Algorithm") not in DIGESTS or len(method):
            raise Bad("a digest algorithm is not agreed")
    if objects:
        _properties(objects[0], references)


def _transforms(reference: etree._Element) -> list[str]:
    found = list(reference.iter(f"{DS}Transform"))
    if any(len(each) or (each.text or "").strip() for each in found):
        raise Bad("a transform has parameters")
    return [each.get("Algorithm") or "" for each in found]


def _properties(holder: etree._Element, references: list[etree._Element]) -> None:
    """XAdES baseline-B and nothing else: time, certificate, what the form is; all of it signed and of this signature."""
    signature = holder.getparent()
    qualifying = holder[0] if len(holder) == 1 and not (holder.text or "").strip() else None
    if (
        signature is None
        or qualifying is None
        or qualifying.tag != f"{XADES}QualifyingProperties"
        or len(qualifying) != 1
    ):
        raise Bad("its object does not hold the signed properties, or more than these")
    if qualifying.get("Target") != f"#{signature.get('Id')}" or not _ID.fullmatch(signature.get("Id") or ""):
        raise Bad("its properties are those of another signature")
    properties = qualifying[0]
    wanted = f"#{properties.get('Id')}"
    signed = [each.get("URI") for each in references[1:] if each.get("Type") == PROPERTIES]
    if properties.tag != f"{XADES}SignedProperties" or not _ID.fullmatch(wanted[1:]) or signed != [wanted]:
        raise Bad("its properties are not signed")
    names = [str(each.tag) for each in properties.iter() if str(each.tag).startswith(XADES)]
    if any(name.removeprefix(XADES) not in _ALLOWED for name in names):
        raise Bad("its properties say more than was agreed")
    for described in properties.iter(f"{XADES}DataObjectFormat"):
        if not references[0].get("Id") or described.get("ObjectReference") != f"#{references[0].get('Id')}":
            raise Bad("its properties describe something else than the form")


def check_signature(form: Form) -> None:
    """Raise `Bad` unless digests and value hold."""
    info = form.signature[0]
    for number, reference in enumerate(info.findall(f"{DS}Reference")):
        algorithm = DIGESTS[reference.find(f"{DS}DigestMethod").get("Algorithm") or ""]  # type: ignore[union-attr]  # the shape has one
        content = _without_signature(form) if number == 0 else _named(form, reference)
        if hashlib.new(algorithm, content).digest() != b64decode(reference.findtext(f"{DS}DigestValue") or ""):
            raise Bad(
                "what was signed was changed afterwards"
                if number == 0
                else "the signed properties were changed afterwards"
            )
    value = b64decode("".join((form.signature[1].text or "").split()), validate=True)
    if len(value) > MAX_SIGNATURE_OCTETS:
        raise Bad("the signature value is too long")
    _check_value(form, value, _canonical(info))
    _check_certificate(form)


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=False, with_comments=False)


def _without_signature(form: Form) -> bytes:
    root = parsed(etree.tostring(form.root))
    signature = root[-1]
    tail, before = signature.tail or "", signature.getprevious()
    root.remove(signature)
    if before is None:
        root.text = (root.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    return _canonical(root)


def _named(form: Form, reference: etree._Element) -> bytes:
    wanted = (reference.get("URI") or "")[1:]
    found = [each for each in form.signature.iter() if each.get("Id") == wanted]
    if len(found) != 1:
        raise Bad("a reference points to nothing inside the signature")
    return _canonical(found[0])


def _check_value(form: Form, value: bytes, octets: bytes) -> None:
    key, chosen = form.signer.public_key(), HASHES[form.hash]
    try:
        if form.kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            half = len(value) // 2
            der = encode_dss_signature(int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big"))
            key.verify(der, octets, ec.ECDSA(chosen))
        elif form.kind == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, octets, padding.PKCS1v15(), chosen)
        elif form.kind == "pss" and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, octets, padding.PSS(padding.MGF1(chosen), chosen.digest_size), chosen)
        else:
            raise Bad("the algorithm does not fit the key of the certificate")
    except InvalidSignature as error:
        raise Bad("the signature does not fit the form and the certificate") from error


def _check_certificate(form: Form) -> None:
    """The signed properties name the certificate, where there are any."""
    described = form.signature.find(f".//{XADES}SigningCertificateV2/{XADES}Cert/{XADES}CertDigest")
    if described is None:
        if len(form.signature) > 3:
            raise Bad("the signed properties name no certificate")
        return
    method = described.find(f"{DS}DigestMethod")
    chosen = HASHES[DIGESTS[(method.get("Algorithm") if method is not None else "") or ""]]
    if b64decode(described.findtext(f"{DS}DigestValue") or "") != form.signer.fingerprint(chosen):
        raise Bad("the signed properties name another certificate")


def check_time(form: Form, at: datetime) -> None:
    """Raise `Bad` for a signing time that cannot be: missing, after the form was checked, before its certificate."""
    if len(form.signature) < 4:
        return
    text = (form.signature.findtext(f".//{XADES}SigningTime") or "").strip()
    if not _TIME.fullmatch(text):
        raise Bad("the signing time is missing, or no time with a zone")
    told = datetime.fromisoformat(re.sub(r"\.\d+", "", text)).astimezone(UTC)
    if told > at + AHEAD or told < form.signer.not_valid_before_utc:
        raise Bad("the signing time is after the check, or before the certificate")
