"""The tree in files of up to 256 hashes, and entries in bundles of as many (C2SP tlog-tiles, as of 2025).

A tile of level L holds roots of complete subtrees of `256**L` leaves. A partial tile holds the first of them, and is the beginning of
the tile that it will become: whoever has the longer one has the shorter one, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from gateway.journal.tree.hashing import HASH_OCTETS, subtree_root
from gateway.journal.tree.proofs import Source

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
MAX_LEVEL: Final = 63
MAX_ENTRY_OCTETS: Final = 0xFFFF
ENTRIES: Final = -1
"""The level of entry bundles in a `Tile`."""
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


class Tile(NamedTuple):
    """One file: level (`ENTRIES` for a bundle of entries), place in the level, and how many it holds."""

    level: int
    place: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it is served: `tile/L/N`, with `.p/W` while it is partial."""
        digits = f"{self.place:03}"
        digits = digits.zfill((len(digits) + 2) // 3 * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        level = "entries" if self.level == ENTRIES else str(self.level)
        return f"tile/{level}/{name}" + (f".p/{self.width}" if self.width < WIDTH else "")

    @property
    def begin(self) -> int:
        """The first leaf under it."""
        return self.place << HEIGHT * (max(self.level, 0) + 1)


def read_path(path: str) -> Tile | None:
    """The tile that a path names, or None for what is no such path."""
    found = _PATH.fullmatch(path)
    if not found:
        return None
    level, name, width = found.groups()
    groups = name.replace("x", "").split("/")
    tile = Tile(ENTRIES if level == "entries" else int(level), int("".join(groups)), int(width or WIDTH))
    return tile if tile.level <= MAX_LEVEL and tile.path == path else None


def count_at(level: int, size: int) -> int:
    """How many hashes (or entries) of a level a log of this size has."""
    return size >> HEIGHT * max(level, 0)


def tiles_of(size: int, *, entries: bool = False) -> Iterator[Tile]:
    """Every tile of a log of this size, in the order of levels; with `entries` the bundles after them."""
    levels = [*range((max(size.bit_length() - 1, 0)) // HEIGHT + 1), *([ENTRIES] if entries else [])]
    for level in levels:
        full, rest = divmod(count_at(level, size), WIDTH)
        yield from (Tile(level, index) for index in range(full))
        if rest:
            yield Tile(level, full, rest)


def tile_at(level: int, index: int, size: int) -> Tile:
    """The tile as a log of this size has it; raises `ValueError` where it has none."""
    width = min(WIDTH, count_at(level, size) - index * WIDTH)
    if width < 1:
        raise ValueError(f"a log of {size} entries has no tile {index} at level {level}")
    return Tile(level, index, width)


def hashes_in(content: bytes) -> list[bytes]:
    """The hashes of a tile; raises `ValueError` for another number of octets."""
    if not content or len(content) % HASH_OCTETS or len(content) > WIDTH * HASH_OCTETS:
        raise ValueError(f"{len(content)} octets are no tile")
    return [content[at : at + HASH_OCTETS] for at in range(0, len(content), HASH_OCTETS)]


def source_of(read: Callable[[Tile], bytes], size: int) -> Source:
    """Hashes of a log of this size from its tiles. `read` gives at least as many hashes as the tile asks for."""
    known: dict[tuple[int, int], list[bytes]] = {}

    def hash_at(level: int, index: int) -> bytes:
        tall, height = divmod(level, HEIGHT)
        begin = index << height
        place = begin >> HEIGHT
        if (tall, place) not in known:
            known[tall, place] = hashes_in(read(tile_at(tall, place, size)))
        offset = begin % WIDTH
        part = known[tall, place][offset : offset + (1 << height)]
        if len(part) != 1 << height:
            raise ValueError(f"tile {Tile(tall, place).path} is too short")
        return subtree_root(part)

    return hash_at


def bundle(leaves: Sequence[bytes]) -> bytes:
    """Entries one after another, each behind its length in two octets; raises `ValueError` for one that is too long."""
    if any(len(leaf) > MAX_ENTRY_OCTETS for leaf in leaves):
        raise ValueError(f"an entry of a bundle has at most {MAX_ENTRY_OCTETS} octets")
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def leaves_in(content: bytes) -> list[bytes]:
    """The entries of a bundle; raises `ValueError` where it breaks off or holds too many."""
    leaves: list[bytes] = []
    at = 0
    while at < len(content):
        end = at + 2 + int.from_bytes(content[at : at + 2], "big")
        if at + 2 > len(content) or end > len(content) or len(leaves) == WIDTH:
            raise ValueError("the bundle breaks off, or holds more than 256 entries")
        leaves.append(content[at + 2 : end])
        at = end
    return leaves
