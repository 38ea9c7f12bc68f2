"""Wrapped keys in a PostgreSQL database of their own, one row each.

What a row held before stays in the database until VACUUM has been there, and in its write-ahead log and archives longer; the master
key's rollover is what ends that. See README.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from gateway.errors import Misconfigured, Unavailable
from gateway.vault.port import Destruction, KeyNumber, Rewrap, Slot

MAX_CONNECTIONS: Final = 3
SECONDS: Final = 30.0
LOCK: Final = 0x56415554
"""`VAUT` in ASCII: the key of the advisory lock under which the table is made."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_STORE: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_SETTINGS: Final = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError, ValueError)


class PostgresVault:
    """`url` is `postgresql://…`, another database than the ledger's."""

    name = "postgres"

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: asyncpg.Pool | None = None

    async def start(self) -> None:
        try:
            self._pool = await asyncpg.create_pool(
                self._url, min_size=1, max_size=MAX_CONNECTIONS, timeout=SECONDS, command_timeout=SECONDS,
                server_settings={"application_name": "spoc-vault", "synchronous_commit": "on"},
            )  # fmt: skip
            async with self._connection() as connection, connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
                await _prepare(connection)
        except _SETTINGS as fault:
            await self.stop()
            raise _misconfigured(f"The database of the vault: {type(fault).__name__}.") from fault
        except _STORE as fault:
            await self.stop()
            raise _unavailable(fault) from fault
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        pool, self._pool = self._pool, None
        if pool:
            pool.terminate()

    async def probe(self) -> None:
        async with self._connection() as connection:
            if await connection.fetchval("SELECT pg_is_in_recovery()"):
                raise Unavailable("vault.unavailable", _PUBLIC, operator="The database of the vault takes no writes.")

    async def keep(self, slots: Sequence[Slot]) -> None:
        rows = [(slot.number, slot.master, slot.wrapped) for slot in slots]
        async with self._connection() as connection:
            try:
                async with connection.transaction():
                    await connection.executemany(KEEP, rows)
            except asyncpg.UniqueViolationError as there:
                raise ValueError("this block is there already") from there

    async def find(self, numbers: Sequence[KeyNumber]) -> Mapping[KeyNumber, Slot | Destruction]:
        async with self._connection() as connection:
            return {row[0]: _held(*row) for row in await connection.fetch(FIND, list(numbers))}

    async def destroy(self, numbers: Sequence[KeyNumber], destruction: Destruction) -> None:
        async with self._connection() as connection:
            at = (destruction.at - _EPOCH) // _MICROSECOND
            await connection.execute(DESTROY, list(numbers), at, destruction.rule)
            await connection.execute("VACUUM keys")

    async def rewrap(self, before: str, after: str, rewrap: Rewrap, limit: int) -> int:
        async with self._connection() as connection, connection.transaction():
            rows = await connection.fetch(UNDER, before, limit)
            slots = [Slot(number=number, master=before, wrapped=bytes(wrapped)) for number, wrapped in rows]
            await connection.executemany(REWRAP, [(slot.number, after, rewrap(slot)) for slot in slots])
        return len(rows)

    async def masters(self) -> Mapping[str, int]:
        async with self._connection() as connection:
            return {row[0]: row[1] for row in await connection.fetch(MASTERS)}

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        if self._pool is None:
            raise Unavailable("vault.stopped", _PUBLIC, operator="The vault is not started.")
        try:
            async with self._pool.acquire() as connection:
                yield connection
        except _STORE as fault:
            raise _unavailable(fault) from fault


async def _prepare(connection: asyncpg.Connection) -> None:
    if await connection.fetchval("SELECT to_regclass('envelopes') IS NOT NULL"):
        raise _misconfigured("This is the database of a ledger; the vault needs one of its own.")
    await connection.execute(TABLE)


def _held(number: int, master: str, wrapped: bytes | None, at: int | None, rule: str) -> Slot | Destruction:
    if at is not None:
        return Destruction(at=_EPOCH + _MICROSECOND * at, rule=rule)
    return Slot(number=number, master=master, wrapped=bytes(wrapped or b""))


_PUBLIC: Final = "The gateway cannot keep anything now."


def _unavailable(fault: BaseException) -> Unavailable:
    refusal = Unavailable("vault.unavailable", _PUBLIC, operator=f"The vault: {type(fault).__name__}: {fault}")
    refusal.__cause__ = fault
    return refusal


def _misconfigured(words: str) -> Misconfigured:
    return Misconfigured("vault.unusable", _PUBLIC, operator=words)


# --- statements ----------------------------------------------------------------------------------------------------

TABLE: Final = """
    CREATE TABLE IF NOT EXISTS keys (
        number       bigint PRIMARY KEY,
        master       text   NOT NULL,  -- which master key wraps it
        wrapped      bytea,            -- null: destroyed
        destroyed_at bigint,
        rule         text   NOT NULL DEFAULT '',
        CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
    );
    CREATE INDEX IF NOT EXISTS keys_by_master ON keys (master, number) WHERE wrapped IS NOT NULL
"""
KEEP: Final = "INSERT INTO keys (number, master, wrapped) VALUES ($1, $2, $3)"
FIND: Final = "SELECT number, master, wrapped, destroyed_at, rule FROM keys WHERE number = ANY($1::bigint[])"
DESTROY: Final = """
    UPDATE keys SET wrapped = NULL, destroyed_at = $2, rule = $3
    WHERE number = ANY($1::bigint[]) AND destroyed_at IS NULL
"""
UNDER: Final = """
    SELECT number, wrapped FROM keys WHERE master = $1 AND wrapped IS NOT NULL ORDER BY number LIMIT $2 FOR UPDATE
"""
REWRAP: Final = "UPDATE keys SET master = $2, wrapped = $3 WHERE number = $1 AND wrapped IS NOT NULL"
MASTERS: Final = "SELECT master, count(*) FROM keys WHERE wrapped IS NOT NULL GROUP BY master"
