"""Every store that has a manifest, opened for a test: `store` makes ledgers on one place, `ledger` is a started one."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

import pytest

from adapters.stores.memory.ledger import MemoryLedger
from adapters.stores.postgres.ledger import PostgresLedger
from adapters.stores.sqlite.ledger import SqliteLedger
from adapters.vaults.files.vault import FileVault
from gateway.ledger import Ledger
from gateway.vault.keyring import Keyring
from gateway.vault.masters import MasterFolder
from tests.contracts.store_examples import START

FOLDER = Path(__file__).parents[2] / "adapters" / "stores"
STORES = {
    manifest.parent.name: tomllib.loads(manifest.read_text()) for manifest in sorted(FOLDER.glob("*/manifest.toml"))
}
Store = Callable[[], Ledger]


class StoppedClock:
    """A clock that shows what it was set to."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    async def wait_until(self, moment: datetime) -> None:
        self.time = max(self.time, moment)


PLACES = {
    "memory": lambda _: "",
    "postgres": lambda request: str(request.getfixturevalue("postgres_url")),
    "sqlite": lambda request: str(request.getfixturevalue("tmp_path") / "ledger.sqlite"),
}
"""Where a test keeps each store; one line for a new one, and one in `open_ledger`."""


def keyring_in(folder: Path) -> Keyring:
    """The keys of a ledger, in a folder of their own, with a master made where there is none."""
    masters = MasterFolder(folder / "masters")
    if not masters.exists():
        masters.make(START)
    return Keyring(FileVault(folder / "vault"), masters)


def open_ledger(name: str, place: str, keyring: Keyring | None = None) -> Ledger:
    """A store on its place, not yet started."""
    match name:
        case "memory":
            return MemoryLedger(StoppedClock())
        case "postgres":
            return PostgresLedger(place, StoppedClock(), keyring=keyring)
        case "sqlite":
            keyring = keyring or keyring_in(Path(place).with_name("keys"))
            return SqliteLedger(Path(place), StoppedClock(), keyring=keyring)
    raise LookupError(f"no test opens the store {name}")


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    place = PLACES[request.param](request)
    return lambda: open_ledger(request.param, place, keyring_in(tmp_path / "keys"))


@pytest.fixture(params=sorted(set(STORES) - {"memory"}))
def lasting_place(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Name and place of each store that outlives its process."""
    return request.param, PLACES[request.param](request)


@pytest.fixture
async def ledger(store: Store) -> AsyncIterator[Ledger]:
    opened = store()
    await opened.start()
    yield opened
    await opened.stop()
