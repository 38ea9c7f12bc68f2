"""What of a journal entry is a leaf of the tree: its canonical bytes, at the place of its number.

Leaf `n - 1` (leaves are counted from 0) is the canonical bytes of entry `n` (RFC 8785 JSON, `gateway.journal.entry`), the same bytes of
which the chain takes the SHA-256. Bundles cannot carry more than 65,535 octets; the leaf of a longer entry is the text `sha256:` with the
SHA-256 of those bytes in hexadecimal. No entry begins like that: they begin with `{`.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from gateway.journal.tree.tiles import MAX_ENTRY_OCTETS

BY_DIGEST: Final = b"sha256:"


def leaf_of(entry: bytes) -> bytes:
    """The leaf of an entry with these canonical bytes."""
    return entry if len(entry) <= MAX_ENTRY_OCTETS else BY_DIGEST + sha256(entry).hexdigest().encode()
