"""Signing a form: XAdES baseline-B, or plain XML-DSig, enveloped, as the last child of the root.

The one idea: written with nothing but canonical XML, a hash and a key, and not with the library that verifies, so that
the two cannot share a mistake. RFC 3275 and ETSI EN 319 132-1 are the law; `xmlsec1` is the judge in the tests.
"""

import base64
import hashlib
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from simulators.authority import PrivateKey
from simulators.office.keys import SigningPair

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = DS + "enveloped-signature"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_PROPERTIES_ID = "xades-signed-properties"
_SIGNATURE_ID = "xades-signature"
_CURVE_HASHES: dict[str, hashes.HashAlgorithm] = {"secp384r1": hashes.SHA384(), "secp521r1": hashes.SHA512()}


def ds(name: str) -> str:
    return f"{{{DS}}}{name}"


def xades(name: str) -> str:
    return f"{{{XADES}}}{name}"


def sign(root: etree._Element, pair: SigningPair, at: datetime, *, plain: bool = False) -> bytes:
    """Adds the signature to `root` and returns the document as bytes."""
    digest = _digest(etree.tostring(root, method="c14n"))
    signature = etree.SubElement(root, ds("Signature"), nsmap={"ds": DS})
    info = etree.SubElement(signature, ds("SignedInfo"))
    _method(info, "CanonicalizationMethod", C14N)
    _method(info, "SignatureMethod", _algorithm(pair.key))
    _reference(info, "", (ENVELOPED, C14N), digest)
    value = etree.SubElement(signature, ds("SignatureValue"))
    x509_data = etree.SubElement(etree.SubElement(signature, ds("KeyInfo")), ds("X509Data"))
    etree.SubElement(x509_data, ds("X509Certificate")).text = _base64(pair.der)
    if not plain:
        signature.set("Id", _SIGNATURE_ID)
        properties = _properties(signature, pair, at)
        reference = _reference(info, f"#{_PROPERTIES_ID}", (C14N,), _digest(etree.tostring(properties, method="c14n")))
        reference.set("Type", SIGNED_PROPERTIES)
    value.text = _base64(_raw_signature(pair.key, etree.tostring(info, method="c14n")))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _properties(signature: etree._Element, pair: SigningPair, at: datetime) -> etree._Element:
    held = etree.SubElement(signature, ds("Object"))
    qualifying = etree.SubElement(held, xades("QualifyingProperties"), nsmap={"xades": XADES})
    qualifying.set("Target", f"#{_SIGNATURE_ID}")
    properties = etree.SubElement(qualifying, xades("SignedProperties"))
    properties.set("Id", _PROPERTIES_ID)
    of_signature = etree.SubElement(properties, xades("SignedSignatureProperties"))
    etree.SubElement(of_signature, xades("SigningTime")).text = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    certificate = etree.SubElement(etree.SubElement(of_signature, xades("SigningCertificateV2")), xades("Cert"))
    described = etree.SubElement(certificate, xades("CertDigest"))
    _method(described, "DigestMethod", _SHA256)
    etree.SubElement(described, ds("DigestValue")).text = _digest(pair.der)
    return properties


def _reference(info: etree._Element, uri: str, transforms: tuple[str, ...], digest: str) -> etree._Element:
    reference = etree.SubElement(info, ds("Reference"))
    reference.set("URI", uri)
    held = etree.SubElement(reference, ds("Transforms"))
    for each in transforms:
        _method(held, "Transform", each)
    _method(reference, "DigestMethod", _SHA256)
    etree.SubElement(reference, ds("DigestValue")).text = digest
    return reference


def _method(parent: etree._Element, name: str, algorithm: str) -> None:
    etree.SubElement(parent, ds(name)).set("Algorithm", algorithm)


def _hash(key: PrivateKey) -> hashes.HashAlgorithm:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return _CURVE_HASHES.get(key.curve.name, hashes.SHA256())
    return hashes.SHA256()


def _algorithm(key: PrivateKey) -> str:
    kind = "ecdsa" if isinstance(key, ec.EllipticCurvePrivateKey) else "rsa"
    return f"{_MORE}{kind}-{_hash(key).name}"


def _raw_signature(key: PrivateKey, content: bytes) -> bytes:
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(content, padding.PKCS1v15(), _hash(key))
    r, s = decode_dss_signature(key.sign(content, ec.ECDSA(_hash(key))))
    octets = (key.curve.key_size + 7) // 8  # RFC 6931 section 2.3.6: r and s, each as long as the field
    return r.to_bytes(octets, "big") + s.to_bytes(octets, "big")


def _digest(content: bytes) -> str:
    return _base64(hashlib.sha256(content).digest())


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
