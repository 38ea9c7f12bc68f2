"""S/MIME keys live in the signer process: workers read hostile mail without them, and open what was sealed for us all the same."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from gateway.clock import SystemClock
from gateway.errors import Unavailable
from gateway.partners import Directory
from gateway.signer import SignerBriefing
from gateway.signers import SignerProcess
from gateway.signing.keys import KeyFiles, OwnKey
from gateway.signing.remote import SignerLine, keys_over
from gateway.signing.signatory import ENCODER, TOLDS, Ask, Signatory, Unseal, held, held_for_mail
from gateway.smime import peeling
from gateway.smime.ber import Node
from gateway.smime.opening import Plain, decrypt
from gateway.smime.seals import Seals
from tests.smime.mailroom import (
    ADDRESS,
    AT,
    FORM,
    Mailbox,
    entity,
    mail,
    mailbox,
    openssl_encrypt,
    openssl_sign,
    partner,
    refused,
)

OAEP = ("-aes-256-gcm", "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256")


def files(box: Mailbox) -> KeyFiles:
    return KeyFiles(party="sirene:XA", key=box.key_file, certificates=box.certificate_file)


@pytest.fixture
async def process(tmp_path: Path, ours: Mailbox, ours_rsa: Mailbox) -> AsyncIterator[SignerProcess]:
    told = tuple((each.party, str(each.key), str(each.certificates), "") for each in map(files, (ours, ours_rsa)))
    made = SignerProcess(
        tmp_path / "k.sock",
        lambda number: SignerBriefing(keys=(), smime=told, log=str(tmp_path / "log"), socket=number),
        SystemClock(),
    )
    await made.start()
    yield made
    await made.stop()


@pytest.mark.parametrize("options", [("-aes256",), ("-aes-256-gcm",), OAEP], ids=["cbc", "gcm", "oaep"])
@pytest.mark.parametrize("kind", ["ec", "rsa"])
async def test_a_mail_is_opened_by_a_worker_that_holds_no_key(  # the boxes are made once, each is a fixture
    folder: Path, process: SignerProcess, theirs: Mailbox, ours: Mailbox, ours_rsa: Mailbox, kind: str, options: tuple[str, ...]
) -> None:  # fmt: skip
    box = ours if kind == "ec" else ours_rsa
    if options == OAEP:
        options = ("-aes-256-gcm",) if kind == "ec" else options
    recipient = ("-recip", str(box.certificate_file)) if "rsa_padding_mode:oaep" in options else ()
    content = openssl_sign(folder / "s", theirs)
    given = openssl_encrypt(folder / "e", box, content, *_in_order(options, recipient))
    line = SignerLine(str(process.path), 20)
    try:
        keys = keys_over(line, [files(box)], AT)
        assert not any(isinstance(each.key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) for each in keys)
        seals, directory = Seals(keys), Directory([partner("signed-encrypted")])
        peeled = seals.peeled(mail(given), directory, ADDRESS)
    finally:
        line.close()
    assert peeled is not None and peeled.layers == ("encrypted", "signed")
    assert peeled.payload.content.startswith(entity(FORM)[:20])


def _in_order(options: tuple[str, ...], recipient: tuple[str, ...]) -> tuple[str, ...]:
    """`openssl` wants the recipient before what is said about its key."""
    return (options[0], *recipient, *options[1:]) if recipient else options


async def test_what_was_sealed_for_others_is_refused_like_noise(
    folder: Path, process: SignerProcess, ours: Mailbox
) -> None:
    other = mailbox(folder / "other", name="SIRENE XC mail")
    given = mail(openssl_encrypt(folder / "e", other, entity(), "-aes-256-gcm"))
    line = SignerLine(str(process.path), 20)
    try:
        assert refused(given, partner("encrypted"), *keys_over(line, [files(ours)], AT)).code == "smime.undecryptable"
    finally:
        line.close()


async def test_a_signer_that_is_away_is_no_fault_of_the_mail(folder: Path, tmp_path: Path, ours: Mailbox) -> None:
    given = mail(openssl_encrypt(folder / "e", ours, entity(), "-aes-256-gcm"))
    line = SignerLine(str(tmp_path / "none.sock"), 0.2)
    seals, directory = Seals(keys_over(line, [files(ours)], AT)), Directory([partner("encrypted")])
    with pytest.raises(Unavailable, match=r"signing\.signer-away"):
        seals.peeled(given, directory, ADDRESS)


async def test_a_mail_that_meets_a_killed_signer_is_opened_by_the_next_one(
    folder: Path, process: SignerProcess, ours: Mailbox
) -> None:
    given = mail(openssl_encrypt(folder / "e", ours, entity(), "-aes-256-gcm"))
    line = SignerLine(str(process.path), 20)
    seals, directory = Seals(keys_over(line, [files(ours)], AT)), Directory([partner("encrypted")])
    os.kill(process.pid, signal.SIGKILL)
    try:
        peeled = await _in_a_thread(seals, directory, given)
    finally:
        line.close()
    assert peeled.layers == ("encrypted",)


async def _in_a_thread(seals: Seals, directory: Directory, given: object) -> peeling.Peeled:
    import asyncio

    peeled = await asyncio.to_thread(seals.peeled, given, directory, ADDRESS)  # type: ignore[arg-type]
    assert peeled is not None
    return peeled


def answer(own: OwnKey, ask: Ask | Unseal, *, for_mail: bool) -> tuple[bytes, str]:
    signatory = Signatory([held_for_mail(own) if for_mail else held(own)])
    told = TOLDS.decode(signatory.answer(ENCODER.encode(ask)))
    return told.signature, told.trouble


def test_a_key_for_forms_opens_nothing_and_a_wrong_question_tells_nothing(ours: Mailbox, ours_rsa: Mailbox) -> None:
    def unseal(box: Mailbox, how: str, sealed: bytes) -> Unseal:
        (key,) = [held_for_mail(box.own)]
        return Unseal(party=box.own.party, certificate=key.certificate, how=how, sealed=sealed)

    sealed = ours_rsa.certificate.public_key().encrypt(b"k" * 32, padding.PKCS1v15())  # type: ignore[union-attr]
    assert answer(ours_rsa.own, unseal(ours_rsa, "pkcs1", sealed), for_mail=True) == (b"k" * 32, "")
    assert answer(ours_rsa.own, unseal(ours_rsa, "pkcs1", sealed), for_mail=False) == (b"", "signing.request")
    assert answer(ours_rsa.own, unseal(ours_rsa, "none", sealed), for_mail=True) == (b"", "signing.request")
    assert answer(ours_rsa.own, unseal(ours_rsa, "oaep-sha256", b"short"), for_mail=True) == (b"", "")
    assert answer(ours.own, unseal(ours, "ecdh", b"\x04 no point"), for_mail=True) == (b"", "")


def test_a_mail_is_decrypted_once_for_both_stages(folder: Path, ours: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    given, who = mail(openssl_encrypt(folder / "e", ours, entity(), "-aes-256-gcm")), partner("encrypted")
    seals, directory, times = Seals([ours.own]), Directory([who]), []

    def counted(tree: Node, keys: Iterable[OwnKey]) -> Plain:
        times.append(tree)
        return decrypt(tree, keys)

    monkeypatch.setattr(peeling, "decrypt", counted)
    first, second = (seals.peeled(given, directory, ADDRESS) for _ in range(2))
    assert first is second and len(times) == 1
    seals.proved(second, who, ADDRESS, AT, directory.revocation)
    assert seals.peeled(given, directory, ADDRESS) is not first  # nothing stays in memory once it is proved
    assert len(times) == 2
