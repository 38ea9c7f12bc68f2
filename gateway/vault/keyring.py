"""Keys at hand: made ahead in blocks, opened once and kept for a while, forgotten when they are destroyed.

The idea: a message takes a key that is durable in the vault already, so it costs no write there; the next block is made while this one
is being used. A key that was taken and never written down in the ledger opens nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gateway.errors import GatewayError, Misconfigured, Unavailable
from gateway.vault.blind import Blinding
from gateway.vault.masters import MasterFolder, Masters, unusable
from gateway.vault.port import BLOCK, BLOCK_BITS, Destruction, KeyNumber, Slot, Vault
from gateway.vault.sealed import Key

KEY_OCTETS: Final = 32
INDEX: Final[KeyNumber] = 1
"""The key of the words to search by: one for the whole ledger, never destroyed."""
LOW: Final = BLOCK // 4
"""Fewer keys left than this: the next block is made meanwhile."""
MAX_AT_HAND: Final = 8192
log = logging.getLogger(__name__)
Held = Key | Destruction


class Keyring:
    """The keys of one ledger. `read_only` makes none, for looking beside a running gateway."""

    def __init__(self, vault: Vault, folder: MasterFolder, *, read_only: bool = False) -> None:
        self.vault, self.folder, self.read_only = vault, folder, read_only
        self._masters: Masters | None = None
        self._blinding: Blinding | None = None
        self._ready: list[Key] = []
        self._at_hand: OrderedDict[KeyNumber, Held] = OrderedDict()
        self._making: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the vault; raises `Misconfigured` unless every key in it could be opened by the masters at hand."""
        self._masters = self.folder.read()
        await self.vault.start()
        try:
            await self._check()
            self._blinding = Blinding(await self._index())
        except BaseException:
            await self.vault.stop()
            raise

    async def stop(self) -> None:
        """Forget all keys. Safe unstarted and twice."""
        making, self._making = self._making, None
        if making:
            making.cancel()
            with contextlib.suppress(asyncio.CancelledError, GatewayError):
                await making
        self._ready.clear()
        self._at_hand.clear()
        self._masters = self._blinding = None
        await self.vault.stop()

    @property
    def masters(self) -> Masters:
        """The masters as they were last read."""
        if self._masters is None:
            raise Unavailable(
                "vault.stopped", "The gateway cannot keep anything now.", operator="The vault is not started."
            )
        return self._masters

    @property
    def blinding(self) -> Blinding:
        """Makes the words to search by."""
        if self._blinding is None:
            raise Unavailable(
                "vault.stopped", "The gateway cannot keep anything now.", operator="The vault is not started."
            )
        return self._blinding

    def read_masters_again(self) -> Masters:
        """Take notice of masters that were added or removed; raises `Misconfigured` and keeps those at hand."""
        self._masters = self.folder.read()
        return self._masters

    # --- taking and finding

    async def fresh(self) -> Key:
        """A key that nothing was sealed with yet, durable in the vault; raises `Unavailable`."""
        while not self._ready:
            await asyncio.shield(self._make())
        key = self._ready.pop()
        self._remember(key.number, key)
        if len(self._ready) < LOW:
            self._making = self._make()
        return key

    def at_hand(self, number: KeyNumber) -> Held | None:
        """The key, or what became of it, where it was found before."""
        found = self._at_hand.get(number)
        if found is not None:
            self._at_hand.move_to_end(number)
        return found

    async def find(self, numbers: Iterable[KeyNumber]) -> Mapping[KeyNumber, Held]:
        """Keys, or what became of them. Those that the vault has never heard of are left out."""
        wanted = set(numbers)
        found = {number: held for number in wanted if (held := self.at_hand(number)) is not None}
        missing = sorted(wanted - found.keys())
        for number, kept in (await self.vault.find(missing)).items() if missing else ():
            found[number] = kept if isinstance(kept, Destruction) else self._opened(kept)
            self._remember(number, found[number])
        return found

    async def destroy(self, numbers: Sequence[KeyNumber], destruction: Destruction) -> None:
        """Destroy keys for good; durable when this returns."""
        await self.vault.destroy(numbers, destruction)
        self.forget(numbers)

    def forget(self, numbers: Iterable[KeyNumber]) -> None:
        """Ask the vault again when these are needed next."""
        for number in numbers:
            self._at_hand.pop(number, None)

    def _opened(self, slot: Slot) -> Key:
        return Key.of(slot.number, self._unwrapped(slot))

    def _unwrapped(self, slot: Slot) -> bytes:
        if slot.master not in self.masters:
            self.read_masters_again()
        return self.masters.unwrap(slot)

    def _remember(self, number: KeyNumber, held: Held) -> None:
        self._at_hand[number] = held
        self._at_hand.move_to_end(number)
        while len(self._at_hand) > MAX_AT_HAND:
            self._at_hand.popitem(last=False)

    # --- making

    def _make(self) -> asyncio.Task[None]:
        """The block that is being made; a new one is begun where none is."""
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(self._block(), name="vault-block")
            self._making.add_done_callback(_tell)
        return self._making

    async def _block(self) -> None:
        if self.read_only:
            raise Unavailable(
                "vault.read-only",
                "The gateway cannot keep anything now.",
                operator="The vault was opened for reading only.",
            )
        try:
            masters = self.read_masters_again()  # a newer one wraps from now on, and one that was laid aside no more
        except Misconfigured as error:
            raise Unavailable(error.code, error.public, operator=error.operator) from error
        base = (secrets.randbits(62 - BLOCK_BITS) | 1 << (61 - BLOCK_BITS)) << BLOCK_BITS
        keys = [(base + place, secrets.token_bytes(KEY_OCTETS)) for place in range(BLOCK)]
        await self.vault.keep([masters.wrap(number, key) for number, key in keys])
        self._ready += [Key.of(number, key) for number, key in keys]

    # --- starting

    async def _check(self) -> None:
        for name, count in (await self.vault.masters()).items():
            if name not in self.masters:
                words = (
                    f"{count} keys of the vault are under the master key {name}, which is not in {self.folder.folder}."
                )
                raise unusable("vault.master-missing", f"{words} Put it back from where it is kept safe.")

    async def _index(self) -> bytes:
        found = (await self.vault.find([INDEX])).get(INDEX)
        if found is None and not self.read_only:
            with contextlib.suppress(ValueError):  # another gateway was quicker
                await self.vault.keep([self.masters.wrap(INDEX, secrets.token_bytes(KEY_OCTETS))])
            found = (await self.vault.find([INDEX])).get(INDEX)
        if not isinstance(found, Slot):
            raise unusable("vault.unusable", "The vault has no key for searching: it is damaged, or was never used.")
        return self._unwrapped(found)


def _tell(making: asyncio.Task[None]) -> None:
    if not making.cancelled() and (error := making.exception()) is not None:
        code = error.code if isinstance(error, GatewayError) else type(error).__name__
        level = logging.ERROR if isinstance(error, Misconfigured) else logging.WARNING
        log.log(level, "no keys can be made ahead: %s", code)
