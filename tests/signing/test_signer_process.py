"""The signer process alone holds keys: it signs digests over a socket, dies and comes back, and no request is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from gateway.clock import SystemClock
from gateway.errors import Misconfigured, Unavailable
from gateway.signer import SignerBriefing
from gateway.signers import SignerProcess
from gateway.signing.algorithms import EVERYTHING
from gateway.signing.authority import set_up_authority
from gateway.signing.keys import KeyFiles, KeyRing
from gateway.signing.remote import RemoteKey, SignerLine, ring_over
from gateway.signing.sign import XadesSigner
from gateway.signing.signatory import ENCODER, TOLDS, Ask, Signatory, held
from gateway.signing.verify import StrictVerifier
from tests.signing.forge import FORM, XB, partner, rsa_key
from tests.signing.test_signing_keys import files_of

NOW = SystemClock().now()


def briefing(folder: Path, files: list[KeyFiles], number: int) -> SignerBriefing:
    keys = tuple((one.party, str(one.key), str(one.certificates), one.token) for one in files)
    return SignerBriefing(keys=keys, log=str(folder / "log"), socket=number)


@pytest.fixture
def files(tmp_path: Path) -> list[KeyFiles]:
    return list(set_up_authority(tmp_path / "keys", ["sirene:XB", "ncb:XB"], (), NOW).signing)


@pytest.fixture
async def process(tmp_path: Path, files: list[KeyFiles]) -> AsyncIterator[SignerProcess]:
    made = SignerProcess(tmp_path / "k.sock", lambda number: briefing(tmp_path, files, number), SystemClock())
    await made.start()
    yield made
    await made.stop()


LINES: list[SignerLine] = []


@pytest.fixture(autouse=True)
def hung_up() -> Iterator[None]:
    yield
    while LINES:
        LINES.pop().close()


def line(path: Path, seconds: float = 20) -> SignerLine:
    LINES.append(SignerLine(str(path), seconds))
    return LINES[-1]


def signer(process: SignerProcess, files: list[KeyFiles]) -> XadesSigner:
    return XadesSigner(ring_over(line(process.path), files, NOW, EVERYTHING))


async def test_what_the_signer_signs_verifies_and_the_caller_holds_no_private_key(
    tmp_path: Path, process: SignerProcess, files: list[KeyFiles]
) -> None:
    ring = ring_over(line(process.path), files, NOW, EVERYTHING)
    signed = await asyncio.to_thread(XadesSigner(ring).sign, etree.fromstring(FORM), "sirene:XB", NOW)

    anchor = (tmp_path / "keys" / "authority.cert.pem").read_text()
    trusting = partner(anchors=(_der(anchor),))
    assert StrictVerifier().verify(signed, trusting, NOW).subject == "CN=SIRENE XB signing"
    assert all(isinstance(own.key, RemoteKey) for own in ring)
    assert not any(isinstance(own.key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) for own in ring)


def _der(pem: str) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


async def test_a_signer_that_is_killed_is_replaced_and_requests_meanwhile_wait(
    process: SignerProcess, files: list[KeyFiles]
) -> None:
    signing, first = signer(process, files), process.pid
    await asyncio.to_thread(signing.sign, etree.fromstring(FORM), "sirene:XB", NOW)
    for _ in range(3):
        os.kill(process.pid, signal.SIGKILL)
        signed = await asyncio.to_thread(signing.sign, etree.fromstring(FORM), "ncb:XB", NOW)
        assert signed

    assert process.deaths == 3 and process.pid != first
    await process.probe()


async def test_keys_that_were_exchanged_are_known_after_a_reload(
    tmp_path: Path, process: SignerProcess, files: list[KeyFiles]
) -> None:
    for file in (files[0].key, files[0].certificates):
        file.unlink()
    renewed = list(set_up_authority(tmp_path / "keys", ["sirene:XB", "ncb:XB"], (), NOW).signing)
    with pytest.raises(Misconfigured, match=r"signing\.no-key"):
        await asyncio.to_thread(signer(process, renewed).sign, etree.fromstring(FORM), "sirene:XB", NOW)

    await process.reload()
    await asyncio.to_thread(signer(process, renewed).sign, etree.fromstring(FORM), "sirene:XB", NOW)


async def test_nobody_listening_is_an_absence_that_ends(tmp_path: Path, files: list[KeyFiles]) -> None:
    away = XadesSigner(ring_over(line(tmp_path / "none.sock", 0.2), files, NOW, EVERYTHING))
    with pytest.raises(Unavailable, match=r"signing\.signer-away"):
        away.sign(etree.fromstring(FORM), "sirene:XB", NOW)


async def test_a_caller_that_does_not_keep_to_the_frames_is_cut_off_and_others_are_served(
    process: SignerProcess, files: list[KeyFiles]
) -> None:
    def rude() -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(10)
            line.connect(str(process.path))
            line.sendall(struct.pack(">I", 1_000_000_000) + b"x")
            return line.recv(1)

    assert await asyncio.to_thread(rude) == b""
    assert await asyncio.to_thread(signer(process, files).sign, etree.fromstring(FORM), "sirene:XB", NOW)


async def test_the_socket_is_for_our_own_user_and_goes_with_the_process(tmp_path: Path, files: list[KeyFiles]) -> None:
    made = SignerProcess(tmp_path / "k2.sock", lambda number: briefing(tmp_path, files, number), SystemClock())
    await made.start()
    assert made.path.stat().st_mode & 0o777 == 0o600
    await made.stop()
    assert not made.path.exists() and not made.pid


async def test_a_signer_that_cannot_load_its_keys_says_so(tmp_path: Path, files: list[KeyFiles]) -> None:
    files[0].key.write_text("no key")
    made = SignerProcess(tmp_path / "k3.sock", lambda number: briefing(tmp_path, files, number), SystemClock())
    with pytest.raises(Unavailable, match=r"signing\.signer-start"):
        await made.start()
    with pytest.raises(Unavailable):
        await made.probe()
    await made.stop()


# --- what it answers


def answered(signatory: Signatory, content: bytes) -> str:
    return TOLDS.decode(signatory.answer(content)).trouble


def test_requests_that_are_not_as_agreed_get_a_code_and_no_signature(tmp_path: Path) -> None:
    ring = KeyRing.load([files_of(tmp_path, XB.issue("SIRENE XA signing", days=(-1, 900)))], NOW - timedelta(0))
    (own,) = ring
    key = held(own)
    signatory = Signatory([key])
    good = Ask(party=key.party, certificate=key.certificate, hash="sha256", digest=b"d" * 32)

    assert answered(signatory, ENCODER.encode(good)) == ""
    bad = {
        "signing.request": [
            b"", b"\xc1", b"x" * 100, ENCODER.encode({"party": 1}),
            ENCODER.encode(Ask(party=key.party, certificate=key.certificate, hash="sha256", digest=b"short")),
            ENCODER.encode(Ask(party=key.party, certificate=key.certificate, hash="sha512", digest=b"d" * 64)),
        ],
        "signing.no-key": [
            ENCODER.encode(Ask(party="ncb:XA", certificate=key.certificate, hash="sha256", digest=b"d" * 32)),
            ENCODER.encode(Ask(party=key.party, certificate="0" * 64, hash="sha256", digest=b"d" * 32)),
        ],
    }  # fmt: skip
    assert {code: {answered(signatory, one) for one in many} for code, many in bad.items()} == {
        code: {code} for code in bad
    }


def test_a_key_that_fails_tells_nothing_of_itself(tmp_path: Path) -> None:
    class Broken:
        def sign_digest(self, digest: bytes, hash: str) -> bytes:
            raise RuntimeError("the PIN is 1234")

    (own,) = KeyRing.load([files_of(tmp_path, XB.issue("SIRENE XA signing", rsa_key(3072), days=(-1, 900)))], NOW)
    key = held(own, Broken())
    content = ENCODER.encode(Ask(party=key.party, certificate=key.certificate, hash="sha256", digest=b"d" * 32))
    assert Signatory([key]).answer(content) == ENCODER.encode({"signature": b"", "trouble": "signing.key-failed"})
