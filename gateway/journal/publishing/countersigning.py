"""Our own witness for the logs of others, as C2SP tlog-witness v1 says it: countersigns a checkpoint that continues the last one which it
saw of that log, and no other.

The last checkpoint of each log is durable before its countersignature leaves. Where it cannot be read, nothing is signed for that log until
a person has looked: a witness that forgets would countersign a fork.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

from msgspec import Struct

from gateway.errors import Unavailable
from gateway.journal.publishing.files import put
from gateway.journal.tree.checkpoints import Checkpoint, cosign, read_checkpoint
from gateway.journal.tree.hashing import EMPTY_ROOT
from gateway.journal.tree.notes import MAX_NOTE_OCTETS, Note, NoteInvalid, NoteSigner, VerifierKey, read_note, verified
from gateway.journal.tree.packets import hashes_of
from gateway.journal.tree.proofs import ProofFalse, verify_consistency
from gateway.ports import Clock

MAX_REQUEST_OCTETS: Final = 2 * MAX_NOTE_OCTETS
MAX_PROOF_LINES: Final = 63
TEXT: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"


class Answered(Struct, frozen=True, kw_only=True):
    """What the witness says; `accused` names the log when it refused one that does not continue what it showed."""

    status: int
    body: str
    media_type: str = TEXT
    accused: str = ""


class _Asked(Struct, frozen=True, kw_only=True):
    old: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint
    note: Note
    content: bytes


class Countersigner:
    """Countersigns the logs of these keys."""

    def __init__(
        self, keys: Iterable[VerifierKey], signer: Callable[[], NoteSigner], folder: Path, clock: Clock
    ) -> None:
        self._keys: dict[str, list[VerifierKey]] = {}
        for key in keys:
            self._keys.setdefault(key.name, []).append(key)
        self._signer, self._folder, self._clock = signer, folder, clock
        self._one_by_one = asyncio.Lock()

    async def add_checkpoint(self, request: bytes) -> Answered:
        """The answer to `add-checkpoint`; raises `Unavailable` when what was seen before cannot be read or kept."""
        asked = _read(request)
        if asked is None:
            return Answered(status=400, body="The request is not as C2SP tlog-witness says.\n")
        keys = self._keys.get(asked.checkpoint.origin)
        if not keys:
            return Answered(status=404, body="This witness does not know the log.\n")
        try:
            verified(asked.note, keys)
        except NoteInvalid:
            return Answered(status=403, body="No known key of the log has signed the checkpoint.\n")
        if asked.old > asked.checkpoint.size:
            return Answered(status=400, body="The old size is larger than the checkpoint's.\n")
        async with self._one_by_one:
            return await asyncio.to_thread(self._judged, asked)

    def seen(self) -> dict[str, int]:
        """The size of the last checkpoint of each log; one that cannot be said for certain is left out."""
        found = {}
        for origin in self._keys:
            with contextlib.suppress(Unavailable):
                last = self._last(origin)
                found[origin] = last.size if last else 0
        return found

    async def probe(self) -> None:
        """Raise `Unavailable` when it cannot say what it saw of a log."""
        for origin in self._keys:
            await asyncio.to_thread(self._last, origin)

    def _judged(self, asked: _Asked) -> Answered:
        new = asked.checkpoint
        last = self._last(new.origin)
        size, root = (last.size, last.root) if last else (0, EMPTY_ROOT)
        if asked.old != size:
            return Answered(status=409, body=f"{size}\n", media_type=SIZE)
        if new.size == size and new.root != root:
            if not size:
                return Answered(status=422, body="An empty log has another root.\n")
            return Answered(status=409, body=f"{size}\n", media_type=SIZE, accused=new.origin)
        try:
            verify_consistency(size, new.size, asked.proof, root, new.root)
        except ProofFalse as error:
            return Answered(status=422, body=f"The log does not continue: {error}.\n", accused=new.origin)
        put(self._file(new.origin), asked.content)
        return Answered(status=200, body=cosign(asked.note.text, self._signer(), self._clock.now()).line())

    def _last(self, origin: str) -> Checkpoint | None:
        """What was countersigned last; raises `Unavailable` where that cannot be said for certain."""
        file = self._file(origin)
        try:
            note = read_note(file.read_bytes())
            verified(note, self._keys[origin])
            return read_checkpoint(note.text)
        except FileNotFoundError:
            return None
        except (OSError, NoteInvalid) as error:
            public = "This witness cannot say what it saw of the log before."
            raise Unavailable("log.witness-unsure", public, operator=f"{file}: {error}.") from error

    def _file(self, origin: str) -> Path:
        return self._folder / f"{sha256(origin.encode()).hexdigest()[:32]}.note"


def _read(request: bytes) -> _Asked | None:
    head, gap, content = request.partition(b"\n\n")
    try:
        old, *proof = head.decode("ascii").split("\n")
        size = old.removeprefix("old ")
        if (
            not gap
            or len(request) > MAX_REQUEST_OCTETS
            or len(proof) > MAX_PROOF_LINES
            or old == size
            or str(int(size[:20])) != size
        ):
            return None
        note = read_note(content)
        return _Asked(
            old=int(size), proof=hashes_of(proof), checkpoint=read_checkpoint(note.text), note=note, content=content
        )  # fmt: skip
    except (ValueError, NoteInvalid):
        return None
