"""Every question about exchanges to the SQLite store is answered from an index: by the plan and by the steps that it takes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.stores.sqlite import exchanges, schema
from gateway.exchanges.matter import MatterQuery

ROWS = 100_000
STEPS_PER_COUNT = 50
MOST_STEPS = 8_000
"""A scan of all rows takes more than five steps a row."""

# One in a thousand is open, one in ten thousand overdue, one in a thousand due; ten share a key, three counterparts share all.
MATTERS = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
    INSERT INTO matters
    SELECT printf('x-%09d', i), CASE WHEN i % 1000 = 7 THEN 'interpol' ELSE 'sirene' END, 'key-' || (i / 10), i % 1000 <> 1,
        i % 10000 = 1, CASE WHEN i % 1000 = 1 THEN i END, 1, zeroblob(300), NULL FROM n
"""
COUNTERPARTS = """
    INSERT INTO matter_counterparts
    SELECT 'sirene:X' || char(66 + CAST(substr(exchange, 3) AS INTEGER) % 3), exchange FROM matters
"""
QUERIES = [
    MatterQuery(),
    MatterQuery(before=f"x-{ROWS // 2:09}"),
    MatterQuery(family="sirene"),
    MatterQuery(key="key-777"),
    MatterQuery(counterpart="sirene:XC"),
    MatterQuery(counterpart="sirene:XC", key="key-777"),
    MatterQuery(counterpart="sirene:XC", before=f"x-{ROWS // 2:09}"),
    MatterQuery(counterpart="sirene:XC", closed=False),
    MatterQuery(counterpart="sirene:XC", overdue=True, family="sirene"),
    MatterQuery(closed=False),
    MatterQuery(closed=False, family="sirene"),
    MatterQuery(overdue=True),
    MatterQuery(overdue=True, closed=False, family="sirene"),
    MatterQuery(closed=True),
]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("plans") / "ledger.sqlite"
    schema.prepare(path)
    connection = schema.connect(path, read_only=False)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    connection.execute(MATTERS, {"rows": ROWS})
    connection.execute(COUNTERPARTS)
    connection.execute("COMMIT")
    yield connection
    connection.close()


def steps(connection: sqlite3.Connection, statement: str, values: Any) -> tuple[list[Any], int]:
    """What the statement finds, and how many steps of SQLite's machine that took, rounded."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += STEPS_PER_COUNT
        return 0

    connection.set_progress_handler(count, STEPS_PER_COUNT)
    try:
        return connection.execute(statement, values).fetchall(), counted
    finally:
        connection.set_progress_handler(None, 0)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_list_of_exchanges_looks_at_few_rows(full: sqlite3.Connection, query: MatterQuery) -> None:
    statement, values = exchanges.search(query)
    found, counted = steps(full, statement, values)
    assert found
    assert counted < MOST_STEPS
    plan = [row[3] for row in full.execute("EXPLAIN QUERY PLAN " + statement, values)]
    assert not any("TEMP B-TREE" in line for line in plan), plan


def test_what_is_due_is_found_without_looking_at_the_rest(full: sqlite3.Connection) -> None:
    due, counted = steps(full, exchanges.DUE, (ROWS, 10))
    assert len(due) == 10
    assert counted < MOST_STEPS
    (first,), counted = steps(full, exchanges.NEXT_LOOK, ())
    assert first == (1,)
    assert counted < MOST_STEPS
