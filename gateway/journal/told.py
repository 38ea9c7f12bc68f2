"""Entries as people read them: what is personal joined to the rest, or the sentence that says why it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.journal.chain import Link
from gateway.journal.commitments import Openings
from gateway.journal.entry import Entry
from gateway.ledger import Ledger
from gateway.vault.port import Destruction
from gateway.vault.sealed import ContentDamaged, KeyMissing

LOST: Final = "cannot be opened here: it was changed, or its key is not at hand"
Opened = Openings | Destruction | None


async def opened(ledger: Ledger, links: Sequence[Link]) -> Mapping[int, Opened]:
    """What these entries say of persons, by number. One that does not open spoils no other."""
    numbers = [link.number for link in links]
    try:
        return dict(await ledger.personal(numbers))
    except (ContentDamaged, KeyMissing):
        return {number: each for number in numbers for each in [await _one(ledger, number)] if each is not None}


async def _one(ledger: Ledger, number: int) -> Opened:
    try:
        return (await ledger.personal([number])).get(number)
    except (ContentDamaged, KeyMissing):
        return None


def details(entry: Entry, found: Opened) -> dict[str, str]:
    """All details of an entry, for people."""
    told = dict(entry.details)
    if isinstance(found, Destruction):
        words = f"destroyed on {found.at:%Y-%m-%d} under the rule {found.rule}"
        return told | dict.fromkeys((name for name, _ in entry.commitments), words)
    known = {each.name: each.value for each in found or ()}
    return told | {name: known.get(name, LOST) for name, _ in entry.commitments}
