"""What we write, `openssl cms` reads, and the other way round; for every kind of key and every cipher that is taken."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from gateway.smime.sealing import encrypted_entity, signed_entity
from tests.smime.mailroom import (
    AT,
    KINDS,
    Mailbox,
    entity,
    mail,
    mailbox,
    opened,
    openssl,
    openssl_encrypt,
    openssl_sign,
    partner,
    refused,
)

CIPHERS = {
    "-aes128": "aes-128-cbc", "-aes192": "aes-192-cbc", "-aes256": "aes-256-cbc", "-aes-128-gcm": "aes-128-gcm",
    "-aes-256-gcm": "aes-256-gcm",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_verifies_what_we_sign(folder: Path, kind: str) -> None:
    made = signed_entity(entity(), mailbox(folder, kind).own, AT)
    moment = str(int(AT.timestamp()))
    trust = ("-CAfile", folder / "authority.pem", "-attime", moment, "-purpose", "smimesign")
    assert openssl(folder, "-verify", *trust, given=made) == entity()


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_refuses_what_was_changed_after_we_signed(folder: Path, kind: str) -> None:
    made = signed_entity(entity(), mailbox(folder, kind).own, AT)
    changed = made.replace(b"application/xml", b"application/xmm")
    openssl(folder, "-verify", "-noverify", given=changed, fails=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_we_verify_what_openssl_signs(folder: Path, kind: str, digest: str) -> None:
    made = openssl_sign(folder, mailbox(folder, kind), "-md", digest)
    content, report = opened(mail(made), partner(), at=datetime.now(UTC))
    assert content == entity()
    assert report.layers == ("signed",)
    assert report.algorithm == f"{'rsa' if kind.startswith('rsa') else 'ecdsa'}-{digest}"
    assert report.signed_at is not None


def test_we_verify_pss_and_certificates_named_by_openssl(folder: Path) -> None:
    rsa_box = mailbox(folder, "rsa3072")
    made = openssl_sign(folder, rsa_box, "-cades", "-keyopt", "rsa_padding_mode:pss")
    assert opened(mail(made), partner(), at=datetime.now(UTC))[1].algorithm == "rsa-pss-sha256"


def test_we_verify_a_signature_that_names_the_certificate_by_its_key(folder: Path, theirs: Mailbox) -> None:
    made = openssl_sign(folder, theirs, "-keyid")
    assert opened(mail(made), partner(), at=datetime.now(UTC))[0] == entity()


def test_we_verify_what_cryptography_signs(theirs: Mailbox) -> None:
    builder = (
        pkcs7.PKCS7SignatureBuilder().set_data(entity()).add_signer(theirs.certificate, theirs.key, hashes.SHA256())
    )
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    made = builder.sign(Encoding.SMIME, options).replace(b"x-pkcs7", b"pkcs7").replace(b"\r\n", b"\n")
    assert opened(mail(made), partner(), at=datetime.now(UTC))[0] == entity()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cipher", CIPHERS)
def test_we_decrypt_what_openssl_signs_and_encrypts(folder: Path, theirs: Mailbox, kind: str, cipher: str) -> None:
    ours = mailbox(folder, kind, name="SIRENE XA mail")
    made = openssl_encrypt(folder, ours, openssl_sign(folder, theirs), cipher)
    content, report = opened(mail(made), partner("signed-encrypted"), ours.own, at=datetime.now(UTC))
    assert content == entity()
    assert report.layers == ("encrypted", "signed")
    assert report.cipher == CIPHERS[cipher]


def test_we_decrypt_what_openssl_encrypts_with_oaep_and_other_derivations(
    folder: Path, ours: Mailbox, ours_rsa: Mailbox
) -> None:
    who = partner("encrypted")
    for box, options in (
        (
            ours_rsa,
            ("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256"),
        ),
        (ours, ("-keyopt", "ecdh_kdf_md:sha256", "-aes256-wrap")),
        (ours, ("-keyopt", "ecdh_kdf_md:sha512", "-aes128-wrap")),
    ):
        made = openssl(
            folder, "-encrypt", "-binary", "-aes-256-gcm", "-recip", box.certificate_file, *options, given=entity()
        )
        assert opened(mail(made), who, box.own)[0] == entity()


def test_a_recipient_may_be_named_by_its_key_and_stand_among_others(
    folder: Path, ours: Mailbox, ours_rsa: Mailbox
) -> None:
    stranger = mailbox(folder, name="SIRENE XC mail")
    others = (stranger.certificate_file, ours_rsa.certificate_file, ours.certificate_file)
    made = openssl(folder, "-encrypt", "-binary", "-aes-256-gcm", "-keyid", *others, given=entity())
    for key in (ours.own, ours_rsa.own):
        assert opened(mail(made), partner("encrypted"), key)[0] == entity()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "encrypted-only"])
def test_openssl_decrypts_what_we_encrypt(folder: Path, theirs: Mailbox, kind: str, signed: bool) -> None:
    box = mailbox(folder, kind)
    inside = signed_entity(entity(), theirs.own, AT) if signed else entity()
    made = encrypted_entity(inside, partner("encrypted", certificate=box.der), AT, signed=signed)
    assert (b"authEnveloped-data" in made) == (not signed or not isinstance(box.key, rsa.RSAPrivateKey))
    assert (
        openssl(folder, "-decrypt", "-binary", "-inkey", box.key_file, "-recip", box.certificate_file, given=made)
        == inside
    )
    assert opened(mail(made), partner("encrypted"), box.own)[0] == entity()


def test_lengths_told_at_the_end_are_read(folder: Path, theirs: Mailbox, ours: Mailbox, ours_rsa: Mailbox) -> None:
    """Widely used programs write BER."""
    for box in (ours, ours_rsa):
        made = openssl_encrypt(folder, box, openssl_sign(folder, theirs), "-aes256", "-stream")
        first = made.partition(b"\n\n")[2][:4]
        assert first.startswith(b"MIAG"), "the sample is not of indefinite length"
        assert opened(mail(made), partner("signed-encrypted"), box.own, at=datetime.now(UTC))[0] == entity()


def test_a_signature_of_another_library_over_lf_is_told_as_such(folder: Path, theirs: Mailbox) -> None:
    made = openssl(
        folder, "-sign", "-binary", "-signer", theirs.certificate_file, "-inkey", theirs.key_file,
        given=entity().replace(b"\r\n", b"\n"),
    )  # fmt: skip
    assert refused(mail(made), partner(), at=datetime.now(UTC)).code == "smime.line-ends"


def test_rsa_signatures_are_over_the_attributes(folder: Path) -> None:
    """The value alone, checked by hand."""
    from asn1crypto import cms

    from gateway.smime.sealing import detached_signature

    box = mailbox(folder, "rsa3072")
    info = cms.ContentInfo.load(detached_signature(entity(), box.own, "sha256", AT), strict=True)["content"]
    signer = info["signer_infos"][0]
    public = box.key.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(
        signer["signature"].native, b"\x31" + signer["signed_attrs"].dump()[1:], padding.PKCS1v15(), hashes.SHA256()
    )
