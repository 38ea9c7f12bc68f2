"""Exchanges in PostgreSQL: what has to be known of them, what is written, and the questions about them."""

from __future__ import annotations

from typing import Any

import asyncpg
from msgspec.structs import replace

from adapters.stores import keeping
from adapters.stores.asking import Needs
from adapters.stores.columns import text
from adapters.stores.draft import Changes, Known
from adapters.stores.sealing import Seals
from gateway.exchanges.matter import MatterQuery

# --- writing -------------------------------------------------------------------------------------------------------


async def know(connection: asyncpg.Connection, needs: Needs, known: Known, seals: Seals) -> None:
    """Read what has to be known of exchanges, under the lock that the caller holds."""
    for exchange, stored, words in await connection.fetch(MATTERS, list(needs.exchanges)) if needs.exchanges else ():
        known.exchanges[exchange] = keeping.matter(exchange, stored, words, seals)
    if needs.happened:
        exchanges, ids = zip(*needs.happened, strict=True)
        found = await connection.fetch(KNOWN_HAPPENED, list(exchanges), list(ids))
        known.happened.update((exchange, own) for exchange, own in found)


def statements(changes: Changes, seals: Seals) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """Each statement with its rows, in an order that the references between the tables allow."""
    matters = list(changes.exchanges.values())
    counterparts = [(each, text(matter.exchange)) for matter in matters for each in matter.counterparts]
    return [
        (KEEP_STEP, [keeping.step_row(step, seals) for step in changes.steps]),
        (KEEP_HAPPENED, [keeping.happened_row(each, seals) for each in changes.happened]),
        (KEEP_MATTER, [keeping.matter_row(matter, seals) for matter in matters]),
        (KEEP_COUNTERPART, counterparts),
    ]


# --- reading -------------------------------------------------------------------------------------------------------


async def exchange(connection: asyncpg.Connection, exchange: str) -> keeping.KeptRows:
    async with connection.transaction(isolation="repeatable_read", readonly=True):  # all three see the same moment
        steps = await connection.fetch(STEPS, text(exchange))
        happened = await connection.fetch(HAPPENED, text(exchange))
        matter = await connection.fetchrow(MATTER, text(exchange))
    return keeping.KeptRows(
        [tuple(row) for row in steps], [tuple(row) for row in happened], tuple(matter) if matter else None
    )


async def matters(connection: asyncpg.Connection, query: MatterQuery, seals: Seals) -> list[keeping.Stored]:
    """By the key as a token and as an older ledger has it."""
    found: dict[str, keeping.Stored] = {}
    for key in dict.fromkeys((seals.searched(text(query.key)), text(query.key))):
        statement, values = search(replace(query, key=key))
        found |= {row[0]: tuple(row) for row in await connection.fetch(statement, *values)}
    return [found[exchange] for exchange in sorted(found, reverse=True)[: max(query.limit, 0)]]


def search(query: MatterQuery) -> tuple[str, list[Any]]:
    """The statement for a query and its values. PostgreSQL chooses among the indexes itself."""
    values: list[Any] = [max(query.limit, 0)]
    conditions = []

    def bound(value: str) -> str:
        values.append(text(value))
        return f"${len(values)}"

    if query.counterpart:
        conditions.append(
            "EXISTS (SELECT 1 FROM matter_counterparts AS one "  # noqa: S608
            f"WHERE one.counterpart = {bound(query.counterpart)} AND one.exchange = matters.exchange)"
        )
    if query.key:
        conditions.append(f"key = {bound(query.key)} AND key <> ''")
    if query.family:
        conditions.append(f"family = {bound(query.family)}")
    if query.closed is not None:
        conditions.append("closed" if query.closed else "NOT closed")
    if query.overdue is not None:
        conditions.append("overdue" if query.overdue else "NOT overdue")
    if query.before:
        conditions.append(f"exchange < {bound(query.before)}")
    where = " AND ".join(conditions) or "true"
    return f"SELECT exchange, matter, words FROM matters WHERE {where} ORDER BY exchange DESC LIMIT $1", values  # noqa: S608


async def due(connection: asyncpg.Connection, now: int, limit: int) -> list[str]:
    return [found for (found,) in await connection.fetch(DUE, now, max(limit, 0))]


async def next_look(connection: asyncpg.Connection) -> int | None:
    found: int | None = await connection.fetchval(NEXT_LOOK)
    return found


# --- statements ----------------------------------------------------------------------------------------------------

MATTERS = "SELECT exchange, matter, words FROM matters WHERE exchange = ANY($1::text[])"
KNOWN_HAPPENED = """
    SELECT exchange, id FROM happened JOIN unnest($1::text[], $2::text[]) AS wanted (exchange, id) USING (exchange, id)
"""
KEEP_STEP = """
    INSERT INTO steps (envelope, exchange, known_at, step, words) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (envelope) DO UPDATE SET exchange = excluded.exchange, known_at = excluded.known_at, step = excluded.step,
        words = excluded.words
"""
KEEP_HAPPENED = "INSERT INTO happened (exchange, id, at, happened, words) VALUES ($1, $2, $3, $4, $5)"
KEEP_MATTER = """
    INSERT INTO matters (exchange, family, key, closed, overdue, next_look_at, revision, matter, words)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (exchange) DO UPDATE SET
        family = excluded.family, key = excluded.key, closed = excluded.closed, overdue = excluded.overdue,
        next_look_at = excluded.next_look_at, revision = excluded.revision, matter = excluded.matter,
        words = excluded.words
"""
KEEP_COUNTERPART = "INSERT INTO matter_counterparts (counterpart, exchange) VALUES ($1, $2) ON CONFLICT DO NOTHING"
STEPS = "SELECT exchange, step, words FROM steps WHERE exchange = $1 ORDER BY known_at, envelope"
HAPPENED = "SELECT exchange, happened, words FROM happened WHERE exchange = $1 ORDER BY at, id"
MATTER = "SELECT exchange, matter, words FROM matters WHERE exchange = $1"
DUE = """
    SELECT exchange FROM matters WHERE next_look_at IS NOT NULL AND next_look_at <= $1
    ORDER BY next_look_at, exchange LIMIT $2
"""
NEXT_LOOK = "SELECT min(next_look_at) FROM matters WHERE next_look_at IS NOT NULL"
