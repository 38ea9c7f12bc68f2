"""Ledgers that die at a named place: for stories of destruction, over the stores as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.stores.memory.ledger import MemoryLedger
from adapters.stores.postgres.ledger import PostgresLedger
from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.journal.entry import Entry
from gateway.ports import Clock
from gateway.protection.retention.lifetime import Lifetime
from gateway.vault.port import Destruction
from gateway.vault.subjects import SubjectId
from tests.contracts.store_fixtures import keyring_in

if TYPE_CHECKING:
    Part = MemoryLedger
else:
    Part = object


class Killed(BaseException):
    """The process ends here."""


class Mortal(Part):
    """`deadly` names the place at which it dies and how often that is passed: `before destroy`, `after destroy`, `before keep` …"""

    deadly: tuple[str, int] = ("", 0)
    keyless: frozenset[SubjectId] = frozenset()
    """Subjects that are older than the vault, as far as a story is concerned."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._passed: dict[str, int] = {}

    def pass_by(self, place: str) -> None:
        self._passed[place] = self._passed.get(place, 0) + 1
        if (place, self._passed[place]) == self.deadly:
            raise Killed(place)

    async def destroy(
        self, subjects: Sequence[SubjectId], destruction: Destruction, entries: Sequence[Entry]
    ) -> tuple[SubjectId, ...]:
        self.pass_by("before destroy")
        keyed = [subject for subject in subjects if subject not in self.keyless]
        without = await super().destroy(keyed, destruction, entries)
        self.pass_by("after destroy")
        return (*without, *(subject for subject in subjects if subject in self.keyless))

    async def keep_lifetimes(self, kept: Sequence[Lifetime], entries: Sequence[Entry]) -> None:
        self.pass_by("before keep")
        await super().keep_lifetimes(kept, entries)
        self.pass_by("after keep")


class MortalMemory(Mortal, MemoryLedger):
    """In memory."""


class MortalPostgres(Mortal, PostgresLedger):
    """In a database, with the vault beside it."""


class MortalSqlite(Mortal, SqliteLedger):
    """In a file, with the vault beside it."""


def mortal(name: str, folder: Path, clock: Clock) -> MortalMemory | MortalSqlite | MortalPostgres:
    """A store on its place, not yet started; `postgresql://…` names a database."""
    if name.startswith("postgresql:"):
        return MortalPostgres(name, clock, keyring=keyring_in(folder / "keys"))
    if name == "memory":
        return MortalMemory(clock)
    return MortalSqlite(folder / "ledger.sqlite", clock, keyring=keyring_in(folder / "keys"))
