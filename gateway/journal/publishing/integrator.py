"""The one writer of the log: reads new entries in the order of their numbers, writes tiles, signs a checkpoint, publishes it.

Every round begins from what is durable and ends in one write of the ledger, which names the checkpoint that it continues and the lease by
which it was made. A crash at any point leaves tiles that nothing speaks of yet; the next round writes the same ones. There is no repair:
taking up what stands is the way it always works. When what stands does not agree, nothing is signed, a person is called, and messages go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from gateway.errors import Misconfigured, Unavailable
from gateway.journal.chain import faults
from gateway.journal.entry import Entry
from gateway.journal.publishing.doubt import (
    CHECKPOINT_AHEAD,
    CHECKPOINT_FALSE,
    CHECKPOINT_FORKED,
    JOURNAL_BROKEN,
    JOURNAL_CUT,
    KEY_FOREIGN,
    KEY_MISSING,
    Doubt,
)
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.growth import Growth
from gateway.journal.publishing.head import LeaseLost, LogHead
from gateway.journal.publishing.keys import JOURNAL, LogKeys
from gateway.journal.tree.checkpoints import Checkpoint, opened, signed
from gateway.journal.tree.notes import NoteInvalid, NoteSigner, VerifierKey
from gateway.ledger import Ledger
from gateway.ports import Clock

LOOK_EVERY: Final = timedelta(milliseconds=250)
PUBLISH_EVERY: Final = timedelta(milliseconds=500)
"""An event is under a checkpoint within the second: half a second until the next one, the rest for making it."""
LEASE: Final = timedelta(seconds=30)
DOUBT_AGAIN: Final = timedelta(seconds=30)
"""When what did not agree is looked at again: somebody may have put the right file back."""
TROUBLE_AGAIN: Final = timedelta(seconds=2)
"""After a disk or a store that did not answer."""
LATE: Final = timedelta(seconds=60)
BATCH: Final = 1024
MAX_ENTRIES_PER_CHECKPOINT: Final = 65_536
log = logging.getLogger(__name__)


class Integrator:
    """Continues the log of one ledger. One for each front; whichever holds the lease writes."""

    def __init__(self, ledger: Ledger, folder: LogFolder, keys: LogKeys, clock: Clock) -> None:
        self._ledger, self._folder, self._keys, self._clock = ledger, folder, keys, clock
        self._task: asyncio.Task[None] | None = None
        self._integrating = asyncio.Lock()
        self._signer: NoteSigner | None = None
        self._late_since: datetime | None = None
        self._lease = (0, clock.now())
        self.doubt: Doubt | None = None
        """Why the log is not continued."""
        self.published_at: datetime | None = None
        self.published: Callable[[], None] = lambda: None
        """Called when there is a new checkpoint."""

    def start(self) -> None:
        """Begin to integrate."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="log-integrator")

    async def stop(self) -> None:
        """Stop at once; the next start goes on from the last checkpoint."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        async with self._integrating:
            self._folder.unlock()

    async def quiet(self) -> None:
        """Return when every entry is under a checkpoint, or the log is in doubt. For tests and for draining."""
        while await self._round():
            pass

    async def probe(self) -> None:
        """Raise `Unavailable` when the log is not continued, or is far behind."""
        if self.doubt:
            public = "The published log is in doubt and is not continued; messages go on."
            raise Unavailable("log.doubt", public, operator=str(self.doubt))
        since = self._late_since
        if since and self._clock.now() - since > LATE:
            raise Unavailable("log.late", "New entries of the journal have not been published for a minute.")

    # --- rounds

    async def _run(self) -> None:
        while True:
            begun = self._clock.now()
            pause = await self._safely()
            await self._clock.wait_until(begun + pause)

    async def _safely(self) -> timedelta:
        """One round, whatever happens in it; when the next one is due."""
        try:
            more = await self._round()
        except (Unavailable, Misconfigured) as error:
            log.warning("log: %s", error.code)
        except Exception as error:
            log.exception("the log cannot be continued, kind=%s", type(error).__name__)
        else:
            return DOUBT_AGAIN if self.doubt else PUBLISH_EVERY if more else LOOK_EVERY
        self._late_since = self._late_since or self._clock.now()
        return TROUBLE_AGAIN

    async def _round(self) -> bool:
        """Publish what is new; whether there was anything, or may be at once."""
        async with self._integrating:
            try:
                done = await self._continued()
            except Doubt as doubt:
                await self._say(doubt)
                return False
            except LeaseLost:
                self._lease = (0, self._clock.now())
                return True
            await self._say(None)
            return done

    async def _continued(self) -> bool:
        head = await self._ledger.log_head()
        number, _ = await self._ledger.head()
        if number < head.size:
            words = f"the journal ends there, and the log has {head.size} entries"
            raise Doubt(JOURNAL_CUT, f"entry {number + 1}", words)
        if not self._folder.lock():
            return False
        if number == head.size:
            self._late_since = None
            await self._shown(head)
            return False
        now = self._clock.now()
        token = await self._leading(now)
        if not token:
            return False
        self._late_since = self._late_since or now
        signer = self._own_key(head)
        before = last_checkpoint(head, signer.verifier)
        compare_published(self._folder.checkpoint(), before, signer.verifier)
        growth = await asyncio.to_thread(Growth.taken_up, self._folder, before)
        hash_ = await self._grown(growth, head, number)
        note = signed(Checkpoint(origin=signer.name, size=growth.size, root=growth.root()), signer).content()
        await asyncio.to_thread(growth.settle)
        await self._ledger.publish_log(LogHead(size=growth.size, hash=hash_, note=note), head.size, token)
        await asyncio.to_thread(self._folder.publish, note)
        await asyncio.to_thread(growth.tidy)
        self.published_at, self._late_since = self._clock.now(), None
        self.published()
        return True

    async def _leading(self, now: datetime) -> int:
        """The token of our lease, 0 while another front leads. Renewed when half of it is over: each renewal is a write."""
        token, until = self._lease
        if not token or until - now < LEASE / 2:
            token = await self._ledger.lease_log(self._folder.holder, now, now + LEASE)
            self._lease = (token, now + LEASE)
        return token

    async def _shown(self, head: LogHead) -> None:
        """Put the ledger's checkpoint in its place where a crash came in between."""
        published = self._folder.checkpoint()
        if published != head.note:
            key = self._own_key(head).verifier
            compare_published(published, last_checkpoint(head, key), key)
            await asyncio.to_thread(self._folder.publish, head.note)

    async def _grown(self, growth: Growth, head: LogHead, number: int) -> str:
        """Add what the journal has beyond the log, up to a limit; the hash of the chain there."""
        hash_, until = head.hash, min(number, head.size + MAX_ENTRIES_PER_CHECKPOINT)
        while growth.size < until:
            links = await self._ledger.journal(growth.size, min(BATCH, until - growth.size))
            fault = next(faults(links, growth.size, hash_), None)
            if fault or not links:
                place = fault.number if fault else growth.size + 1
                raise Doubt(JOURNAL_BROKEN, f"entry {place}", fault.fault if fault else "is not there")
            await asyncio.to_thread(growth.extend_links, links)
            hash_ = links[-1].hash
        return hash_

    def _own_key(self, head: LogHead) -> NoteSigner:
        if self._signer is None:
            self._signer = self._keys.signer(JOURNAL) if head.size else self._keys.made(JOURNAL)
        if self._signer is None:
            raise Doubt(
                KEY_MISSING, str(self._keys.public_file(JOURNAL)), "the key with which the log was signed is not there"
            )
        return self._signer

    async def _say(self, doubt: Doubt | None) -> None:
        """Journal a doubt once, and once that it is over."""
        before, self.doubt = self.doubt, doubt
        now = self._clock.now()
        if doubt and (before is None or (before.code, before.place) != (doubt.code, doubt.place)):
            log.error("the log is not continued: %s at %s", doubt.code, doubt.place)
            details = (("place", doubt.place), ("why", doubt.words))
            await self._ledger.record([Entry(event="log.doubted", at=now, reason=doubt.code, details=details)])
        elif before and doubt is None:
            await self._ledger.record([Entry(event="log.resumed", at=now, details=(("after", before.code),))])


