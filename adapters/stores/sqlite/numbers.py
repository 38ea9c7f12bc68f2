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
        here = connection.execute(NEXT_SERIES, here).fetchone()
    return found


def search(query: NumberQuery) -> tuple[str, dict[str, Any]]:
    """The statement for a query and its values."""
    values: dict[str, Any] = {
        "sender": text(query.sender), "receiver": text(query.receiver), "least": query.least,
        "limit": max(query.limit, 0),
    }  # fmt: skip
    conditions = ["sender = :sender AND receiver = :receiver AND number >= :least"]
    if query.kinds:
        values |= {f"kind{place}": kind for place, kind in enumerate(query.kinds)}
        conditions.append(f"kind IN ({', '.join(f':kind{place}' for place in range(len(query.kinds)))})")
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
        conditions.append("(number, kind, about) > (:number, :kind, :about)")
        values |= dict(zip(("number", "kind", "about"), query.after, strict=True))
    way = "DESC" if query.newest_first else "ASC"
    order = f"number {way}, kind {way}, about {way}"
    return (
        f"SELECT {', '.join(COLUMNS)} FROM numbers WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT :limit",  # noqa: S608
        values,
    )


# --- statements ----------------------------------------------------------------------------------------------------

KEEP = f"INSERT INTO numbers ({', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"  # noqa: S608
LAST = "SELECT max(number) FROM numbers WHERE sender = ? AND receiver = ? AND kind = 'given'"
FIRST_SERIES = "SELECT sender, receiver FROM numbers ORDER BY sender, receiver LIMIT 1"
NEXT_SERIES = "SELECT sender, receiver FROM numbers WHERE (sender, receiver) > (?, ?) ORDER BY sender, receiver LIMIT 1"
