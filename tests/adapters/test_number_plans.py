"""Questions about running numbers are answered from an index: counted in steps of SQLite's own machine, with many rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.stores.sqlite import numbers, reads, schema
from gateway.numbers.series import COME, DIFFERENCES, GIVEN, SETTLED, NumberQuery

ROWS = 100_000
MOST_STEPS = 20_000
"""A scan of all rows takes more than five steps a row."""
BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
FILL = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
    INSERT INTO numbers SELECT 'sirene:XA', 'sirene:X' || char(66 + i % 2), (i + 1) / 2, kind, 'e' || i, 'm', 'd', i * 1000000, ''
    FROM n, (SELECT 'given' AS kind UNION SELECT 'signed' UNION SELECT 'come')
"""
XB = {"sender": "sirene:XA", "receiver": "sirene:XB"}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("numbers") / "ledger.sqlite"
    schema.prepare(path)
    connection = schema.connect(path, read_only=False)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    connection.execute(FILL, {"rows": ROWS})
    connection.execute("COMMIT")
    yield connection
    connection.close()


def steps(connection: sqlite3.Connection, statement: str, values: object) -> int:
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 50
        return 0

    connection.set_progress_handler(count, 50)
    try:
        connection.execute(statement, values).fetchall()  # type: ignore[arg-type]  # a tuple or a mapping
        return counted
    finally:
        connection.set_progress_handler(None, 0)


@pytest.mark.parametrize(
    "query",
    [
        NumberQuery(**XB, kinds=(GIVEN,), newest_first=True, limit=1),
        NumberQuery(**XB, kinds=(GIVEN,), before=BEGIN + timedelta(seconds=99_000), newest_first=True, limit=1),
        NumberQuery(**XB, kinds=(GIVEN, COME), newest_first=True, limit=1),
        NumberQuery(**XB, kinds=(COME,), least=49_000, limit=100),
        NumberQuery(**XB, kinds=(GIVEN, "signed", "void"), least=25_000, most=25_050),
        NumberQuery(**XB, kinds=(*DIFFERENCES, SETTLED)),
        NumberQuery(
            **XB, kinds=(COME,), since=BEGIN + timedelta(seconds=99_500), before=BEGIN + timedelta(seconds=99_900)
        ),
        NumberQuery(**XB, least=7, most=7),
        NumberQuery(**XB, limit=1),
    ],
    ids=("last", "last before a day", "highest", "above", "of a day", "tasks", "came on a day", "one", "first"),
)
def test_a_question_about_numbers_reads_few_rows(full: sqlite3.Connection, query: NumberQuery) -> None:
    statement, values = numbers.search(query)
    assert steps(full, statement, values) < MOST_STEPS


def test_the_end_of_a_series_and_the_list_of_series_read_few_rows(full: sqlite3.Connection) -> None:
    assert steps(full, numbers.LAST, ("sirene:XA", "sirene:XB")) < 200
    assert steps(full, numbers.SAME_SENDER, ("sirene:XA", "sirene:XB")) < 200
    assert steps(full, numbers.NEXT_SENDER, ("sirene:XA",)) < 200
    assert numbers.last(full, "sirene:XA", "sirene:XB") == ROWS // 2
    assert numbers.series(full) == [("sirene:XA", "sirene:XB"), ("sirene:XA", "sirene:XC")]


def test_standings_are_read_in_pages_of_the_key(full: sqlite3.Connection) -> None:
    plan = full.execute("EXPLAIN QUERY PLAN " + reads.STANDINGS, ("", 10)).fetchall()
    assert "SCAN" not in str(plan)


@pytest.mark.parametrize("statement", ["UPDATE numbers SET note = 'x'", "DELETE FROM numbers"])
def test_what_is_kept_of_a_number_is_never_changed(full: sqlite3.Connection, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="not changed"):
        full.execute(statement)
