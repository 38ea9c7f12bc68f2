"""What the ledger keeps of the published log: the last checkpoint, and who may make the next one.

Tiles can be computed again from the entries; a checkpoint cannot be taken back. So it is decided here, in the ledger, in one write that
names what it continues and by which lease.
"""

from __future__ import annotations

from msgspec import Struct

from gateway.journal.chain import GENESIS


class LogHead(Struct, frozen=True, kw_only=True):
    """The last checkpoint: how many entries, the hash of the chain there, and the signed note. An empty note: none was made yet."""

    size: int = 0
    hash: str = GENESIS
    note: bytes = b""


class LeaseLost(Exception):
    """Somebody else leads the log now, or has continued it: read again and decide again."""
