"""What only the SQLite store does: one owner, readers beside it, tables that guard themselves, a disk that fails."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.stores.sqlite import schema
from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.errors import Misconfigured, Unavailable
from gateway.journal import chain
from gateway.ledger import Query
from tests.contracts.store_examples import arrived, entry, go, read, step, take, understood

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
async def ledger(path: Path) -> AsyncIterator[SqliteLedger]:
    opened = SqliteLedger(path)
    await opened.start()
    yield opened
    await opened.stop()


# --- one owner -----------------------------------------------------------------------------------------------------


async def test_a_second_owner_is_turned_away_and_told_who_the_first_is(ledger: SqliteLedger, path: Path) -> None:
    second = SqliteLedger(path)
    with pytest.raises(Misconfigured, match=f"Process {os.getpid()} owns"):
        await second.start()
    await second.stop()
    await take(ledger)


async def test_another_process_is_turned_away_until_the_first_stops(path: Path) -> None:
    first = SqliteLedger(path)
    await first.start()
    assert f"Process {os.getpid()} owns" in _started_elsewhere(path)
    await first.stop()
    assert _started_elsewhere(path) == "started"


def _started_elsewhere(path: Path) -> str:
    script = """
import asyncio, pathlib, sys
from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.errors import Misconfigured
async def main():
    ledger = SqliteLedger(pathlib.Path(sys.argv[1]))
    try:
        await ledger.start()
    except Misconfigured as refused:
        sys.exit(refused.operator)
    await ledger.stop()
    sys.exit("started")
asyncio.run(main())
"""
    command = [sys.executable, "-c", script, str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stderr.strip()


async def test_a_folder_that_is_not_there_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    for read_only in (False, True):
        with pytest.raises(Misconfigured):
            await SqliteLedger(tmp_path / "nowhere" / "ledger.sqlite", read_only=read_only).start()


# --- readers beside the owner --------------------------------------------------------------------------------------


async def test_another_process_may_read_and_prove_while_the_owner_writes(ledger: SqliteLedger, path: Path) -> None:
    row = await take(ledger)
    auditor = SqliteLedger(path, read_only=True)
    await auditor.start()
    await go(ledger, row, "identified")
    links = await auditor.journal(0, 10)
    assert list(chain.faults(links)) == []
    assert await auditor.head() == (2, links[-1].hash)
    assert (await auditor.find(Query()))[0].state == "identified"
    for refused in (
        auditor.probe(), auditor.commit([step(row, "held")]), auditor.record([entry("gateway.started")]),
        auditor.accept(arrived(), entry("envelope.received"), ""),
    ):  # fmt: skip
        with pytest.raises(Unavailable, match=r"ledger\.read-only"):
            await refused
    await auditor.stop()
    await ledger.probe()


async def test_reading_only_does_not_create_a_ledger(path: Path) -> None:
    with pytest.raises(Misconfigured):
        await SqliteLedger(path, read_only=True).start()
    assert list(path.parent.iterdir()) == []


# --- files ---------------------------------------------------------------------------------------------------------


async def test_only_the_owner_of_the_files_may_read_them(ledger: SqliteLedger, path: Path) -> None:
    await take(ledger)
    names = ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "ledger.sqlite.owner")
    assert _modes(path.parent) == dict.fromkeys(names, "0o600")


def _modes(folder: Path) -> dict[str, str]:
    return {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()}


async def test_writes_are_durable_and_the_versions_have_no_gap(ledger: SqliteLedger, path: Path) -> None:
    connection = schema.connect(path, read_only=False)
    try:
        settings = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "user_version")
        }
    finally:
        connection.close()
    numbers = [number for number, _ in schema.migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert settings == {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0, "user_version": numbers[-1],
    }  # fmt: skip


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path, read_only: bool) -> None:
    text, other = tmp_path / "text", tmp_path / "other.sqlite"
    text.write_bytes(b"not a database, but long enough to be looked at" * 100)
    with contextlib.closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE theirs (one)")
    for file in (text, other):
        before = file.read_bytes()
        with pytest.raises(Misconfigured, match=r"ledger\.unusable"):
            await SqliteLedger(file, read_only=read_only).start()
        assert file.read_bytes()[100:] == before[100:]


async def test_a_ledger_of_a_newer_gateway_is_not_touched(ledger: SqliteLedger, path: Path) -> None:
    await ledger.stop()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9999")
    for read_only in (False, True):
        with pytest.raises(Misconfigured, match="version 9999"):
            await SqliteLedger(path, read_only=read_only).start()


async def test_a_ledger_that_was_moved_away_is_noticed(ledger: SqliteLedger, path: Path) -> None:
    await take(ledger)
    os.rename(path, path.with_name("elsewhere"))
    with pytest.raises(Unavailable, match=r"ledger\.replaced"):
        await ledger.probe()
    os.rename(path.with_name("elsewhere"), path)
    await ledger.probe()


# --- tables that guard themselves ----------------------------------------------------------------------------------

FORBIDDEN = {
    "UPDATE journal SET entry = x'00'": "append only",
    "DELETE FROM journal": "append only",
    "INSERT INTO journal VALUES (99, '', '', '', '', x'00')": "must follow",
    "INSERT OR REPLACE INTO journal SELECT * FROM journal": "must follow",
    "UPDATE envelopes SET state = 'held'": "together with a new journal entry",
    "UPDATE envelopes SET state = 'held', version = version + 1": "together with a new journal entry",
    "UPDATE envelopes SET state = 'held', version = version + 1, entry = 2": "together with a new journal entry",
    "UPDATE envelopes SET version = version + 1, entry = 2, claim = x'00'": "fixed at intake",
    "DELETE FROM envelopes": "ever dropped",
    "UPDATE contents SET content = x'00'": "stays as it came",
    "INSERT OR REPLACE INTO contents SELECT envelope, part, x'00', mark FROM contents": "stays as it came",
    "DELETE FROM contents": "stays as it came",
    "INSERT OR REPLACE INTO envelopes SELECT * FROM envelopes": "ever dropped",
    "INSERT INTO contents VALUES ('nobody', 'payload', x'00', null)": "FOREIGN KEY",
}


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_tables_refuse_what_no_program_may_do(ledger: SqliteLedger, path: Path, statement: str) -> None:
    await take(ledger)
    await ledger.record([entry("gateway.started")])
    await ledger.stop()
    with (
        contextlib.closing(schema.connect(path, read_only=False)) as connection,
        pytest.raises(sqlite3.IntegrityError, match=FORBIDDEN[statement]),
    ):
        connection.execute(statement)


# --- a disk that fails ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _no_file_grows_beyond(octets: int) -> Iterator[None]:
    """A real refusal of the kernel, as a full disk gives it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_refuses_and_later_there_is_no_need_to_restart(ledger: SqliteLedger, path: Path) -> None:
    row = await take(ledger)
    head = await ledger.head()
    with _no_file_grows_beyond(path.with_name(path.name + "-wal").stat().st_size):
        for refused in (
            ledger.probe(), ledger.commit([step(row, "identified")]), ledger.record([entry("gateway.started")]),
            ledger.accept(envelope := arrived(), entry("envelope.received", envelope), "k"),
        ):  # fmt: skip
            with pytest.raises(Unavailable, match=r"ledger\.unavailable"):
                await refused
        assert await ledger.head() == head
    await ledger.probe()
    assert not (await ledger.accept(envelope, entry("envelope.received", envelope), "k")).known_before
    await go(ledger, row, "identified")
    assert list(chain.faults(await ledger.journal(0, 100))) == []
    assert (await ledger.accepted(), sum((await ledger.counts()).values())) == (2, 2)


