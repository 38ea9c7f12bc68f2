"""Lifetimes in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from adapters.stores.columns import text
from adapters.stores.lifetimes import following, lifetime, row_of
from gateway.protection.retention.lifetime import Lifetime

Do = Callable[..., sqlite3.Cursor]
AT_ONCE = 500
"""Subjects in one statement."""


def keep(do: Do, lifetimes: Sequence[Lifetime]) -> None:
    """Write each over the revision that it rests on; raises `StaleMove`."""
    for life in lifetimes:
        found = do(REVISION, (text(life.subject),)).fetchone()
        do(KEEP, row_of(following(found[0] if found else 0, life)))


def known(connection: sqlite3.Connection, subjects: Sequence[str]) -> dict[str, Lifetime]:
    found: dict[str, Lifetime] = {}
    for begin in range(0, len(subjects), AT_ONCE):
        some = [text(subject) for subject in subjects[begin : begin + AT_ONCE]]
        statement = f"SELECT lifetime FROM lifetimes WHERE subject IN ({', '.join('?' * len(some))})"  # noqa: S608
        for (stored,) in connection.execute(statement, some):
            life = lifetime(stored)
            found[life.subject] = life
    return found


def in_stage(connection: sqlite3.Connection, stage: str, after: str, limit: int) -> list[Lifetime]:
    return [lifetime(stored) for (stored,) in connection.execute(IN_STAGE, (stage, text(after), max(limit, 0)))]


# --- statements ----------------------------------------------------------------------------------------------------

REVISION = "SELECT revision FROM lifetimes WHERE subject = ?"
KEEP = """
    INSERT INTO lifetimes (subject, stage, revision, lifetime) VALUES (?, ?, ?, ?)
    ON CONFLICT (subject) DO UPDATE SET stage = excluded.stage, revision = excluded.revision, lifetime = excluded.lifetime
"""
IN_STAGE = "SELECT lifetime FROM lifetimes WHERE stage = ? AND subject > ? ORDER BY subject LIMIT ?"