def last_checkpoint(head: LogHead, key: VerifierKey) -> Checkpoint | None:
    """What the ledger says was published last, None for nothing; raises `Doubt` when this key did not sign it so."""
    if not head.size and not head.note:
        return None
    try:
        checkpoint, _ = opened(head.note, key)
    except NoteInvalid as error:
        raise Doubt(CHECKPOINT_FALSE, "ledger", f"its last checkpoint is not one of {key.name}: {error}") from error
    if checkpoint.size != head.size:
        raise Doubt(
            CHECKPOINT_FALSE, "ledger", f"its last checkpoint is of {checkpoint.size} entries, not of {head.size}"
        )
    return checkpoint


def compare_published(note: bytes, kept: Checkpoint | None, key: VerifierKey) -> None:
    """Raise `Doubt` unless the note in the folder is the ledger's last, or one from before it: then a crash came between the two."""
    if not note:
        return
    try:
        published, _ = opened(note, key)
    except NoteInvalid as error:
        code = KEY_FOREIGN if "no key" in str(error) else CHECKPOINT_FALSE
        raise Doubt(code, "checkpoint", f"is not a checkpoint of {key.name}: {error}") from error
    size = kept.size if kept else 0
    if published.size > size:
        words = f"was published for {published.size} entries, and the ledger knows of {size}: it was put back to an earlier state"
        raise Doubt(CHECKPOINT_AHEAD, "checkpoint", words)
    if kept and published.size == size and published.root != kept.root:
        raise Doubt(
            CHECKPOINT_FORKED, "checkpoint", f"has another root for {size} entries than the ledger: the log was forked"
        )
