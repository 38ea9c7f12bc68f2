"""The door of the SQLite store: the contract of `gateway.ledger.Ledger`, kept by one writer thread and a few readers.

Writes wait for their durable commit in `writer`; reads go to read-only connections in a small pool of threads, so that
neither the event loop nor a long search holds up a write.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from adapters.stores import columns, opening
from adapters.stores.sealing import Sealing, happened_subjects, personal_subjects, subjects_of
from adapters.stores.sqlite import exchanges, lifetimes, numbers, reads, schema, search
from adapters.stores.sqlite.owner import Ownership
from adapters.stores.sqlite.writer import Writer
from adapters.stores.sqlite.writes import Writes
from gateway.dialogues.happened import Happened
from gateway.envelope import Envelope
from gateway.errors import Unavailable
from gateway.exchanges.matter import Kept, Matter, MatterQuery
from gateway.handover import Accepted
from gateway.identity import EnvelopeId
from gateway.journal.chain import Link
from gateway.journal.commitments import Openings
from gateway.journal.entry import Entry
from gateway.journal.publishing.head import LogHead
from gateway.ledger import Backlog, Committed, Move, Query, Row, Summary, Waiting
from gateway.numbers.series import Numbered, NumberQuery
from gateway.ports import Clock
from gateway.protection.retention.lifetime import Lifetime
from gateway.vault.keyring import Keyring
from gateway.vault.port import Destruction
from gateway.vault.subjects import SubjectId

READERS = 4
CANNOT_KEEP = "The gateway cannot keep anything now."
T = TypeVar("T")


class SqliteLedger:
    """Envelopes and journal in one file. `read_only` opens it beside a running owner, for proofs and searches."""

    name = "sqlite"

    def __init__(
        self, path: Path, clock: Clock | None = None, *, read_only: bool = False, keyring: Keyring | None = None
    ) -> None:
        """Without a keyring content stays plain: for tests of the tables, and for proofs that read no content."""
        self._path = path
        self.keyring = keyring
        self._sealing = Sealing(keyring)
        self._clock = clock
        self._read_only = read_only
        self._ownership = Ownership(path)
        self._writer = Writer(path)
        self._readers = _Readers(path)
        self._identity: tuple[int, int] | None = None

    async def start(self) -> None:
        """Open vault and file; raises `Misconfigured` when it has an owner already or is not a ledger of this version."""
        await self._sealing.start()
        try:
            await self._open()
        except BaseException:
            await self._sealing.stop()
            raise

    async def _open(self) -> None:
        if self._read_only:
            await asyncio.to_thread(schema.inspect, self._path)
        else:
            self._ownership.take()
            try:
                await asyncio.to_thread(schema.prepare, self._path)
            except BaseException:
                self._ownership.give_back()
                raise
            self._identity = await asyncio.to_thread(_identity, self._path)
            self._writer.start()
        self._readers.start()

    async def stop(self) -> None:
        """Finish what is waiting, close, let go of the file."""
        await asyncio.to_thread(self._readers.stop)
        await asyncio.to_thread(self._writer.stop)
        self._ownership.give_back()
        await self._sealing.stop()

    async def probe(self) -> None:
        if self._read_only:
            raise _not_for_writing()
        await self._sealing.probe()
        await self._writer.ask(lambda tables: tables.probe())
        if await asyncio.to_thread(_identity, self._path) != self._identity:
            raise Unavailable("ledger.replaced", CANNOT_KEEP, operator=f"{self._path} was moved while in use.")

    async def _write(self, subjects: Iterable[SubjectId], work: Callable[[Writes], T]) -> T:
        if self._read_only:
            raise _not_for_writing()
        return await self._sealing.written(
            subjects, lambda seals: self._writer.ask(lambda tables: work(tables.under(seals)))
        )

    async def accept(self, envelope: Envelope, entry: Entry, key: str) -> Accepted:
        subjects = [envelope.id, *personal_subjects([entry])]
        return await self._write(subjects, lambda tables: tables.accept(envelope, entry, key))

    async def commit(self, moves: Sequence[Move]) -> Committed:
        return await self._write(subjects_of(moves), lambda tables: tables.commit(moves))

    async def record(self, entries: Sequence[Entry]) -> None:
        await self._write(personal_subjects(entries), lambda tables: tables.record(entries))

    async def record_happened(self, happened: Sequence[Happened], entries: Sequence[Entry]) -> None:
        subjects = [*happened_subjects(happened), *personal_subjects(entries)]
        await self._write(subjects, lambda tables: tables.record_happened(happened, entries))

    async def conclude(
        self, matter: Matter, happened: Sequence[Happened], entries: Sequence[Entry], expected_revision: int
    ) -> None:
        subjects = [*happened_subjects(happened), *personal_subjects(entries)]
        await self._write(subjects, lambda tables: tables.conclude(matter, happened, entries, expected_revision))

    async def get(self, envelope: EnvelopeId) -> Row | None:
        found = await self._readers.ask(lambda tables: reads.get(tables, envelope))
        return None if found is None else await opening.row(self._sealing, *found)

    async def find(self, query: Query) -> list[Summary]:
        looking = self._sealing.looking()
        found = await self._readers.ask(lambda tables: search.find(tables, query, looking))
        return await opening.summaries(self._sealing, found)

    async def destroy(
        self, subjects: Sequence[SubjectId], destruction: Destruction, entries: Sequence[Entry]
    ) -> tuple[SubjectId, ...]:
        if self._read_only:
            raise _not_for_writing()
        keys = opening.by_subject(await self._readers.ask(lambda tables: reads.keys(tables, subjects)))
        await self._sealing.destroy(keys, destruction)
        await self._write(personal_subjects(entries), lambda tables: tables.destroyed(keys, destruction, entries))
        return tuple(subject for subject in subjects if subject not in keys)

    async def destroyed(self, subjects: Sequence[SubjectId]) -> Mapping[SubjectId, Destruction]:
        return await self._readers.ask(lambda tables: reads.destroyed(tables, subjects))

    async def personal(self, numbers: Sequence[int]) -> Mapping[int, Openings | Destruction]:
        found = await self._readers.ask(lambda tables: reads.personal(tables, numbers))
        return await opening.personal(self._sealing, found)

    async def due(self, now: datetime, limit: int) -> list[EnvelopeId]:
        return await self._readers.ask(lambda tables: reads.due(tables, columns.microseconds(now), limit))

    async def waiting(self, now: datetime, each: int) -> list[Waiting]:
        found = await self._readers.ask(lambda tables: reads.waiting(tables, columns.microseconds(now), each))
        return [Waiting(id=own, counterpart=office, urgent=rank > 0, again=again) for own, office, rank, again in found]

    async def backlog(self, now: datetime) -> list[Backlog]:
        return columns.backlogs(await self._readers.ask(reads.backlog), now)

    async def arrivals(self, since: datetime, until: datetime) -> dict[str, int]:
        return await self._readers.ask(
            lambda tables: reads.arrivals(tables, columns.id_at(since), columns.id_at(until))
        )

    async def next_due(self) -> datetime | None:
        now = columns.microseconds(self._clock.now() if self._clock else datetime.now(UTC))
        found = await self._readers.ask(lambda tables: reads.next_due(tables, now))
        return None if found is None else columns.moment(found)

    async def counts(self) -> dict[tuple[str, str], int]:
        return await self._readers.ask(reads.counts)

    async def standings(self, after: str, limit: int) -> list[tuple[EnvelopeId, str, str]]:
        return await self._readers.ask(lambda tables: reads.standings(tables, after, limit))

    async def accepted(self) -> int:
        return await self._readers.ask(reads.accepted)

    async def timeline(self, envelope: EnvelopeId) -> list[Link]:
        return await self._readers.ask(lambda tables: reads.timeline(tables, envelope))

    async def journal(self, after: int, limit: int) -> list[Link]:
        return await self._readers.ask(lambda tables: reads.journal(tables, after, limit))

    async def head(self) -> tuple[int, str]:
        return await self._readers.ask(reads.head)

    async def log_head(self) -> LogHead:
        return await self._readers.ask(reads.log_head)

    async def lease_log(self, holder: str, now: datetime, until: datetime) -> int:
        if self._read_only:
            raise _not_for_writing()
        moments = columns.microseconds(now), columns.microseconds(until)
        return await self._writer.ask(lambda tables: tables.lease_log(holder, *moments))

    async def publish_log(self, head: LogHead, after: int, token: int) -> None:
        if self._read_only:
            raise _not_for_writing()
        await self._writer.ask(lambda tables: tables.publish_log(head, after, token))

    async def keep_lifetimes(self, kept: Sequence[Lifetime], entries: Sequence[Entry]) -> None:
        await self._write(personal_subjects(entries), lambda tables: tables.keep_lifetimes(kept, entries))

    async def lifetimes(self, subjects: Sequence[str]) -> dict[str, Lifetime]:
        return await self._readers.ask(lambda tables: lifetimes.known(tables, subjects))

    async def lifetimes_in(self, stage: str, after: str, limit: int) -> list[Lifetime]:
        return await self._readers.ask(lambda tables: lifetimes.in_stage(tables, stage, after, limit))

    async def record_numbers(self, numbered: Sequence[Numbered], entries: Sequence[Entry]) -> None:
        await self._write(personal_subjects(entries), lambda tables: tables.record_numbers(numbered, entries))

    async def last_number(self, sender: str, receiver: str) -> int:
        return await self._readers.ask(lambda tables: numbers.last(tables, sender, receiver))

    async def numbers(self, query: NumberQuery) -> list[Numbered]:
        return await self._readers.ask(lambda tables: numbers.numbers(tables, query))

    async def series(self) -> list[tuple[str, str]]:
        return await self._readers.ask(numbers.series)

    async def exchange(self, exchange: str) -> Kept:
        found = await self._readers.ask(lambda tables: exchanges.exchange(tables, exchange))
        return await opening.kept(self._sealing, found)

    async def matters(self, query: MatterQuery) -> list[Matter]:
        looking = self._sealing.looking()
        found = await self._readers.ask(lambda tables: exchanges.matters(tables, query, looking))
        return await opening.matters(self._sealing, found)

    async def matters_due(self, now: datetime, limit: int) -> list[str]:
        return await self._readers.ask(lambda tables: exchanges.due(tables, columns.microseconds(now), limit))

    async def next_look(self) -> datetime | None:
        found = await self._readers.ask(exchanges.next_look)
        return None if found is None else columns.moment(found)


def _not_for_writing() -> Unavailable:
    return Unavailable("ledger.read-only", CANNOT_KEEP, operator="The ledger was opened for reading only.")


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file the path leads to."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _cannot_look_up(code: str, operator: str) -> Unavailable:
    return Unavailable(code, "The gateway cannot look this up now.", operator=operator)


class _Readers:
    """A few threads, each with its own read-only connection, opened when first asked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads: ThreadPoolExecutor | None = None
        self._own = threading.local()
        self._connections: set[sqlite3.Connection] = set()

    def start(self) -> None:
        self._own = threading.local()
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="ledger-reader")

    def stop(self) -> None:
        threads, self._threads = self._threads, None
        if threads:
            threads.shutdown(wait=True)
        while self._connections:
            self._connections.pop().close()

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        if self._threads is None:
            raise _cannot_look_up("ledger.stopped", "The ledger is not started.")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, question)

    def _answer(self, question: Callable[[sqlite3.Connection], T]) -> T:
        try:
            connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
            if connection is None:
                connection = self._own.connection = schema.connect(self._path, read_only=True)
                self._connections.add(connection)
            return question(connection)
        except (sqlite3.Error, OSError) as fault:
            self._forget()
            raise _cannot_look_up("ledger.unavailable", f"The ledger: {fault}") from fault

    def _forget(self) -> None:
        connection: sqlite3.Connection | None = self._own.__dict__.pop("connection", None)
        if connection:
            self._connections.discard(connection)
            with contextlib.suppress(sqlite3.Error):
                connection.close()
