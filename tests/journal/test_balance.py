"""Promise 6 counted three times: rows, counter, journal; whatever is wrong with one of them is named."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway import lifecycle
from gateway.journal.balance import ACCOUNT_OF, balanced_books
from tests.numbers.pair import Pair

FILE = "ledger.sqlite"


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with Pair(tmp_path, SqliteLedger(tmp_path / FILE)) as made:
        made.wire.outcomes = ["taken", "refused", "ambiguous", "unavailable"]
        for number in range(1, 4):
            await made.arrives(made.theirs(number, f"Text {number}."))
        await made.arrives(made.theirs(1, "Text 1."))
        for name in ("a", "b", "c", "d"):
            await made.sends(name)
        yield made


Damage = Callable[[sqlite3.Connection], None]


async def damaged(pair: Pair, tmp_path: Path, damage: Damage) -> list[tuple[str, str, str]]:
    """What the balance says of a ledger file that somebody changed while nothing ran."""
    await pair.gateway.stop()
    connection = sqlite3.connect(tmp_path / FILE)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA foreign_keys = OFF")
    damage(connection)
    connection.commit()
    connection.close()
    ledger = SqliteLedger(tmp_path / FILE, read_only=True)
    await ledger.start()
    try:
        found = await balanced_books(ledger)
        assert await balanced_books(ledger, share=2) == found
        return [(each.row, each.journal, each.words) for each in found.differences]
    finally:
        await ledger.stop()


def some(connection: sqlite3.Connection, state: str) -> str:
    return str(connection.execute("SELECT id FROM envelopes WHERE state = ? ORDER BY id", (state,)).fetchone()[0])


def test_a_state_of_both_directions_counts_alike() -> None:
    assert all(ACCOUNT_OF[row.name] == row.account for row in lifecycle.STATES)


async def test_the_books_of_a_working_gateway_balance(pair: Pair) -> None:
    found = await balanced_books(pair.ledger)
    assert found.differences == ()
    assert found.rows == found.journal
    assert found.counter == sum(found.rows.values()) == sum(found.journal.values())
    assert found.rows["held"] >= 2
    assert found.rows["waiting"] >= 1


async def test_they_balance_at_any_moment_of_traffic(pair: Pair) -> None:
    looks = 0
    sending = asyncio.gather(*(pair.sends(f"busy{number}") for number in range(30)))
    while not sending.done():
        found = await balanced_books(pair.ledger)
        assert found.differences == ()
        looks += 1
        await asyncio.sleep(0)
    await sending
    assert looks > 1
    await pair.later(timedelta(days=2))
    assert (await balanced_books(pair.ledger)).balanced


async def test_a_message_that_was_sent_on_past_its_officer_is_named(pair: Pair, tmp_path: Path) -> None:
    def damage(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE envelopes SET state = 'rejected' WHERE id = ?", (some(connection, "held"),))

    ((row, journal, words),) = await damaged(pair, tmp_path, damage)
    assert (row, journal) == ("rejected", "held")
    assert "stands as 'rejected'" in words


async def test_a_message_that_was_taken_away_is_named(pair: Pair, tmp_path: Path) -> None:
    def damage(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM envelopes WHERE id = ?", (some(connection, "held"),))

    found = await damaged(pair, tmp_path, damage)
    assert [(row, journal) for row, journal, _ in found] == [("", "held"), ("", "")]
    assert "the counter says" in found[1][2]


async def test_taking_it_from_the_counter_too_does_not_help(pair: Pair, tmp_path: Path) -> None:
    def damage(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM envelopes WHERE id = ?", (some(connection, "held"),))
        connection.execute("UPDATE standing SET accepted = accepted - 1")

    found = await damaged(pair, tmp_path, damage)
    assert [(row, journal) for row, journal, _ in found] == [("", "held"), ("", "")]
    assert "by the journal" in found[1][2]


async def test_a_message_that_nobody_took_in_is_named(pair: Pair, tmp_path: Path) -> None:
    def damage(connection: sqlite3.Connection) -> None:
        names = [row[1] for row in connection.execute("PRAGMA table_info(envelopes)")]
        chosen = ", ".join("'019dee00-0000-7000-8000-000000000001'" if name == "id" else name for name in names)
        first = some(connection, "held")
        connection.execute(f"INSERT INTO envelopes SELECT {chosen} FROM envelopes WHERE id = ?", (first,))

    found = await damaged(pair, tmp_path, damage)
    assert ("held", "", "message 019dee00-0000-7000-8000-000000000001: no entry tells that it was taken in") in found
    assert len(found) == 2


async def test_a_counter_that_was_changed_is_told(pair: Pair, tmp_path: Path) -> None:
    found = await damaged(pair, tmp_path, lambda each: _do(each, "UPDATE standing SET accepted = accepted + 3"))
    assert len(found) == 2
    assert all(words.startswith("the counter says") for _, _, words in found)


async def test_a_state_that_there_is_not_is_told(pair: Pair, tmp_path: Path) -> None:
    def damage(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE envelopes SET state = 'lost' WHERE id = ?", (some(connection, "held"),))

    found = await damaged(pair, tmp_path, damage)
    assert any("a state that there is not" in words for _, _, words in found)


async def test_entries_that_were_taken_out_are_missed(pair: Pair, tmp_path: Path) -> None:
    def damage(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM journal WHERE envelope = ?", (some(connection, "held"),))

    found = await damaged(pair, tmp_path, damage)
    assert ("held", "") in {(row, journal) for row, journal, _ in found}


def _do(connection: sqlite3.Connection, statement: str) -> None:
    connection.execute(statement)
