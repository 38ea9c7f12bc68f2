"""Running numbers in SQLite: rows that are added, and the questions about them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from adapters.stores.columns import microseconds, text
from adapters.stores.numbering import COLUMNS, following, numbered, row_of
from gateway.numbers.series import Numbered, NumberQuery

Do = Callable[..., sqlite3.Cursor]


def keep(do: Do, numbers: Sequence[Numbered]) -> None:
    """Add what is not known yet; raises `StaleMove` for a number that leaves a gap."""
    for (sender, receiver), rows in groupby(numbers, key=lambda row: row.series):
        each = list(rows)
        following(_last(do, sender, receiver), each)
        for row in each:
            do(KEEP, row_of(row))


def _last(do: Do, sender: str, receiver: str) -> int:
    found = do(LAST, (text(sender), text(receiver))).fetchone()[0]
    return int(found or 0)


def last(connection: sqlite3.Connection, sender: str, receiver: str) -> int:
    return _last(connection.execute, sender, receiver)


def numbers(connection: sqlite3.Connection, query: NumberQuery) -> list[Numbered]:
    statement, values = search(query)
    return [numbered(found) for found in connection.execute(statement, values)]


def series(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    here = connection.execute(FIRST_SERIES).fetchone()
    while here:  # one step of the index for each, however long they are
        found.append((here[0], here[1]))
        here = connection.execute(SAME_SENDER, here).fetchone() or connection.execute(NEXT_SENDER, here[:1]).fetchone()
    return found


def search(query: NumberQuery) -> tuple[str, dict[str, Any]]:
    """The statement for a query and its values: a small sorted piece for each kind, so that no piece reads the rows of another."""
    values: dict[str, Any] = {
        "sender": text(query.sender), "receiver": text(query.receiver), "least": query.least,
        "limit": max(query.limit, 0),
    }  # fmt: skip
    conditions = ["sender = :sender AND receiver = :receiver AND number >= :least"]
    if query.most is not None:
        conditions.append("number <= :most")
        values["most"] = query.most
    if query.since is not None:
        conditions.append("at >= :since")
        values["since"] = microseconds(query.since)
    if query.before is not None:
        conditions.append("at < :before")
        values["before"] = microseconds(query.before)
    if query.after[0] >= 0:
        # The plain condition narrows the index, the other one decides.
        conditions.append("number >= :number AND (number, kind, about) > (:number, :kind, :about)")
        values |= dict(zip(("number", "kind", "about"), query.after, strict=True))
    way = "DESC" if query.newest_first else "ASC"
    order = f"ORDER BY number {way}, kind {way}, about {way} LIMIT :limit"
    where = " AND ".join(conditions)
    if not query.kinds:
        return f"SELECT {_ALL} FROM numbers WHERE {where} {order}", values  # noqa: S608
    index = "numbers_by_kind" if query.since is None else "numbers_by_time"
    values |= {f"kind{place}": kind for place, kind in enumerate(query.kinds)}
    pieces = (
        f"SELECT * FROM (SELECT {_ALL} FROM numbers INDEXED BY {index} WHERE {where} AND kind = :kind{place} {order})"  # noqa: S608
        for place in range(len(query.kinds))
    )
    return f"SELECT {_ALL} FROM ({' UNION ALL '.join(pieces)}) {order}", values  # noqa: S608


_ALL = ", ".join(COLUMNS)

# --- statements ----------------------------------------------------------------------------------------------------

KEEP = f"INSERT INTO numbers ({', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"  # noqa: S608
LAST = "SELECT max(number) FROM numbers WHERE sender = ? AND receiver = ? AND kind = 'given'"
FIRST_SERIES = "SELECT sender, receiver FROM numbers ORDER BY sender, receiver LIMIT 1"
SAME_SENDER = "SELECT sender, receiver FROM numbers WHERE sender = ? AND receiver > ? ORDER BY receiver LIMIT 1"
NEXT_SENDER = "SELECT sender, receiver FROM numbers WHERE sender > ? ORDER BY sender, receiver LIMIT 1"
