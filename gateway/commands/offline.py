"""The proof and the export straight from a ledger, in the same words as the API's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from gateway.api.journal import check_books
from gateway.api.views import entry
from gateway.journal.chain import Link
from gateway.ledger import Ledger
from gateway.lifecycle import ACCOUNTS, account


async def proof(ledger: Ledger, *, rows: bool = True) -> dict[str, Any]:
    """What checking the whole chain and, with `rows`, each message against it gives, and the balance."""
    head, checked, found = await check_books(ledger, rows=rows)
    return {
        "intact": not found,
        "entries": checked,
        "head": head.model_dump(),
        "faults": [{"number": one.number, "fault": one.fault} for one in found],
        "balance": await balance(ledger),
    }


async def balance(ledger: Ledger) -> dict[str, Any]:
    """Accepted messages against the accounts they stand in."""
    counts, accepted = await ledger.counts(), await ledger.accepted()
    accounts = dict.fromkeys(ACCOUNTS, 0)
    for (direction, name), number in counts.items():
        if found := account(direction, name):
            accounts[found] += number
    states = {f"{direction}/{name}": number for (direction, name), number in sorted(counts.items())}
    return {
        "accepted": accepted,
        "accounts": accounts,
        "states": states,
        "balanced": accepted == sum(accounts.values()),
    }


def _shown(found: Link) -> dict[str, Any]:
    try:
        return entry(found).model_dump(mode="json")
    except (msgspec.MsgspecError, ValueError, KeyError):  # damaged: shown as it stands, for whoever looks into it
        text = found.entry.decode("utf-8", "replace")
        return {
            "number": found.number,
            "event": "unreadable",
            "before": found.before,
            "hash": found.hash,
            "canonical": text,
        }


async def entries(ledger: Ledger, after: int, page: int) -> AsyncIterator[dict[str, Any]]:
    """Every entry after this number."""
    while found := await ledger.journal(after, page):
        for each in found:
            yield _shown(each)
        after = found[-1].number
