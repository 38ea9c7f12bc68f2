"""A proof of inclusion with all that is needed to check it offline, in one text (C2SP tlog-proof v1): the place, the way to the root, and
the signed checkpoint. The leaf itself is carried as `extra`; it is no more than a claim until the proof is verified with it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from gateway.journal.tree.checkpoints import Checkpoint, opened
from gateway.journal.tree.hashing import HASH_OCTETS, leaf_hash
from gateway.journal.tree.notes import NoteInvalid, VerifierKey
from gateway.journal.tree.proofs import MAX_PROOF_HASHES, ProofFalse, verify_inclusion

HEAD: Final = "c2sp.org/tlog-proof@v1"
MAX_OCTETS: Final = 256 * 1024
NOT_ONE: Final = "it is not a proof in the form c2sp.org/tlog-proof@v1 with the entry as extra"


class Packet(Struct, frozen=True, kw_only=True):
    """One proof with its leaf and its checkpoint."""

    index: int
    leaf: bytes
    proof: tuple[bytes, ...]
    checkpoint: bytes
    """The note as it was published, with the lines of witnesses."""

    def text(self) -> str:
        """The proof as it is handed on."""
        lines = [HEAD, f"extra {encoded(self.leaf)}", f"index {self.index}", *map(encoded, self.proof), ""]
        return "\n".join(lines) + "\n" + self.checkpoint.decode("utf-8")


def encoded(content: bytes) -> str:
    return b64encode(content).decode()


def hashes_of(lines: Sequence[str]) -> tuple[bytes, ...]:
    """Hashes in base64, one a line; raises `ValueError`."""
    if len(lines) > MAX_PROOF_HASHES:
        raise ValueError(f"more than {MAX_PROOF_HASHES} hashes")
    hashes = tuple(b64decode(line, validate=True) for line in lines)
    if any(len(hash_) != HASH_OCTETS or encoded(hash_) != line for hash_, line in zip(hashes, lines, strict=True)):
        raise ValueError("not a hash in base64")
    return hashes


def read_packet(content: bytes) -> Packet:
    """The parts of a proof; raises `ProofFalse` for what is none."""
    try:
        above, gap, below = content.decode("utf-8").partition("\n\n")
        _, extra, index, *proof = above.split("\n")
        packet = Packet(
            index=int(index.removeprefix("index ")[:20]), leaf=b64decode(extra.removeprefix("extra "), validate=True),
            proof=hashes_of(proof), checkpoint=below.encode(),
        )  # fmt: skip
    except ValueError as error:
        raise ProofFalse(NOT_ONE) from error
    if not gap or len(content) > MAX_OCTETS or packet.text().encode() != content:  # it has one spelling
        raise ProofFalse(NOT_ONE)
    return packet


def verify_packet(packet: Packet, key: VerifierKey) -> Checkpoint:
    """The checkpoint under which the leaf stands; raises `ProofFalse`."""
    try:
        checkpoint, _ = opened(packet.checkpoint, key)
    except NoteInvalid as error:
        raise ProofFalse(f"the checkpoint: {error}") from error
    verify_inclusion(leaf_hash(packet.leaf), packet.index, checkpoint.size, packet.proof, checkpoint.root)
    return checkpoint
