"""Who still signs with what: counted from the journal, where every verified signature left its algorithm and kind of key.

Before a row of the algorithm table gets an end, this says whom it would hit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from gateway.ledger import Ledger

PAGE: Final = 1000
VERIFIED: Final = "envelope.verified"
UNTOLD: Final = "not told"
"""For entries from before the kind of key and the digests were written."""


class Use(Struct, frozen=True, kw_only=True):
    """One partner's use of one combination."""

    party: str
    algorithm: str
    key: str
    digests: str
    count: int
    last_seen: datetime
    certificate: str
    """SHA-256 of the certificate that was last used so."""


class _Read(Struct, frozen=True, kw_only=True):
    event: str
    at: datetime
    details: dict[str, str]


_ENTRIES: Final = msgspec.json.Decoder(_Read)


async def usage(ledger: Ledger, since: datetime | None = None) -> list[Use]:
    """Every use that the journal knows, or those since a time: by partner, the most recent first."""
    found: dict[tuple[str, str, str, str], Use] = {}
    number = 0
    while page := await ledger.journal(number, PAGE):
        number = page[-1].number
        for link in page:
            if VERIFIED.encode() not in link.entry:
                continue
            entry = _ENTRIES.decode(link.entry)
            if entry.event == VERIFIED and "algorithm" in entry.details and (since is None or entry.at >= since):
                _count(found, entry)
    uses = sorted(found.values(), key=lambda use: use.last_seen, reverse=True)
    return sorted(uses, key=lambda use: use.party)


def _count(found: dict[tuple[str, str, str, str], Use], entry: _Read) -> None:
    told = entry.details
    key = (told.get("party", ""), told["algorithm"], told.get("key") or UNTOLD, told.get("digests") or UNTOLD)
    before = found.get(key)
    found[key] = Use(
        party=key[0], algorithm=key[1], key=key[2], digests=key[3], count=1 + (before.count if before else 0),
        last_seen=entry.at, certificate=told.get("certificate", ""),
    )  # fmt: skip
