"""Tiles that are gone or damaged, written again from the entries: only what has the very root that was signed, and nothing else.

First the root over the entries of the ledger is computed and held against the signed checkpoint. Where it differs, the entries are at fault, and
not one tile is touched. Nothing is signed here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from gateway.errors import Refused
from gateway.journal.publishing.doubt import ENTRY_DIFFERS, TILE_DIFFERS, Doubt
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.growth import Growth
from gateway.journal.publishing.integrator import last_checkpoint
from gateway.journal.publishing.keys import JOURNAL, LogKeys
from gateway.journal.tree.hashing import Frontier, leaf_hash
from gateway.journal.tree.leaves import leaf_of
from gateway.journal.tree.tiles import Tile
from gateway.ledger import Ledger

BATCH: Final = 1024


class _Overwriting(LogFolder):
    """Puts a tile in the place of another one that is not what it should be, and counts."""

    written = 0

    def write(self, tile: Tile, content: bytes) -> None:
        try:
            present = self.folder.joinpath(tile.path).is_file()
            super().write(tile, content)
            self.written += not present
        except Doubt as doubt:
            if doubt.code != TILE_DIFFERS:
                raise
            self._put(self.folder.joinpath(tile.path), content)
            self.written += 1


async def rebuild(ledger: Ledger, folder: LogFolder, keys: LogKeys) -> int:
    """How many tiles were written; raises `Doubt` when the entries are not those that were published, `Refused` where nothing was."""
    key, head = keys.public(JOURNAL), await ledger.log_head()
    checkpoint = last_checkpoint(head, key) if key else None
    if checkpoint is None:
        raise Refused("log.empty", "Nothing of the journal has been published, or its public key is not there.")
    frontier = Frontier()
    async for entries in _entries(ledger, checkpoint.size):
        await asyncio.to_thread(frontier.extend, [leaf_hash(leaf_of(entry)) for entry in entries])
    if (frontier.size, frontier.root) != (checkpoint.size, checkpoint.root):
        raise Doubt(
            ENTRY_DIFFERS, "ledger", "the entries have another root than the one that was signed; no tile was touched"
        )
    over = _Overwriting(folder.folder)
    growth = Growth(over, 0, [])
    async for entries in _entries(ledger, checkpoint.size):
        await asyncio.to_thread(growth.extend, entries)
    await asyncio.to_thread(growth.settle)
    return over.written


async def _entries(ledger: Ledger, size: int) -> AsyncIterator[list[bytes]]:
    reached = 0
    while reached < size:
        links = await ledger.journal(reached, min(BATCH, size - reached))
        if not links:
            return
        yield [link.entry for link in links]
        reached = links[-1].number
