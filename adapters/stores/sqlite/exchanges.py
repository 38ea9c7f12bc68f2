"""Exchanges in SQLite: what a request does to their tables, and the questions about them.

The idea of the questions: each kind of condition has its own index, the narrowest that is asked takes it, everything
else filters.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from adapters.stores import keeping
from adapters.stores.columns import text
from adapters.stores.sealing import Seals
from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.exchanges.matter import Matter, MatterQuery, exchanges_of, touched
from gateway.ledger import StaleMove

Do = Callable[..., sqlite3.Cursor]


# --- writing -------------------------------------------------------------------------------------------------------


def refuse_stale(do: Do, exchange: str, revision: int) -> None:
    """Raise `StaleMove` unless the exchange stands at this revision; 0 is that of one that is not there."""
    found = do("SELECT revision FROM matters WHERE exchange = ?", (text(exchange),)).fetchone()
    if (found[0] if found else 0) != revision:
        raise StaleMove(f"the exchange {exchange} has not the revision {revision} any more")


def tell(do: Do, seals: Seals, steps: Sequence[Step], happened: Sequence[Happened], at: datetime) -> None:
    """Keep these and make their matters due at once."""
    for step in steps:
        do(KEEP_STEP, keeping.step_row(step, seals))
    for exchange in exchanges_of(steps, _keep_happened(do, seals, happened)):
        keep_matter(do, seals, touched(_matter(do, seals, exchange), exchange, steps, at))


def record(do: Do, seals: Seals, happened: Sequence[Happened], at: datetime) -> None:
    """Keep what a person recorded; raises `ValueError` for an exchange that is not there."""
    if any(_matter(do, seals, each.exchange) is None for each in happened):
        raise ValueError("a happening is recorded for an exchange that is there, with an entry that explains it")
    tell(do, seals, (), happened, at)


def conclude(
    do: Do, seals: Seals, matter: Matter, happened: Sequence[Happened], expected_revision: int, *, explained: bool
) -> None:
    """Keep what clocks brought about, or open an exchange where an entry explains it; `refuse_stale` comes first."""
    if not explained and _matter(do, seals, matter.exchange) is None:
        raise StaleMove(f"the exchange {matter.exchange} is not there, and no entry says why it is opened")
    _keep_happened(do, seals, happened)
    keep_matter(do, seals, replace(matter, revision=expected_revision + 1))


def _keep_happened(do: Do, seals: Seals, happened: Sequence[Happened]) -> list[Happened]:
    """Those that were not known before."""
    return [each for each in happened if do(KEEP_HAPPENED, keeping.happened_row(each, seals)).rowcount == 1]


def keep_matter(do: Do, seals: Seals, matter: Matter) -> None:
    do(KEEP_MATTER, keeping.matter_row(matter, seals))
    for counterpart in matter.counterparts:
        do(KEEP_COUNTERPART, (counterpart, text(matter.exchange)))


def _matter(do: Do, seals: Seals, exchange: str) -> Matter | None:
    found = do(MATTER, (text(exchange),)).fetchone()
    return keeping.matter(exchange, found[1], found[2], seals) if found else None


# --- reading -------------------------------------------------------------------------------------------------------


def exchange(connection: sqlite3.Connection, exchange: str) -> keeping.KeptRows:
    connection.execute("BEGIN")  # all three see the same moment
    try:
        steps = connection.execute(STEPS, (text(exchange),)).fetchall()
        happened = connection.execute(HAPPENED, (text(exchange),)).fetchall()
        matter = connection.execute(MATTER, (text(exchange),)).fetchone()
    finally:
        connection.execute("COMMIT")
    return keeping.KeptRows(steps, happened, matter)


def matters(connection: sqlite3.Connection, query: MatterQuery, seals: Seals) -> list[keeping.Stored]:
    """By the key as a token and as an older ledger has it: two look-ups, each in the order of its index."""
    found: dict[str, keeping.Stored] = {}
    for key in dict.fromkeys((seals.searched(text(query.key)), text(query.key))):
        statement, values = search(replace(query, key=key))
        found |= {row[0]: row for row in connection.execute(statement, values)}
    return [found[exchange] for exchange in sorted(found, reverse=True)[: max(query.limit, 0)]]


def search(query: MatterQuery) -> tuple[str, dict[str, Any]]:
    """The statement for a query and its values."""
    values: dict[str, Any] = {"limit": max(query.limit, 0)}
    conditions, source = [], "matters"
    few = bool(query.key) or query.closed is False or query.overdue is True
    by_counterpart = bool(query.counterpart) and not few
    if query.counterpart:
        source = "matter_counterparts CROSS JOIN matters USING (exchange)" if by_counterpart else source
        conditions.append("counterpart = :counterpart" if by_counterpart else AMONG)
        values["counterpart"] = text(query.counterpart)
    if query.key:
        conditions.append("key = :key AND key <> ''")
        values["key"] = text(query.key)
    if query.family:
        # Almost every matter is of one family: where something narrower is asked, its index is the better one.
        conditions.append("+family = :family" if few or query.counterpart else "family = :family")
        values["family"] = text(query.family)
    if query.closed is not None:
        # The overdue are fewer than the open.
        other = query.key or by_counterpart or query.overdue
        conditions.append(f"{'+' if other else ''}closed = {int(query.closed)}")
    if query.overdue is not None:
        conditions.append(f"{'+' if query.key or by_counterpart else ''}overdue = {int(query.overdue)}")
    if query.before:
        conditions.append("exchange < :before")
        values["before"] = text(query.before)
    where = " AND ".join(conditions) or "1"
    return f"SELECT exchange, matter, words FROM {source} WHERE {where} ORDER BY exchange DESC LIMIT :limit", values  # noqa: S608


def due(connection: sqlite3.Connection, now: int, limit: int) -> list[str]:
    return [found for (found,) in connection.execute(DUE, (now, max(limit, 0)))]


def next_look(connection: sqlite3.Connection) -> int | None:
    found: int | None = connection.execute(NEXT_LOOK).fetchone()[0]
    return found


# --- statements ----------------------------------------------------------------------------------------------------

KEEP_STEP = """
    INSERT INTO steps (envelope, exchange, known_at, step, words) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (envelope) DO UPDATE SET exchange = excluded.exchange, known_at = excluded.known_at, step = excluded.step,
        words = excluded.words
