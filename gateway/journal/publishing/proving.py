"""Proofs for whoever asks: made from the tiles and the last checkpoint, without a lock on anything that writes."""

from __future__ import annotations

import asyncio
from typing import Final

from msgspec import Struct

from gateway.errors import Refused, Unavailable
from gateway.journal.publishing.doubt import Doubt
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.head import LogHead
from gateway.journal.tree import proofs
from gateway.journal.tree.checkpoints import Checkpoint, read_checkpoint
from gateway.journal.tree.hashing import HASH_OCTETS, leaf_hash
from gateway.journal.tree.leaves import leaf_of
from gateway.journal.tree.notes import NoteInvalid, read_note
from gateway.journal.tree.packets import Packet
from gateway.journal.tree.tiles import ENTRIES, Tile, bundle, count_at, source_of
from gateway.ledger import Ledger

NONE_YET: Final = "Nothing of the journal has been published yet."


class Consistency(Struct, frozen=True, kw_only=True):
    """That the log of `first` entries is the beginning of that of `second`."""

    first: int
    second: int
    first_root: bytes
    second_root: bytes
    proof: tuple[bytes, ...]


class Prover:
    """Makes proofs. A `Doubt` says that the tiles are not what was published; `Refused` that there is no such proof."""

    def __init__(self, ledger: Ledger, folder: LogFolder) -> None:
        self._ledger, self._folder = ledger, folder

    async def checkpoint(self) -> tuple[Checkpoint, bytes]:
        """The last checkpoint and its note; raises `Refused` where there is none."""
        return _read(await self._ledger.log_head())

    async def inclusion(self, number: int, note: bytes = b"") -> Packet:
        """The proof for an entry, under the last checkpoint or under the one in `note`. Proved once more before it is given away."""
        checkpoint, last = await self.checkpoint()
        if note and number <= (other := read_checkpoint(read_note(note).text)).size <= checkpoint.size:
            checkpoint, last = other, note
        if not 1 <= number <= checkpoint.size:
            words = f"The log has {checkpoint.size} entries; entry {number} is not under a checkpoint, or not yet."
            raise Refused("log.no-entry", words)
        found = await self._ledger.journal(number - 1, 1)
        if not found or found[0].number != number:
            raise Refused("log.no-entry", f"There is no entry {number} in the journal.")
        leaf = leaf_of(found[0].entry)
        size = checkpoint.size
        way = await asyncio.to_thread(lambda: proofs.inclusion(number - 1, size, source_of(self._folder.read, size)))
        try:
            proofs.verify_inclusion(leaf_hash(leaf), number - 1, size, way, checkpoint.root)
        except proofs.ProofFalse as error:
            words = (
                f"The entry {number} is not the one that was published, or the tiles are not; see `spoc journal fsck`."
            )
            raise Unavailable("log.doubt", words) from error
        return Packet(index=number - 1, leaf=leaf, proof=tuple(way), checkpoint=last)

    async def consistency(self, first: int, second: int = 0) -> Consistency:
        """The proof between two sizes; 0 for the last checkpoint. Proved once more before it is given away."""
        size = (await self.checkpoint())[0].size
        second = second or size
        if not 0 <= first <= second <= size:
            words = f"Sizes are between 0 and {size}, the smaller one first."
            raise Refused("log.no-size", words)

        def made() -> Consistency:
            source = source_of(self._folder.read, size)
            old, new = proofs.root_at(first, source), proofs.root_at(second, source)
            proof = proofs.consistency(first, second, source)
            proofs.verify_consistency(first, second, proof, old, new)
            return Consistency(first=first, second=second, first_root=old, second_root=new, proof=tuple(proof))

        return await asyncio.to_thread(made)

    async def tile(self, tile: Tile) -> bytes:
        """A tile or a bundle of entries; raises `Refused` for one that no checkpoint speaks of."""
        size = (await self.checkpoint())[0].size
        begin = tile.place << 8
        if tile.width < 1 or begin + tile.width > count_at(tile.level, size):
            raise Refused("log.no-tile", f"There is no {tile.path} in a log of {size} entries.")
        if tile.level == ENTRIES:
            links = await self._ledger.journal(begin, tile.width)
            return bundle([leaf_of(link.entry) for link in links])
        return (await asyncio.to_thread(self._folder.read, tile))[: tile.width * HASH_OCTETS]


def _read(head: LogHead) -> tuple[Checkpoint, bytes]:
    if not head.note:
        raise Refused("log.empty", NONE_YET)
    try:
        return read_checkpoint(read_note(head.note).text), head.note
    except NoteInvalid as error:
        raise Doubt("log.checkpoint-false", "ledger", f"its last checkpoint cannot be read: {error}") from error
