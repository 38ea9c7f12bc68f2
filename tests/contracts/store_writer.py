"""A process that writes to a store as fast as it can and says what was acknowledged, until it is killed.

    python -m tests.contracts.store_writer NAME PLACE

Each line names an envelope and the version that the store has promised to keep.
"""

from __future__ import annotations

import asyncio
import sys

from gateway.dialogues.step import Step
from gateway.ledger import Ledger
from tests.contracts.store_examples import START, WAY_IN, arrived, new_id, read, step, take
from tests.contracts.store_fixtures import open_ledger

AT_ONCE = 10
TOLD_AT = "correlated"
"""From this state on, a message is a step of an exchange that bears its id."""


async def _write(ledger: Ledger) -> None:
    while True:
        row = await take(ledger, arrived(new_id().encode() * 200), key=new_id())
        _promise(row.envelope.id, row.version)
        for state in WAY_IN[1:]:
            known = (told(row.envelope.id),) if state == TOLD_AT else ()
            await ledger.commit([step(row, state, row.envelope.learn(exchange=state), steps=known)])
            _promise(row.envelope.id, row.version + 1)
            row = await read(ledger, row.envelope.id)


def told(envelope: str) -> Step:
    """The step of a message."""
    return Step(
        envelope=envelope, exchange=envelope, format="sirene/M@1", sender="sirene:XB", to=("sirene:XA",), message_id=new_id(),
        reference="XB-M-2026-0000001", sent=START, known_at=START,
    )  # fmt: skip


def _promise(envelope: str, version: int) -> None:
    sys.stdout.write(f"{envelope} {version}\n")
    sys.stdout.flush()


async def _main(name: str, place: str) -> None:
    ledger = open_ledger(name, place)
    await ledger.start()
    await asyncio.gather(*(_write(ledger) for _ in range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
