"""Running numbers in PostgreSQL: what has to be known, what is added, and the questions about them."""

from __future__ import annotations

from typing import Any

import asyncpg

from adapters.stores.asking import Needs
from adapters.stores.columns import microseconds, text
from adapters.stores.draft import Changes, Known
from adapters.stores.numbering import COLUMNS, numbered, row_of
from gateway.numbers.series import Numbered, NumberQuery


async def know(connection: asyncpg.Connection, needs: Needs, known: Known) -> None:
    """Read the ends of series, under the lock that the caller holds."""
    for sender, receiver in needs.series:
        known.series[sender, receiver] = await last(connection, sender, receiver)


def statements(changes: Changes) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """The statement with its rows."""
    return [(KEEP, [row_of(row) for row in changes.numbers])]


async def last(connection: asyncpg.Connection, sender: str, receiver: str) -> int:
    return int(await connection.fetchval(LAST, text(sender), text(receiver)) or 0)


async def numbers(connection: asyncpg.Connection, query: NumberQuery) -> list[Numbered]:
    statement, values = search(query)
    return [numbered(tuple(found)) for found in await connection.fetch(statement, *values)]


async def series(connection: asyncpg.Connection) -> list[tuple[str, str]]:
    return [(sender, receiver) for sender, receiver in await connection.fetch(SERIES)]


def search(query: NumberQuery) -> tuple[str, list[Any]]:
    """The statement for a query and its values: a small sorted piece for each kind."""
    values: list[Any] = [max(query.limit, 0), text(query.sender), text(query.receiver), query.least]
    conditions = ["sender = $2 AND receiver = $3 AND number >= $4"]

    def bound(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    if query.most is not None:
        conditions.append(f"number <= {bound(query.most)}")
    if query.since is not None:
        conditions.append(f"at >= {bound(microseconds(query.since))}")
    if query.before is not None:
        conditions.append(f"at < {bound(microseconds(query.before))}")
    if query.after[0] >= 0:
        number, kind, about = (bound(value) for value in query.after)
        conditions.append(f"number >= {number} AND (number, kind, about) > ({number}, {kind}, {about})")
    way = "DESC" if query.newest_first else "ASC"
    order = f"ORDER BY number {way}, kind {way}, about {way} LIMIT $1"
    where = " AND ".join(conditions)
    if not query.kinds:
        return f"SELECT {_ALL} FROM numbers WHERE {where} {order}", values  # noqa: S608
    pieces = (
        f"(SELECT {_ALL} FROM numbers WHERE {where} AND kind = {bound(kind)} {order})"  # noqa: S608
        for kind in query.kinds
    )
    return f"SELECT {_ALL} FROM ({' UNION ALL '.join(pieces)}) AS found {order}", values  # noqa: S608


_ALL = ", ".join(COLUMNS)

# --- statements ----------------------------------------------------------------------------------------------------

KEEP = f"""
    INSERT INTO numbers ({", ".join(COLUMNS)}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
"""  # noqa: S608
LAST = "SELECT max(number) FROM numbers WHERE sender = $1 AND receiver = $2 AND kind = 'given'"
SERIES = """
    WITH RECURSIVE each AS (
        (SELECT sender, receiver FROM numbers ORDER BY sender, receiver LIMIT 1)
        UNION ALL
        SELECT following.sender, following.receiver FROM each, LATERAL (
            SELECT sender, receiver FROM numbers WHERE (sender, receiver) > (each.sender, each.receiver)
            ORDER BY sender, receiver LIMIT 1
        ) AS following
    ) SELECT sender, receiver FROM each
"""
