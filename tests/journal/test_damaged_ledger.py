"""A ledger file that somebody changed by hand, past the triggers that guard it: the proof names the place and never fails over it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.commands.offline import proof
from tests.gateway.rig import TurnedClock
from tests.journeys.worlds import keyring, world_on

DAMAGES = {
    "an entry as text": ("UPDATE journal SET entry = CAST(entry AS TEXT) || ' ' WHERE number = 3", 3),
    "an entry as a number": ("UPDATE journal SET entry = 7, hash = 7 WHERE number = 3", 3),
    "a hash that is none": ("UPDATE journal SET before = 'zz' WHERE number = 3", 3),
    "two entries changed places": (
        "UPDATE journal SET number = -number WHERE number IN (3, 4); UPDATE journal SET number = 7 + number WHERE number < 0",
        3,
    ),
    "an entry is gone": ("DELETE FROM journal WHERE number = 3", 3),
}
FORGOTTEN = """
DELETE FROM contents WHERE envelope = (SELECT max(id) FROM envelopes);
DELETE FROM envelopes WHERE id = (SELECT max(id) FROM envelopes);
UPDATE standing SET accepted = accepted - 1;
"""


BYTES = "UPDATE contents SET content = x'00' WHERE part = 'payload' AND envelope = {first};"
DIGEST = "UPDATE envelopes SET digest = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d' WHERE id = {first};"
HIDDEN = (
    "UPDATE journal SET envelope = '' WHERE number = (SELECT max(number) FROM journal WHERE envelope = {first}"
    " AND event = 'envelope.acknowledged');"
)
"""Legal clocks write beside the stages, so the last entry of a message may be one of theirs."""
OTHERS = {
    "another state": ("UPDATE envelopes SET state = 'held' WHERE id = {first}", "stands as 'held'"),
    "other bytes": (BYTES, "payload does not open under its key"),
    "other bytes and their digest": (BYTES + DIGEST, "payload does not open under its key"),
    "bytes taken away": ("DELETE FROM contents WHERE part = 'payload' AND envelope = {first}", "cannot be read"),
    "another message in its place": ("UPDATE envelopes SET id = 'x' || substr(id, 2) WHERE id = {first}", "is not there"),
    "its last step hidden from it": (
        HIDDEN + "UPDATE envelopes SET state = 'delivered' WHERE id = {first}", "are found under their messages"
    ),
}  # fmt: skip


async def damaged(folder: Path, damage: str) -> dict[str, Any]:
    """The proof over a ledger with a few messages, after this was done to its file."""
    async with world_on("sqlite", folder) as world:
        await world.hit_arrives()
        ledger_of_world = world.ledger
    await ledger_of_world.stop()
    with sqlite3.connect(folder / "ledger.sqlite") as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        file.executescript(damage)
    file.close()
    ledger = SqliteLedger(folder / "ledger.sqlite", TurnedClock(), keyring=keyring(folder))
    await ledger.start()
    try:
        return await proof(ledger)
    finally:
        await ledger.stop()


async def test_an_untouched_ledger_is_proven(tmp_path: Path) -> None:
    found = await damaged(tmp_path, "")
    assert (found["faults"], found["balance"]["balanced"]) == ([], True)


@pytest.mark.parametrize(("damage", "number"), DAMAGES.values(), ids=DAMAGES)
async def test_the_first_damaged_entry_is_named(tmp_path: Path, damage: str, number: int) -> None:
    found = await damaged(tmp_path, damage)
    assert not found["intact"]
    assert found["faults"][0]["number"] == number


async def test_a_message_that_was_taken_out_with_its_count_is_missed(tmp_path: Path) -> None:
    found = await damaged(tmp_path, FORGOTTEN)
    assert not found["intact"]
    assert "taken in" in found["faults"][0]["fault"]


async def test_a_state_that_there_is_not_unbalances_the_books(tmp_path: Path) -> None:
    found = await damaged(
        tmp_path, "UPDATE envelopes SET state = 'shredded' WHERE id = (SELECT max(id) FROM envelopes)"
    )
    assert not found["balance"]["balanced"]


@pytest.mark.parametrize(("damage", "words"), OTHERS.values(), ids=OTHERS)
async def test_a_row_that_is_not_what_the_journal_says_is_named(tmp_path: Path, damage: str, words: str) -> None:
    found = await damaged(tmp_path, damage.replace("{first}", "(SELECT min(id) FROM envelopes)"))
    assert not found["intact"]
    (fault,) = found["faults"]
    assert words in fault["fault"]
    assert fault["number"] > 0
