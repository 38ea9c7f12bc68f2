"""Checkpoints, countersignatures and Merkle proofs, from the specifications: C2SP signed-note, tlog-checkpoint, tlog-cosignature v1, tlog-proof v1,
RFC 9162 section 2.1. Written apart from the gateway's own code, so that the one can be held against the other.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .report import Bad

LOG: Final = 1
WITNESS: Final = 4
MAX_NOTE_OCTETS: Final = 64 * 1024
MAX_LINES: Final = 64
MAX_HASHES: Final = 64
_NAME: Final = re.compile(r"[^\s+\x00-\x20\x7f]{1,200}")


@dataclass(frozen=True)
class Key:
    """A public key as `NAME+ID+KEY`."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """Four octets that stand before its signatures."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Whether it signed the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def key_of(text: str) -> Key:
    """A key from its text; raises `Bad`."""
    parts = text.strip().split("+", 2)
    content = octets(parts[2]) if len(parts) == 3 else b""
    if len(content) != 33 or content[0] not in (LOG, WITNESS) or not _NAME.fullmatch(parts[0]):
        raise Bad("it is no public key in the form NAME+ID+KEY")
    key = Key(parts[0], content[0], content[1:])
    if key.id.hex() != parts[1]:
        raise Bad(f"the key of {key.name} does not have the id that it is written with")
    return key


