"""Our own keys: read once, and every mistake in the settings named with its remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from lxml import etree

from gateway.errors import Misconfigured
from gateway.signing.keys import KeyFiles, KeyRing, load_key
from gateway.signing.sign import XadesSigner
from tests.signing.forge import AT, FORM, XB, Signer, key_pem, pem, rsa_key


def files_of(folder: Path, signer: Signer) -> KeyFiles:
    files = KeyFiles(party="sirene:XA", key=folder / "own.key.pem", certificates=folder / "own.cert.pem")
    files.key.write_bytes(key_pem(signer.key))
    files.certificates.write_bytes(b"".join(pem(one) for one in signer.enclosed))
    return files


@pytest.mark.parametrize(
    ("key", "method"),
    [
        (lambda: ec.generate_private_key(ec.SECP256R1()), "ECDSA_SHA256"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "ECDSA_SHA384"),
        (lambda: ec.generate_private_key(ec.SECP521R1()), "ECDSA_SHA512"),
        (lambda: rsa_key(3072), "RSA_SHA256"),
    ],
    ids=["p256", "p384", "p521", "rsa-3072"],
)
def test_a_key_is_loaded_with_its_chain(
    tmp_path: Path, key: Callable[[], ec.EllipticCurvePrivateKey], method: str
) -> None:
    signer = XB.issue("SIRENE XA signing", key())
    own = load_key(files_of(tmp_path, Signer(signer.key, signer.certificate, (XB.certificate,))), AT)

    assert own.method.name == method
    assert own.chain == (signer.certificate, XB.certificate)
    assert "PRIVATE" not in repr(own)


def no_key_file(files: KeyFiles) -> None:
    files.key.unlink()


def folder_instead_of_key(files: KeyFiles) -> None:
    files.key.unlink()
    files.key.mkdir()


def key_is_text(files: KeyFiles) -> None:
    files.key.write_text("not a key")


def certificate_is_text(files: KeyFiles) -> None:
    files.certificates.write_text("not a certificate")


def key_of_another(files: KeyFiles) -> None:
    files.key.write_bytes(key_pem(ec.generate_private_key(ec.SECP256R1())))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (no_key_file, "signing.missing"),
        (folder_instead_of_key, "signing.unreadable"),
        (key_is_text, "signing.key-unreadable"),
        (certificate_is_text, "signing.certificate-unreadable"),
        (key_of_another, "signing.mismatch"),
    ],
)
def test_a_mistake_in_the_files_is_named(tmp_path: Path, spoil: Callable[[KeyFiles], None], code: str) -> None:
    files = files_of(tmp_path, XB.issue("SIRENE XA signing"))
    spoil(files)

    with pytest.raises(Misconfigured) as caught:
        load_key(files, AT)

    assert caught.value.code == code
    assert "sirene:XA" in caught.value.operator
    assert str(tmp_path) not in caught.value.public


@pytest.mark.parametrize(
    ("signer", "code"),
    [
        (lambda: XB.issue("SIRENE XA signing", days=(-30, -1)), "signing.expired"),
        (lambda: XB.issue("SIRENE XA signing", days=(1, 30)), "signing.not-yet-valid"),
        (lambda: XB.issue("SIRENE XA signing", purposes=("1.3.6.1.5.5.7.3.1",)), "signing.usage"),
        (lambda: XB.issue("SIRENE XA signing", usage="key_encipherment"), "signing.usage"),
        (lambda: XB.issue("SIRENE XA signing", authority=True), "signing.usage"),
        (lambda: XB.issue("SIRENE XA signing", rsa_key(2048)), "signing.key-size"),
        (lambda: XB.issue("SIRENE XA signing", ec.generate_private_key(ec.SECP256K1())), "signing.key-type"),
        (lambda: XB.issue("SIRENE XA signing", ed25519.Ed25519PrivateKey.generate()), "signing.key-type"),
    ],
    ids=[
        "expired", "not-yet-valid", "tls-only", "wrong-usage", "authority", "rsa-2048", "odd-curve", "ed25519",
    ],
)  # fmt: skip
def test_a_key_that_partners_would_refuse_is_refused_at_start(
    tmp_path: Path, signer: Callable[[], Signer], code: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_key(files_of(tmp_path, signer()), AT)
    assert caught.value.code == code


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    missing = [
        KeyFiles(party=party, key=tmp_path / "no", certificates=tmp_path / "no") for party in ("ncb:XA", "enu:XA")
    ]

    with pytest.raises(Misconfigured) as caught:
        KeyRing.load(missing, AT)

    assert "ncb:XA" in caught.value.operator
    assert "enu:XA" in caught.value.operator


def test_a_party_without_a_key_is_named(tmp_path: Path) -> None:
    ring = KeyRing.load([files_of(tmp_path, XB.issue("SIRENE XA signing"))], AT)
    assert [own.party for own in ring] == ["sirene:XA"]
    with pytest.raises(Misconfigured, match="ncb:XA"):
        ring.of("ncb:XA")


def test_a_key_that_expires_while_running_signs_no_more(tmp_path: Path) -> None:
    ring = KeyRing.load([files_of(tmp_path, XB.issue("SIRENE XA signing", days=(-1, 1)))], AT)
    signer = XadesSigner(ring)
    assert signer.sign(etree.fromstring(FORM), "sirene:XA", AT)
    with pytest.raises(Misconfigured) as caught:
        signer.sign(etree.fromstring(FORM), "sirene:XA", AT + timedelta(days=2))
    assert caught.value.code == "signing.expired"
