"""What the gateway's own books say after a run: whether everything arrived where it should, and how long each step took.

Times come from journal entries. An entry bears the time at which its step was decided, just before the commit; several stages that one write
covers bear the same time, so they are shown as one step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from adapters.stores.sqlite.ledger import SqliteLedger
from benchmarks.abroad import Arrival
from benchmarks.load import Sent
from gateway import lifecycle
from gateway.envelope import Direction
from gateway.journal import chain, entry

PAGE: Final = 5000
KINDS: Final = {
    "acknowledged": "query in",
    "settled": "receipt in",
    "receipt": "receipt out",
    "reply": "answer out",
    "forward": "forward out",
}


class Books(Struct, kw_only=True):
    """The journal of a run, read once."""

    accepted: int = 0
    counts: dict[tuple[str, str], int] = {}
    entries: list[entry.Entry] = []
    chain_faults: int = 0


async def settled(path: Path) -> bool:
    """Whether nothing is under way any more."""
    ledger = SqliteLedger(path, read_only=True)
    await ledger.start()
    try:
        counts = await ledger.counts()
    finally:
        await ledger.stop()
    return not any(
        count and lifecycle.state(Direction(direction), state).next_stage
        for (direction, state), count in counts.items()
    )


async def read(path: Path) -> Books:
    """Everything, with the chain checked on the way."""
    ledger = SqliteLedger(path, read_only=True)
    await ledger.start()
    books = Books()
    try:
        books.accepted, books.counts = await ledger.accepted(), await ledger.counts()
        number, before = 0, chain.GENESIS
        while links := await ledger.journal(number, PAGE):
            books.chain_faults += sum(1 for _ in chain.faults(links, number, before))
            books.entries += [entry.read(link.entry) for link in links]
            number, before = links[-1].number, links[-1].hash
        books.chain_faults += (number, before) != await ledger.head()
    finally:
        await ledger.stop()
    return books


def wrong(books: Books, sent: Sequence[Sent], arrivals: Iterable[Arrival], kinds: Iterable[str]) -> list[str]:
    """Every message must have brought one mail of each of these kinds. Every way in which the run did not end as it must; empty when all is well."""
    faults = [f"{one.message_id}: {one.refused}" for one in sent if one.refused]
    taken, messages = {one.message_id for one in sent if one.taken}, len(sent)
    if len(taken) != messages:
        faults.append(f"{len(taken)} of {messages} messages got their 250")
    came = Counter((arrival.of, arrival.kind) for arrival in arrivals)
    for kind in kinds:
        once = sum(1 for one in taken if came[(one, kind)] == 1)
        if once != messages:
            faults.append(f"{kind}: {once} of {messages} messages got exactly one")
    if sum(came.values()) != 3 * messages:
        faults.append(f"{sum(came.values())} mails came abroad, {3 * messages} were due")
    expected = {
        ("inbound", "acknowledged"): messages, ("inbound", "settled"): messages, ("outbound", "confirmed"): 3 * messages,
    }  # fmt: skip
    counts = {(str(direction), state): count for (direction, state), count in books.counts.items() if count}
    if counts != expected:
        faults.append(f"the states are {counts}, expected {expected}")
    if books.accepted != sum(counts.values()):
        faults.append(f"the balance is wrong: {books.accepted} accepted, {sum(counts.values())} accounted for")
    if books.chain_faults:
        faults.append(f"the journal's chain has {books.chain_faults} faults")
    return faults


def steps(books: Books) -> dict[tuple[str, str], list[float]]:
    """Seconds of every step, by kind of envelope and step, in the order of the lifecycle."""
    stories: dict[str, list[entry.Entry]] = {}
    for one in books.entries:
        if one.envelope and (one.event in LIFE or _begun(one)):
            stories.setdefault(one.envelope, []).append(one)
    found: dict[tuple[str, str], list[float]] = {}
    for story in stories.values():
        kind = _kind(story)
        for label, seconds in _moves(story):
            found.setdefault((kind, label), []).append(seconds)
        found.setdefault((kind, "whole"), []).append((story[-1].at - story[0].at).total_seconds())
    order = list(KINDS.values())
    return dict(
        sorted(
            found.items(),
            key=lambda item: (order.index(item[0][0]) if item[0][0] in order else 9, item[0][1] == "whole"),
        )
    )


LIFE: Final = frozenset(lifecycle.event(state.name) for state in lifecycle.STATES)


def _begun(one: entry.Entry) -> bool:
    return one.event == "transmission.attempted" and ("outcome", "started") in one.details


def _kind(story: list[entry.Entry]) -> str:
    own = dict(story[0].details).get("kind", "")
    return KINDS.get(own or story[-1].event.rpartition(".")[2], own or "in")


def _moves(story: list[entry.Entry]) -> Iterable[tuple[str, float]]:
    """Each write of one envelope: the states it passed, and the time since the write before."""
    index = 1
    while index < len(story):
        end = index
        while end + 1 < len(story) and story[end + 1].at == story[index].at:
            end += 1
        names = [_name(one) for one in story[index : end + 1]]
        yield f"{_name(story[index - 1])} → {', '.join(names)}", (story[index].at - story[index - 1].at).total_seconds()
        index = end + 1


def _name(one: entry.Entry) -> str:
    return "begun" if _begun(one) else one.event.rpartition(".")[2]


def arrivals_of(file: Path, references: Mapping[str, str]) -> list[Arrival]:
    """What the partner wrote down; the own references of queries become their message ids."""
    found = msgspec.msgpack.decode(file.read_bytes(), type=list[Arrival])
    return [msgspec.structs.replace(one, of=references.get(one.of, one.of)) for one in found]


def events(books: Books) -> dict[str, Any]:
    """How often each event stands in the journal."""
    return dict(Counter(one.event for one in books.entries))
