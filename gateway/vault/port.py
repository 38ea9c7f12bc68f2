"""What a vault is: wrapped keys by number, each either there or destroyed. It knows nothing of what they open.

The idea: keys live apart from the ledger, so that no old copy of the ledger opens what was destroyed. They are made ahead, many in
one durable write, so that a message costs no write here; numbers are random, so that no copy of a vault hands one out twice. A key that nobody
uses is harmless. A vault holds no key in the clear: what it keeps is wrapped by a master key that it never sees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from msgspec import Struct

KeyNumber = int
"""Of one key: positive, below 2**63. The keys of one block differ in their lowest `BLOCK_BITS` bits."""

BLOCK_BITS: Final = 8
BLOCK: Final = 1 << BLOCK_BITS
"""Keys made in one durable write."""
MAX_WRAPPED_OCTETS: Final = 80
MAX_RULE_OCTETS: Final = 80
MAX_MASTER_CHARACTERS: Final = 40


class Destruction(Struct, frozen=True, kw_only=True):
    """When a key was destroyed, and under which rule: what is said in place of the content from then on."""

    at: datetime
    rule: str
    """The rule of retention, or the order, in a few words without personal data: `sirene.three-years`."""

    def __post_init__(self) -> None:
        if not self.rule or len(self.rule.encode()) > MAX_RULE_OCTETS:
            raise ValueError(f"a rule has 1 to {MAX_RULE_OCTETS} octets: {self.rule[:MAX_RULE_OCTETS]!r}")


class Slot(Struct, frozen=True, kw_only=True):
    """One key under its master."""

    number: KeyNumber
    master: str
    wrapped: bytes


Rewrap = Callable[[Slot], bytes]
"""The key of a slot under the new master; raises when it does not open under its own."""


class Vault(Protocol):
    """Where wrapped keys live. All methods raise `Unavailable` when the vault cannot answer or keep anything now; what is kept or
    destroyed is durable when they return.
    """

    name: str

    async def start(self) -> None:
        """Open, or make where there is none yet; raises `Misconfigured` or `Unavailable`."""
        ...

    async def stop(self) -> None: ...

    async def probe(self) -> None:
        """Raise `Unavailable` unless keys could be read and kept now."""
        ...

    async def keep(self, slots: Sequence[Slot]) -> None:
        """Keep the keys of one block, all or none. Raises `ValueError` for a block that is there already."""
        ...

    async def find(self, numbers: Sequence[KeyNumber]) -> Mapping[KeyNumber, Slot | Destruction]:
        """Those that are there or were destroyed. A number that is missing was never kept here."""
        ...

    async def destroy(self, numbers: Sequence[KeyNumber], destruction: Destruction) -> None:
        """Overwrite these keys for good. One that was destroyed before keeps its first destruction; unknown ones are left out."""
        ...

    async def rewrap(self, before: str, after: str, rewrap: Rewrap, limit: int) -> int:
        """Wrap keys that are under one master by another; how many, 0 when none is left. No destroyed key comes back."""
        ...

    async def masters(self) -> Mapping[str, int]:
        """How many keys are under each master."""
        ...
