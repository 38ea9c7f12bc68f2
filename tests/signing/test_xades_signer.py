"""What our signatures look like, and that programs nobody here wrote agree about them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from gateway.errors import Misconfigured
from gateway.safexml import canonical, parse
from gateway.signing.keys import KeyFiles, KeyRing
from gateway.signing.sign import XadesSigner
from gateway.signing.verify import StrictVerifier
from tests.signing.forge import (
    AT,
    FORM,
    NAMES,
    SIGNER,
    XB,
    XC,
    Key,
    Office,
    Signer,
    key_pem,
    partner,
    pem,
    rsa_key,
    sign,
    template,
)  # fmt: skip
from tests.signing.other_programs import by_xmlsec1, judged, openssl

KEYS: dict[str, Callable[[], Key]] = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "rsa-3072": lambda: rsa_key(3072),
}


def our_signer(folder: Path, signer: Signer = SIGNER, at: datetime = AT) -> XadesSigner:
    files = KeyFiles(party="sirene:XB", key=folder / "key.pem", certificates=folder / "cert.pem")
    files.key.write_bytes(key_pem(signer.key))
    files.certificates.write_bytes(b"".join(pem(one) for one in signer.enclosed))
    return XadesSigner(KeyRing.load([files], at))


def signed(folder: Path, signer: Signer = SIGNER, form: bytes = FORM) -> bytes:
    return our_signer(folder, signer).sign(etree.fromstring(form), "sirene:XB", AT)


def test_the_signature_is_the_last_child_and_names_what_it_covers(tmp_path: Path) -> None:
    document = signed(tmp_path)
    root = parse(document)

    assert document.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
    assert etree.QName(root[-1]).localname == "Signature"
    assert [one.get("URI", "")[:1] for one in root.iterfind(".//ds:Reference", NAMES)] == ["", "#"]
    assert [etree.QName(one).localname for one in root[-1]] == ["SignedInfo", "SignatureValue", "KeyInfo", "Object"]
    assert [etree.QName(one).localname for one in root[-1][2]] == ["X509Data"]


def test_the_signing_time_is_the_callers(tmp_path: Path) -> None:
    moment = AT + timedelta(hours=3)
    document = our_signer(tmp_path).sign(etree.fromstring(FORM), "sirene:XB", moment)

    assert b">2026-11-21T15:00:00Z</xades:SigningTime>" in document
    assert StrictVerifier().verify(document, partner(), moment).signed_at == moment


def test_the_tree_that_is_signed_stays_as_it_was(tmp_path: Path) -> None:
    root = etree.fromstring(FORM)
    our_signer(tmp_path).sign(root, "sirene:XB", AT)
    assert canonical(root) == canonical(etree.fromstring(FORM))


def test_the_chain_goes_along_without_its_root(tmp_path: Path) -> None:
    middle = XB.issue("XB issuing authority", authority=True)
    leaf = Office("XB issuing authority", middle.key).issue("SIRENE XB signing")
    document = signed(tmp_path, Signer(leaf.key, leaf.certificate, (middle.certificate, XB.certificate)))

    assert document.count(b"<ds:X509Certificate>") == 2
    assert StrictVerifier().verify(document, partner(), AT).subject == "CN=SIRENE XB signing"


@pytest.mark.parametrize(
    "form",
    [
        FORM.replace(b'version="1.0"', b'version="1.0" Id="form"'),
        FORM.replace(b'version="1.0"', b'version="1.0" xml:lang="en"'),
        FORM.replace(b"<Plate>", b"<Signature/><Plate>"),
        FORM.replace(
            b"<Plate>", b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="placeholder"/><Plate>'
        ),
        sign(),
    ],
    ids=["id-on-the-root", "language-on-the-root", "signature-in-the-body", "placeholder", "signed-already"],
)
def test_a_form_that_would_make_a_signature_nobody_accepts_is_not_signed(tmp_path: Path, form: bytes) -> None:
    with pytest.raises(Misconfigured) as caught:
        signed(tmp_path, form=form)
    assert caught.value.code == "signing.shape"


# --- other programs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_xmlsec1_accepts_what_we_sign(tmp_path: Path, key: Callable[[], Key]) -> None:
    said = judged(tmp_path, signed(tmp_path, XB.issue("SIRENE XB signing", key())))
    assert said.returncode == 0, said.stderr
    assert "2/2" in said.stdout + said.stderr


def test_xmlsec1_refuses_what_was_changed_or_issued_elsewhere(tmp_path: Path) -> None:
    document = signed(tmp_path)
    assert judged(tmp_path, document.replace(b"XX 00 000", b"XX 00 001")).returncode != 0
    assert judged(tmp_path, document.replace(b"12:00:00Z", b"12:00:01Z")).returncode != 0
    assert judged(tmp_path, document, anchor=XC).returncode != 0


def test_signxml_itself_accepts_what_we_sign(tmp_path: Path) -> None:
    config = XAdESSignatureConfiguration(expect_references=2, location="./", verification_time=AT)
    results = XAdESVerifier().verify(signed(tmp_path), x509_cert=SIGNER.certificate, expect_config=config)
    assert canonical(results[0].signed_xml) == canonical(etree.fromstring(FORM))  # type: ignore[arg-type]


def without_certificates(text: str) -> str:
    return re.sub(r"<ds:X509Data>.*</ds:X509Data>", "<ds:X509Data/>", text, flags=re.DOTALL)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("plain", [True, False], ids=["plain", "xades"])
def test_what_xmlsec1_signs_is_accepted(tmp_path: Path, key: Callable[[], Key], plain: bool) -> None:
    signer = XB.issue("SIRENE XB signing", key())
    document = by_xmlsec1(tmp_path, without_certificates(template(signer, plain=plain)), signer)

    report = StrictVerifier().verify(document, partner(plain_xmldsig=plain), AT)

    assert report.verified == canonical(etree.fromstring(FORM))
    assert report.profile == ("xmldsig" if plain else "xades-b")


def test_an_authority_and_a_signer_made_with_plain_openssl_are_accepted(tmp_path: Path) -> None:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-subj", "/CN=XB openssl authority", "-days", "30",
            "-keyout", tmp_path / "ca.key", "-out", tmp_path / "ca.pem")  # fmt: skip
    openssl("req", "-x509", *curve, "-subj", "/C=XB/CN=SIRENE XB signing", "-days", "20",
            "-CA", tmp_path / "ca.pem", "-CAkey", tmp_path / "ca.key", "-addext", "keyUsage=digitalSignature",
            "-addext", "basicConstraints=critical,CA:FALSE",
            "-keyout", tmp_path / "own.key", "-out", tmp_path / "own.pem")  # fmt: skip
    files = KeyFiles(party="sirene:XB", key=tmp_path / "own.key", certificates=tmp_path / "own.pem")
    now = x509.load_pem_x509_certificate(files.certificates.read_bytes()).not_valid_before_utc
    anchor = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes()).public_bytes(Encoding.DER)

    document = XadesSigner(KeyRing.load([files], now)).sign(etree.fromstring(FORM), "sirene:XB", now)

    assert StrictVerifier().verify(document, partner(anchors=(anchor,)), now).signed_at == now


def test_the_workshop_of_the_tests_signs_as_xmlsec1_expects(tmp_path: Path) -> None:
    # Otherwise the bad inputs could be refused for a fault of the workshop.
    assert judged(tmp_path, sign()).returncode == 0
