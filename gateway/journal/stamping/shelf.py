"""Stamps as files beside the tiles: `stamp/AUTHORITY/000/001/234/567.tst` is a token over the checkpoint of 1,234,567 entries, which stands beside
it with the same octets as they were stamped: `567.note`.

The checkpoint is put in its place first. So a token without one was damaged, and a checkpoint without one is what a crash leaves. Nothing here is
secret, and any file server can publish it with the log. No file is ever written again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import Unavailable
from gateway.journal.publishing.files import put
from gateway.journal.stamping.reasons import refusal
from gateway.journal.stamping.tokens import MAX_REPLY_OCTETS, Stamp, Trust, check_token
from gateway.journal.tree.notes import MAX_NOTE_OCTETS

STAMPS: Final = "stamp"
DIGITS: Final = 12
"""A log of more entries than that is stamped no more; at a thousand a second it would take thirty years to get there."""
GROUP: Final = 3
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)
_FOLDER = re.compile("[0-9]{3}", re.ASCII)
_TOKEN = re.compile(r"([0-9]{3})\.tst", re.ASCII)


class Kept(Struct, frozen=True, kw_only=True):
    """One stamp as it lies on the shelf; nothing of it is checked yet."""

    authority: str
    size: int
    place: str
    """Of the token, below the folder of the log."""
    token: bytes
    note: bytes
    """The checkpoint that it is over; empty where it is missing."""


class StampShelf:
    """The stamps of one log."""

    def __init__(self, log: Path) -> None:
        """Below the folder of the log."""
        self.folder = log

    def put(self, authority: str, size: int, note: bytes, token: bytes) -> None:
        """Keep a stamp, whole and durable; raises `Unavailable`."""
        place = self._place(authority, size)
        put(place.with_suffix(".note"), note)
        put(place, token)

    def last(self, authority: str) -> Kept | None:
        """The one over the most entries; raises `Unavailable`."""
        return next(self._walk(authority, backwards=True), None)

    def covering(self, size: int) -> list[Kept]:
        """The first stamp of each authority whose checkpoint has at least so many entries: what proves that entry `size` existed by then.

        Raises `Unavailable`.
        """
        found = (next(self._walk(name, least=size), None) for name in self.authorities())
        return [each for each in found if each is not None]

    def authorities(self) -> list[str]:
        """The names of all that have stamped."""
        return sorted(each for each in _names(self.folder / STAMPS) if NAME.fullmatch(each))

    def all(self, authority: str) -> Iterator[Kept]:
        """Every stamp of one authority, in the order of sizes."""
        return self._walk(authority)

    def _place(self, authority: str, size: int) -> Path:
        digits = f"{size:0{DIGITS}}"
        if not NAME.fullmatch(authority) or len(digits) != DIGITS:
            raise Unavailable("log.unwritable", "The stamp cannot be kept.", operator=f"{authority} at {size}.")
        groups = [digits[at : at + GROUP] for at in range(0, DIGITS, GROUP)]
        return self.folder.joinpath(STAMPS, authority, *groups[:-1], f"{groups[-1]}.tst")

    def _walk(self, authority: str, *, least: int = 0, backwards: bool = False) -> Iterator[Kept]:
        bound = f"{least:0{DIGITS}}"
        if len(bound) == DIGITS:
            yield from self._below(self.folder / STAMPS / authority, "", bound, backwards=backwards)

    def _below(self, folder: Path, digits: str, least: str, *, backwards: bool) -> Iterator[Kept]:
        """Down the folders; none is listed whose sizes are all below `least`."""
        deepest = len(digits) == DIGITS - GROUP
        for name in sorted(_names(folder), reverse=backwards):
            fitting = _TOKEN.fullmatch(name) if deepest else _FOLDER.fullmatch(name)
            if not fitting or (reached := digits + name[:GROUP]) < least[: len(digits) + GROUP]:
                continue
            if deepest:
                yield self._read(folder / name, int(reached))
            else:
                yield from self._below(folder / name, reached, least, backwards=backwards)

    def _read(self, file: Path, size: int) -> Kept:
        place = file.relative_to(self.folder)
        return Kept(
            authority=place.parts[1], size=size, place=place.as_posix(), token=_content(file, MAX_REPLY_OCTETS),
            note=_content(file.with_suffix(".note"), MAX_NOTE_OCTETS),
        )  # fmt: skip


def check_kept(kept: Kept, trust: Trust) -> Stamp:
    """A stamp from the shelf; raises `Refused`. What is asked of new ones (policy, exactness) may have changed since and says nothing of it."""
    if not kept.note:
        raise refusal("stamp.missing")
    return check_token(kept.token, sha256(kept.note).digest(), replace(trust, policy="", accuracy_seconds=0))


def _names(folder: Path) -> list[str]:
    try:
        return [each.name for each in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(error) from error


def _content(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> Unavailable:
    return Unavailable("log.unreadable", "The stamps of the log cannot be read now.", operator=f"{error}.")
