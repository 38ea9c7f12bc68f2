"""Envelopes and journal in dictionaries: what a store must do, said as plainly as Python allows.

The idea: what a write decides is a plain function (`adapters.stores.draft`); only what it decided to the end is kept
here. That is the whole transaction.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from adapters.stores import columns, keeping, lifetimes
from adapters.stores.asking import (
    Acceptance,
    Conclusion,
    Happenings,
    Living,
    Numbering,
    Recording,
    Request,
    Steps,
)
from adapters.stores.columns import describe, text, working
from adapters.stores.draft import Changes, Known, decide
from adapters.stores.memory.questions import answers_to, is_asked, summary_of
from adapters.stores.numbering import answers, numbered, row_of
from adapters.stores.sealing import PLAIN, happened_subjects, step_words
from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.envelope import Envelope
from gateway.errors import Unavailable
from gateway.exchanges.matter import Kept, Matter, MatterQuery
from gateway.handover import Accepted
from gateway.identity import EnvelopeId
from gateway.journal.chain import Link
from gateway.journal.commitments import Openings, read_openings
from gateway.journal.entry import Entry, subject_of
from gateway.journal.publishing.head import LeaseLost, LogHead
from gateway.ledger import Backlog, Committed, Move, Query, Row, Spawned, Summary, Waiting
from gateway.numbers.series import Numbered, NumberQuery
from gateway.ports import Clock
from gateway.protection.retention.lifetime import Lifetime
from gateway.vault.port import Destruction
from gateway.vault.sealed import ContentDestroyed
from gateway.vault.subjects import SubjectId, of_exchange

T = TypeVar("T")


class MemoryLedger:
    """For tests and for newcomers; nothing survives the process."""

    name = "memory"

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._started = False
        self._known = Known()
        self._rows: dict[EnvelopeId, Row] = {}
        self._journal: list[tuple[Entry, Link]] = []
        self._accepted = 0
        self._steps: dict[EnvelopeId, Step] = {}
        self._happened: dict[tuple[str, str], Happened] = {}
        self._lifetimes: dict[str, Lifetime] = {}
        self._numbers: dict[tuple[str, str, int, str, str], Numbered] = {}
        self._personal: dict[int, tuple[SubjectId, Openings | Destruction]] = {}
        self._keyed: set[SubjectId] = set()
        self._destroyed: dict[SubjectId, Destruction] = {}
        self._log, self._lease = LogHead(), ("", datetime.min.replace(tzinfo=UTC), 0)

    async def start(self) -> None:
        self._started = True

    async def stop(self) -> None:
        self._started = False

    async def probe(self) -> None:
        if not self._started:
            public = "The gateway cannot keep anything now."
            raise Unavailable("ledger.stopped", public, operator="The ledger is not started.")

    # --- writing

    async def accept(self, envelope: Envelope, entry: Entry, key: str) -> Accepted:
        answer = await self._write(Acceptance(envelope, entry, key))
        assert isinstance(answer, Accepted)
        return answer

    async def commit(self, moves: Sequence[Move]) -> Committed:
        answer = await self._write(Steps(tuple(moves)))
        assert isinstance(answer, Committed)
        return answer

    async def record(self, entries: Sequence[Entry]) -> None:
        await self._write(Happenings(tuple(entries)))

    async def record_happened(self, happened: Sequence[Happened], entries: Sequence[Entry]) -> None:
        await self._write(Recording(tuple(happened), tuple(entries)))

    async def conclude(
        self, matter: Matter, happened: Sequence[Happened], entries: Sequence[Entry], expected_revision: int
    ) -> None:
        await self._write(Conclusion(matter, tuple(happened), tuple(entries), expected_revision))

    async def _write(self, request: Request) -> Accepted | Committed | None:
        await self.probe()
        async with self._lock:
            answer, changes = decide(self._known, request)
            for inserted in changes.inserted:
                self._insert(inserted.new, inserted.at)
            for moved in changes.moved:
                self._move(moved.move)
            self._journal += changes.journal
            self._keep_personal(changes)
            self._steps |= {step.envelope: _step_back(step) for step in changes.steps}
            for happened in changes.happened:
                exchange, own, _, stored, words = keeping.happened_row(happened, PLAIN)
                self._happened[exchange, own] = keeping.happened(exchange, stored, words, PLAIN)
            self._lifetimes |= {
                each.subject: lifetimes.lifetime(lifetimes.row_of(each)[-1]) for each in changes.lifetimes
            }
            for one in changes.numbers:
                self._numbers.setdefault(one.key, numbered(row_of(one)))
            self._accepted += len(changes.inserted)
            return answer

    def _insert(self, new: Spawned, at: datetime) -> None:
        self._rows[new.envelope.id] = Row(
            envelope=_kept(new.envelope), state=new.state, version=1, attempts=0, breaks=0, due=None, reason=new.reason,
            updated_at=at,
        )  # fmt: skip

    def _move(self, move: Move) -> None:
        row = self._rows[move.envelope.id]
        self._rows[move.envelope.id] = Row(
            envelope=msgspec.structs.replace(row.envelope, learned=_kept(move.envelope).learned), state=move.after,
            version=row.version + 1, attempts=move.attempts, breaks=move.breaks, due=move.due, reason=move.reason,
            updated_at=move.at,
        )  # fmt: skip

    # --- reading

    async def get(self, envelope: EnvelopeId) -> Row | None:
        await self.probe()
        if envelope in self._destroyed and envelope in self._rows:
            raise ContentDestroyed(envelope, self._destroyed[envelope])
        return self._rows.get(envelope)

    async def find(self, query: Query) -> list[Summary]:
        await self.probe()
        found = sorted((row for row in self._rows.values() if answers_to(row, query)), key=lambda row: row.envelope.id)
        return [self._shown(row) for row in found[::-1][: max(query.limit, 0)]]

    def _shown(self, row: Row) -> Summary:
        """A row in a list; of a destroyed one only what cannot name a person."""
        found = summary_of(row)
        if found.id not in self._destroyed:
            return found
        texts = {
            name: "" for name in (*columns.SEARCHED, "reason_public") if columns.may_name(name, getattr(found, name))
        }
        return msgspec.structs.replace(found, **texts)

    async def due(self, now: datetime, limit: int) -> list[EnvelopeId]:
        await self.probe()
        found = [row for row in self._working() if row.due is None or row.due <= now]
        found.sort(key=lambda row: (-describe(row.envelope).rank, row.envelope.received_at, row.envelope.id))
        return [row.envelope.id for row in found[:limit]]

    async def waiting(self, now: datetime, each: int) -> list[Waiting]:
        await self.probe()
        found: dict[tuple[int, str, bool], list[Waiting]] = {}
        for row in sorted(self._working(), key=lambda row: (row.due or row.envelope.received_at, row.envelope.id)):
            known, again = describe(row.envelope), row.due is not None
            one = Waiting(id=row.envelope.id, counterpart=known.counterpart, urgent=known.rank > 0, again=again)
            if row.due is None or row.due <= now:
                found.setdefault((known.rank, known.counterpart, again), []).append(one)
        return [one for ready in found.values() for one in ready[:each]]

    async def backlog(self, now: datetime) -> list[Backlog]:
        await self.probe()
        rows = self._working()
        found = [(describe(row.envelope).rank > 0, 1, row.due or row.envelope.received_at) for row in rows]
        return columns.backlogs(found, now)

    async def arrivals(self, since: datetime, until: datetime) -> dict[str, int]:
        await self.probe()
        first, end = columns.id_at(since), columns.id_at(until)
        rows = [
            row.envelope
            for row in self._rows.values()
            if row.envelope.inbound and row.envelope.kind != "canary" and first <= row.envelope.id < end
        ]
        return dict(Counter(one.counterpart for each in rows if not (one := describe(each)).test))

    async def next_due(self) -> datetime | None:
        await self.probe()
        now = self._clock.now() if self._clock else datetime.now(UTC)
        return min((row.due for row in self._working() if row.due and row.due > now), default=None)

    async def counts(self) -> dict[tuple[str, str], int]:
        await self.probe()
        return dict(Counter((row.envelope.direction.value, row.state) for row in self._rows.values()))

    async def standings(self, after: str, limit: int) -> list[tuple[EnvelopeId, str, str]]:
        await self.probe()
        rows = ((each, row.envelope.direction.value, row.state) for each, row in self._rows.items() if each > after)
        return sorted(rows)[: max(limit, 0)]

    async def accepted(self) -> int:
        await self.probe()
        return self._accepted

    async def timeline(self, envelope: EnvelopeId) -> list[Link]:
        await self.probe()
        return [link for entry, link in self._journal if envelope and entry.envelope == envelope]

    async def journal(self, after: int, limit: int) -> list[Link]:
        await self.probe()
        return [link for _, link in self._journal[after : after + limit]]

    async def head(self) -> tuple[int, str]:
        await self.probe()
        return self._known.number, self._known.hash

    async def destroy(
        self, subjects: Sequence[SubjectId], destruction: Destruction, entries: Sequence[Entry]
    ) -> tuple[SubjectId, ...]:
        await self.probe()
        keyed = [subject for subject in subjects if subject in self._keyed]
        self._destroyed = dict.fromkeys(keyed, destruction) | self._destroyed
        for number, (subject, opened) in self._personal.items():
            if subject in keyed and not isinstance(opened, Destruction):
                self._personal[number] = (subject, destruction)
        self._steps = {key: self._left(each.exchange, each, keeping.step_left) for key, each in self._steps.items()}
        self._happened = {
            key: self._left(each.exchange, each, keeping.happened_left) for key, each in self._happened.items()
        }
        known = self._known.exchanges
        known |= {key: self._left(each.exchange, each, keeping.matter_left) for key, each in known.items()}
        await self.record(entries)
        return tuple(subject for subject in subjects if subject not in keyed)

    def _left(self, exchange: str, kept: T, left: Callable[[T], T]) -> T:
        return left(kept) if of_exchange(exchange) in self._destroyed else kept

    async def destroyed(self, subjects: Sequence[SubjectId]) -> Mapping[SubjectId, Destruction]:
        await self.probe()
        return {subject: self._destroyed[subject] for subject in subjects if subject in self._destroyed}

    async def personal(self, numbers: Sequence[int]) -> Mapping[int, Openings | Destruction]:
        await self.probe()
        return {number: self._personal[number][1] for number in numbers if number in self._personal}

    def _keep_personal(self, changes: Changes) -> None:
        """What entries say of persons, and who has something that could be destroyed."""
        for entry, link in changes.journal:
            if entry.opening:
                self._personal[link.number] = (subject_of(entry), read_openings(entry.opening))
                self._keyed.add(subject_of(entry))
        self._keyed.update(inserted.new.envelope.id for inserted in changes.inserted)
        self._keyed.update(of_exchange(step.exchange) for step in changes.steps if step_words(step))
        self._keyed.update(happened_subjects(changes.happened))
        self._keyed.update(
            of_exchange(each.exchange) for each in changes.exchanges.values() if keeping.matter_words(each)
        )

    async def log_head(self) -> LogHead:
        await self.probe()
        return self._log

    async def lease_log(self, holder: str, now: datetime, until: datetime) -> int:
        await self.probe()
        leader, end, token = self._lease
        if leader != holder and end > now:
            return 0
        self._lease = (holder, until, token + (leader != holder or end <= now))
        return self._lease[2]

    async def publish_log(self, head: LogHead, after: int, token: int) -> None:
        await self.probe()
        there = [link.hash for _, link in self._journal[head.size - 1 : head.size]]
        if (self._log.size, self._lease[2], there) != (after, token, [head.hash]) or head.size < after:
            raise LeaseLost("the log is led or continued by somebody else")
        self._log = head

    async def keep_lifetimes(self, kept: Sequence[Lifetime], entries: Sequence[Entry]) -> None:
        await self._write(Living(tuple(kept), tuple(entries)))

    async def lifetimes(self, subjects: Sequence[str]) -> dict[str, Lifetime]:
        await self.probe()
        return {each: life for each in subjects if (life := self._lifetimes.get(each))}

    async def lifetimes_in(self, stage: str, after: str, limit: int) -> list[Lifetime]:
        await self.probe()
        found = sorted(
            (each for each in self._lifetimes.values() if each.stage == stage), key=lambda each: each.subject
        )
        return [each for each in found if each.subject > after][: max(limit, 0)]

    async def record_numbers(self, numbers: Sequence[Numbered], entries: Sequence[Entry]) -> None:
        await self._write(Numbering(tuple(numbers), tuple(entries)))

    async def last_number(self, sender: str, receiver: str) -> int:
        await self.probe()
        return self._known.series.get((sender, receiver), 0)

    async def numbers(self, query: NumberQuery) -> list[Numbered]:
        await self.probe()
        found = sorted((each for each in self._numbers.values() if answers(each, query)), key=lambda each: each.place)
        return (found[::-1] if query.newest_first else found)[: max(query.limit, 0)]

    async def series(self) -> list[tuple[str, str]]:
        await self.probe()
        return sorted({each.series for each in self._numbers.values()})

    async def exchange(self, exchange: str) -> Kept:
        await self.probe()
        steps = (step for step in self._steps.values() if text(step.exchange) == text(exchange))
        happened = (each for (own, _), each in self._happened.items() if own == text(exchange))
        return Kept(
            steps=tuple(sorted(steps, key=lambda step: (step.known_at, step.envelope))),
            happened=tuple(sorted(happened, key=lambda each: (each.happening.at, text(each.id)))),
            matter=_read_back(self._known.exchanges.get(text(exchange))),
        )

    async def matters(self, query: MatterQuery) -> list[Matter]:
        await self.probe()
        found = sorted((each for each in self._known.exchanges.values() if is_asked(each, query)), key=_exchange)
        return [matter for each in found[::-1][: max(query.limit, 0)] if (matter := _read_back(each))]

    async def matters_due(self, now: datetime, limit: int) -> list[str]:
        await self.probe()
        due = [(each.next_look_at, _exchange(each)) for each in self._known.exchanges.values() if each.next_look_at]
        return [exchange for at, exchange in sorted(due) if at <= now][: max(limit, 0)]

    async def next_look(self) -> datetime | None:
        await self.probe()
        looks = (each.next_look_at for each in self._known.exchanges.values() if each.next_look_at)
        return min(looks, default=None)

    def _working(self) -> list[Row]:
        return [row for row in self._rows.values() if working(row.envelope.direction, row.state)]


def _kept(envelope: Envelope) -> Envelope:
    """The envelope as any store gives it back."""
    learned, parts = columns.dismantle(envelope.learned)
    return msgspec.structs.replace(
        envelope, channel=text(envelope.channel), learned=columns.assemble(learned, dict(parts)),
        claim=msgspec.json.decode(columns.facts(envelope.claim), type=type(envelope.claim)),
    )  # fmt: skip


def _exchange(matter: Matter) -> str:
    return text(matter.exchange)


def _read_back(matter: Matter | None) -> Matter | None:
    """The matter as any store gives it back."""
    if matter is None:
        return None
    *_, stored, words = keeping.matter_row(matter, PLAIN)
    return keeping.matter(matter.exchange, stored, words, PLAIN)


def _step_back(step: Step) -> Step:
    *_, stored, words = keeping.step_row(step, PLAIN)
    return keeping.step(step.exchange, stored, words, PLAIN)
