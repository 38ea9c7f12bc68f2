"""What the work cannot do without, each measured alone in this process: the floor that the gateway is compared with.

Also each judging stage on a real message, to show what a worker spends where. CPU time is measured, for other processes do not stretch it;
only a durable commit is mostly waiting, so it has a time on the clock beside it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from lxml import etree

from adapters.stores.sqlite.ledger import SqliteLedger
from benchmarks.usage import percentile
from config.load import load
from gateway import safexml
from gateway.assembly import briefing, directory_of, key_files, worker_table
from gateway.assembly.vault import keyring_of
from gateway.envelope import Direction
from gateway.identity import PartyId
from gateway.judging import judge
from gateway.ledger import Query
from gateway.signing.keys import KeyRing
from gateway.signing.sign import XadesSigner
from gateway.signing.verify import StrictVerifier
from gateway.verdict import Advance
from schemas.catalogue import discover

ROUNDS: Final = 100
SOME: Final = (
    Query(direction=Direction.INBOUND, states=("acknowledged",), limit=30),
    Query(direction=Direction.OUTBOUND, states=("confirmed",), limit=90),
)
_SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
COMMIT: Final = "durable commit"
WAIT: Final = "durable commit, by the clock"
PER_EXCHANGE: Final = {"XSD": 5, "verify": 2, "sign": 3, COMMIT: 5}
"""Least use in one exchange: a query and a receipt come in, two receipts and an answer go out, and each of the five is kept once.
Parsing is part of `verify`."""


def primitives(home_folder: Path, query: bytes, answer: bytes, party: PartyId, ours: PartyId) -> dict[str, float]:
    """Median CPU seconds of each primitive, and of a commit the time on the clock."""
    home, now = load(home_folder), datetime.now(UTC)
    partner = directory_of(home.partners).get(party)
    assert partner is not None
    verifier, signer, formats = StrictVerifier(), XadesSigner(KeyRing.load(key_files(home), now)), discover()
    root = safexml.parse(query)
    spec = formats.recognise(str(root.tag), root.get("version", ""))
    bare = safexml.parse(answer)
    for signature in bare.findall(_SIGNATURE):
        bare.remove(signature)
    plain = etree.tostring(bare)
    return {
        "parse": _timed(lambda: safexml.parse(query)),
        "XSD": _timed(lambda: spec.schema.valid(root)),
        "verify": _timed(lambda: verifier.verify(query, partner, now)),
        "sign": _timed(lambda tree: signer.sign(tree, ours, now), lambda: safexml.parse(plain)),
        COMMIT: _commits(home_folder / "cpu.sqlite", query, time.process_time),
        WAIT: _commits(home_folder / "clock.sqlite", query, time.perf_counter),
    }


def per_exchange(alone: dict[str, float]) -> float:
    """CPU seconds that one whole exchange needs at least."""
    return sum(alone[name] * times for name, times in PER_EXCHANGE.items())


async def stages(home_folder: Path) -> dict[str, float]:
    """Median CPU seconds of each judging stage on messages of the run, in one process and without the way to it."""
    home, now = load(home_folder), datetime.now(UTC)
    table = worker_table(briefing(home, directory_of(home.partners)), now)
    ledger = SqliteLedger(home.data / "ledger.sqlite", read_only=True, keyring=keyring_of(home, read_only=True))
    await ledger.start()
    taken: dict[str, list[float]] = {}
    try:
        for query in SOME:
            for summary in await ledger.find(query):
                row = await ledger.get(summary.id)
                assert row is not None
                _judge_all(table, row.envelope, now, taken)
    finally:
        await ledger.stop()
    return {name: percentile(values, 0.5) for name, values in taken.items()}


def _judge_all(table: Any, envelope: Any, now: datetime, taken: dict[str, list[float]]) -> None:
    """Every judging stage on an envelope that has been through all: each finds what it needs; what it adds goes on to the next."""
    # A form that is signed already is not signed again.
    envelope = msgspec.structs.replace(envelope, learned=msgspec.structs.replace(envelope.learned, signed=None))
    kind = "query in" if envelope.inbound else f"{envelope.kind} out"
    for (direction, name), stage in table.items():
        if direction is envelope.direction:
            begun = time.process_time()
            outcome = judge(stage, envelope, now)
            if isinstance(outcome, Advance):
                taken.setdefault(f"{kind}: {name}", []).append(time.process_time() - begun)
                envelope = outcome.envelope


def _timed(
    work: Callable[..., Any], prepare: Callable[[], Any] | None = None, clock: Callable[[], float] = time.process_time
) -> float:
    taken = []
    for _ in range(ROUNDS):
        given = [prepare()] if prepare else []
        begun = clock()
        work(*given)
        taken.append(clock() - begun)
    return percentile(taken, 0.5)


def _commits(path: Path, content: bytes, clock: Callable[[], float]) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE kept (content BLOB)")
        return _timed(lambda: connection.execute("INSERT INTO kept VALUES (?)", (content,)), clock=clock)
    finally:
        connection.close()
