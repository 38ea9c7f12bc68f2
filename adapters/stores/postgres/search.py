"""Finding envelopes: a statement built from fixed pieces. Values are always bound; column names are our own.

PostgreSQL knows how many rows each condition leaves and chooses among the indexes itself.
"""

from __future__ import annotations

from typing import Any

import asyncpg

from adapters.stores import columns
from gateway.ledger import Query, Summary

_STANDING = ", ".join(columns.STANDING)
_TEXT = " UNION ".join([
    "SELECT id FROM envelopes WHERE id = {0}",
    "SELECT id FROM envelopes WHERE digest = {0}",
    *(
        f"SELECT id FROM envelopes WHERE {column} = {{0}} AND {column} <> ''"  # noqa: S608
        for column in ("message_id", "our_reference", "exchange", "reference")
    ),
])  # fmt: skip


async def find(connection: asyncpg.Connection, query: Query) -> list[Summary]:
    statement, values = search(query)
    return [columns.summary(tuple(found)) for found in await connection.fetch(statement, *values)]


def search(query: Query) -> tuple[str, list[Any]]:
    """The statement for a query and its values."""
    values: list[Any] = [max(query.limit, 0)]

    def bound(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    conditions = [
        f"{column} = {bound(columns.text(wanted))} AND {column} <> ''"
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
        conditions.append(f"id IN ({_TEXT.format(bound(columns.text(query.text)))})")
    where = " AND ".join(conditions) or "true"
    return f"SELECT {_STANDING} FROM envelopes WHERE {where} ORDER BY id DESC LIMIT $1", values  # noqa: S608
