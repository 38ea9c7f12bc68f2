"""Everything against everything: entries of the ledger, tiles, checkpoints, each fault with its place.

Three things speak of each leaf: the entry in the ledger, the tile, and what stands above the tile. Where one of them disagrees, the two
others say which. A fault is told where it is, and not once more on every level above. Memory: one hash for each 256 entries.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from gateway.errors import Misconfigured, Unavailable
from gateway.journal.publishing.doubt import (
    CHECKPOINT_BEHIND,
    CHECKPOINT_FALSE,
    ENTRY_DIFFERS,
    JOURNAL_CUT,
    KEY_MISSING,
    ROOT_DIFFERS,
    TILE_DAMAGED,
    Doubt,
)
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.head import LogHead
from gateway.journal.publishing.integrator import compare_published, last_checkpoint
from gateway.journal.publishing.keys import JOURNAL, LogKeys
from gateway.journal.tree.checkpoints import Checkpoint
from gateway.journal.tree.hashing import HASH_OCTETS, leaf_hash, subtree_root
from gateway.journal.tree.leaves import leaf_of
from gateway.journal.tree.notes import VerifierKey
from gateway.journal.tree.proofs import root_at
from gateway.journal.tree.tiles import HEIGHT, WIDTH, Tile, count_at, hashes_in, read_path, source_of
from gateway.ledger import Ledger

TRIES: Final = 5
WAIT_SECONDS: Final = 0.05
GONE: Final = bytes(HASH_OCTETS)
"""In place of the hash of an entry that is not there."""


class LogFault(Struct, frozen=True, kw_only=True):
    """One thing that is not as it was published."""

    code: str
    place: str
    """`ledger`, `checkpoint`, or the path of a tile."""
    number: int = 0
    """The entry, or the first entry under what is damaged; 0 where it is none."""
    fault: str


class Examined(Struct, frozen=True, kw_only=True):
    """How far was looked."""

    size: int
    root: bytes


async def examine(ledger: Ledger, folder: LogFolder, keys: LogKeys) -> AsyncIterator[LogFault | Examined]:
    """Every fault, and last what was examined. Only reads, also beside a running gateway."""
    head, published = await _settled(ledger, folder)
    try:
        checkpoint = _checkpoint(head, published, keys)
    except Doubt as doubt:
        yield LogFault(code=doubt.code, place=doubt.place, number=head.size, fault=doubt.words)
        checkpoint = _unsigned(head)
    if checkpoint is None:
        return
    number, _ = await ledger.head()
    if number < checkpoint.size:
        words = f"the journal ends before this entry, and {checkpoint.size} were published"
        yield LogFault(code=JOURNAL_CUT, place="ledger", number=number + 1, fault=words)
    for fault in _of_file(head, published):
        yield fault
    looked = _Look(folder, checkpoint)
    async for fault in looked.entries(ledger):
        yield fault
    for fault in (*looked.levels(), *looked.root(), *looked.partials()):
        yield fault
    yield Examined(size=checkpoint.size, root=checkpoint.root)


async def _settled(ledger: Ledger, folder: LogFolder) -> tuple[LogHead, bytes]:
    """The ledger's checkpoint and the published one; where they differ, after the moment in which a running gateway makes them equal."""
    for _ in range(TRIES):
        published = folder.checkpoint()  # first: it never runs ahead of the ledger
        head = await ledger.log_head()
        if published == head.note:
            break
        await asyncio.sleep(WAIT_SECONDS)
    return head, published


def _key(keys: LogKeys) -> VerifierKey:
    try:
        key = keys.public(JOURNAL)
    except Misconfigured as error:
        raise Doubt(KEY_MISSING, str(keys.public_file(JOURNAL)), error.operator) from error
    if key is None:
        raise Doubt(KEY_MISSING, str(keys.public_file(JOURNAL)), "the public key of the log is not there")
    return key


