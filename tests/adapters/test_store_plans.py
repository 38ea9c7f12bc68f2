"""Every question to the SQLite store is answered from an index: with many rows, by the plan and by the steps it takes.

The steps of SQLite's own machine are counted, not time: they are the same on every computer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.stores.sqlite import reads, schema, search, writes
from gateway.envelope import Direction
from gateway.ledger import Query

ROWS = 120_000
STEPS_PER_COUNT = 50
MOST_STEPS = 12_000
"""A scan of all rows takes more than five steps a row."""

# One in a thousand waits for a retry, of which half have come due; one in ten thousand is new; the rest are finished.
JOURNAL = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
    INSERT INTO journal SELECT i, '', '', printf('id-%09d', i), 'envelope.received', x'00' FROM n
"""
ENVELOPES = """
    INSERT INTO envelopes
    SELECT envelope, 1, 'inbound',
        CASE WHEN number % 10000 = 0 OR number % 1000 = 1 THEN 'received' WHEN number % 5000 = 2 THEN 'held'
             ELSE 'acknowledged' END,
        number % 10000 = 0 OR number % 1000 = 1, number % 3, CASE WHEN number % 1000 = 1 THEN number END,
        number, number, number, 0, 0, 'message', 'mail', printf('id-%09d', number - number % 10), 'mail-' || number,
        'xml', 'digest-' || number, 4000, 'sirene/G@1', 'sirene:X' || char(66 + number % 3), 'message-' || number,
        'reference-' || number, 'exchange-' || (number / 10), 'NORMAL', 0, '', '', '', x'', zeroblob(600), NULL
    FROM journal
"""
CLAIMS = """
    INSERT INTO duplicate_keys
    SELECT counterpart, message_id, digest, 'matter-' || (entry / 10), id, entry FROM envelopes
"""
DELIVERIES = "INSERT INTO delivery_keys SELECT channel, 'key-' || entry, id, digest FROM envelopes"

MIDDLE = ROWS // 2 + 7
FOUND = f"id-{MIDDLE:09}"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("plans") / "ledger.sqlite"
    schema.prepare(path)
    connection = schema.connect(path, read_only=False)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    for statement in (JOURNAL, ENVELOPES, CLAIMS, DELIVERIES):
        connection.execute(statement, {"rows": ROWS} if ":rows" in statement else {})
    connection.execute("COMMIT")
    yield connection
    connection.close()


def _plan(connection: sqlite3.Connection, statement: str, values: Any) -> list[str]:
    return [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + statement, values)]


def _steps(connection: sqlite3.Connection, statement: str, values: Any) -> tuple[list[Any], int]:
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


def _scans(plan: list[str]) -> list[str]:
    """Steps of a plan that walk over a table of ours without an index; `offices` is what the statement itself made."""
    walks = [step for step in plan if step.startswith("SCAN") and step != "SCAN offices"]
    return [step for step in walks if "INDEX" not in step and "(subquery" not in step]


STATEMENTS = {
    "due": (reads.DUE, {"now": ROWS // 2, "limit": 50}, 50),
    "the new ones of each office": (reads.NEW_OF_EACH, {"each": 10}, 12),
    "the repeated ones of each office": (reads.LATER_OF_EACH, {"now": ROWS // 2, "each": 10}, 30),
    "next due": (reads.NEXT_DUE, (ROWS // 2,), 1),
    "one envelope": (reads.GET, (FOUND,), 1),
    "its parts": (reads.PARTS, (FOUND,), 0),
    "its journal": (reads.TIMELINE, (FOUND,), 1),
    "a page of the journal": (reads.JOURNAL, (MIDDLE, 100), 100),
    "a delivery": (writes.DELIVERED_AS, ("mail", "~token", f"key-{MIDDLE}"), 1),
    "a claim": (writes.CLAIMED_BY, (f"sirene:X{chr(66 + MIDDLE % 3)}", f"message-{MIDDLE}"), 1),
    "the same matter": (writes.SAME_MATTER, ("sirene:XB", f"matter-{MIDDLE // 10}", ROWS, ""), 1),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_question_is_answered_from_an_index(full: sqlite3.Connection, name: str) -> None:
    statement, values, expected = STATEMENTS[name]
    assert _scans(_plan(full, statement, values)) == []
    found, steps = _steps(full, statement, values)
    assert (len(found), steps < MOST_STEPS) == (expected, True), f"{len(found)} rows in {steps} steps"


SEARCHES = [
    (Query(), 50),
    (Query(before_id=FOUND), 50),
    (Query(text=FOUND), 1),
    (Query(text=f"message-{MIDDLE}"), 1),
    (Query(text=f"reference-{MIDDLE}"), 1),
    (Query(text=f"exchange-{MIDDLE // 10}"), 10),
    (Query(text=f"digest-{MIDDLE}"), 1),
    (Query(text=f"mail-{MIDDLE}", states=("acknowledged",), direction=Direction.INBOUND), 1),
    (Query(text="nothing"), 0),
    (Query(message_id=f"message-{MIDDLE}", states=("acknowledged",)), 1),
    (Query(exchange=f"exchange-{MIDDLE // 10}", before_id=FOUND), 7),
    (Query(cause=f"id-{MIDDLE - MIDDLE % 10:09}"), 10),
    (Query(states=("held",)), 24),
    (Query(states=("held", "received", "acknowledged")), 50),
    (Query(states=("acknowledged",), before_id=FOUND), 50),
    (Query(direction=Direction.OUTBOUND), 0),
    (Query(counterpart="sirene:XB"), 50),
    (Query(counterpart="sirene:XB", states=("held",)), 8),
    (Query(counterpart="sirene:XZ", states=("acknowledged",)), 0),
    (Query(counterpart="sirene:XB", before_id=FOUND, format="sirene/G@1"), 50),
]


@pytest.mark.parametrize(("query", "expected"), SEARCHES, ids=str)
def test_a_search_is_answered_from_an_index(full: sqlite3.Connection, query: Query, expected: int) -> None:
    statement, values = search.search(query)
    assert _scans(_plan(full, statement, values)) == []
    found, steps = _steps(full, statement, values)
    assert (len(found), steps < MOST_STEPS) == (expected, True), f"{len(found)} rows in {steps} steps"


def test_a_scan_would_be_seen(full: sqlite3.Connection) -> None:
    mismatched = "SELECT id FROM envelopes WHERE working > 0 AND due IS NULL ORDER BY rank DESC, id LIMIT 50"
    assert _scans(_plan(full, mismatched, ())) == ["SCAN envelopes"]
    assert _steps(full, mismatched, ())[1] > MOST_STEPS


def test_counting_by_state_reads_the_index_alone(full: sqlite3.Connection) -> None:
    assert _plan(full, reads.COUNTS, ()) == ["SCAN envelopes USING COVERING INDEX envelopes_by_state"]
