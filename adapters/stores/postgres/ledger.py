"""The door of the PostgreSQL store: the contract of `gateway.ledger.Ledger` over a pool of connections.

Writes wait for their durable commit in `writer`; reads take any connection of the pool.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import asyncpg

from adapters.stores import columns, opening
from adapters.stores.asking import (
    Acceptance,
    Conclusion,
    Destroying,
    Happenings,
    Living,
    Numbering,
    Recording,
    Request,
    Steps,
)
from adapters.stores.postgres import exchanges, faults, lifetimes, numbers, reads, schema, search, writes
from adapters.stores.postgres.writer import CANNOT_KEEP, Writer
from adapters.stores.sealing import Sealing, happened_subjects, personal_subjects, subjects_of
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

MAX_CONNECTIONS = 6
"""Of this process: one writes, the others read."""
CONNECT_SECONDS = 10.0
STATEMENT_SECONDS = 30.0
SESSION = {
    "application_name": "spoc-gateway",
    "synchronous_commit": "on",
    # a machine that dies while it holds the end of the chain must not hold it for ever (milliseconds)
    "idle_in_transaction_session_timeout": "30000",
}
CANNOT_LOOK_UP = "The gateway cannot look this up now."
T = TypeVar("T")


class PostgresLedger:
    """Envelopes and journal in one database, which several gateways may share. `url` is `postgresql://…`."""

    name = "postgres"

    def __init__(self, url: str, clock: Clock | None = None, *, keyring: Keyring | None = None) -> None:
        """Without a keyring content stays plain: for tests of the tables."""
        self.keyring = keyring
        self._sealing = Sealing(keyring)
        self._url = url
        self._clock = clock
        self._pool: asyncpg.Pool | None = None
        self._writer = Writer()

    async def start(self) -> None:
        """Open the vault, connect and bring the tables up to date; raises `Unavailable` or `Misconfigured`."""
        await self._sealing.start()
        try:
            await self._connect()
        except BaseException:
            await self._sealing.stop()
            raise

    async def _connect(self) -> None:
        pool = None
        try:
            pool = await asyncpg.create_pool(
                self._url, min_size=1, max_size=MAX_CONNECTIONS, timeout=CONNECT_SECONDS,
                command_timeout=STATEMENT_SECONDS,
                server_settings=SESSION,
            )  # fmt: skip
            async with pool.acquire() as connection:
                await schema.prepare(connection)
        except BaseException as fault:
            if pool:
                pool.terminate()
            if isinstance(fault, faults.SETTINGS):
                raise faults.misconfigured(fault) from fault
            if isinstance(fault, faults.STORE):
                raise faults.unavailable(CANNOT_KEEP, fault) from fault
            raise
        self._pool = pool
        self._writer.start(pool)

    async def stop(self) -> None:
        """Finish what is waiting and disconnect."""
        pool, self._pool = self._pool, None
        await self._writer.stop()
        if pool:
            await pool.close()
        await self._sealing.stop()

    async def probe(self) -> None:
        await self._sealing.probe()
        await self._ask(writes.probe, CANNOT_KEEP)

    async def _write(self, subjects: Iterable[SubjectId], request: Request) -> Any:
        return await self._sealing.written(subjects, lambda seals: self._writer.ask(request, seals))

    async def accept(self, envelope: Envelope, entry: Entry, key: str) -> Accepted:
        subjects = [envelope.id, *personal_subjects([entry])]
        answer: Accepted = await self._write(subjects, Acceptance(envelope, entry, key))
        return answer

    async def commit(self, moves: Sequence[Move]) -> Committed:
        answer: Committed = await self._write(subjects_of(moves), Steps(tuple(moves)))
        return answer

    async def record(self, entries: Sequence[Entry]) -> None:
        await self._write(personal_subjects(entries), Happenings(tuple(entries)))

    async def record_happened(self, happened: Sequence[Happened], entries: Sequence[Entry]) -> None:
        subjects = [*happened_subjects(happened), *personal_subjects(entries)]
        await self._write(subjects, Recording(tuple(happened), tuple(entries)))

    async def conclude(
        self, matter: Matter, happened: Sequence[Happened], entries: Sequence[Entry], expected_revision: int
    ) -> None:
        subjects = [*happened_subjects(happened), *personal_subjects(entries)]
        await self._write(subjects, Conclusion(matter, tuple(happened), tuple(entries), expected_revision))

    async def get(self, envelope: EnvelopeId) -> Row | None:
        found = await self._ask(lambda tables: reads.get(tables, envelope))
        if found is None:
            return None
        values, parts, gone = found
        return await opening.row(self._sealing, values, parts, again=gone)

    async def find(self, query: Query) -> list[Summary]:
        looking = self._sealing.looking()
        found = await self._ask(lambda tables: search.find(tables, query, looking))
        return await opening.summaries(self._sealing, found)

    async def destroy(
        self, subjects: Sequence[SubjectId], destruction: Destruction, entries: Sequence[Entry]
    ) -> tuple[SubjectId, ...]:
        pairs = await self._ask(lambda tables: reads.keys(tables, subjects))
        keys = opening.by_subject(pairs)
        await self._sealing.destroy(keys, destruction)
        await self._write(personal_subjects(entries), Destroying(tuple(pairs), destruction, tuple(entries)))
        return tuple(subject for subject in subjects if subject not in keys)

    async def destroyed(self, subjects: Sequence[SubjectId]) -> Mapping[SubjectId, Destruction]:
        return await self._ask(lambda tables: reads.destroyed(tables, subjects))

    async def personal(self, numbers: Sequence[int]) -> Mapping[int, Openings | Destruction]:
        found = await self._ask(lambda tables: reads.personal(tables, numbers))
        return await opening.personal(self._sealing, found)

    async def due(self, now: datetime, limit: int) -> list[EnvelopeId]:
        return await self._ask(lambda tables: reads.due(tables, columns.microseconds(now), limit))

    async def waiting(self, now: datetime, each: int) -> list[Waiting]:
        found = await self._ask(lambda tables: reads.waiting(tables, columns.microseconds(now), each))
        return [Waiting(id=own, counterpart=office, urgent=rank > 0, again=again) for own, office, rank, again in found]

    async def backlog(self, now: datetime) -> list[Backlog]:
        return columns.backlogs(await self._ask(reads.backlog), now)

    async def arrivals(self, since: datetime, until: datetime) -> dict[str, int]:
        return await self._ask(lambda tables: reads.arrivals(tables, columns.id_at(since), columns.id_at(until)))

    async def next_due(self) -> datetime | None:
        now = columns.microseconds(self._clock.now() if self._clock else datetime.now(UTC))
        found = await self._ask(lambda tables: reads.next_due(tables, now))
        return None if found is None else columns.moment(found)

    async def counts(self) -> dict[tuple[str, str], int]:
        return await self._ask(reads.counts)

    async def standings(self, after: str, limit: int) -> list[tuple[EnvelopeId, str, str]]:
        return await self._ask(lambda tables: reads.standings(tables, after, limit))

    async def accepted(self) -> int:
        return await self._ask(reads.accepted)

    async def timeline(self, envelope: EnvelopeId) -> list[Link]:
        return await self._ask(lambda tables: reads.timeline(tables, envelope))

    async def journal(self, after: int, limit: int) -> list[Link]:
        return await self._ask(lambda tables: reads.journal(tables, after, limit))

    async def head(self) -> tuple[int, str]:
        return await self._ask(reads.head)

    async def log_head(self) -> LogHead:
        return await self._ask(reads.log_head)

    async def lease_log(self, holder: str, now: datetime, until: datetime) -> int:
        moments = columns.microseconds(now), columns.microseconds(until)
        return await self._ask(lambda tables: writes.lease_log(tables, holder, *moments), CANNOT_KEEP)

    async def publish_log(self, head: LogHead, after: int, token: int) -> None:
        await self._ask(lambda tables: writes.publish_log(tables, head, after, token), CANNOT_KEEP)

    async def keep_lifetimes(self, kept: Sequence[Lifetime], entries: Sequence[Entry]) -> None:
        await self._write(personal_subjects(entries), Living(tuple(kept), tuple(entries)))

    async def lifetimes(self, subjects: Sequence[str]) -> dict[str, Lifetime]:
        return await self._ask(lambda tables: lifetimes.known(tables, subjects))

    async def lifetimes_in(self, stage: str, after: str, limit: int) -> list[Lifetime]:
        return await self._ask(lambda tables: lifetimes.in_stage(tables, stage, after, limit))

    async def record_numbers(self, numbered: Sequence[Numbered], entries: Sequence[Entry]) -> None:
        await self._write(personal_subjects(entries), Numbering(tuple(numbered), tuple(entries)))

    async def last_number(self, sender: str, receiver: str) -> int:
        return await self._ask(lambda tables: numbers.last(tables, sender, receiver))

    async def numbers(self, query: NumberQuery) -> list[Numbered]:
        return await self._ask(lambda tables: numbers.numbers(tables, query))

    async def series(self) -> list[tuple[str, str]]:
        return await self._ask(numbers.series)

    async def exchange(self, exchange: str) -> Kept:
        found = await self._ask(lambda tables: exchanges.exchange(tables, exchange))
        return await opening.kept(self._sealing, found)

    async def matters(self, query: MatterQuery) -> list[Matter]:
        looking = self._sealing.looking()
        found = await self._ask(lambda tables: exchanges.matters(tables, query, looking))
        return await opening.matters(self._sealing, found)

    async def matters_due(self, now: datetime, limit: int) -> list[str]:
        return await self._ask(lambda tables: exchanges.due(tables, columns.microseconds(now), limit))

    async def next_look(self) -> datetime | None:
        found = await self._ask(exchanges.next_look)
        return None if found is None else columns.moment(found)

    async def _ask(self, question: Callable[[asyncpg.Connection], Awaitable[T]], public: str = CANNOT_LOOK_UP) -> T:
        if self._pool is None:
            raise Unavailable("ledger.stopped", public, operator="The ledger is not started.")
        try:
            async with faults.borrowed(self._pool) as connection:
                return await question(connection)
        except faults.STORE as fault:
            raise faults.unavailable(public, fault) from fault
