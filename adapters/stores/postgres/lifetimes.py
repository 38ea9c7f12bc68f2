"""Lifetimes in PostgreSQL: what has to be known of them, what is written, and the questions about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

from adapters.stores.asking import Needs
from adapters.stores.columns import text
from adapters.stores.draft import Changes, Known
from adapters.stores.lifetimes import lifetime, row_of
from gateway.protection.retention.lifetime import Lifetime


async def know(connection: asyncpg.Connection, needs: Needs, known: Known) -> None:
    """Read the revisions, under the lock that the caller holds."""
    if needs.lifetimes:
        known.lifetimes.update(dict(await connection.fetch(REVISIONS, list(needs.lifetimes))))


def statements(changes: Changes) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """The statement with its rows."""
    return [(KEEP, [row_of(life) for life in changes.lifetimes])]


async def known(connection: asyncpg.Connection, subjects: Sequence[str]) -> dict[str, Lifetime]:
    found = await connection.fetch(LIFETIMES, [text(subject) for subject in subjects])
    lifetimes = [lifetime(stored) for (stored,) in found]
    return {life.subject: life for life in lifetimes}


async def in_stage(connection: asyncpg.Connection, stage: str, after: str, limit: int) -> list[Lifetime]:
    return [lifetime(stored) for (stored,) in await connection.fetch(IN_STAGE, stage, text(after), max(limit, 0))]


# --- statements ----------------------------------------------------------------------------------------------------

REVISIONS = "SELECT subject, revision FROM lifetimes WHERE subject = ANY($1::text[])"
LIFETIMES = "SELECT lifetime FROM lifetimes WHERE subject = ANY($1::text[])"
KEEP = """
    INSERT INTO lifetimes (subject, stage, revision, lifetime) VALUES ($1, $2, $3, $4)
    ON CONFLICT (subject) DO UPDATE SET stage = excluded.stage, revision = excluded.revision, lifetime = excluded.lifetime
"""
IN_STAGE = "SELECT lifetime FROM lifetimes WHERE stage = $1 AND subject > $2 ORDER BY subject LIMIT $3"
