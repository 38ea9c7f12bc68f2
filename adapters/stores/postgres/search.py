"""Finding envelopes: a statement built from fixed pieces. Values are always bound; column names are our own.

PostgreSQL knows how many rows each condition leaves and chooses among the indexes itself.
"""

from __future__ import annotations

from typing import Any

import asyncpg

from adapters.stores import columns
from adapters.stores.sealing import PLAIN, Seals
from gateway.ledger import Query

_STANDING = ", ".join(columns.STANDING)
_TEXT = " UNION ".join([
    "SELECT id FROM envelopes WHERE id = {0}",
    "SELECT id FROM envelopes WHERE digest = {0}",
    *(
        f"SELECT id FROM envelopes WHERE {column} IN ({{0}}, {{1}}) AND {column} <> ''"  # noqa: S608
        for column in ("message_id", "our_reference", "exchange", "reference")
    ),
])  # fmt: skip


async def find(connection: asyncpg.Connection, query: Query, seals: Seals) -> list[tuple[Any, ...]]:
    statement, values = search(query, seals)
    return [tuple(found) for found in await connection.fetch(statement, *values)]


def search(query: Query, seals: Seals = PLAIN) -> tuple[str, list[Any]]:
    """The statement for a query and its values."""
    values: list[Any] = [max(query.limit, 0)]

    def bound(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    conditions = [
        f"{column} = {bound(columns.sought(column, wanted, seals))} AND {column} <> ''"
        for column in ("exchange", "cause", "message_id", "counterpart", "format")
        if (wanted := getattr(query, column))
    ]
    if query.direction:
        conditions.append(f"direction = {bound(query.direction.value)}")
    if query.states:
        conditions.append(f"state = ANY({bound(list(query.states))}::text[])")
    if query.before_id:
        conditions.append(f"id < {bound(columns.text(query.before_id))}")
    if query.text:
        wanted = columns.text(query.text)
        conditions.append(f"id IN ({_TEXT.format(bound(wanted), bound(seals.token(wanted)))})")
    where = " AND ".join(conditions) or "true"
    return f"SELECT {_STANDING} FROM envelopes WHERE {where} ORDER BY id DESC LIMIT $1", values  # noqa: S608
