"""Every kept stamp against the log: the token, whose it is, the checkpoint that it is over, the tree of that size, and the times of entries.

The stamped checkpoints are also a memory of what was signed: each is held against the root that the tiles have for its size.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime

import msgspec

from gateway.errors import GatewayError, Misconfigured, Refused
from gateway.journal.chain import Broken
from gateway.journal.entry import read
from gateway.journal.publishing.doubt import CHECKPOINT_AHEAD, Doubt
from gateway.journal.publishing.examination import LogFault
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.keys import JOURNAL, LogKeys
from gateway.journal.stamping.reasons import SENTENCES, refusal
from gateway.journal.stamping.shelf import STAMPS, Kept, StampShelf, check_kept
from gateway.journal.stamping.stamping import TimestampAuthority
from gateway.journal.stamping.tokens import Stamp
from gateway.journal.tree.checkpoints import Checkpoint, opened
from gateway.journal.tree.notes import NoteInvalid, VerifierKey
from gateway.journal.tree.proofs import root_at
from gateway.journal.tree.tiles import source_of
from gateway.ledger import Ledger


async def examine_stamps(
    ledger: Ledger, folder: LogFolder, keys: LogKeys, authorities: Iterable[TimestampAuthority]
) -> AsyncIterator[LogFault]:
    """Every fault, with its place. Only reads, also beside a running gateway."""
    known = {each.name: each for each in authorities}
    shelf = StampShelf(folder.folder)
    try:
        key = keys.public(JOURNAL)
    except Misconfigured:
        key = None  # told by whoever looks at the log
    size = (await ledger.log_head()).size
    for name in await asyncio.to_thread(shelf.authorities):
        if name not in known:
            code = "stamp.unknown-authority"
            yield LogFault(code=code, place=f"{STAMPS}/{name}", fault=SENTENCES[code])
        elif key:
            look = _Look(folder, key, known[name], size)
            async for fault in look.stamps(ledger, shelf.all(name)):
                yield fault


async def broken_stamps(
    ledger: Ledger, folder: LogFolder, keys: LogKeys, authorities: Iterable[TimestampAuthority], most: int
) -> list[Broken]:
    """The same in the words of `spoc journal verify`, up to a number."""
    found: list[Broken] = []
    async for each in examine_stamps(ledger, folder, keys, authorities):
        found.append(Broken(number=each.number, fault=f"{each.place}: {each.fault} ({each.code})"))
        if len(found) == most:
            break
    return found


class _Look:
    """The stamps of one authority, one after another."""

    def __init__(self, folder: LogFolder, key: VerifierKey, authority: TimestampAuthority, size: int) -> None:
        self._folder, self._key, self._authority, self._size = folder, key, authority, size
        self._before: Stamp | None = None

    async def stamps(self, ledger: Ledger, kept: Iterator[Kept]) -> AsyncIterator[LogFault]:
        """Each fault of each."""
        while True:
            one = await asyncio.to_thread(next, kept, None)
            if one is None:
                return
            try:
                stamp = await asyncio.to_thread(self._judged, one)
                self._compare_times(stamp, await _written(ledger, one.size))
                self._before = stamp
            except Doubt as doubt:
                yield LogFault(code=doubt.code, place=one.place, number=one.size, fault=f"{doubt.place}: {doubt.words}")
            except Refused as error:
                yield LogFault(code=error.code, place=one.place, number=one.size, fault=error.operator)
            except GatewayError as error:
                yield LogFault(code=error.code, place=one.place, number=one.size, fault=error.operator)

    def _judged(self, kept: Kept) -> Stamp:
        stamp = check_kept(kept, self._authority.trust)
        checkpoint = self._checkpoint(kept)
        if checkpoint.size > self._size:
            words = f"{checkpoint.size} entries were stamped, and the ledger knows of {self._size} that are published"
            raise Doubt(CHECKPOINT_AHEAD, kept.place, words)
        if root_at(checkpoint.size, source_of(self._folder.read, self._size)) != checkpoint.root:
            raise refusal("stamp.forked", f"{checkpoint.size} entries")
        return stamp

    def _checkpoint(self, kept: Kept) -> Checkpoint:
        try:
            checkpoint, _ = opened(kept.note, self._key)
        except NoteInvalid as error:
            raise refusal("stamp.checkpoint", str(error)) from error
        if checkpoint.size != kept.size:
            raise refusal("stamp.checkpoint", f"it is of {checkpoint.size} entries")
        return checkpoint

    def _compare_times(self, stamp: Stamp, written: datetime | None) -> None:
        latest = stamp.at + self._authority.tolerance
        if written is not None and written > latest:
            raise refusal(
                "stamp.back-dated",
                f"it tells {stamp.at:%Y-%m-%d %H:%M:%S}, and its last entry {written:%Y-%m-%d %H:%M:%S}",
            )
        if self._before is not None and self._before.at > latest:
            raise refusal("stamp.back-dated", f"it tells {stamp.at:%Y-%m-%d %H:%M:%S}, after one over less at {self._before.at:%Y-%m-%d %H:%M:%S}")  # fmt: skip


async def _written(ledger: Ledger, number: int) -> datetime | None:
    """When an entry says that it was written; None where it cannot be read, which is told where entries are examined."""
    found = await ledger.journal(number - 1, 1)
    try:
        return read(found[0].entry).at if found else None
    except (msgspec.MsgspecError, ValueError):
        return None
