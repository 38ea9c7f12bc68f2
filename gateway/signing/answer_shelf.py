"""Where the answers of authorities are kept: every one as it came, under its digest, and an index of the newest.

The index is read at the start, so that an older answer cannot be played back after a restart. It is replaced as a
whole; what it cannot say after a kill is fetched again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from gateway.signing.revocation import Answer, RevocationBook

INDEX: Final = "newest.msgpack"
log = logging.getLogger(__name__)


class _Index(Struct, kw_only=True):
    answers: tuple[Answer, ...] = ()
    cursor: int = 0
    """Number of the last journal entry that was read."""
    seen: dict[str, list[str]] = {}
    """Serial numbers by issuer."""


class AnswerShelf:
    """A folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = _Index()
        self._answers = RevocationBook()

    def open(self) -> tuple[Answer, ...]:
        """The newest answers of the last run."""
        try:
            self._index = msgspec.msgpack.decode((self._folder / INDEX).read_bytes(), type=_Index)
        except FileNotFoundError:
            self._index = _Index()
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("answers about revoked certificates cannot be read again: %s", type(error).__name__)
            self._index = _Index()
        self._answers.replace(self._index.answers)
        return self._index.answers

    @property
    def cursor(self) -> int:
        """Where reading the journal goes on."""
        return self._index.cursor

    def seen(self, issuer: str) -> tuple[str, ...]:
        """Serial numbers of certificates of this authority that are in use."""
        return tuple(self._index.seen.get(issuer, ()))

    def note(self, issuer: str, serial: str, most: int) -> None:
        """A certificate is in use."""
        known = self._index.seen.setdefault(issuer, [])
        if serial not in known:
            known.append(serial)
            del known[:-most]

    def go_on_from(self, number: int) -> None:
        """The journal was read to here. Written with the next answer: reading a little again does no harm."""
        self._index.cursor = number

    def keep(self, answer: Answer, content: bytes) -> None:
        """Keep an answer, and that it is the newest."""
        self._answers.take(answer)
        self._index.answers = tuple(self._answers)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(f"{answer.digest}.{answer.kind}", content)
            self._write(INDEX, msgspec.msgpack.encode(self._index))
        except OSError as error:
            # Verification goes on with what is in memory; what is missing on disk is fetched again.
            log.warning("an answer about revoked certificates cannot be kept: %s", error.strerror)

    def content(self, answers: Iterable[str]) -> dict[str, bytes]:
        """The answers with these digests as they came, as far as they are here: for proofs."""
        found = {}
        for digest in answers:
            for file in self._folder.glob(f"{digest}.*"):
                found[digest] = file.read_bytes()
        return found

    def _write(self, name: str, content: bytes) -> None:
        draft = self._folder / f".{name}.new"
        draft.write_bytes(content)
        draft.replace(self._folder / name)
