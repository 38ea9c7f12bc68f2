"""Every store that has a manifest, opened for a test: `store` makes ledgers on one place, `ledger` is a started one."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

import pytest

from adapters.stores.memory.ledger import MemoryLedger
from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.ledger import Ledger
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


def _sqlite(request: pytest.FixtureRequest) -> Store:
    path = request.getfixturevalue("tmp_path") / "ledger.sqlite"
    return lambda: SqliteLedger(path, StoppedClock())


def _memory(_: pytest.FixtureRequest) -> Store:
    return lambda: MemoryLedger(StoppedClock())


OPENED = {"memory": _memory, "sqlite": _sqlite}
"""How a test opens each store; one line for a new one."""


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest) -> Store:
    return OPENED[request.param](request)


@pytest.fixture
async def ledger(store: Store) -> AsyncIterator[Ledger]:
    opened = store()
    await opened.start()
    yield opened
    await opened.stop()
