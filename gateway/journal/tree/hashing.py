"""Hashes of leaves and nodes after RFC 9162 section 2.1.1 with SHA-256, and the peaks of a tree that grows at its right edge.

The one idea: a tree of any size is a row of complete subtrees of falling size, its peaks. They are all that is needed to append and
to say the root.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

HASH_OCTETS: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node over two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def folded(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees of falling size."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


class Frontier:
    """The peaks of a tree, from the largest subtree to the smallest; it grows by leaves."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Raises `ValueError` when a tree of this size has another number of peaks."""
        if size < 0 or len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has not {len(peaks)} peaks")
        self.size = size
        self._peaks = list(peaks)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """One for each bit of the size that is set."""
        return tuple(self._peaks)

    @property
    def root(self) -> bytes:
        """The root of the tree as it stands."""
        return folded(self._peaks)

    def append(self, hash_: bytes) -> None:
        """Add the hash of one leaf."""
        rest = self.size
        while rest & 1:
            hash_ = node_hash(self._peaks.pop(), hash_)
            rest >>= 1
        self._peaks.append(hash_)
        self.size += 1

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Add the hashes of leaves."""
        for hash_ in hashes:
            self.append(hash_)


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """The root over the hashes of one or more leaves, or of complete subtrees of equal size."""
    frontier = Frontier()
    frontier.extend(hashes)
    return frontier.root
