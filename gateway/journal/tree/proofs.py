"""Proofs of inclusion and consistency (RFC 9162 sections 2.1.3 and 2.1.4): made from a source of hashes, verified without one.

A source answers with the root of the complete subtree `index` of `2**level` leaves; where it keeps them is its own affair. What a proof
lacks, has too much of, or says wrong is one `ProofFalse`, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from gateway.journal.tree.hashing import HASH_OCTETS, folded, node_hash

Source = Callable[[int, int], bytes]
MAX_PROOF_HASHES: Final = 64


class ProofFalse(Exception):
    """The proof does not prove what it claims."""


def root_at(size: int, source: Source) -> bytes:
    """The root of the first `size` leaves."""
    return _range_root(0, size, source)


def peaks_at(size: int, source: Source) -> list[bytes]:
    """The complete subtrees of the first `size` leaves, the largest first."""
    return _peaks(0, size, source)


def inclusion(index: int, size: int, source: Source) -> list[bytes]:
    """The way from leaf `index` to the root of `size` leaves; raises `ValueError` where there is none."""
    if not 0 <= index < size:
        raise ValueError(f"a log of {size} entries has no leaf {index}")
    begin, end, way = 0, size, []
    while end - begin > 1:
        middle = begin + _half(end - begin)
        if index < middle:
            way.append((middle, end))
            end = middle
        else:
            way.append((begin, middle))
            begin = middle
    return [_range_root(*part, source) for part in reversed(way)]


def consistency(first: int, second: int, source: Source) -> list[bytes]:
    """That the log of `first` leaves is the beginning of that of `second`; raises `ValueError` where there is no such proof.

    An empty log is the beginning of every log, and each of itself: the proof is empty.
    """
    if not 0 <= first <= second:
        raise ValueError(f"{first} is not between 0 and {second}")
    if first == 0:
        return []
    begin, end, whole, parts = 0, second, True, []
    while first != end:
        middle = begin + _half(end - begin)
        if first <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((begin, middle))
            begin, whole = middle, False
    if not whole:
        parts.append((begin, end))
    return [_range_root(*part, source) for part in reversed(parts)]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise `ProofFalse` unless the leaf with this hash stands at `index` under the root (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofFalse(f"the log has {size} entries and no leaf {index}")
    _refuse_odd((*proof, leaf, root))
    _, reached = _climbed(index, size - 1, leaf, proof)
    if reached != root:
        raise ProofFalse("the proof leads to another root")


def verify_consistency(first: int, second: int, proof: Sequence[bytes], old: bytes, new: bytes) -> None:
    """Raise `ProofFalse` unless the log with the root `new` continues that with the root `old` (RFC 9162 section 2.1.4.2)."""
    if not 0 <= first <= second:
        raise ProofFalse(f"a log of {second} entries does not continue one of {first}")
    _refuse_odd((*proof, old, new))
    if first in (0, second):
        if proof:
            raise ProofFalse("the proof has hashes where none are needed")
        if first == second and old != new:
            raise ProofFalse("two roots for the same size: the log was forked")
        return
    hashes = [old, *proof] if first & (first - 1) == 0 else list(proof)
    if not hashes:
        raise ProofFalse("the proof ends before the root")
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    reached_old, reached_new = _climbed(place, last, hashes[0], hashes[1:])
    if reached_old != old:
        raise ProofFalse("the proof leads to another old root: the log was forked")
    if reached_new != new:
        raise ProofFalse("the proof leads to another new root")


def _climbed(place: int, last: int, start: bytes, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """What the hashes lead to from a node at `place` in a level that ends at `last`: over what lies left of it, and over all."""
    left = whole = start
    for hash_ in hashes:
        if last == 0:
            raise ProofFalse("the proof has more hashes than the way to the root has nodes")
        if place & 1 or place == last:
            left, whole = node_hash(hash_, left), node_hash(hash_, whole)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            whole = node_hash(whole, hash_)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofFalse("the proof ends before the root")
    return left, whole


def _refuse_odd(hashes: Sequence[bytes]) -> None:
    if len(hashes) > MAX_PROOF_HASHES + 2 or any(len(hash_) != HASH_OCTETS for hash_ in hashes):
        raise ProofFalse(f"hashes have {HASH_OCTETS} octets, and a proof has at most {MAX_PROOF_HASHES}")


def _half(leaves: int) -> int:
    """The largest power of two that is smaller."""
    return 1 << ((leaves - 1).bit_length() - 1)


def _range_root(begin: int, end: int, source: Source) -> bytes:
    return folded(_peaks(begin, end, source))


def _peaks(begin: int, end: int, source: Source) -> list[bytes]:
    """The complete subtrees of a part; its begin is a multiple of every one of them, as it is for all parts of a proof."""
    peaks = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        peaks.append(source(level, begin >> level))
        begin += 1 << level
    return peaks
