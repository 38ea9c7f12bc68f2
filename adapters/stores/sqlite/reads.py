"""The questions: each a named statement and a function on a read-only connection.

The idea behind the statements: every one is answered from an index. A partial index serves only a query that repeats
its condition, and a union of small sorted pieces avoids sorting what nobody asked for.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from adapters.stores import columns
from gateway.journal.chain import Link
from gateway.journal.publishing.head import LogHead
from gateway.vault.port import Destruction

_FULL = ", ".join(columns.FULL)

GET = f"SELECT {_FULL} FROM envelopes WHERE id = ?"  # noqa: S608  # column names of our own
PARTS = "SELECT part, content, mark FROM contents WHERE envelope = ?"
DUE = """
    SELECT id FROM (
        SELECT * FROM (
            SELECT rank, received_at, id FROM envelopes WHERE working = 1 AND due IS NULL
            ORDER BY rank DESC, received_at, id LIMIT :limit)
        UNION ALL
        SELECT * FROM (
            SELECT rank, received_at, id FROM envelopes WHERE working = 1 AND due IS NOT NULL AND due <= :now
            ORDER BY rank DESC, received_at, id LIMIT :limit)
    ) ORDER BY rank DESC, received_at, id LIMIT :limit
"""
_OF_EACH = """
    WITH RECURSIVE offices (rank, counterpart) AS (
        SELECT rank, counterpart FROM (
            SELECT rank, counterpart FROM envelopes WHERE {condition} ORDER BY rank, counterpart LIMIT 1)
        UNION ALL
        SELECT following.rank, following.counterpart FROM offices JOIN envelopes AS following ON following.id = (
            SELECT id FROM envelopes WHERE {condition} AND (rank, counterpart) > (offices.rank, offices.counterpart)
            ORDER BY rank, counterpart LIMIT 1))
    SELECT envelopes.id, offices.counterpart, offices.rank FROM offices JOIN envelopes ON envelopes.id IN (
        SELECT id FROM envelopes WHERE {condition} {ready}
            AND rank = offices.rank AND counterpart = offices.counterpart
        ORDER BY {order}, id LIMIT :each)
"""
"""Steps from office to office along the index, and reads the first of each: nobody's pile is read through."""
NEW_OF_EACH = _OF_EACH.format(condition="working = 1 AND due IS NULL", ready="", order="received_at")
LATER_OF_EACH = _OF_EACH.format(condition="working = 1 AND due IS NOT NULL", ready="AND due <= :now", order="due")
BACKLOG = """
    SELECT rank > 0, count(*), min(received_at) FROM envelopes WHERE working = 1 AND due IS NULL GROUP BY rank > 0
    UNION ALL
    SELECT rank > 0, count(*), min(due) FROM envelopes WHERE working = 1 AND due IS NOT NULL GROUP BY rank > 0
"""
ARRIVALS = """
    SELECT counterpart, count(*) FROM envelopes
    WHERE id >= ? AND id < ? AND direction = 'inbound' AND NOT test AND kind <> 'canary' GROUP BY counterpart
"""
"""Ids grow with time."""
NEXT_DUE = "SELECT min(due) FROM envelopes WHERE working = 1 AND due IS NOT NULL AND due > ?"
COUNTS = "SELECT direction, state, count(*) FROM envelopes GROUP BY direction, state"
STANDINGS = "SELECT id, direction, state FROM envelopes WHERE id > ? ORDER BY id LIMIT ?"
ACCEPTED = "SELECT accepted FROM standing"
HEAD = "SELECT number, hash FROM standing"
LOG_HEAD = "SELECT size, hash, note FROM log"
TIMELINE = "SELECT number, before, hash, entry FROM journal WHERE envelope = ? AND envelope <> '' ORDER BY number"
JOURNAL = "SELECT number, before, hash, entry FROM journal WHERE number > ? ORDER BY number LIMIT ?"

PERSONAL = """
    SELECT number, entry, opening FROM journal_personal JOIN journal USING (number)
    WHERE number IN (SELECT value FROM json_each(?))
"""
KEYS = "SELECT subject, key FROM subject_keys WHERE subject IN (SELECT value FROM json_each(?))"
DESTROYED = """
    SELECT subject, min(destroyed_at), rule FROM subject_keys
    WHERE subject IN (SELECT value FROM json_each(?)) AND destroyed_at IS NOT NULL GROUP BY subject
"""


def get(connection: sqlite3.Connection, envelope: str) -> tuple[Sequence[Any], list[columns.Part]] | None:
    connection.execute("BEGIN")  # both statements see the same moment
    try:
        found = connection.execute(GET, (envelope,)).fetchone()
        parts = connection.execute(PARTS, (envelope,)).fetchall()
    finally:
        connection.execute("COMMIT")
    return (found, parts) if found else None


def due(connection: sqlite3.Connection, now: int, limit: int) -> list[str]:
    return [found for (found,) in connection.execute(DUE, {"now": now, "limit": limit})]


def waiting(connection: sqlite3.Connection, now: int, each: int) -> list[tuple[str, str, int, bool]]:
    """Id, counterpart, rank and whether it had waited for a time."""
    new = [(*found, False) for found in connection.execute(NEW_OF_EACH, {"each": each})]
    return [*new, *((*found, True) for found in connection.execute(LATER_OF_EACH, {"now": now, "each": each}))]


def backlog(connection: sqlite3.Connection) -> list[tuple[bool, int, int]]:
    return connection.execute(BACKLOG).fetchall()


def arrivals(connection: sqlite3.Connection, since: str, until: str) -> dict[str, int]:
    return dict(connection.execute(ARRIVALS, (since, until)))


def next_due(connection: sqlite3.Connection, now: int) -> int | None:
    found: int | None = connection.execute(NEXT_DUE, (now,)).fetchone()[0]
    return found


def counts(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    return {(direction, state): count for direction, state, count in connection.execute(COUNTS)}


def standings(connection: sqlite3.Connection, after: str, limit: int) -> list[tuple[str, str, str]]:
    found = connection.execute(STANDINGS, (after, max(limit, 0)))
    return [(str(envelope), str(way), str(state)) for envelope, way, state in found]


def accepted(connection: sqlite3.Connection) -> int:
    return int(connection.execute(ACCEPTED).fetchone()[0])


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    number, own = connection.execute(HEAD).fetchone()
    return number, own


def log_head(connection: sqlite3.Connection) -> LogHead:
    size, own, note = connection.execute(LOG_HEAD).fetchone()
    return LogHead(size=size, hash=own, note=bytes(note))


def timeline(connection: sqlite3.Connection, envelope: str) -> list[Link]:
    return [columns.link(found) for found in connection.execute(TIMELINE, (envelope,))]


def journal(connection: sqlite3.Connection, after: int, limit: int) -> list[Link]:
    return [columns.link(found) for found in connection.execute(JOURNAL, (after, limit))]


def personal(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[tuple[int, bytes, bytes]]:
    return connection.execute(PERSONAL, (json.dumps(list(numbers)),)).fetchall()


def keys(connection: sqlite3.Connection, subjects: Sequence[str]) -> list[tuple[str, int]]:
    return connection.execute(KEYS, (json.dumps(list(subjects)),)).fetchall()


def destroyed(connection: sqlite3.Connection, subjects: Sequence[str]) -> dict[str, Destruction]:
    found = connection.execute(DESTROYED, (json.dumps(list(subjects)),))
    return {subject: Destruction(at=columns.moment(at), rule=rule) for subject, at, rule in found}
