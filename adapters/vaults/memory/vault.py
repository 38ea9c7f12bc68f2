"""Keys in a dictionary: what a vault must do, said as plainly as Python allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from gateway.vault.port import Destruction, KeyNumber, Rewrap, Slot


class MemoryVault:
    """For tests and for newcomers; nothing survives the process."""

    name = "memory"

    def __init__(self) -> None:
        self._kept: dict[KeyNumber, Slot | Destruction] = {}

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Nothing to close."""

    async def probe(self) -> None:
        """Always there."""

    async def keep(self, slots: Sequence[Slot]) -> None:
        if any(slot.number in self._kept for slot in slots):
            raise ValueError("this block is there already")
        self._kept.update((slot.number, slot) for slot in slots)

    async def find(self, numbers: Sequence[KeyNumber]) -> Mapping[KeyNumber, Slot | Destruction]:
        return {number: self._kept[number] for number in numbers if number in self._kept}

    async def destroy(self, numbers: Sequence[KeyNumber], destruction: Destruction) -> None:
        self._kept |= {number: destruction for number in numbers if isinstance(self._kept.get(number), Slot)}

    async def rewrap(self, before: str, after: str, rewrap: Rewrap, limit: int) -> int:
        old = [slot for slot in self._kept.values() if isinstance(slot, Slot) and slot.master == before][:limit]
        made = [Slot(number=slot.number, master=after, wrapped=rewrap(slot)) for slot in old]
        self._kept.update((slot.number, slot) for slot in made)
        return len(made)

    async def masters(self) -> Mapping[str, int]:
        return dict(Counter(slot.master for slot in self._kept.values() if isinstance(slot, Slot)))
