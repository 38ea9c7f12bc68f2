"""What a store opens after it has read: rows, lists, exchanges, what entries say of persons. The keys are found first, all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from adapters.stores import columns, keeping
from adapters.stores.columns import Part
from adapters.stores.sealing import Sealing, Seals
from gateway.exchanges.matter import Kept, Matter
from gateway.journal import commitments, entry
from gateway.journal.commitments import Openings
from gateway.ledger import Row, Summary
from gateway.vault.port import Destruction, KeyNumber
from gateway.vault.sealed import ContentDamaged, ContentDestroyed
from gateway.vault.subjects import SubjectId

LARGE_OCTETS: Final = 1 << 19
"""What is larger is opened in a thread, so that nobody waits for it."""


async def row(sealing: Sealing, values: Sequence[Any], parts: Sequence[Part], *, again: bool = False) -> Row:
    """The whole row; raises `ContentDestroyed`, `ContentDamaged`, `KeyMissing`. `again`: keys may have been destroyed elsewhere."""
    sealed = columns.sealed_in(values, parts)
    seals = await sealing.for_reading(sealed, again=again)
    if sum(len(each) for each in sealed if each) > LARGE_OCTETS:
        return await asyncio.to_thread(columns.row, values, parts, seals)
    return columns.row(values, parts, seals)


async def summaries(sealing: Sealing, rows: Sequence[Sequence[Any]]) -> list[Summary]:
    """Rows of a list."""
    seals = await sealing.for_reading(values[columns.WORDS_AT] for values in rows)
    return [columns.summary(values, seals) for values in rows]


async def kept(sealing: Sealing, rows: keeping.KeptRows) -> Kept:
    """What is kept of one exchange."""
    return rows.opened(await sealing.for_reading(rows.sealed))


async def matters(sealing: Sealing, rows: Sequence[keeping.Stored]) -> list[Matter]:
    """Matters of a list."""
    seals = await sealing.for_reading(words for *_, words in rows)
    return [keeping.matter(*stored, seals) for stored in rows]


async def personal(sealing: Sealing, rows: Sequence[tuple[int, bytes, bytes]]) -> Mapping[int, Openings | Destruction]:
    """What entries say of persons, from their number, canonical bytes and what opens them."""
    seals = await sealing.for_reading(opening for _, _, opening in rows)
    return {number: _openings(number, bytes(canonical), bytes(opening), seals) for number, canonical, opening in rows}


def _openings(number: int, canonical: bytes, opening: bytes, seals: Seals) -> Openings | Destruction:
    try:
        subject = entry.subject_of(entry.read(canonical))
        return commitments.read_openings(seals.open(subject, commitments.PART, opening))
    except ContentDestroyed as destroyed:
        return destroyed.destruction
    except (msgspec.MsgspecError, ValueError):
        raise ContentDamaged(f"entry {number}", commitments.PART) from None


def by_subject(pairs: Iterable[tuple[SubjectId, KeyNumber]]) -> dict[SubjectId, list[KeyNumber]]:
    """The keys of each subject that has any."""
    found: dict[SubjectId, list[KeyNumber]] = {}
    for subject, number in pairs:
        found.setdefault(subject, []).append(number)
    return found
