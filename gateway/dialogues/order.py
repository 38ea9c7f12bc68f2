"""The order in which an exchange took place, whatever the order in which its messages arrived.

The one idea: messages stand in the order of sending, and never before one that they answer; a clock abroad that is wrong does
not turn a question and its answer around. Equal moments are settled by the sender and the sender's own reference, so every
permutation of the same messages gives the same order.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from operator import itemgetter

from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.identity import EnvelopeId


class Links:
    """Which messages of the exchange a message names as those that it answers."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._by_id: dict[str, list[Step]] = defaultdict(list)
        self._by_reference: dict[str, list[Step]] = defaultdict(list)
        for step in steps:
            self._by_id[step.message_id].append(step)
            self._by_reference[step.reference].append(step)

    def answered_by(self, step: Step) -> tuple[Step, ...]:
        """The messages that this one names, the one of In-Reply-To first. Never itself."""
        named = [*self._by_id.get(step.in_reply_to, ())] if step.in_reply_to else []
        named += [
            each for reference in step.your_references if reference for each in self._by_reference.get(reference, ())
        ]
        fitting = [each for each in named if each.envelope != step.envelope and _met(each, step)]
        return tuple({each.envelope: each for each in fitting}.values())

    def named(self, message_id: str) -> tuple[Step, ...]:
        """The messages with this id."""
        return tuple(self._by_id.get(message_id, ()))


def answers_something(step: Step) -> bool:
    """Whether the message says that it answers another."""
    return bool(step.in_reply_to or any(step.your_references))


def _met(earlier: Step, step: Step) -> bool:
    """Whether the sender of the answer was a party to the message it names."""
    return step.sender == earlier.sender or step.sender in earlier.to or earlier.sender in step.to


def once(steps: Iterable[Step]) -> tuple[list[Step], dict[EnvelopeId, EnvelopeId]]:
    """Every message once, and which envelope stands for which: one message may travel in several envelopes."""
    kept: dict[tuple[str, str], Step] = {}
    every = {step.envelope: step for step in sorted(steps, key=_repeatable) if not step.void}
    for step in sorted(every.values(), key=_key):
        name = (step.sender, step.message_id) if step.message_id else ("", step.envelope)
        kept.setdefault(name, step)
    chosen = {
        step.envelope: kept[(step.sender, step.message_id) if step.message_id else ("", step.envelope)].envelope
        for step in every.values()
    }
    return list(kept.values()), chosen


def in_order(steps: Sequence[Step], happened: Iterable[Happened], links: Links) -> list[Step | Happened]:
    """Steps and what was recorded, in the order in which they took place."""
    records = {
        each.id: each for each in sorted(happened, key=lambda each: (each.id, each.happening.at, each.happening.name))
    }
    heap: list[tuple[tuple[datetime, int, str, str, str, str], int]] = []
    nodes: list[Step | Happened] = [*steps, *records.values()]
    number = {step.envelope: index for index, step in enumerate(steps)}
    waits, after = [0] * len(nodes), defaultdict[int, list[int]](list)
    keys = [_key(node) if isinstance(node, Step) else _record_key(node) for node in nodes]
    for index, step in enumerate(steps):
        for parent in links.answered_by(step):
            waits[index] += 1
            after[number[parent.envelope]].append(index)
    heap = [(keys[index], index) for index in range(len(nodes)) if not waits[index]]
    heapq.heapify(heap)
    rest = iter(sorted(((keys[index], index) for index in range(len(nodes)) if waits[index]), key=itemgetter(0)))
    found, done = list[Step | Happened](), [False] * len(nodes)
    while len(found) < len(nodes):
        index = (
            heapq.heappop(heap)[1] if heap else next(each for _, each in rest if not done[each])
        )  # a ring of answers
        if done[index]:
            continue
        done[index] = True
        found.append(nodes[index])
        for child in after[index]:
            waits[child] -= 1
            if not waits[child] and not done[child]:
                heapq.heappush(heap, (keys[child], child))
    return found


def moment_of(moment: datetime) -> datetime:
    """The same in UTC; one without a zone is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment


def _key(step: Step) -> tuple[datetime, int, str, str, str, str]:
    return (moment_of(step.sent), 0, step.sender, step.reference, step.message_id, step.envelope)


def _repeatable(step: Step) -> tuple[tuple[datetime, int, str, str, str, str], str]:
    return (_key(step), repr(step))


def _record_key(record: Happened) -> tuple[datetime, int, str, str, str, str]:
    return (moment_of(record.happening.at), 1, record.happening.name, record.about, record.id, "")
