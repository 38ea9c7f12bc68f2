"""What sealing costs: the same messages through the same gateway in one process, with a ledger that seals and with one that does not.

CPU time of the whole process is compared, because waiting for the disk would hide it; the parts are measured alone beside it.
Run: `python -m benchmarks.sealing`.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from adapters.stores.sqlite.ledger import SqliteLedger
from adapters.vaults.files.vault import FileVault
from gateway.journal.commitments import committed
from gateway.journal.entry import Entry
from gateway.vault.keyring import Keyring
from gateway.vault.masters import MasterFolder
from gateway.vault.sealed import Key
from tests.gateway.rig import TurnedClock
from tests.journeys.worlds import World

MESSAGES: Final = 20
RUNS: Final = 2
ROUNDS: Final = 2000


async def messages(folder: Path, keyring: Keyring | None) -> float:
    """CPU seconds of one message, with its receipts and its answer."""
    clock = TurnedClock()
    world = World(folder, SqliteLedger(folder / "ledger.sqlite", clock, keyring=keyring), clock)
    async with world:
        for number in range(3):
            await world.other_hit_arrives(number)
        begun = time.process_time()
        for number in range(3, 3 + MESSAGES):
            await world.other_hit_arrives(number)
        return (time.process_time() - begun) / MESSAGES


def keyring_in(folder: Path) -> Keyring:
    masters = MasterFolder(folder / "masters")
    masters.make(datetime.now(UTC))
    return Keyring(FileVault(folder / "vault"), masters)


def alone(work: Callable[[], object]) -> float:
    begun = time.process_time()
    for _ in range(ROUNDS):
        work()
    return (time.process_time() - begun) / ROUNDS


async def made(folder: Path) -> float:
    """CPU seconds of one key, made ahead."""
    keyring = keyring_in(folder)
    await keyring.start()
    begun = time.process_time()
    for _ in range(ROUNDS):
        await keyring.fresh()
    taken = (time.process_time() - begun) / ROUNDS
    await keyring.stop()
    return taken


def main() -> None:
    key = Key.of(5, secrets.token_bytes(32))
    for size in (200, 5_000, 100_000):
        plain = secrets.token_bytes(size)
        sealed = key.seal("e", "payload", plain)
        print(f"seal {size:7} octets  {alone(lambda plain=plain: key.seal('e', 'payload', plain)) * 1e6:7.1f} µs")  # type: ignore[misc]
        print(f"open {size:7} octets  {alone(lambda sealed=sealed: key.open('e', 'payload', sealed)) * 1e6:7.1f} µs")  # type: ignore[misc]
        print(f"mark {size:7} octets  {alone(lambda plain=plain: key.mark('payload', plain)) * 1e6:7.1f} µs")  # type: ignore[misc]
    entry = Entry(event="envelope.read", at=datetime.now(UTC), envelope="e", details=(("purpose", "Case 1"),))
    print(f"commitment of an entry {alone(lambda: committed(entry)) * 1e6:7.1f} µs")
    with tempfile.TemporaryDirectory() as place:
        print(f"key, made ahead        {asyncio.run(made(Path(place))) * 1e6:7.1f} µs")
    best = {"plain": 1e9, "sealed": 1e9}
    for _ in range(RUNS):
        for kind, least in tuple(best.items()):
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                taken = asyncio.run(messages(folder, keyring_in(folder) if kind == "sealed" else None))
                best[kind] = min(least, taken)
    plain_ms, sealed_ms = best["plain"] * 1e3, best["sealed"] * 1e3
    print(
        f"message, plain {plain_ms:.2f} ms, sealed {sealed_ms:.2f} ms: {sealed_ms - plain_ms:+.2f} ms ({sealed_ms / plain_ms - 1:+.1%})"
    )


if __name__ == "__main__":
    main()
