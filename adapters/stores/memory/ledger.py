"""Envelopes and journal in dictionaries: what a store must do, said as plainly as Python allows.

The idea: a write works on a `_Draft`, a layer over what is kept; only a draft that came to its end is merged. That is
the whole transaction.
"""

from __future__ import annotations

import asyncio
from collections import ChainMap, Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from adapters.stores import columns
from adapters.stores.columns import describe, explaining, text, working
from gateway import lifecycle
from gateway.envelope import Envelope
from gateway.errors import Unavailable
from gateway.handover import Accepted
from gateway.identity import EnvelopeId
from gateway.journal import chain
from gateway.journal.chain import Link
from gateway.journal.entry import Entry
from gateway.ledger import Committed, KeyConflict, Move, Query, Row, Spawned, StaleMove, Summary
from gateway.ports import Clock
from gateway.verdict import DuplicateKey


class _Claimed(NamedTuple):
    claim: DuplicateKey
    envelope: EnvelopeId
    entry: int


class MemoryLedger:
    """For tests and for newcomers; nothing survives the process."""

    name = "memory"

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._started = False
        self._rows: dict[EnvelopeId, Row] = {}
        self._deliveries: dict[tuple[str, str], EnvelopeId] = {}
        self._claims: dict[tuple[str, str], _Claimed] = {}
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
        await self.probe()
        async with self._lock:
            delivery = (text(envelope.channel), text(key))
            known = self._rows.get(self._deliveries.get(delivery, "") if key else "") or self._rows.get(envelope.id)
            if known:
                if known.envelope.payload.digest != envelope.payload.digest:
                    raise KeyConflict(f"the delivery was taken in before as {known.envelope.id} with other bytes")
                return Accepted(envelope=known.envelope.id, known_before=True)
            explaining([entry], envelope.id)
            draft = self._draft()
            draft.journal([entry])
            draft.insert(Spawned(envelope=envelope), envelope.received_at)
            self._merge(draft)
            if key:
                self._deliveries[delivery] = envelope.id
            return Accepted(envelope=envelope.id)

    async def commit(self, moves: Sequence[Move]) -> Committed:
        await self.probe()
        async with self._lock:
            draft = self._draft()
            same_matter = ""
            for move in moves:
                entry = draft.move(move)
                if move.claim:
                    found = draft.claim(move.claim, move.envelope.id, entry)
                    if found.duplicate_of:
                        return found
                    same_matter = found.same_matter or same_matter
                for spawned in move.spawn:
                    draft.spawn(spawned, move.at)
            self._merge(draft)
            return Committed(same_matter=same_matter)

    async def record(self, entries: Sequence[Entry]) -> None:
        await self.probe()
        async with self._lock:
            draft = self._draft()
            draft.journal(entries)
            self._merge(draft)

    def _draft(self) -> _Draft:
        number, before = self._end()
        return _Draft(self._rows, self._claims, number, before)

    def _merge(self, draft: _Draft) -> None:
        self._rows.update(draft.rows.maps[0])
        self._claims.update(draft.claims.maps[0])
        self._journal += draft.written
        self._accepted += draft.accepted

    def _end(self) -> tuple[int, str]:
        return (self._journal[-1][1].number, self._journal[-1][1].hash) if self._journal else (0, chain.GENESIS)

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
        return self._end()

    def _working(self) -> list[Row]:
        return [row for row in self._rows.values() if working(row.envelope.direction, row.state)]


class _Draft:
    """What a write wants to change, over what is kept."""

    def __init__(
        self, rows: dict[EnvelopeId, Row], claims: dict[tuple[str, str], _Claimed], number: int, before: str
    ) -> None:
        self.rows = ChainMap({}, rows)
        self.claims = ChainMap({}, claims)
        self.written: list[tuple[Entry, Link]] = []
        self.accepted = 0
        self._end = (number, before)

    def journal(self, entries: Sequence[Entry]) -> int:
        """Extend the chain; the number of the last entry."""
        links = chain.extend(*self._end, [entry.canonical() for entry in entries])
        self.written += zip(entries, links, strict=True)
        if links:
            self._end = (links[-1].number, links[-1].hash)
        return self._end[0]

    def move(self, move: Move) -> int:
        """Take the step; the number of the entry that explains it."""
        row = self.rows.get(move.envelope.id)
        if row is None or (row.version, row.state) != (move.version, move.before):
            raise StaleMove(f"{move.envelope.id} is not in state {move.before} with version {move.version}")
        entry = explaining(move.entries, move.envelope.id) + 1 - len(move.entries) + self.journal(move.entries)
        self.rows[move.envelope.id] = Row(
            envelope=msgspec.structs.replace(row.envelope, learned=_kept(move.envelope).learned), state=move.after,
            version=row.version + 1, attempts=move.attempts, breaks=move.breaks, due=move.due, reason=move.reason,
            updated_at=move.at,
        )  # fmt: skip
        return entry

    def claim(self, claim: DuplicateKey, envelope: EnvelopeId, entry: int) -> Committed:
        key = (claim.sender, claim.message_id)
        own = self.claims.get(key)
        if own and own.envelope != envelope:
            return Committed(duplicate_of=own.envelope, same_content=own.claim.content == claim.content)
        if own is None:
            own = self.claims[key] = _Claimed(claim, envelope, entry)
        earlier = [
            found for found in self.claims.values()
            if claim.matter and (found.claim.sender, found.claim.matter) == (claim.sender, claim.matter)
            and found.entry < own.entry and found.envelope != envelope
        ]  # fmt: skip
        return Committed(same_matter=min(earlier, key=lambda found: found.entry).envelope if earlier else "")

    def spawn(self, spawned: Spawned, at: datetime) -> None:
        if spawned.envelope.id in self.rows:
            return
        if spawned.entries:
            explaining(spawned.entries, spawned.envelope.id)
            self.journal(spawned.entries)
        self.insert(spawned, at)

    def insert(self, new: Spawned, at: datetime) -> None:
        lifecycle.state(new.envelope.direction, new.state)
        self.rows[new.envelope.id] = Row(
            envelope=_kept(new.envelope), state=new.state, version=1, attempts=0, breaks=0, due=None, reason=new.reason,
            updated_at=at,
        )  # fmt: skip
        self.accepted += 1


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
