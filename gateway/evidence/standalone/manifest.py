"""The list of members that is signed: `META-INF/ASiCManifest.xml` (ETSI EN 319 162-1, annex A.4), with the SHA-256 of each."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

from lxml import etree

from .container import MANIFEST, MIMETYPE, SIGNATURE, Container
from .report import Bad, Report
from .safe import parsed

ASIC: Final = "http://uri.etsi.org/02918/v1.2.1#"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
P7S: Final = "application/pkcs7-signature"
MAX_OCTETS: Final = 16 * 1024 * 1024
TYPES: Final = {
    ".xml": "application/xml", ".json": "application/json", ".html": "text/html", ".eml": "message/rfc822", ".mime": "multipart/mixed",
    ".der": "application/pkix-cert", ".crl": "application/pkix-crl", ".ocsp": "application/ocsp-response", ".tst": "application/vnd.etsi.timestamp-token",
}  # fmt: skip
OUTSIDE: Final = (MIMETYPE, MANIFEST, SIGNATURE)


def written(digests: Mapping[str, bytes]) -> bytes:
    """The list over these members, in their order."""
    root = etree.Element(f"{{{ASIC}}}ASiCManifest", nsmap={"asic": ASIC, "ds": DS})
    etree.SubElement(root, f"{{{ASIC}}}SigReference", URI=SIGNATURE, MimeType=P7S)
    for name, digest in digests.items():
        if name in OUTSIDE:
            continue
        kind = TYPES.get(name[name.rfind(".") :], "application/octet-stream")
        row = etree.SubElement(root, f"{{{ASIC}}}DataObjectReference", URI=name, MimeType=kind)
        etree.SubElement(row, f"{{{DS}}}DigestMethod", Algorithm=SHA256)
        etree.SubElement(row, f"{{{DS}}}DigestValue").text = b64encode(digest).decode()
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def read(content: bytes) -> dict[str, bytes]:
    """Names and digests; raises `Bad`."""
    root = parsed(content, MAX_OCTETS)
    first, *rows = root if len(root) else [root]
    if root.tag != f"{{{ASIC}}}ASiCManifest" or first.tag != f"{{{ASIC}}}SigReference" or first.get("URI") != SIGNATURE:
        raise Bad("it is no list of an ASiC-E container with our one signature")
    found: dict[str, bytes] = {}
    for row in rows:
        name = row.get("URI") or ""
        method, value = row if len(row) == 2 else (row, row)
        if (
            row.tag != f"{{{ASIC}}}DataObjectReference"
            or method.get("Algorithm") != SHA256
            or value.tag != f"{{{DS}}}DigestValue"
        ):
            raise Bad(f"the row of {name[:100]} is not as agreed")
        if name in found:
            raise Bad(f"{name[:100]} is listed twice")
        try:
            found[name] = b64decode(value.text or "", validate=True)
        except ValueError as error:
            raise Bad(f"the digest of {name[:100]} is not base64") from error
    return found


def compare(container: Container, report: Report) -> None:
    """Members against the list: `container.members` and `manifest.digests`."""
    listed: dict[str, bytes] = {}
    with report.checking("container.members", MANIFEST):
        listed = read(container.content(MANIFEST))
        inside = [name for name in container.members if name not in OUTSIDE]
        _same(list(listed), inside)
        if list(container.members) != [MIMETYPE, *inside, MANIFEST, SIGNATURE]:
            raise Bad("mimetype, members, list and signature do not stand in this order")
        if inside != sorted(inside):
            raise Bad("the members do not stand in the order of their names")
    for name, digest in listed.items():
        if name in container.members and name not in OUTSIDE:
            _digest(container, name, digest, report)
    for name in (MANIFEST, SIGNATURE):
        with report.checking("container.zip", name):
            if name not in container.members:
                raise Bad(f"{name} is not there")
            container.digest(name)


def _digest(container: Container, name: str, digest: bytes, report: Report) -> None:
    with report.checking("manifest.digests", name):
        if container.digest(name) != digest:
            raise Bad("its octets do not have the digest that is listed: it was changed, or exchanged")


def _same(listed: list[str], inside: list[str]) -> None:
    missing, unlisted = set(listed) - set(inside), set(inside) - set(listed)
    if missing:
        raise Bad(f"{min(missing)[:150]} is listed and not there")
    if unlisted:
        raise Bad(f"{min(unlisted)[:150]} is there and not listed")
    if listed != inside:
        raise Bad("the members do not stand in the order of the list")
