"""The short check of the published log, which costs the same for every size: whether the last checkpoint is ours, stands over the tiles at the
right edge, and speaks of the journal as it is. The long one is `examination`.
"""

from __future__ import annotations

import asyncio

from gateway.errors import Misconfigured
from gateway.journal.chain import Broken
from gateway.journal.publishing.doubt import ENTRY_DIFFERS, KEY_MISSING, Doubt
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.growth import Growth
from gateway.journal.publishing.head import LogHead
from gateway.journal.publishing.integrator import compare_published, last_checkpoint
from gateway.journal.publishing.keys import JOURNAL, LogKeys
from gateway.ledger import Ledger


async def verify_published(ledger: Ledger, folder: LogFolder, keys: LogKeys) -> tuple[int, list[Broken]]:
    """How many entries are under the last checkpoint, and what is wrong with it."""
    published = folder.checkpoint()
    head = await ledger.log_head()
    if not head.note and not published:
        return 0, []
    try:
        await _compare(ledger, folder, keys, head, published)
    except Misconfigured as error:
        return head.size, [Broken(number=head.size, fault=f"published log: {error.operator}")]
    except Doubt as doubt:
        if (await ledger.log_head()).size > head.size:
            return await verify_published(ledger, folder, keys)  # it was continued while we looked
        return head.size, [
            Broken(number=head.size, fault=f"published log: {doubt.place}: {doubt.words} ({doubt.code})")
        ]
    return head.size, []


async def _compare(ledger: Ledger, folder: LogFolder, keys: LogKeys, head: LogHead, published: bytes) -> None:
    key = keys.public(JOURNAL)
    if key is None:
        raise Doubt(KEY_MISSING, str(keys.public_file(JOURNAL)), "the public key of the log is not there")
    checkpoint = last_checkpoint(head, key)
    compare_published(published, checkpoint, key)
    await asyncio.to_thread(Growth.taken_up, folder, checkpoint)
    link = await ledger.journal(head.size - 1, 1) if head.size else []
    if head.size and (not link or link[0].hash != head.hash):
        raise Doubt(ENTRY_DIFFERS, "ledger", "the chain has another hash there than when it was published")