def _checkpoint(head: LogHead, published: bytes, keys: LogKeys) -> Checkpoint | None:
    """The ledger's last one, held against the key and the published one."""
    if not head.size and not published:
        return None
    key = _key(keys)
    checkpoint = last_checkpoint(head, key)
    compare_published(published, checkpoint, key)
    return checkpoint


def _unsigned(head: LogHead) -> Checkpoint | None:
    """What the ledger says, when nobody vouches for it: so that the rest can be looked at, too."""
    from gateway.journal.publishing.proving import _read

    try:
        return _read(head)[0]
    except Exception:  # noqa: BLE001  # told above already: there is no checkpoint to go by
        return None


def _of_file(head: LogHead, published: bytes) -> Iterator[LogFault]:
    """The published checkpoint against the ledger's; that it speaks of no other log was looked at before."""
    if published == head.note:
        return
    size = _size_of(published)
    if not published:
        yield LogFault(
            code=CHECKPOINT_BEHIND, place="checkpoint", number=head.size, fault="is not there; the ledger has it"
        )
    elif size < head.size:
        words = f"is of {size} entries, and the ledger has one of {head.size}"
        yield LogFault(code=CHECKPOINT_BEHIND, place="checkpoint", number=head.size, fault=words)
    elif size == head.size:
        words = "has other octets than the one that the ledger keeps"
        yield LogFault(code=CHECKPOINT_FALSE, place="checkpoint", number=head.size, fault=words)


def _size_of(note: bytes) -> int:
    lines = note.split(b"\n")
    return int(lines[1]) if len(lines) > 1 and lines[1].isdigit() and len(lines[1]) < 20 else 0


