"""Is this message signed by the office that it names? Judged by signxml and by the partner's card.

The one idea: every question is asked and every "no" is kept, as a code and a sentence, so that a tester sees all that
is wrong with what the gateway signed, and not only the first.
"""

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from simulators.office.cards import Card
from simulators.office.signing import C14N, ENVELOPED, SIGNED_PROPERTIES, ds, xades

MAX_PATH = 4
_HASHES = ("SHA256", "SHA384", "SHA512")
_METHODS = frozenset(SignatureMethod[f"{kind}_{each}"] for kind in ("ECDSA", "RSA") for each in _HASHES) | frozenset(
    SignatureMethod[f"{each}_RSA_MGF1"] for each in _HASHES
)
_DIGESTS = frozenset(DigestAlgorithm[each] for each in _HASHES)


@dataclass(slots=True)
class Judgement:
    """What was found about one signature."""

    findings: list[dict[str, str]] = field(default_factory=list)
    signer: str = ""  # common name
    xades: bool = False
    algorithm: str = ""

    @property
    def valid(self) -> bool:
        return not self.findings

    def find(self, code: str, text: str) -> None:
        self.findings.append({"code": code, "text": text})

    def as_json(self) -> dict[str, Any]:
        return {
            "valid": self.valid, "signer": self.signer, "xades": self.xades, "algorithm": self.algorithm,
            "findings": self.findings,
        }  # fmt: skip


def judge(root: etree._Element, payload: bytes, card: Card | None, at: datetime) -> Judgement:
    """`root` is the parsed `payload`; `card` that of the office the message names as its sender."""
    found = Judgement()
    signatures = list(root.iter(ds("Signature")))
    if len(signatures) != 1 or signatures[0].getparent() is not root or root[-1] is not signatures[0]:
        code = "signature.missing" if not signatures else "signature.place"
        found.find(code, f"{len(signatures)} signatures; one is expected, as the last child of the root")
        return found
    signature = signatures[0]
    _judge_shape(signature, found)
    certificates = _certificates(signature, found)
    if not certificates:
        return found
    leaf = next((each for each in certificates if not _is_authority(each)), certificates[0])
    names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    found.signer = str(names[0].value) if names else ""
    _judge_certificate(leaf, certificates, card, at, found)
    _judge_value(payload, leaf, found)
    if not found.xades and not (card is not None and card.plain_xmldsig):
        found.find("signature.plain", "no XAdES properties, and the card does not agree to that")
    return found


def _judge_shape(signature: etree._Element, found: Judgement) -> None:
    info = signature.find(ds("SignedInfo"))
    if info is None:
        found.find("signature.shape", "no SignedInfo")
        return
    canonical = info.find(ds("CanonicalizationMethod"))
    if canonical is None or canonical.get("Algorithm") != C14N:
        found.find("signature.c14n", "SignedInfo is not in inclusive canonical XML 1.0")
    method = info.find(ds("SignatureMethod"))
    found.algorithm = "" if method is None else method.get("Algorithm", "")
    references = info.findall(ds("Reference"))
    wholes = [each for each in references if each.get("URI") == ""]
    if len(wholes) != 1 or references[0] is not wholes[0]:
        found.find("signature.reference", "the first reference, and only that one, must be the whole document")
    for each in references:
        transforms = [one.get("Algorithm", "") for one in each.iter(ds("Transform"))]
        wanted = [ENVELOPED, C14N] if each.get("URI") == "" else [C14N]
        # No transform at all means inclusive C14N 1.0 (XML-DSig section 4.4.3.2): as good for the signed properties.
        if transforms != wanted and not (each.get("URI") and transforms == []):
            found.find("signature.transform", f"reference {each.get('URI')!r} has the transforms {transforms}")
    found.xades = any(each.get("Type") == SIGNED_PROPERTIES for each in references)
    if found.xades and signature.find(f".//{xades('SigningCertificateV2')}") is None:
        found.find("signature.properties", "no SigningCertificateV2")
    if found.xades and signature.find(f".//{xades('SigningTime')}") is None:
        found.find("signature.properties", "no SigningTime")


def _certificates(signature: etree._Element, found: Judgement) -> list[x509.Certificate]:
    texts = [each.text or "" for each in signature.findall(f"{ds('KeyInfo')}/{ds('X509Data')}/{ds('X509Certificate')}")]
    try:
        certificates = [x509.load_der_x509_certificate(base64.b64decode(text)) for text in texts]
    except ValueError as error:
        found.find("signature.certificate", f"the certificate cannot be read: {error}")
        return []
    if not certificates:
        found.find("signature.certificate", "no certificate is enclosed")
    return certificates


def _judge_certificate(
    leaf: x509.Certificate, enclosed: list[x509.Certificate], card: Card | None, at: datetime, found: Judgement
) -> None:
    if not leaf.not_valid_before_utc <= at <= leaf.not_valid_after_utc:
        found.find("signature.expired", f"the certificate is valid to {leaf.not_valid_after_utc:%Y-%m-%d}")
    if _is_authority(leaf):
        found.find("signature.is-authority", "the certificate is that of an authority")
    if not _may_sign(leaf):
        found.find("signature.key-usage", "the certificate is not for signing documents")
    if card is None:
        found.find("partner.unknown", "no card of the sender; nothing can be said about the signer")
        return
    if not _leads_to_anchor(leaf, enclosed, card, at):
        found.find("signature.untrusted", "the certificate does not come from an authority on the sender's card")
    if found.signer not in card.signers:
        found.find("signature.signer", f"{found.signer!r} is not a signer on the sender's card")


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _may_sign(certificate: x509.Certificate) -> bool:
    extensions = certificate.extensions
    try:
        if not extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature:
            return False
    except x509.ExtensionNotFound:
        return False
    try:
        purposes = set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return True
    return bool(purposes - {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH})


def _leads_to_anchor(
    leaf: x509.Certificate, enclosed: list[x509.Certificate], card: Card, at: datetime
) -> bool:  # fmt: skip
    current = leaf
    for _ in range(MAX_PATH):
        if any(_issued(anchor, current, at) for anchor in card.anchors):
            return True
        above = [each for each in enclosed if each != current and _is_authority(each) and _issued(each, current, at)]
        if not above:
            return False
        current = above[0]
    return False


def _issued(authority: x509.Certificate, certificate: x509.Certificate, at: datetime) -> bool:
    if not _is_authority(authority) or not authority.not_valid_before_utc <= at <= authority.not_valid_after_utc:
        return False
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _judge_value(payload: bytes, leaf: x509.Certificate, found: Judgement) -> None:
    limits: dict[str, Any] = {
        "location": "./",
        "require_x509": True,
        "expect_references": True,
        "signature_methods": _METHODS,
        "digest_algorithms": _DIGESTS,
    }
    try:
        if found.xades:
            XAdESVerifier().verify(
                payload, x509_cert=leaf,
                expect_config=XAdESSignatureConfiguration(**{**limits, "expect_references": _count(payload)}),
            )  # fmt: skip
        else:
            config = SignatureConfiguration(**{**limits, "expect_references": 1})
            XMLVerifier().verify(payload, x509_cert=leaf, expect_config=config)
    except (SignXMLException, InvalidSignature, ValueError, TypeError, KeyError, etree.LxmlError) as error:
        found.find("signature.invalid", f"{type(error).__name__}: {str(error)[:200]}")


def _count(payload: bytes) -> int:
    return len(list(etree.fromstring(payload).iter(ds("Reference"))))
