"""The right edge of the tree: taken up from its last tiles, held against the last checkpoint, and carried on by new entries.

Only partial tiles are held in memory, at most one a level: 8 KiB for each factor of 256, whatever the size of the log. All peaks of the
tree lie in them, so the root can be said at any moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.journal.chain import Link
from gateway.journal.publishing.doubt import ROOT_DIFFERS, Doubt
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.tree.checkpoints import Checkpoint
from gateway.journal.tree.hashing import leaf_hash, subtree_root
from gateway.journal.tree.leaves import leaf_of
from gateway.journal.tree.proofs import root_at
from gateway.journal.tree.tiles import WIDTH, Tile, count_at, hashes_in, source_of


class Growth:
    """A tree that grows in a folder."""

    def __init__(self, folder: LogFolder, size: int, edges: list[list[bytes]]) -> None:
        self._folder, self.size, self._edges = folder, size, edges
        self._filled: list[Tile] = []

    @classmethod
    def taken_up(cls, folder: LogFolder, before: Checkpoint | None) -> Growth:
        """The tree as the last checkpoint left it; raises `Doubt` when its tiles have another root."""
        if before is None:
            return cls(folder, 0, [])
        edges: list[list[bytes]] = []
        level = 0
        while count := count_at(level, before.size):
            place, width = divmod(count, WIDTH)
            tile = Tile(level, place, width)
            edges.append(hashes_in(folder.read(tile))[:width] if width else [])
            level += 1
        growth = cls(folder, before.size, edges)
        if growth.root() != before.root:
            tiles = ", ".join(
                Tile(at, count_at(at, before.size) // WIDTH, len(edge)).path for at, edge in enumerate(edges) if edge
            )
            words = f"the tiles have another root for {before.size} entries than the checkpoint that was published"
            raise Doubt(ROOT_DIFFERS, tiles, words)
        return growth

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        return root_at(self.size, source_of(lambda tile: b"".join(self._edges[tile.level]), self.size))

    def extend(self, entries: Iterable[bytes]) -> None:
        """Add entries by their canonical bytes; tiles that fill up are written."""
        for entry in entries:
            self._add(0, leaf_hash(leaf_of(entry)))
            self.size += 1

    def extend_links(self, links: Sequence[Link]) -> None:
        """Add entries of the journal."""
        self.extend(link.entry for link in links)

    def _add(self, level: int, hash_: bytes) -> None:
        if level == len(self._edges):
            self._edges.append([])
        edge = self._edges[level]
        edge.append(hash_)
        if len(edge) < WIDTH:
            return
        place = count_at(level, self.size + 1) // WIDTH - 1
        tile = Tile(level, place)
        self._folder.write(tile, b"".join(edge))
        self._filled.append(tile)
        full = subtree_root(edge)
        edge.clear()
        self._add(level + 1, full)

    def settle(self) -> None:
        """Write the partial tiles of this size, and return when all of it is durable."""
        for level, edge in enumerate(self._edges):
            if edge:
                self._folder.write(Tile(level, count_at(level, self.size) // WIDTH, len(edge)), b"".join(edge))
        self._folder.settle()

    def tidy(self) -> None:
        """Remove partial tiles whose full ones have been published."""
        while self._filled:
            self._folder.drop_partials(self._filled.pop())