def octets(text: str) -> bytes:
    """Base64 in its one spelling; raises `Bad`."""
    try:
        content = b64decode(text, validate=True)
    except ValueError as error:
        raise Bad("a value is not base64") from error
    if b64encode(content).decode() != text:
        raise Bad("a value is not base64 in its one spelling")
    return content


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log, and the lines below it."""

    text: str
    origin: str
    size: int
    root: bytes
    lines: tuple[tuple[str, bytes, bytes], ...]
    """Name, id, and what follows."""


def checkpoint_of(content: bytes) -> Checkpoint:
    """The parts of a checkpoint, nothing of it verified; raises `Bad`."""
    try:
        written = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Bad("the checkpoint is not UTF-8") from error
    text, gap, below = written.rpartition("\n\n")
    head = text.split("\n")
    if len(content) > MAX_NOTE_OCTETS or not gap or len(head) < 3 or not below.endswith("\n"):
        raise Bad("it is no checkpoint: three lines, an empty one, signatures")
    if any(letter < " " and letter != "\n" for letter in written) or not re.fullmatch(
        r"0|[1-9][0-9]{0,18}", head[1], re.ASCII
    ):
        raise Bad("the checkpoint does not say a size, or holds control characters")
    root, lines = octets(head[2]), below[:-1].split("\n")
    if len(root) != 32 or len(lines) > MAX_LINES:
        raise Bad("the checkpoint says no root, or has too many lines")
    return Checkpoint(text + "\n", head[0], int(head[1]), root, tuple(map(_line, lines)))


def _line(line: str) -> tuple[str, bytes, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, value = rest.partition(" ")
    content = octets(value)
    if dash != "\N{EM DASH}" or not _NAME.fullmatch(name) or len(content) < 5:
        raise Bad("a line under the checkpoint is no signature")
    return name, content[:4], content[4:]


def signed_by(checkpoint: Checkpoint, key: Key) -> None:
    """Raise `Bad` unless this log signed its own checkpoint."""
    mine = [value for name, id_, value in checkpoint.lines if (name, id_) == (key.name, key.id)]
    if checkpoint.origin != key.name:
        raise Bad("it is the checkpoint of another log than the one whose key is enclosed")
    if not mine or not all(key.holds(value, checkpoint.text.encode()) for value in mine):
        raise Bad("its signature by the key of the log is missing or does not hold")


def countersigned(checkpoint: Checkpoint, witness: Key) -> int | None:
    """When the witness saw it, in seconds since 1970; None when it did not. Raises `Bad` for a line of it that does not hold."""
    latest = None
    for name, id_, value in checkpoint.lines:
        if witness.kind != WITNESS or (name, id_) != (witness.name, witness.id):
            continue
        seconds = int.from_bytes(value[:8], "big")
        message = f"cosignature/v1\ntime {seconds}\n{checkpoint.text}".encode()
        if len(value) != 72 or not witness.holds(value[8:], message):
            raise Bad(f"the countersignature of {name} does not hold")
        latest = max(latest or 0, seconds)
    return latest


# --- proofs


def leaf_of(entry: bytes) -> bytes:
    """What of an entry is hashed: its octets, of more than 65,535 their digest."""
    return entry if len(entry) <= 0xFFFF else b"sha256:" + sha256(entry).hexdigest().encode()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def included(leaf: bytes, index: int, proof: Sequence[bytes], checkpoint: Checkpoint) -> None:
    """Raise `Bad` unless the leaf stands at this place (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < checkpoint.size:
        raise Bad(f"it claims a place that a log of {checkpoint.size} entries does not have")
    place, last, hash_ = index, checkpoint.size - 1, sha256(b"\x00" + leaf).digest()
    for step in proof:
        if last == 0:
            raise Bad("the proof is longer than the way to the root")
        if place & 1 or place == last:
            hash_ = _node(step, hash_)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            hash_ = _node(hash_, step)
        place, last = place >> 1, last >> 1
    if last:
        raise Bad("the proof ends before the root")
    if hash_ != checkpoint.root:
        raise Bad("the proof leads to another root: this entry is not the one in the log, or stands elsewhere")


def continued(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Raise `Bad` unless the new log is the old one and more (RFC 9162 section 2.1.4.2)."""
    if old.origin != new.origin or old.size > new.size:
        raise Bad("the later checkpoint is not one of the same log, or is the earlier one")
    if old.size in (0, new.size):
        if proof or (old.size == new.size and old.root != new.root):
            raise Bad("two roots for the same size: the log was forked")
        return
    hashes = [old.root, *proof] if old.size & (old.size - 1) == 0 else list(proof)
    if not hashes:
        raise Bad("the proof of consistency is empty")
    place, last = old.size - 1, new.size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if _both(place, last, hashes) != (old.root, new.root):
        raise Bad("the proof of consistency does not lead from the one root to the other: the log was forked")


def _both(place: int, last: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """What the hashes lead to in the old tree and in the new one."""
    before = after = hashes[0]
    for step in hashes[1:]:
        if last == 0:
            raise Bad("the proof of consistency is too long")
        if place & 1 or place == last:
            before, after = _node(step, before), _node(step, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = _node(after, step)
        place, last = place >> 1, last >> 1
    if last:
        raise Bad("the proof of consistency ends before the root")
    return before, after


def hashes_of(lines: Sequence[str]) -> list[bytes]:
    """Hashes in base64; raises `Bad`."""
    found = [octets(line) for line in lines]
    if len(found) > MAX_HASHES or any(len(each) != 32 for each in found):
        raise Bad("a proof holds something that is no hash, or too much")
    return found


@dataclass(frozen=True)
class Packet:
    """A proof in the form c2sp.org/tlog-proof@v1."""

    index: int
    leaf: bytes
    proof: list[bytes]
    checkpoint: bytes


def packet_of(content: bytes) -> Packet:
    """Its parts; raises `Bad`."""
    above, gap, below = content.decode("utf-8", "replace").partition("\n\n")
    lines = above.split("\n")
    if (
        not gap
        or len(lines) < 3
        or lines[0] != "c2sp.org/tlog-proof@v1"
        or not re.fullmatch(r"index (0|[1-9][0-9]{0,18})", lines[2], re.ASCII)
    ):
        raise Bad("it is no proof in the form c2sp.org/tlog-proof@v1")
    if not lines[1].startswith("extra "):
        raise Bad("the proof does not carry its entry")
    return Packet(int(lines[2][6:]), octets(lines[1][6:]), hashes_of(lines[3:]), below.encode())