class _Look:
    """One examination: `entries`, then `levels`, `root` and `partials`."""

    def __init__(self, folder: LogFolder, checkpoint: Checkpoint) -> None:
        self._folder, self._size, self._root = folder, checkpoint.size, checkpoint.root
        self._above: list[bytes] = []
        """What the full tiles of the level before should be hashed to above them."""
        self._edges: list[list[bytes]] = []
        self._rest: tuple[list[bytes], list[bytes]] = ([], [])
        """The last, partial tile of leaves: by the entries, and as it stands."""

    async def entries(self, ledger: Ledger) -> AsyncIterator[LogFault]:
        """Each leaf in the tiles against its entry."""
        for place in range((self._size + WIDTH - 1) // WIDTH):
            width = min(WIDTH, self._size - place * WIDTH)
            links = {link.number: link.entry for link in await ledger.journal(place * WIDTH, width)}
            numbers = range(place * WIDTH + 1, place * WIDTH + width + 1)
            told = [leaf_hash(leaf_of(links[each])) if each in links else GONE for each in numbers]
            tile = Tile(0, place, width)
            found, fault = self._tile(tile, told)
            if fault:
                yield fault
            if width == WIDTH:
                for each in self._full(tile, told, found):
                    yield each
            else:
                self._rest = (told, found)

    def _tile(self, tile: Tile, instead: list[bytes]) -> tuple[list[bytes], LogFault | None]:
        """Its hashes; where it cannot be read, what it should hold, and the fault."""
        try:
            return hashes_in(self._folder.read(tile))[: tile.width], None
        except (Doubt, Unavailable) as error:
            code, words = (error.code, error.words) if isinstance(error, Doubt) else (TILE_DAMAGED, error.operator)
            return instead, LogFault(code=code, place=tile.path, number=tile.begin + 1, fault=words)

    def _full(self, tile: Tile, told: list[bytes], found: list[bytes]) -> Iterator[LogFault]:
        by_entries, by_tile = subtree_root(told), subtree_root(found)
        if by_entries == by_tile:
            self._above.append(by_tile)
            return
        above = self._hash_above(tile)
        yield from _differing(tile, told, found, entries_are_wrong=above == by_tile)
        self._above.append(by_tile if above == by_tile else by_entries)

    def _hash_above(self, tile: Tile) -> bytes:
        """What the level above says of a full tile; empty where it cannot be read."""
        parent, offset = divmod(tile.place, WIDTH)
        width = min(WIDTH, count_at(tile.level + 1, self._size) - parent * WIDTH)
        found, _ = self._tile(Tile(tile.level + 1, parent, width), [])
        return found[offset] if offset < len(found) else b""

    def levels(self) -> Iterator[LogFault]:
        """Each hash in the tiles above the leaves against the tile that it speaks of."""
        self._edges = [self._rest[0]]
        level = 1
        while self._above:
            below, self._above = self._above, []
            for place in range((len(below) + WIDTH - 1) // WIDTH):
                told = below[place * WIDTH : (place + 1) * WIDTH]
                tile = Tile(level, place, len(told))
                found, fault = self._tile(tile, told)
                if fault:
                    yield fault
                for offset, (should, stands) in enumerate(zip(told, found, strict=True)):
                    if should != stands:
                        first = (tile.place * WIDTH + offset) << HEIGHT * level
                        words = f"hash {offset + 1} of {len(told)} is not that of the tile below, which begins with this entry"
                        yield LogFault(code=TILE_DAMAGED, place=tile.path, number=first + 1, fault=words)
                if len(told) == WIDTH:
                    self._above.append(subtree_root(told))
            self._edges.append(below[len(below) // WIDTH * WIDTH :])
            level += 1

    def root(self) -> Iterator[LogFault]:
        """The root over everything against the checkpoint, which says who is right about the last leaves."""
        told, found = self._rest
        by_entries = self._root_with(told)
        if told != found:
            wrong = by_entries != self._root and self._root_with(found) == self._root
            tile = Tile(0, self._size // WIDTH, len(told))
            yield from _differing(tile, told, found, entries_are_wrong=wrong)
            by_entries = self._root_with(found) if wrong else by_entries
            self._edges[0] = found if wrong else told
        if by_entries != self._root:
            words = f"its root is not that of the {self._size} entries"
            yield LogFault(code=ROOT_DIFFERS, place="checkpoint", number=self._size, fault=words)

    def _root_with(self, leaves: Sequence[bytes]) -> bytes:
        edges = [list(leaves), *self._edges[1:]]
        return root_at(self._size, source_of(lambda tile: b"".join(edges[tile.level]), self._size))

    def partials(self) -> Iterator[LogFault]:
        """Partial tiles that are still served for older checkpoints: each is the beginning of the tile that followed it."""
        root = self._folder.folder
        for file in sorted(root.glob("tile/*/**/*.p/*")):
            tile = read_path(file.relative_to(root).as_posix())
            count = count_at(tile.level, self._size) if tile else 0
            if tile is None or tile.place * WIDTH + tile.width >= count:
                continue  # no tile; told already; or left over from a crash: no checkpoint speaks of it
            if _content(file) != b"".join(self._whole(tile, count)[: tile.width]):
                words = "is not the beginning of the tile that followed it"
                yield LogFault(code=TILE_DAMAGED, place=tile.path, number=tile.begin + 1, fault=words)

    def _whole(self, tile: Tile, count: int) -> list[bytes]:
        """What the tile has become: at the edge what was found right above, else the full tile, whose own faults are told already."""
        at_edge = tile.place == count // WIDTH
        return self._edges[tile.level] if at_edge else self._tile(Tile(tile.level, tile.place), [])[0]


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _differing(
    tile: Tile, told: Sequence[bytes], found: Sequence[bytes], *, entries_are_wrong: bool
) -> Iterator[LogFault]:
    for offset, (should, stands) in enumerate(zip(told, found, strict=True)):
        if should == stands:
            continue
        number = tile.place * WIDTH + offset + 1
        if entries_are_wrong or should == GONE:
            words = "was published and is not there" if should == GONE else "is not the entry that was published"
            yield LogFault(
                code=ENTRY_DIFFERS, place="ledger", number=number, fault=f"{words} ({tile.path}, hash {offset + 1})"
            )
        else:
            words = f"hash {offset + 1} of {tile.width} is not that of the entry"
            yield LogFault(code=TILE_DAMAGED, place=tile.path, number=number, fault=words)
