"""The tree as RFC 9162 section 2.1 defines it, word by word and without a thought for speed: what ours is held against. It imports nothing of ours."""

from __future__ import annotations

import base64
import hashlib


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return digest(b"")
    if len(leaves) == 1:
        return digest(b"\x00" + leaves[0])
    k = below(len(leaves))
    return digest(b"\x01" + root(leaves[:k]) + root(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), root(leaves[k:])]
    return [*path(m - k, leaves[k:]), root(leaves[:k])]


def proof(m: int, leaves: list[bytes]) -> list[bytes]:
    return subproof(m, leaves, whole=True)


def subproof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole=whole), root(leaves[k:])]
    return [*subproof(m - k, leaves[k:], whole=False), root(leaves[:k])]


# --- a verifier of its own: by walking down from the root, as the recursive definition does


def leads_to(m: int, n: int, leaf: bytes, hashes: list[bytes]) -> bytes:
    """The root that a path proves for leaf m of n."""
    if n == 1:
        assert not hashes
        return digest(b"\x00" + leaf)
    k = below(n)
    if m < k:
        return digest(b"\x01" + leads_to(m, k, leaf, hashes[:-1]) + hashes[-1])
    return digest(b"\x01" + hashes[-1] + leads_to(m - k, n - k, leaf, hashes[:-1]))


def continues(m: int, n: int, hashes: list[bytes], old: bytes) -> tuple[bytes, bytes]:
    """The old and the new root that a consistency proof proves."""

    def down(m: int, n: int, hashes: list[bytes], *, whole: bool) -> tuple[bytes, bytes]:
        if m == n:
            (found,) = [old] if whole else hashes
            return found, found
        k = below(n)
        if m <= k:
            left, right = down(m, k, hashes[:-1], whole=whole)
            return left, digest(b"\x01" + right + hashes[-1])
        left, right = down(m - k, n - k, hashes[:-1], whole=False)
        return digest(b"\x01" + hashes[-1] + left), digest(b"\x01" + hashes[-1] + right)

    return down(m, n, list(hashes), whole=True)


def checkpoint(note: str) -> tuple[str, int, bytes]:
    """Origin, size and root in a note; its signature is checked elsewhere."""
    origin, size, hash_ = note.partition("\n\n")[0].split("\n")[:3]
    return origin, int(size), base64.b64decode(hash_)
