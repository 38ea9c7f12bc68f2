"""Reading the books while messages keep coming: the counter and the accounts as of one and the same moment."""

from __future__ import annotations

from typing import Final

from gateway.ledger import Ledger

TRIES: Final = 20


async def books(ledger: Ledger) -> tuple[dict[tuple[str, str], int], int]:
    """Envelopes by direction and state, and how many were ever accepted.

    Both only agree when nothing was accepted between the two looks; the counter only grows, so the same value before and
    after says so. In a steady stream the last look stands, and a difference of what has just come is no fault.
    """
    counts, accepted = await ledger.counts(), await ledger.accepted()
    for _ in range(TRIES):
        before = accepted
        counts, accepted = await ledger.counts(), await ledger.accepted()
        if before == accepted:
            break
    return counts, accepted
