"""How often something was done, counted from the journal, which alone knows it for ever."""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec

from gateway.ledger import Ledger
from gateway.tolerances import USED

PAGE: Final = 1000


class Tally:
    """How often each row was used, counted from the journal; a later reading goes on where the last one ended."""

    def __init__(self) -> None:
        self._number = 0
        self._uses: Counter[tuple[str, str]] = Counter()

    async def read(self, ledger: Ledger) -> Counter[tuple[str, str]]:
        """Uses by partner and rule."""
        while page := await ledger.journal(self._number, PAGE):
            self._number = page[-1].number
            for link in page:
                if USED.encode() in link.entry:
                    self._count(link.entry)
        return self._uses

    def _count(self, entry: bytes) -> None:
        record = msgspec.json.decode(entry)
        if record["event"] == USED:
            self._uses[record["details"]["partner"], record["details"]["rule"]] += 1
