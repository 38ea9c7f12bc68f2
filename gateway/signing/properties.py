"""The signed XAdES properties: they must name the certificate that was used, and a time that can be.

Read from what verification returned, never from the document as it came.
"""

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from lxml import etree
from signxml.verifier import VerifyResult

from gateway.signing.grammar import ds, xades
from gateway.signing.reasons import refusal, refused_as

MAX_AHEAD: Final = timedelta(minutes=5)
"""How far a partner's clock may be ahead of ours."""

_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?[0-9]{0,3}(Z|[+-][0-9]{2}:[0-9]{2})"
)
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "http://www.w3.org/2001/04/xmlenc#sha256": hashes.SHA256(),
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384(),
    "http://www.w3.org/2001/04/xmlenc#sha512": hashes.SHA512(),
}


def check_properties(results: Sequence[VerifyResult], certificate: x509.Certificate, at: datetime) -> datetime:
    """The signing time, if the verified properties fit the certificate; raises `Refused` if not."""
    trees = [one.signed_xml for one in results[1:] if one.signed_xml is not None]
    verified = [tree for tree in trees if tree.tag == xades("SignedProperties")]
    if len(verified) != 1:
        raise refusal("signature.properties-unsigned")
    with refused_as("signature.properties"):
        signed = _only(verified[0], xades("SignedSignatureProperties"))
        _check_certificate(_only(signed, xades("SigningCertificateV2")), certificate)
        return _checked_time(_only(signed, xades("SigningTime")), certificate, at)


def _only(parent: etree._Element, tag: str) -> etree._Element:
    found = parent.findall(tag)
    if len(found) != 1:
        raise refusal("signature.properties", f"{len(found)} of {tag}")
    return found[0]


def _check_certificate(signing: etree._Element, certificate: x509.Certificate) -> None:
    described = _only(signing[0], xades("CertDigest"))
    algorithm = _HASHES[_only(described, ds("DigestMethod")).get("Algorithm", "")]
    value = base64.b64decode(_only(described, ds("DigestValue")).text or "")
    if not hmac.compare_digest(value, certificate.fingerprint(algorithm)):
        raise refusal("signature.certificate-digest")


def _checked_time(node: etree._Element, certificate: x509.Certificate, at: datetime) -> datetime:
    text = (node.text or "").strip(" \t\r\n")
    match = _TIME.fullmatch(text)
    if match is None:
        raise refusal("signature.time", text[:40])
    fraction = match[1] or ""
    with refused_as("signature.time"):
        signed_at = datetime.fromisoformat(text[:19] + fraction + match[2]).astimezone(UTC)
    if signed_at > at + MAX_AHEAD:
        raise refusal("signature.time-future", f"{signed_at.isoformat()} at {at.isoformat()}")
    if signed_at < certificate.not_valid_before_utc:
        raise refusal("signature.time-before-certificate", signed_at.isoformat())
    return signed_at
