"""A new master takes over while messages go on: keys come under it a portion at a time, until nothing needs the old one.

The idea: `spoc vault roll` only lays a file beside the others. The running gateway notices it, wraps new keys by it at once and the old
ones behind; a copy of the vault from before is then worth nothing to whoever has the new master alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from gateway.errors import GatewayError
from gateway.journal.entry import Entry
from gateway.ledger import Ledger
from gateway.ports import Clock
from gateway.vault.keyring import Keyring
from gateway.vault.masters import Masters
from gateway.vault.port import BLOCK, Slot, Vault

PORTION: Final = 4 * BLOCK
"""Keys in one go: some ten milliseconds, after which others have their turn."""
LOOK_EVERY: Final = timedelta(seconds=30)
log = logging.getLogger(__name__)


async def rewrapped(vault: Vault, masters: Masters) -> AsyncIterator[int]:
    """Bring every key under the newest master; how many after each portion. Raises `Misconfigured`, `Unavailable`."""

    def again(slot: Slot) -> bytes:
        return masters.wrap(slot.number, masters.unwrap(slot)).wrapped

    for name in await vault.masters():
        while name != masters.newest and (done := await vault.rewrap(name, masters.newest, again, PORTION)):
            yield done


class Rolling:
    """Looks for new masters, and brings the keys under the newest."""

    def __init__(self, keyring: Keyring, ledger: Ledger, clock: Clock) -> None:
        self._keyring, self._ledger, self._clock = keyring, ledger, clock
        self._task: asyncio.Task[None] | None = None
        self._trouble = ""

    def start(self) -> None:
        """Begin to look."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="vault-rolling")

    async def stop(self) -> None:
        """Stop at once; the next start goes on. Safe unstarted and twice."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def look(self) -> int:
        """Take notice of the masters and bring all keys under the newest; how many were brought there."""
        masters = self._keyring.read_masters_again()
        count = 0
        async for done in rewrapped(self._keyring.vault, masters):
            count += done
            await asyncio.sleep(0)
        if count:
            details = (("master", masters.newest), ("keys", str(count)))
            await self._ledger.record([Entry(event="vault.rewrapped", at=self._clock.now(), details=details)])
        return count

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
                self._trouble = ""
            except GatewayError as error:
                await self._tell(error)
            await self._clock.wait_until(self._clock.now() + LOOK_EVERY)

    async def _tell(self, error: GatewayError) -> None:
        """Once, until it is over."""
        if error.code == self._trouble:
            return
        self._trouble = error.code
        log.error("the keys cannot be brought under the newest master: %s", error.code)
        try:
            await self._ledger.record([Entry(event="vault.trouble", at=self._clock.now(), reason=error.code)])
        except GatewayError as also:
            log.warning("that could not be journalled: %s", also.code)
