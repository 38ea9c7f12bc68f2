"""Where the issue in force is kept, and how a newer one takes its place.

The one idea: what is on the disk is what was signed, octet for octet, and it is verified again whenever it is read, so
nobody gains anything by writing to the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.addressbook.book import Book
from gateway.errors import Misconfigured, Refused

Read = Callable[[bytes, datetime], Book]
STALE_DAYS: Final = 240
"""A new issue is due at least twice a year (SIRENE Manual 1.11); a book older than eight months is told to the operator."""


class Shelf:
    """One file, and whose signature on it is believed (`read` knows)."""

    def __init__(self, file: Path, read: Read) -> None:
        self.file, self._read = file, read

    def in_force(self, now: datetime) -> Book | None:
        """The issue on the disk, or None where there is none yet; raises `Misconfigured` for one that cannot be used."""
        if not self.file.is_file():
            return None
        try:
            return self._read(self.file.read_bytes(), now)
        except (Refused, OSError) as error:
            raise Misconfigured(
                "address-book.unusable", "The address book cannot be used.",
                operator=f"{self.file.name} cannot be used: {error}. Take in a sound issue: spoc address-book take FILE",
            ) from error  # fmt: skip

    def examine(self, document: bytes, now: datetime, earlier: Book | None) -> Book:
        """The issue that a file holds; raises `Refused` when it may not take the place of the earlier one."""
        book = self._read(document, now)
        if book.valid_from > now:
            raise Refused(
                "address-book.not-yet", f"Issue {book.issue} is valid from {book.valid_from.isoformat()}. Take it then."
            )
        if earlier is None or book.digest == earlier.digest:
            return book
        if book.issue <= earlier.issue:
            raise Refused(
                "address-book.older",
                f"Issue {earlier.issue} is in force, and this is issue {book.issue}. An older or equal issue is never taken.",
            )
        return book

    def keep(self, document: bytes) -> None:
        """Write the file so that at every moment the old one or the new one is there."""
        beside = self.file.with_name(self.file.name + ".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.file)
        folder = os.open(self.file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def stale(book: Book, now: datetime) -> bool:
    """Whether a newer issue should long have come."""
    return (now - book.issued).days > STALE_DAYS


def differences(earlier: Book | None, later: Book) -> tuple[str, ...]:
    """What a newer issue changes, in words, party by party."""
    before = {each.party: each for each in earlier.bureaus} if earlier else {}
    after = {each.party: each for each in later.bureaus}
    told = [f"{party}: added" for party in sorted(after.keys() - before.keys())]
    told += [f"{party}: removed" for party in sorted(before.keys() - after.keys())]
    for party in sorted(after.keys() & before.keys()):
        changed = [
            name for name in after[party].__struct_fields__ if getattr(before[party], name) != getattr(after[party], name)
        ]  # fmt: skip
        if changed:
            told.append(f"{party}: {', '.join(name.replace('_', ' ') for name in changed)} changed")
    return tuple(told)
