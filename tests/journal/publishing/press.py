"""A ledger, its published log, and everything that looks at it, in one folder; time stands until a test turns it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Self

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.journal.entry import Entry
from gateway.journal.publishing.examination import Examined, LogFault, examine
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.integrator import Integrator
from gateway.journal.publishing.keys import JOURNAL, LogKeys
from gateway.journal.publishing.proving import Prover
from gateway.journal.tree.checkpoints import Checkpoint, opened
from gateway.journal.tree.notes import VerifierKey
from gateway.ledger import Ledger
from tests.gateway.rig import NOON, TurnedClock

SECOND = timedelta(seconds=1)


class Press:
    """One log. `again` is the next life of the gateway on the same folder."""

    def __init__(self, place: Path, ledger: Ledger | None = None) -> None:
        self.place, self.clock = place, TurnedClock()
        self.ledger: Ledger = ledger or SqliteLedger(place / "ledger.sqlite", self.clock)
        self.folder = LogFolder(place / "log")
        self.keys = LogKeys(place / "keys", "xa.spoc.example", "XA")
        self.integrator = Integrator(self.ledger, self.folder, self.keys, self.clock)
        self.prover = Prover(self.ledger, self.folder)

    async def __aenter__(self) -> Self:
        await self.ledger.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.integrator.stop()
        await self.ledger.stop()

    def again(self) -> Press:
        return Press(self.place)

    async def write(self, count: int, begin: int = 0) -> None:
        """New entries in the journal."""
        for at in range(begin, begin + count, 500):
            numbers = range(at, min(at + 500, begin + count))
            await self.ledger.record(
                [
                    Entry(event="messages.searched", at=NOON, actor="user:officer", details=(("found", str(each)),))
                    for each in numbers
                ]
            )

    async def publish(self) -> Checkpoint:
        """Everything is under a checkpoint."""
        self.clock.turn(SECOND)
        await self.integrator.quiet()
        return self.checkpoint

    @property
    def key(self) -> VerifierKey:
        key = self.keys.public(JOURNAL)
        assert key is not None
        return key

    @property
    def checkpoint(self) -> Checkpoint:
        return opened(self.folder.checkpoint(), self.key)[0]

    async def faults(self) -> list[LogFault]:
        return [each async for each in examine(self.ledger, self.folder, self.keys) if isinstance(each, LogFault)]

    async def examined(self) -> list[Examined]:
        return [each async for each in examine(self.ledger, self.folder, self.keys) if isinstance(each, Examined)]

    async def events(self, event: str) -> list[str]:
        """Reasons of the entries of this event."""
        from gateway.journal.entry import read

        found = [read(link.entry) for link in await self.ledger.journal(0, 100_000)]
        return [entry.reason for entry in found if entry.event == event]

    def damage(self, path: str, how: Callable[[bytes], bytes]) -> None:
        """Change a file of the log."""
        file = self.folder.folder / path
        file.write_bytes(how(file.read_bytes()))


def behind_its_back(place: Path, *statements: str) -> None:
    """Change the ledger's file as somebody could who has it."""
    with sqlite3.connect(place / "ledger.sqlite") as ledger:
        for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            ledger.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            ledger.execute(statement)
    ledger.close()
