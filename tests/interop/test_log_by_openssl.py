"""A checkpoint and a countersignature judged by `openssl`, which knows nothing of notes: only the octets that are signed, the signature and the key."""

from __future__ import annotations

import base64
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.journal.tree.checkpoints import Checkpoint, cosign, signed
from gateway.journal.tree.hashing import leaf_hash
from gateway.journal.tree.notes import COSIGNATURE, NoteSigner

SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410)."""
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def judged(place: Path, public: bytes, message: bytes, signature: bytes) -> bool:
    """What openssl says."""
    openssl = shutil.which("openssl")
    assert openssl, "openssl is needed"
    files = {"key.der": SPKI + public, "message": message, "signature": signature}
    for name, content in files.items():
        (place / name).write_bytes(content)
    command = [
        openssl, "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin", "-in", "message", "-sigfile", "signature",
    ]  # fmt: skip
    return subprocess.run(command, cwd=place, capture_output=True, timeout=60, check=False).returncode == 0


@pytest.fixture
def note() -> str:
    signer = NoteSigner("xa.spoc.example/journal/XA", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    return signed(Checkpoint(origin=signer.name, size=7, root=leaf_hash(b"x")), signer).content().decode()


def test_openssl_accepts_a_checkpoint_and_refuses_it_changed(note: str, tmp_path: Path) -> None:
    text, _, line = note.partition("\n\n")
    signature = base64.b64decode(line.split(" ")[2])[4:]
    public = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    assert judged(tmp_path, public, f"{text}\n".encode(), signature)
    assert not judged(tmp_path, public, f"{text}\n".replace("\n7\n", "\n8\n").encode(), signature)
    assert not judged(tmp_path, public, text.encode(), signature), "the last line end is signed, too"


def test_openssl_accepts_a_countersignature(note: str, tmp_path: Path) -> None:
    witness = NoteSigner("log-witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32), COSIGNATURE)
    text = note.partition("\n\n")[0] + "\n"
    content = cosign(text, witness, NOON).content
    seconds = int.from_bytes(content[:8], "big")
    assert seconds == int(NOON.timestamp())
    message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
    assert judged(tmp_path, witness.verifier.public, message, content[8:])
    assert not judged(tmp_path, witness.verifier.public, text.encode(), content[8:])
