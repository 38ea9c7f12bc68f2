"""What only the PostgreSQL store does: several gateways on one journal, a server that goes away, tables, plans."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from adapters.stores.postgres import reads, schema, search, writes
from adapters.stores.postgres.ledger import PostgresLedger
from gateway.errors import Misconfigured, Unavailable
from gateway.journal import chain
from gateway.ledger import Query
from tests.contracts.store_examples import arrived, claim, entry, go, new_id, read, step, take, understood
from tests.services.ports import free_port


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def ledger(postgres_url: str) -> AsyncIterator[PostgresLedger]:
    opened = PostgresLedger(postgres_url)
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
async def other(postgres_url: str, ledger: PostgresLedger) -> AsyncIterator[PostgresLedger]:
    opened = PostgresLedger(postgres_url)
    await opened.start()
    yield opened
    await opened.stop()


# --- several gateways ----------------------------------------------------------------------------------------------


async def test_two_gateways_write_one_journal(ledger: PostgresLedger, other: PostgresLedger) -> None:
    async def story(mine: PostgresLedger, theirs: PostgresLedger) -> None:
        row = await go(mine, await take(mine), "identified", "verified")
        await go(theirs, await read(theirs, row.envelope.id), "decoded")

    await asyncio.gather(*(story(*pair) for pair in [(ledger, other), (other, ledger)] * 30))
    links = await ledger.journal(0, 1000)
    assert len(links) == 60 * 4
    assert list(chain.faults(links)) == []
    assert await other.head() == (links[-1].number, links[-1].hash)
    assert (await other.accepted(), await ledger.counts()) == (60, {("inbound", "decoded"): 60})


async def test_of_two_gateways_one_takes_the_step_and_one_owns_the_key(
    ledger: PostgresLedger, other: PostgresLedger
) -> None:
    message = new_id()
    rows = [await take(ledger, arrived(new_id().encode())) for _ in range(10)]

    async def decode(place: int, gateway: PostgresLedger) -> Any:
        known = understood(rows[place].envelope, message_id=message)
        move = step(rows[place], "decoded", known, via=("identified", "verified"), claim=claim(known))
        try:
            return (await gateway.commit([move])).duplicate_of
        except Exception as refused:  # noqa: BLE001  # told below
            return type(refused).__name__

    answers = await asyncio.gather(*(decode(place, one) for place in range(10) for one in (ledger, other)))
    [first] = [row.envelope.id for row in rows if (await read(other, row.envelope.id)).state == "decoded"]
    assert sorted(set(answers)) == sorted({"", "StaleMove", first})
    assert (answers.count(""), answers.count("StaleMove")) == (1, 1)


async def test_gateways_may_start_at_once_on_an_empty_database(postgres_url: str) -> None:
    gateways = [PostgresLedger(postgres_url) for _ in range(4)]
    await asyncio.gather(*(one.start() for one in gateways))
    await asyncio.gather(*(one.probe() for one in gateways))
    await asyncio.gather(*(one.stop() for one in gateways))


# --- a server that goes away ---------------------------------------------------------------------------------------


async def _cut_all_connections(url: str) -> None:
    async with _connected(url) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_lost_connections_refuse_some_and_lose_nothing(ledger: PostgresLedger, postgres_url: str) -> None:
    acknowledged: list[str] = []

    async def keep_taking() -> None:
        for _ in range(40):
            envelope = arrived()
            try:
                await ledger.accept(envelope, entry("envelope.received", envelope), new_id())
            except Unavailable:
                continue
            acknowledged.append(envelope.id)

    taking = [asyncio.ensure_future(keep_taking()) for _ in range(5)]
    for _ in range(5):
        await _cut_all_connections(postgres_url)
    await asyncio.gather(*taking)
    await _answers_again(ledger)
    links = await ledger.journal(0, 1000)
    assert list(chain.faults(links)) == []
    assert await ledger.head() == (links[-1].number, links[-1].hash)
    assert acknowledged
    for envelope in acknowledged:
        await read(ledger, envelope)
    assert await ledger.accepted() == sum((await ledger.counts()).values()) == len(links)


async def _answers_again(ledger: PostgresLedger) -> None:
    """Each dead connection of the pool is found out by one question."""
    for _ in range(10):
        try:
            await ledger.probe()
        except Unavailable:
            continue
        return
    pytest.fail("the ledger does not come back")


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    ledger = PostgresLedger(f"postgresql://gateway@127.0.0.1:{free_port()}/ledger")
    with pytest.raises(Unavailable, match=r"ledger\.unavailable"):
        await ledger.start()
    await ledger.stop()


async def test_an_address_that_cannot_be_right_is_a_fault_of_the_settings(postgres_url: str) -> None:
    for url in (postgres_url.rsplit("/", 1)[0] + "/no_such_ledger", "mysql://gateway@127.0.0.1/ledger"):
        with pytest.raises(Misconfigured):
            await PostgresLedger(url).start()


async def test_tables_of_a_newer_gateway_are_not_touched(ledger: PostgresLedger, postgres_url: str) -> None:
    async with _connected(postgres_url) as connection:
        await connection.execute("UPDATE ledger_version SET number = 9999")
    with pytest.raises(Misconfigured, match="version 9999"):
        await PostgresLedger(postgres_url).start()


# --- requests that cannot be written -------------------------------------------------------------------------------


async def test_a_fault_of_one_request_is_told_to_that_request_alone(ledger: PostgresLedger) -> None:
    row = await take(ledger)
    broken = understood(row.envelope, our_reference=3)
    move = step(row, "decoded", broken, via=("identified", "verified"))
    refused, taken = await asyncio.gather(ledger.commit([move]), take(ledger), return_exceptions=True)
    assert isinstance(refused, AttributeError)
    assert not isinstance(taken, BaseException)
    assert (await read(ledger, row.envelope.id)).version == 1
    assert (await ledger.accepted(), (await ledger.head())[0]) == (2, 2)


async def test_a_key_of_any_length_is_kept(ledger: PostgresLedger) -> None:
    envelope, key = arrived(), "k" * 100_000
    assert not (await ledger.accept(envelope, entry("envelope.received", envelope), key)).known_before
    assert (await ledger.accept(envelope, entry("envelope.received", envelope), key)).envelope == envelope.id
    other = arrived()
    assert not (await ledger.accept(other, entry("envelope.received", other), key + "k")).known_before


FORBIDDEN = {
    "UPDATE journal SET entry = ''": "append only",
    "DELETE FROM journal": "append only",
    "TRUNCATE journal CASCADE": "append only",
    "INSERT INTO journal VALUES (99, '', '', '', '', '')": "must follow",
    "UPDATE envelopes SET state = 'held'": "together with a new journal entry",
    "UPDATE envelopes SET state = 'held', version = version + 1, entry = 2": "together with a new journal entry",
    "UPDATE envelopes SET version = version + 1, entry = 2, claim = ''": "fixed at intake",
    "DELETE FROM envelopes": "ever dropped",
    "UPDATE contents SET content = ''": "stays as it came",
    "DELETE FROM contents": "stays as it came",
}


async def test_the_tables_refuse_what_no_program_may_do(ledger: PostgresLedger, postgres_url: str) -> None:
    await take(ledger)
    await ledger.record([entry("gateway.started")])
    async with _connected(postgres_url) as connection:
        for statement, words in FORBIDDEN.items():
            with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=words):
                await connection.execute(statement)


# --- plans ---------------------------------------------------------------------------------------------------------

ROWS = 30_000
FILL = (
    "ALTER TABLE journal DISABLE TRIGGER USER",
    f"""INSERT INTO journal SELECT i, '', '', 'id-' || lpad(i::text, 9, '0'), 'envelope.received', ''
        FROM generate_series(1, {ROWS}) AS i""",
    """INSERT INTO envelopes
       SELECT envelope, 1, 'inbound', CASE WHEN number % 1000 < 2 THEN 'received' ELSE 'acknowledged' END,
           number % 1000 < 2, 0, CASE WHEN number % 1000 = 1 THEN number END, number, number, number, 0, 0, 'message',
           'mail', 'cause-' || number, 'mail-' || number, 'xml', 'digest-' || number, 9, 'sirene/G@1',
           'party-' || number % 500, 'message-' || number, 'reference-' || number, 'exchange-' || number, 'NORMAL',
           false, '', '', '', '', ''
       FROM journal""",
    """INSERT INTO duplicate_keys SELECT counterpart, message_id, digest, 'matter-' || number, envelope, number
       FROM journal JOIN envelopes ON id = journal.envelope""",
    "INSERT INTO delivery_keys SELECT channel, 'key-' || entry, id, digest FROM envelopes",
    "ANALYZE",
)
ASKED: dict[str, tuple[str, tuple[Any, ...]]] = {
    "due": (reads.DUE, (ROWS, 50)),
    "next due": (reads.NEXT_DUE, (5,)),
    "timeline": (reads.TIMELINE, ("id-000000077",)),
    "journal": (reads.JOURNAL, (77, 50)),
    "standing": (writes.STANDINGS, (["id-000000077"],)),
    "delivery": (writes.DELIVERIES, (["mail"], ["key-77"])),
    "claim": (writes.CLAIMS, (["party-77"], ["message-77"])),
    "matter": (writes.MATTERS, (["party-77"], ["matter-77"])),
    **{
        f"search {place}": (statement, tuple(values))
        for place, (statement, values) in enumerate(map(search.search, (
            Query(), Query(text="message-77"), Query(message_id="message-77"), Query(exchange="exchange-77"),
            Query(cause="cause-77", states=("received",)), Query(counterpart="party-77"),
            Query(before_id="id-000000077"), Query(text="digest-77", before_id="id-000000099"),
        )))
    },
}  # fmt: skip


async def test_every_question_is_answered_from_an_index(ledger: PostgresLedger, postgres_url: str) -> None:
    async with _connected(postgres_url) as connection:
        for statement in FILL:
            await connection.execute(statement)
        scanned = {}
        for name, (statement, values) in ASKED.items():
            plan = json.loads(await connection.fetchval("EXPLAIN (FORMAT JSON) " + statement, *values))
            scanned[name] = _read_from_end_to_end(plan[0]["Plan"])
        assert {name: tables for name, tables in scanned.items() if tables} == {}
        seen = json.loads(await connection.fetchval("EXPLAIN (FORMAT JSON) SELECT * FROM envelopes WHERE octets = 0"))
        assert _read_from_end_to_end(seen[0]["Plan"]) == ["envelopes"]


def _read_from_end_to_end(plan: dict[str, Any]) -> list[str]:
    """Tables that a plan reads from end to end."""
    own = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return own + [table for part in plan.get("Plans", ()) for table in _read_from_end_to_end(part)]


def test_the_versions_have_no_gap() -> None:
    numbers = [number for number, _ in schema.migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
