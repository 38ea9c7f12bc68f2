"""The rows of the ledger held against its journal: a message stands where its last entry says, and is what was taken in.

The chain proves the journal alone. Whoever can write to the store could leave it as it is and change a row: send a held message
on, or put other bytes in place of those that came. One message at a time is looked at, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from gateway import lifecycle
from gateway.identity import digest
from gateway.journal import commitments
from gateway.journal.chain import Broken, Link
from gateway.journal.entry import Entry, read
from gateway.ledger import Ledger, Query, Row
from gateway.vault.port import Destruction
from gateway.vault.sealed import ContentDamaged, ContentDestroyed, KeyMissing

PAGE: Final = 1000
TRIES: Final = 5
"""A message that works on may move between the two questions about it; then both are asked again."""
RECEIVED: Final = lifecycle.event(lifecycle.FIRST)
STATES: Final = {lifecycle.event(row.name): row.name for row in lifecycle.STATES}
FIRST_OF_KIND: Final = {"repeat": "signed"}
"""Where a new message stands when that is not `received`: a receipt that is sent once more is signed already."""
TELL_OF_DESTRUCTION: Final = ("content.destroyed", "retention.intended")
"""The intent stands in the journal before the key is destroyed, the certificate after."""
_UNREADABLE = (msgspec.MsgspecError, ValueError, KeyError, TypeError)


async def row_faults(ledger: Ledger, until: int) -> AsyncIterator[Broken]:
    """Every message taken in up to this entry whose row is not what the journal says. The chain is to be checked before.

    The journal is read whole, and then again by message; both must give the same number of steps, or a step was hidden from its message.
    """
    told = found = reached = 0
    while reached < until:
        links = [link for link in await ledger.journal(reached, min(PAGE, until - reached)) if link.number <= until]
        for link in links:
            entry = entry_of(link)
            if entry is not None and entry.commitments and (fault := await _personal(ledger, link, entry)):
                yield fault
            if entry is None:
                yield Broken(number=link.number, fault="is not an entry that can be read")
            elif entry.envelope and reached_by(entry):
                told += 1
                if entry.event == RECEIVED:
                    steps, fault = await looked_at(ledger, entry.envelope, link.number)
                    found += sum(step.number <= until for step in steps)
                    if fault:
                        yield fault
        if not links:
            break
        reached = links[-1].number
    if told != found:
        words = f"{told} steps of messages stand in the journal up to here, and {found} are found under their messages"
        yield Broken(number=until, fault=words)


async def _personal(ledger: Ledger, link: Link, entry: Entry) -> Broken | None:
    """Whether what an entry says of persons is what it was written with, where that was not destroyed."""
    try:
        found = (await ledger.personal([link.number])).get(link.number)
    except (ContentDamaged, KeyMissing) as lost:
        return Broken(number=link.number, fault=f"what it says of persons cannot be read: {lost.operator}")
    if isinstance(found, Destruction):
        return None
    if found is None:
        return Broken(number=link.number, fault="what it says of persons is not there, and was not destroyed")
    wrong = commitments.faults(entry, found)
    return Broken(number=link.number, fault="; ".join(wrong)) if wrong else None


async def looked_at(ledger: Ledger, envelope: str, place: int) -> tuple[list[Link], Broken | None]:
    """The steps of one message, and what is wrong with its row."""
    before: Row | None = None
    for _ in range(TRIES):
        try:
            row = await ledger.get(envelope)
        except ContentDestroyed as destroyed:
            return await _without_content(ledger, envelope, place, destroyed)
        except (ContentDamaged, KeyMissing) as lost:
            steps = _steps(await ledger.timeline(envelope), envelope)
            return steps, Broken(number=place, fault=f"message {envelope}: {lost.operator}")
        except _UNREADABLE as error:
            steps = _steps(await ledger.timeline(envelope), envelope)
            return steps, Broken(number=place, fault=f"message {envelope}: cannot be read: {type(error).__name__}")
        steps = _steps(await ledger.timeline(envelope), envelope)
        fault = compared(envelope, row, steps, place)
        if fault is None or row is None or (before and before.version == row.version):
            return steps, fault
        before = row
    return steps, None  # it moves faster than it can be looked at


async def _without_content(
    ledger: Ledger, envelope: str, place: int, destroyed: ContentDestroyed
) -> tuple[list[Link], Broken | None]:
    """A message whose key was destroyed is right where its journal tells of it; what is left of it stands where its last step says."""
    timeline = await ledger.timeline(envelope)
    steps = _steps(timeline, envelope)
    told = [entry for link in timeline if (entry := entry_of(link)) and entry.event in TELL_OF_DESTRUCTION]
    if not told:
        words = (
            f"message {envelope}: its key was destroyed ({destroyed.destruction.rule}), and the journal does not say so"
        )
        return steps, Broken(number=place, fault=words)
    states = [each.state for each in await ledger.find(Query(text=envelope, limit=10)) if each.id == envelope]
    last = reached_by(entry_of(steps[-1]) or told[0]) if steps else ""
    if states == [last]:
        return steps, None
    return steps, Broken(
        number=place, fault=f"message {envelope}: its content is destroyed, and it does not stand as {last}"
    )


def compared(envelope: str, row: Row | None, steps: Sequence[Link], place: int) -> Broken | None:
    """What is wrong with a row whose steps these are; `place` is where it was taken in."""
    if row is None:
        return Broken(number=place, fault=f"message {envelope}: was taken in here and is not there")
    entries = [entry for link in steps if (entry := entry_of(link))]
    taken_in = next((dict(entry.details).get("payload", "") for entry in entries if entry.event == RECEIVED), "")
    if digest(row.envelope.payload.content) != taken_in:
        return Broken(number=place, fault=f"message {envelope}: its bytes are not those that were taken in here")
    last = reached_by(entries[-1])
    if row.state == last:
        return None
    fault = f"message {envelope}: stands as {row.state[:40]!r}, and here, at its last step, it became {last}"
    return Broken(number=steps[-1].number, fault=fault)


def _steps(timeline: Sequence[Link], envelope: str) -> list[Link]:
    """The entries with which this very message reached a state."""
    read_ = ((link, entry_of(link)) for link in timeline)
    return [link for link, entry in read_ if entry and entry.envelope == envelope and reached_by(entry)]


def reached_by(entry: Entry) -> str:
    """The state that an entry led to; empty for one that tells of something else."""
    details = dict(entry.details)
    if entry.event == RECEIVED:
        return FIRST_OF_KIND.get(details.get("kind", ""), lifecycle.FIRST)
    if entry.event == "envelope.released":
        return details.get("on_to", "") or lifecycle.FIRST
    if entry.event == "envelope.replayed":
        return lifecycle.FIRST
    return STATES.get(entry.event, "")


def entry_of(link: Link) -> Entry | None:
    """The entry of a link, or None where somebody has made it unreadable."""
    try:
        return read(link.entry)
    except _UNREADABLE:
        return None
