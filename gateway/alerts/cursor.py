"""Where the notices of an alert system were read to, kept so that a restart goes on there.

The one idea: the place is kept after what was read is durable. A crash in between reads a page again, and every notice
has its own id, so that nothing is told twice.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Protocol

MAX_OCTETS: Final = 200


class Cursor(Protocol):
    """Keeps one place."""

    def read(self) -> str:
        """The place, or an empty text for the beginning."""
        ...

    def keep(self, place: str) -> None:
        """Keep it durably."""
        ...


class CursorFile:
    """The place in a file of its own below the data folder. One that cannot be read means the beginning."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str:
        """The place, or an empty text."""
        try:
            with self._path.open("rb") as file:
                return file.read(MAX_OCTETS).decode("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def keep(self, place: str) -> None:
        """Written beside and put in its place, so that there is always a whole one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(place.encode("ascii", "replace"))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._path)


class CursorInMemory:
    """For tests, and for a ledger that keeps nothing either."""

    def __init__(self) -> None:
        self.place = ""

    def read(self) -> str:
        """The place."""
        return self.place

    def keep(self, place: str) -> None:
        """Until the process ends."""
        self.place = place
