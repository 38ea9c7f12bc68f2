"""Envelopes and journal in dictionaries: what a store must do, said as plainly as Python allows.

The idea: what a write decides is a plain function (`adapters.stores.draft`); only what it decided to the end is kept
here. That is the whole transaction.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from adapters.stores import columns
from adapters.stores.columns import describe, text, working
from adapters.stores.draft import Acceptance, Happenings, Known, Request, Steps, decide
from gateway import lifecycle
from gateway.envelope import Envelope
from gateway.errors import Unavailable
from gateway.handover import Accepted
from gateway.identity import EnvelopeId
from gateway.journal.chain import Link
from gateway.journal.entry import Entry
from gateway.ledger import Committed, Move, Query, Row, Spawned, Summary
from gateway.ports import Clock


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

    async def _write(self, request: Request) -> Accepted | Committed | None:
        await self.probe()
        async with self._lock:
            answer, changes = decide(self._known, request)
            for inserted in changes.inserted:
                self._insert(inserted.new, inserted.at)
            for moved in changes.moved:
                self._move(moved.move)
            self._journal += changes.journal
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
        return self._rows.get(envelope)

    async def find(self, query: Query) -> list[Summary]:
        await self.probe()
        found = sorted((row for row in self._rows.values() if _answers(row, query)), key=lambda row: row.envelope.id)
        return [_summary(row) for row in found[::-1][: max(query.limit, 0)]]

    async def due(self, now: datetime, limit: int) -> list[EnvelopeId]:
        await self.probe()
        found = [row for row in self._working() if row.due is None or row.due <= now]
        found.sort(key=lambda row: (-describe(row.envelope).rank, row.envelope.received_at, row.envelope.id))
        return [row.envelope.id for row in found[:limit]]

    async def next_due(self) -> datetime | None:
        await self.probe()
        now = self._clock.now() if self._clock else datetime.now(UTC)
        return min((row.due for row in self._working() if row.due and row.due > now), default=None)

    async def counts(self) -> dict[tuple[str, str], int]:
        await self.probe()
        return dict(Counter((row.envelope.direction.value, row.state) for row in self._rows.values()))

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

    def _working(self) -> list[Row]:
        return [row for row in self._rows.values() if working(row.envelope.direction, row.state)]


def _kept(envelope: Envelope) -> Envelope:
    """The envelope as any store gives it back."""
    learned, parts = columns.dismantle(envelope.learned)
    return msgspec.structs.replace(
        envelope, channel=text(envelope.channel), learned=columns.assemble(learned, dict(parts)),
        claim=msgspec.json.decode(columns.facts(envelope.claim), type=type(envelope.claim)),
    )  # fmt: skip


def _summary(row: Row) -> Summary:
    envelope, known = row.envelope, describe(row.envelope)
    return Summary(
        id=envelope.id, direction=envelope.direction, kind=envelope.kind, channel=envelope.channel, state=row.state,
        account=lifecycle.state(envelope.direction, row.state).account, format=known.format,
        counterpart=known.counterpart, message_id=known.message_id, our_reference=known.our_reference,
        exchange=known.exchange, cause=envelope.cause, urgency=known.urgency, test=known.test,
        received_at=envelope.received_at, updated_at=row.updated_at, due=row.due, attempts=row.attempts,
        reason_code=row.reason.code if row.reason else "", reason_public=row.reason.public if row.reason else "",
        digest=envelope.payload.digest, octets=len(envelope.payload.content),
    )  # fmt: skip


def _answers(row: Row, query: Query) -> bool:
    found = _summary(row)
    equal: Mapping[str, str] = {
        name: wanted for name in ("format", "counterpart", "exchange", "cause", "message_id")
        if (wanted := getattr(query, name))
    }  # fmt: skip
    places = {
        found.id, found.digest, found.message_id, found.our_reference, found.exchange,
        text(row.envelope.claim.reference),
    }  # fmt: skip
    return (
        (query.direction is None or found.direction is query.direction)
        and (not query.states or found.state in query.states)
        and all(getattr(found, name) == text(wanted) for name, wanted in equal.items())
        and (not query.text or text(query.text) in places)
        and (not query.before_id or found.id < query.before_id)
    )
