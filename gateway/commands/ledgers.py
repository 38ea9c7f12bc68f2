"""The ledger without a gateway: read-only for proofs, or, while nothing runs, to journal what an operator did."""

from __future__ import annotations

import getpass
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from adapters.stores.sqlite.ledger import SqliteLedger
from config.load import Home
from gateway.assembly.vault import keyring_of
from gateway.clock import SystemClock
from gateway.commands.endings import NOT_FOUND, NOT_RUNNING, Ending
from gateway.commands.local_door import LocalDoor, stated_case
from gateway.errors import GatewayError, Misconfigured
from gateway.ledger import Ledger
from gateway.persons import Person, entry_by
from gateway.vault.keyring import Keyring

log = logging.getLogger(__name__)


def sqlite_file(home: Home) -> Path:
    """Where the embedded ledger is."""
    return home.data / "ledger.sqlite"


@asynccontextmanager
async def read_only(home: Home) -> AsyncIterator[Ledger]:
    """The ledger for looking only; raises `Ending` when there is none to be read."""
    ledger = _for_reading(home)
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.stop()


def _for_reading(home: Home) -> Ledger:
    kind = home.settings.ledger.get("kind", "sqlite")
    if kind != "sqlite":
        raise Ending(
            NOT_RUNNING, "ledger.elsewhere", f"The ledger is {kind}, which only a running gateway reads, and it does not run.",
            f"Start it with: spoc --home {home.folder} serve",
        )  # fmt: skip
    file = sqlite_file(home)
    if not file.is_file():
        raise Ending(
            NOT_FOUND,
            "ledger.none",
            f"There is no ledger yet: {file} does not exist.",
            "It is made when the gateway starts first.",
        )
    return SqliteLedger(file, SystemClock(), read_only=True, keyring=_for_looking(home))


def _for_looking(home: Home) -> Keyring | None:
    """The keys, where they are at hand: proofs need none, and an auditor may have the ledger alone."""
    try:
        keyring = keyring_of(home, read_only=True)
        keyring.folder.read()
    except Misconfigured as error:
        log.warning("content cannot be opened: %s", error.code)
        return None
    return keyring if (home.data / home.settings.vault.folder).is_dir() else None


def _operator() -> Person:
    """Who runs the command, with the case that was stated."""
    return Person(actor=f"user:{getpass.getuser()}", role="operator", case=stated_case())


async def journalled(home: Home, event: str, what: str) -> bool:
    """Journal an act of the operator on files: by the running gateway, or in its ledger while it does not run; whether it was."""
    async with LocalDoor(home) as door:
        if await door.runs():
            await door.ask("POST", f"/api/v1/acts/{event}", query={"what": what})
            return True
    return await record_while_stopped(home, event, (("what", what),))


async def record_while_stopped(home: Home, event: str, details: tuple[tuple[str, str], ...]) -> bool:
    """Journal an act of the operator in the embedded ledger, if that can be done; whether it was."""
    if home.settings.ledger.get("kind", "sqlite") != "sqlite":
        return False
    home.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        keyring = keyring_of(home)
    except GatewayError as error:
        log.warning("%s could not be journalled: %s", event, error.code)
        return False
    ledger = SqliteLedger(sqlite_file(home), SystemClock(), keyring=keyring)
    try:
        await ledger.start()
        await ledger.record([entry_by(_operator(), event, datetime.now(UTC), details=details)])
    except GatewayError as error:
        # The change itself stands; that nothing could be journalled is said instead of hidden.
        log.warning("%s could not be journalled: %s", event, error.code)
        return False
    else:
        return True
    finally:
        await ledger.stop()
