"""Keys in a PKCS#11 token (SoftHSM): the signer uses them where they are. SoftHSM is installed where the machine allows it."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from gateway.clock import SystemClock
from gateway.errors import Misconfigured
from gateway.signer import SignerBriefing
from gateway.signers import SignerProcess
from gateway.signing.algorithms import EVERYTHING
from gateway.signing.keys import KeyFiles, KeyRing
from gateway.signing.pkcs11 import Tokens, read_uri
from gateway.signing.remote import SignerLine, ring_over
from gateway.signing.sign import XadesSigner
from gateway.signing.verify import StrictVerifier
from tests.services.programs import require_program
from tests.signing.forge import FORM, XB, Key, Signer, partner, pem, rsa_key

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
NOW = SystemClock().now()


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A token of its own; the folder in which its PIN is."""
    require_program("softhsm2-util")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path}/tokens\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    (tmp_path / "pin").write_text("493271\n")
    run("--init-token", "--free", "--label", "spoc", "--pin", "493271", "--so-pin", "111111")
    return tmp_path


def run(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True, timeout=30)


def put_in(folder: Path, name: str, id: str, key: Key) -> KeyFiles:
    """The key goes into the token, its file away, its certificate beside."""
    # AT lies in the future of the machine's clock as often as in its past: the certificate holds for both.
    signer: Signer = XB.issue("SIRENE XB signing", key, days=(-3000, 3000))
    file = folder / f"{name}.key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    run("--import", str(file), "--token", "spoc", "--label", name, "--id", id, "--pin", "493271")
    file.unlink()
    (folder / f"{name}.cert.pem").write_bytes(pem(signer.certificate))
    return KeyFiles(
        party="sirene:XB", key=Path("token"), certificates=folder / f"{name}.cert.pem",
        token=f"pkcs11:token=spoc;object={name}?module-path={MODULE}&pin-source=file:{folder}/pin",
    )  # fmt: skip


KEYS = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "rsa3072": lambda: rsa_key(3072),
}


@pytest.fixture
async def process(token: Path, request: pytest.FixtureRequest) -> AsyncIterator[tuple[SignerProcess, KeyFiles]]:
    files = put_in(token, request.param, "a1", KEYS[request.param]())
    key = (files.party, str(files.key), str(files.certificates), files.token)
    made = SignerProcess(
        token / "k.sock",
        lambda number: SignerBriefing(keys=(key,), log=str(token / "log"), socket=number),
        SystemClock(),
    )
    await made.start()
    yield made, files
    await made.stop()


@pytest.mark.parametrize("process", KEYS, indirect=True)
async def test_a_key_in_a_token_signs_and_never_leaves_it(process: tuple[SignerProcess, KeyFiles]) -> None:
    made, files = process
    line = SignerLine(str(made.path), 20)
    signer = XadesSigner(ring_over(line, [files], NOW, EVERYTHING))
    # Called here, not in a thread: the signer is another process, and the test has nothing else to do.
    signed = signer.sign(etree.fromstring(FORM), "sirene:XB", NOW)
    line.close()

    report = StrictVerifier().verify(signed, partner(), NOW)
    assert report.subject == "CN=SIRENE XB signing"


def test_a_wrong_pin_or_name_is_told_without_the_pin(token: Path) -> None:
    files = put_in(token, "p256", "a1", ec.generate_private_key(ec.SECP256R1()))
    public = XB.certificate.public_key()
    with pytest.raises(Misconfigured, match=r"signing\.token") as caught:
        Tokens().key(files.token.replace("object=p256", "object=other"), public)  # type: ignore[arg-type]  # an EC key
    assert "other" in caught.value.operator and "493271" not in caught.value.operator


def test_a_key_in_a_token_is_for_the_signer_process_alone(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_bytes(pem(XB.issue("SIRENE XB signing").certificate))
    files = KeyFiles(party="sirene:XB", key=Path("token"), certificates=tmp_path / "c.pem", token="pkcs11:x")
    with pytest.raises(Misconfigured, match="only the signer process"):
        KeyRing.load([files], NOW + timedelta(0))


@pytest.mark.parametrize(
    ("uri", "missing"),
    [
        ("pkcs11:token=a;object=b", "module, pin_file"),
        ("pkcs11:object=b?module-path=/m.so&pin-source=file:/p", "token"),
        ("pkcs11:", "token, object, module, pin_file"),
    ],
)
def test_a_uri_names_everything_that_is_needed(uri: str, missing: str) -> None:
    with pytest.raises(Misconfigured, match=missing):
        read_uri(uri)
    found = read_uri("pkcs11:token=our%20spoc;object=sirene-XA?module-path=/m.so&pin-source=file:/etc/pin")
    assert (found.token, found.object, found.module, found.pin_file) == ("our spoc", "sirene-XA", "/m.so", "/etc/pin")
