"""Checkpoints: origin, size and root of a log in a signed note (C2SP tlog-checkpoint v1.0.0); and countersignatures of witnesses
(C2SP tlog-cosignature v1, Ed25519), which say when a witness has seen that the log only grew.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from gateway.journal.tree.hashing import HASH_OCTETS
from gateway.journal.tree.notes import (
    COSIGNATURE,
    SIGNATURE_OCTETS,
    Note,
    NoteInvalid,
    NoteSigner,
    Signature,
    VerifierKey,
    read_note,
    verified,
)

TIME_OCTETS: Final = 8
MAX_SIZE: Final = 2**63 - 1


class Checkpoint(Struct, frozen=True, kw_only=True):
    """The head of a log."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    """Lines of others, which are carried along; we write none."""

    def text(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions)
        return "".join(line + "\n" for line in lines)


def read_checkpoint(text: str) -> Checkpoint:
    """The head in the text of a note; raises `NoteInvalid`."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise NoteInvalid("a checkpoint has three lines: origin, size, root")
    origin, size, root, *extensions = lines
    if not size.isascii() or not size.isdigit() or str(int(size[:20])) != size or int(size) > MAX_SIZE:
        raise NoteInvalid("the second line of a checkpoint is the size of the log")
    try:
        content = b64decode(root, validate=True)
    except ValueError as error:
        raise NoteInvalid("the third line of a checkpoint is the root in base64") from error
    if len(content) != HASH_OCTETS or b64encode(content).decode() != root:
        raise NoteInvalid("the third line of a checkpoint is the root in base64")
    return Checkpoint(origin=origin, size=int(size), root=content, extensions=tuple(extensions))


def signed(checkpoint: Checkpoint, signer: NoteSigner) -> Note:
    """The checkpoint as a note."""
    return signer.sign(checkpoint.text())


def opened(content: bytes, key: VerifierKey) -> tuple[Checkpoint, Note]:
    """A checkpoint that this key has signed for the log of its own name; raises `NoteInvalid`."""
    note = read_note(content)
    checkpoint = read_checkpoint(note.text)
    verified(note, [key])
    if checkpoint.origin != key.name:
        raise NoteInvalid(f"it is the checkpoint of another log: {checkpoint.origin[:200]}")
    return checkpoint, note


# --- countersignatures


class Cosigned(Struct, frozen=True, kw_only=True):
    """Who countersigned, and when."""

    name: str
    at: datetime


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def cosign(text: str, witness: NoteSigner, at: datetime) -> Signature:
    """The line of a witness under the text of a checkpoint."""
    seconds = int(at.timestamp())
    return witness.line(_message(text, seconds), seconds.to_bytes(TIME_OCTETS, "big"))


def cosigned(note: Note, witness: VerifierKey) -> Cosigned | None:
    """When this witness countersigned, or None when it did not; raises `NoteInvalid` for a line of it that does not hold."""
    lines = [each for each in note.signatures if witness.made(each)]
    if witness.kind != COSIGNATURE or not lines:
        return None
    latest = 0
    for line in lines:
        stamp, signature = line.content[:TIME_OCTETS], line.content[TIME_OCTETS:]
        seconds = int.from_bytes(stamp, "big")
        if len(signature) != SIGNATURE_OCTETS or not witness.holds(signature, _message(note.text, seconds)):
            raise NoteInvalid(f"the countersignature of {witness.name} does not hold")
        latest = max(latest, seconds)
    try:
        return Cosigned(name=witness.name, at=datetime.fromtimestamp(latest, UTC))
    except (ValueError, OverflowError, OSError) as error:
        raise NoteInvalid(f"the countersignature of {witness.name} tells no time") from error
