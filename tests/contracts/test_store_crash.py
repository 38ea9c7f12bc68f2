"""Kill is the only tested stop: a writing process is killed, and what it was promised is there, whole and balanced."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.journal import chain
from gateway.journal import entry as entries
from gateway.ledger import Ledger
from tests.contracts.store_examples import WAY_IN, take
from tests.contracts.store_fixtures import open_ledger
from tests.contracts.store_writer import TOLD_AT

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("promises", [1, 150, 700])
async def test_what_was_acknowledged_before_a_kill_is_there_afterwards(
    lasting_place: tuple[str, str], promises: int
) -> None:
    promised = _killed_after(promises, *lasting_place)
    ledger = open_ledger(*lasting_place)
    await ledger.start()
    try:
        for envelope, version in promised.items():
            row = await ledger.get(envelope)
            assert row is not None
            assert row.version >= version
            assert row.envelope.payload.content
        await _is_whole(ledger)
        await take(ledger)
        await _is_whole(ledger)
    finally:
        await ledger.stop()


def _killed_after(count: int, name: str, place: str) -> dict[str, int]:
    """Run the writer, kill it after so many promises, and return all that it had made."""
    command = [sys.executable, "-m", "tests.contracts.store_writer", name, place]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        lines = [writer.stdout.readline() for _ in range(count)]
        writer.kill()
        lines += writer.stdout.readlines()
    promised: dict[str, int] = {}
    for line in lines:
        if line.endswith("\n"):
            envelope, version = line.split()
            promised[envelope] = max(int(version), promised.get(envelope, 0))
    assert promised, "the writer was killed before it had written anything"
    return promised


async def _is_whole(ledger: Ledger) -> None:
    """The chain has no fault and reaches its head, the books balance, every version has its entry."""
    links, found = [], await ledger.journal(0, 1000)
    while found:
        links += found
        found = await ledger.journal(links[-1].number, 1000)
    assert list(chain.faults(links)) == []
    assert await ledger.head() == (links[-1].number, links[-1].hash)
    assert sum((await ledger.counts()).values()) == await ledger.accepted()
    told: dict[str, list[str]] = {}
    for link in links:
        entry = entries.read(link.entry)
        told.setdefault(entry.envelope, []).append(entry.event)
    assert len(told) == await ledger.accepted()
    for envelope, events in told.items():
        row = await ledger.get(envelope)
        assert row is not None
        assert (row.version, f"envelope.{row.state}") == (len(events), events[-1])
        kept = await ledger.exchange(envelope)
        is_told = row.state in WAY_IN and WAY_IN.index(row.state) >= WAY_IN.index(TOLD_AT)
        assert (len(kept.steps), kept.revision) == ((1, 1) if is_told else (0, 0))
