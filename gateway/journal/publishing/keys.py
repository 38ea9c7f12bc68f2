"""The keys of the log and of our witness: an Ed25519 key each, in a file of its own beside the public key in the form `NAME+ID+KEY`.

The name in the public key is the origin of the log for ever: a log keeps its name and its key together. `spoc init` makes both keys; the
first start of a gateway whose home is older makes them too, unless something was signed already.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from gateway.errors import Misconfigured
from gateway.journal.tree.notes import COSIGNATURE, ED25519, NoteSigner, VerifierKey, read_verifier

JOURNAL: Final = "journal"
WITNESS: Final = "witness"
KINDS: Final = {JOURNAL: ED25519, WITNESS: COSIGNATURE}


class LogKeys:
    """Where the two keys are: `FOLDER/journal.key.pem` and `journal.vkey`, `witness.key.pem` and `witness.vkey`."""

    def __init__(self, folder: Path, domain: str, state: str) -> None:
        """New keys are named `DOMAIN/journal/STATE` and `DOMAIN/witness/STATE`."""
        self.folder, self._domain, self._state = folder, domain, state

    def file(self, what: str) -> Path:
        """The file of the private key."""
        return self.folder / f"{what}.key.pem"

    def public_file(self, what: str) -> Path:
        """The file of the public key, to be given to whoever checks the log."""
        return self.folder / f"{what}.vkey"

    def public(self, what: str) -> VerifierKey | None:
        """The public key, or None where none was made yet; raises `Misconfigured`."""
        file = self.public_file(what)
        try:
            return read_verifier(file.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise _unusable(f"{file} holds no public key of a log: {error}.") from error

    def signer(self, what: str) -> NoteSigner | None:
        """The key, or None where none was made yet; raises `Misconfigured` for one that does not fit its public key."""
        public = self.public(what)
        if public is None:
            return None
        try:
            key = load_pem_private_key(self.file(what).read_bytes(), None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _unusable(f"{self.file(what)} cannot be read as a private key: {type(error).__name__}.") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise _unusable(f"{self.file(what)} is no Ed25519 key.")
        signer = NoteSigner(public.name, key, KINDS[what])
        if signer.verifier != public:
            raise _unusable(f"{self.file(what)} is not the private key of {self.public_file(what)}.")
        return signer

    def made(self, what: str) -> NoteSigner:
        """The key, made where there is none yet; raises `Misconfigured`."""
        found = self.signer(what)
        if found is not None:
            return found
        private = Ed25519PrivateKey.generate()
        signer = NoteSigner(f"{self._domain}/{what}/{self._state}", private, KINDS[what])
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # The public key comes last: with it the pair is complete, and without it nothing was ever signed.
            _write(self.file(what), pem)
            _write(self.public_file(what), f"{signer.verifier.text()}\n".encode())
        except OSError as error:
            raise _unusable(f"{self.folder} cannot be written: {error}.") from error
        return signer


def _write(file: Path, content: bytes) -> None:
    partial = file.with_name(f".{file.name}.new")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    partial.replace(file)


def _unusable(words: str) -> Misconfigured:
    return Misconfigured("log.key", "The journal cannot be signed.", operator=words)
