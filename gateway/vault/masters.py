"""The keys that wrap all others: 32 random bytes each, in a file that only its owner reads, away from ledger and vault.

The idea: a master is named after its moment and its own fingerprint, so that the newest is known by its name and a file that holds
something else is found at once. The newest wraps new keys; older ones only open, until everything is under the newest.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.errors import Misconfigured
from gateway.vault.port import KeyNumber, Slot
from gateway.vault.sealed import NONCE_OCTETS

MASTER_OCTETS: Final = 32
ENDING: Final = ".master"
_NAME: Final = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}")
_DOMAIN: Final = b"spoc-gateway vault slot 1\x00"
_FINGERPRINT: Final = b"spoc-gateway vault master 1\x00"


class Masters:
    """The masters at hand."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self.names = tuple(sorted(keys))

    @property
    def newest(self) -> str:
        """The one that wraps new keys."""
        return self.names[-1]

    def __contains__(self, name: str) -> bool:
        return name in self._ciphers

    def wrap(self, number: KeyNumber, key: bytes) -> Slot:
        """The key under the newest master."""
        nonce = secrets.token_bytes(NONCE_OCTETS)
        wrapped = nonce + self._ciphers[self.newest].encrypt(nonce, key, _place(self.newest, number))
        return Slot(number=number, master=self.newest, wrapped=wrapped)

    def unwrap(self, slot: Slot) -> bytes:
        """The key in a slot; raises `Misconfigured` when its master is not here or does not fit."""
        cipher = self._ciphers.get(slot.master)
        if cipher is None:
            raise unusable("vault.master-missing", f"The master key {slot.master} is needed and is not there.")
        try:
            nonce, sealed = slot.wrapped[:NONCE_OCTETS], slot.wrapped[NONCE_OCTETS:]
            return cipher.decrypt(nonce, sealed, _place(slot.master, slot.number))
        except (InvalidTag, ValueError):
            words = (
                f"The key {slot.number:016x} does not open under the master key {slot.master}: one of them was changed."
            )
            raise unusable("vault.wrong-master", words) from None


class MasterFolder:
    """The folder of the masters: `NAME.master`, 32 bytes, for its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self) -> Masters:
        """All masters in the folder; raises `Misconfigured` when there is none, or one that cannot be trusted."""
        try:
            files = sorted(self.folder.glob(f"*{ENDING}"))
            keys = {file.name.removesuffix(ENDING): self._read(file) for file in files}
        except OSError as error:
            raise unusable(
                "vault.master-unreadable", f"The master keys in {self.folder} cannot be read: {error}."
            ) from error
        if not keys:
            words = f"There is no master key in {self.folder}. Put it back from where it is kept safe; for a new gateway run: spoc vault create."
            raise unusable("vault.master-missing", words)
        return Masters(keys)

    def exists(self) -> bool:
        """Whether there is any master."""
        return any(self.folder.glob(f"*{ENDING}"))

    def make(self, at: datetime) -> str:
        """A new master, the newest from now on, durable when this returns; its name."""
        key = secrets.token_bytes(MASTER_OCTETS)
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{_fingerprint(key)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = self.folder / f".{name}.new"
            opened = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(opened, "wb") as file:
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.folder / f"{name}{ENDING}")
            self._settle()
        except OSError as error:
            raise unusable(
                "vault.master-unwritable", f"No master key can be made in {self.folder}: {error}."
            ) from error
        return name

    @contextmanager
    def aside(self, name: str) -> Iterator[None]:
        """Nobody who reads the folder meanwhile finds this master; it comes back unless `remove_aside` was called."""
        file, hidden = self.folder / f"{name}{ENDING}", self.folder / f".{name}.aside"
        file.replace(hidden)
        try:
            yield
        finally:
            if hidden.exists():
                hidden.replace(file)
            self._settle()

    def remove_aside(self, name: str) -> None:
        """Overwrite and remove a master. A disk that moves what it overwrites may keep a copy until it reuses the place."""
        file = self.folder / f".{name}.aside"
        with file.open("r+b") as opened:
            opened.write(bytes(MASTER_OCTETS))
            opened.flush()
            os.fsync(opened.fileno())
        file.unlink()
        self._settle()

    def _settle(self) -> None:
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _read(self, file: Path) -> bytes:
        with file.open("rb") as opened:
            found = os.fstat(opened.fileno())
            key = opened.read(MASTER_OCTETS + 1)
        if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o077:
            mode = stat.S_IMODE(found.st_mode)
            words = f"{file} can be read by others (mode {mode:04o}). Take that away: chmod 600 {file}"
            raise unusable("vault.master-open", words)
        name = file.name.removesuffix(ENDING)
        if not _NAME.fullmatch(name) or len(key) != MASTER_OCTETS or not name.endswith(_fingerprint(key)):
            raise unusable("vault.wrong-master", f"{file} does not hold the master key that its name says.")
        return key


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(_FINGERPRINT + key).hexdigest()[:8]


def _place(master: str, number: KeyNumber) -> bytes:
    return _DOMAIN + master.encode() + b"\x00" + number.to_bytes(8, "big")


def unusable(code: str, words: str) -> Misconfigured:
    """Nothing is accepted in this case: the gateway does not start."""
    return Misconfigured(code, "The gateway cannot keep anything now.", operator=words)
