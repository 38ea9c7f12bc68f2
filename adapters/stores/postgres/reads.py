"""The questions: each a named statement and a function on a connection. Every statement is answered from an index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

from adapters.stores import columns
from gateway.journal.chain import Link
from gateway.journal.publishing.head import LogHead
from gateway.vault.port import Destruction

_FULL = ", ".join(columns.FULL)

GET = f"SELECT {_FULL} FROM envelopes WHERE id = $1"  # noqa: S608  # column names of our own
PARTS = "SELECT part, content, mark FROM contents WHERE envelope = $1"
DUE = """
    SELECT id FROM (
        (SELECT rank, received_at, id FROM envelopes WHERE working AND due IS NULL
         ORDER BY rank DESC, received_at, id LIMIT $2)
        UNION ALL
        (SELECT rank, received_at, id FROM envelopes WHERE working AND due IS NOT NULL AND due <= $1
         ORDER BY rank DESC, received_at, id LIMIT $2)
    ) AS found ORDER BY rank DESC, received_at, id LIMIT $2
"""
_OF_EACH = """
    WITH RECURSIVE offices (rank, counterpart) AS (
        (SELECT rank, counterpart FROM envelopes WHERE {condition} ORDER BY rank, counterpart LIMIT 1)
        UNION ALL
        SELECT following.rank, following.counterpart FROM offices CROSS JOIN LATERAL (
            SELECT rank, counterpart FROM envelopes
            WHERE {condition} AND (rank, counterpart) > (offices.rank, offices.counterpart)
            ORDER BY rank, counterpart LIMIT 1) AS following)
    SELECT own.id, offices.counterpart, offices.rank FROM offices CROSS JOIN LATERAL (
        SELECT id FROM envelopes WHERE {condition} {ready}
            AND rank = offices.rank AND counterpart = offices.counterpart
        ORDER BY {order}, id LIMIT $1) AS own
"""
"""Steps from office to office along the index, and reads the first of each: nobody's pile is read through."""
NEW_OF_EACH = _OF_EACH.format(condition="working AND due IS NULL", ready="", order="received_at")
LATER_OF_EACH = _OF_EACH.format(condition="working AND due IS NOT NULL", ready="AND due <= $2", order="due")
BACKLOG = """
    SELECT rank > 0, count(*), min(received_at) FROM envelopes WHERE working AND due IS NULL GROUP BY rank > 0
    UNION ALL
    SELECT rank > 0, count(*), min(due) FROM envelopes WHERE working AND due IS NOT NULL GROUP BY rank > 0
"""
ARRIVALS = """
    SELECT counterpart, count(*) FROM envelopes
    WHERE id >= $1 AND id < $2 AND direction = 'inbound' AND NOT test AND kind <> 'canary' GROUP BY counterpart
"""
"""Ids grow with time."""
NEXT_DUE = "SELECT min(due) FROM envelopes WHERE working AND due IS NOT NULL AND due > $1"
COUNTS = "SELECT direction, state, count(*) FROM envelopes GROUP BY direction, state"
STANDINGS = "SELECT id, direction, state FROM envelopes WHERE id > $1 ORDER BY id LIMIT $2"
ACCEPTED = "SELECT accepted FROM standing"
HEAD = "SELECT number, hash FROM standing"
LOG_HEAD = "SELECT size, hash, note FROM log"
TIMELINE = "SELECT number, before, hash, entry FROM journal WHERE envelope = $1 AND envelope <> '' ORDER BY number"
JOURNAL = "SELECT number, before, hash, entry FROM journal WHERE number > $1 ORDER BY number LIMIT $2"

GONE = "SELECT EXISTS (SELECT 1 FROM subject_keys WHERE subject = $1 AND destroyed_at IS NOT NULL)"
PERSONAL = """
    SELECT number, entry, opening FROM journal_personal JOIN journal USING (number) WHERE number = ANY($1::bigint[])
"""
KEYS = "SELECT subject, key FROM subject_keys WHERE subject = ANY($1::text[])"
DESTROYED = """
    SELECT DISTINCT ON (subject) subject, destroyed_at, rule FROM subject_keys
    WHERE subject = ANY($1::text[]) AND destroyed_at IS NOT NULL ORDER BY subject, destroyed_at
"""


async def get(connection: asyncpg.Connection, envelope: str) -> tuple[Sequence[Any], list[columns.Part], bool] | None:
    """The row, its parts, and whether a key of it was destroyed, by whichever gateway."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):  # all see the same moment
        found = await connection.fetchrow(GET, envelope)
        if found is None:
            return None
        parts = [tuple(part) for part in await connection.fetch(PARTS, envelope)]
        gone = await connection.fetchval(GONE, envelope)
    return tuple(found), parts, gone


async def due(connection: asyncpg.Connection, now: int, limit: int) -> list[str]:
    return [found for (found,) in await connection.fetch(DUE, now, limit)]


async def waiting(connection: asyncpg.Connection, now: int, each: int) -> list[tuple[str, str, int, bool]]:
    """Id, counterpart, rank and whether it had waited for a time."""
    new = [(*found, False) for found in await connection.fetch(NEW_OF_EACH, each)]
    return [*new, *((*found, True) for found in await connection.fetch(LATER_OF_EACH, each, now))]


async def backlog(connection: asyncpg.Connection) -> list[tuple[bool, int, int]]:
    return [tuple(found) for found in await connection.fetch(BACKLOG)]


async def arrivals(connection: asyncpg.Connection, since: str, until: str) -> dict[str, int]:
    return dict(tuple(found) for found in await connection.fetch(ARRIVALS, since, until))


async def next_due(connection: asyncpg.Connection, now: int) -> int | None:
    found: int | None = await connection.fetchval(NEXT_DUE, now)
    return found


async def counts(connection: asyncpg.Connection) -> dict[tuple[str, str], int]:
    return {(direction, state): count for direction, state, count in await connection.fetch(COUNTS)}


async def standings(connection: asyncpg.Connection, after: str, limit: int) -> list[tuple[str, str, str]]:
    return [tuple(found) for found in await connection.fetch(STANDINGS, after, max(limit, 0))]


async def accepted(connection: asyncpg.Connection) -> int:
    return int(await connection.fetchval(ACCEPTED))


async def head(connection: asyncpg.Connection) -> tuple[int, str]:
    number, own = await connection.fetchrow(HEAD)
    return number, own


async def log_head(connection: asyncpg.Connection) -> LogHead:
    size, own, note = await connection.fetchrow(LOG_HEAD)
    return LogHead(size=size, hash=own, note=bytes(note))


async def timeline(connection: asyncpg.Connection, envelope: str) -> list[Link]:
    return [columns.link(tuple(found)) for found in await connection.fetch(TIMELINE, envelope)]


async def journal(connection: asyncpg.Connection, after: int, limit: int) -> list[Link]:
    return [columns.link(tuple(found)) for found in await connection.fetch(JOURNAL, after, limit)]


async def personal(connection: asyncpg.Connection, numbers: Sequence[int]) -> list[tuple[int, bytes, bytes]]:
    return [tuple(found) for found in await connection.fetch(PERSONAL, list(numbers))]


async def keys(connection: asyncpg.Connection, subjects: Sequence[str]) -> list[tuple[str, int]]:
    return [tuple(found) for found in await connection.fetch(KEYS, list(subjects))]


async def destroyed(connection: asyncpg.Connection, subjects: Sequence[str]) -> dict[str, Destruction]:
    found = await connection.fetch(DESTROYED, list(subjects))
    return {subject: Destruction(at=columns.moment(at), rule=rule) for subject, at, rule in found}