"""
KEEP_HAPPENED = "INSERT INTO happened (exchange, id, at, happened, words) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
KEEP_MATTER = """
    INSERT INTO matters (exchange, family, key, closed, overdue, next_look_at, revision, matter, words)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (exchange) DO UPDATE SET
        family = excluded.family, key = excluded.key, closed = excluded.closed, overdue = excluded.overdue,
        next_look_at = excluded.next_look_at, revision = excluded.revision, matter = excluded.matter,
        words = excluded.words
"""
KEEP_COUNTERPART = "INSERT INTO matter_counterparts (counterpart, exchange) VALUES (?, ?) ON CONFLICT DO NOTHING"
MATTER = "SELECT exchange, matter, words FROM matters WHERE exchange = ?"
STEPS = "SELECT exchange, step, words FROM steps WHERE exchange = ? ORDER BY known_at, envelope"
HAPPENED = "SELECT exchange, happened, words FROM happened WHERE exchange = ? ORDER BY at, id"
AMONG = """EXISTS (
    SELECT 1 FROM matter_counterparts AS one WHERE one.counterpart = :counterpart AND one.exchange = matters.exchange
)"""
DUE = """
    SELECT exchange FROM matters WHERE next_look_at IS NOT NULL AND next_look_at <= ?
    ORDER BY next_look_at, exchange LIMIT ?
"""
NEXT_LOOK = "SELECT min(next_look_at) FROM matters WHERE next_look_at IS NOT NULL"
