"""Programs that nobody here wrote, asked to sign and to judge."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lxml import etree

from tests.services.programs import require_program
from tests.signing.forge import AT, FORM, XADES, XB, Office, Signer, key_pem, pem


def xmlsec1(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = require_program("xmlsec1")
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=30, check=False)


def judged(folder: Path, document: bytes, anchor: Office = XB) -> subprocess.CompletedProcess[str]:
    """What xmlsec1 says about a document."""
    (folder / "signed.xml").write_bytes(document)
    (folder / "anchor.pem").write_bytes(pem(anchor.certificate))
    ids = ("--id-attr:Id", f"{XADES}:SignedProperties")
    moment = f"{AT:%Y-%m-%d %H:%M:%S}"
    trust = ("--trusted-pem", folder / "anchor.pem", "--verification-time", moment)
    return xmlsec1("--verify", *trust, *ids, folder / "signed.xml")


def by_xmlsec1(folder: Path, unfilled: str, signer: Signer) -> bytes:
    """A template filled in by xmlsec1."""
    root = etree.fromstring(FORM)
    root.append(etree.fromstring(unfilled))
    (folder / "template.xml").write_bytes(etree.tostring(root))
    (folder / "partner.key.pem").write_bytes(key_pem(signer.key))
    (folder / "partner.cert.pem").write_bytes(pem(signer.certificate))
    key = ("--privkey-pem", f"{folder}/partner.key.pem,{folder}/partner.cert.pem")
    ids = ("--id-attr:Id", f"{XADES}:SignedProperties")
    done = xmlsec1("--sign", *key, *ids, "--output", folder / "by-xmlsec1.xml", folder / "template.xml")
    assert done.returncode == 0, done.stderr
    return (folder / "by-xmlsec1.xml").read_bytes()


def openssl(*arguments: str | Path) -> None:
    program = require_program("openssl")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
