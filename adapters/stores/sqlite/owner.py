"""One owner per ledger: a lock on a file beside it, held by the kernel and gone with the process.

The kernel frees the lock however the process ends, so a crash never leaves it behind. The process id in the file is for
people.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from gateway.errors import Misconfigured

MAX_PID_DIGITS = 20


class Ownership:
    """Holds the lock from `take` to `give_back`. A child forked without exec holds it too: start children by spawn."""

    def __init__(self, ledger: Path) -> None:
        self.path = ledger.with_name(ledger.name + ".owner")
        self._file: int | None = None

    def take(self) -> None:
        """Become the owner; raises `Misconfigured` with the process id of the one who is."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as fault:
            operator = f"The ledger's lock cannot be opened: {fault}."
            raise Misconfigured("ledger.unusable", "The ledger cannot be used.", operator=operator) from fault
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            owner = os.read(file, MAX_PID_DIGITS).decode("ascii", "replace").strip() or "unknown"
            os.close(file)
            raise Misconfigured(
                "ledger.owned", "The ledger is in use.",
                operator=f"Process {owner} owns the ledger beside {self.path}; stop it, or use another data folder.",
            ) from taken  # fmt: skip
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file

    def give_back(self) -> None:
        """Let go of the lock; safe when it was never taken."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None