async def test_one_message_too_large_for_the_disk_does_not_refuse_the_others(ledger: SqliteLedger, path: Path) -> None:
    await take(ledger)
    large, small = arrived(b"x" * 4_000_000), [arrived(f"{number}".encode()) for number in range(5)]
    room = path.with_name(path.name + "-wal").stat().st_size + 1_000_000
    with _no_file_grows_beyond(room):
        answers = await asyncio.gather(
            *(ledger.accept(one, entry("envelope.received", one), "") for one in (*small[:2], large, *small[2:])),
            return_exceptions=True,
        )  # fmt: skip
    assert [type(answer).__name__ for answer in answers] == ["Accepted"] * 2 + ["Unavailable"] + ["Accepted"] * 3
    assert await ledger.accepted() == 6


async def test_a_fault_of_one_request_is_told_to_that_request_alone(ledger: SqliteLedger) -> None:
    row = await take(ledger)
    broken = understood(row.envelope, our_reference=3)
    move = step(row, "decoded", broken, via=("identified", "verified"))
    answers = await asyncio.gather(ledger.commit([move]), take(ledger), return_exceptions=True)
    assert isinstance(answers[0], AttributeError)
    assert (await read(ledger, row.envelope.id)).version == 1
    assert await ledger.accepted() == 2


async def test_a_cancelled_caller_does_not_stop_the_writer(ledger: SqliteLedger) -> None:
    envelope = arrived()
    waiting = asyncio.ensure_future(ledger.accept(envelope, entry("envelope.received", envelope), "k"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await ledger.accept(envelope, entry("envelope.received", envelope), "k")).known_before


async def test_what_waits_when_the_ledger_stops_is_still_written(path: Path) -> None:
    ledger = SqliteLedger(path)
    await ledger.start()
    waiting = [asyncio.ensure_future(take_only(ledger)) for _ in range(300)]
    await asyncio.sleep(0)
    await ledger.stop()
    assert len({await one for one in waiting}) == 300
    await ledger.start()
    assert await ledger.accepted() == 300
    await ledger.stop()


async def take_only(ledger: SqliteLedger) -> str:
    envelope = arrived()
    return (await ledger.accept(envelope, entry("envelope.received", envelope), "")).envelope
