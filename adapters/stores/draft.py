"""What a write decides, in plain Python: from what is known of the envelopes it names, its answer and what changes.

The idea: a request is decided on a `Draft`, a layer over what is `Known`; only a request that came to its end is merged
into it, so that the next of the same batch sees it. The store then writes the `Changes`, all in one transaction.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from adapters.stores import lifetimes
from adapters.stores.asking import (
    Acceptance,
    Conclusion,
    Destroying,
    Living,
    Numbering,
    Pair,
    Recording,
    Request,
    Steps,
)
from adapters.stores.columns import explaining, text
from adapters.stores.numbering import following
from adapters.stores.sealing import PLAIN, Seals, committed
from gateway import lifecycle
from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.exchanges.matter import Matter, exchanges_of, touched
from gateway.handover import Accepted
from gateway.identity import Digest, EnvelopeId
from gateway.journal import chain
from gateway.journal.chain import Link
from gateway.journal.entry import Entry
from gateway.ledger import Committed, KeyConflict, Move, Spawned, StaleMove
from gateway.numbers.series import Numbered
from gateway.protection.retention.lifetime import Lifetime
from gateway.verdict import DuplicateKey

# --- what is known and what changes --------------------------------------------------------------------------------


class Standing(NamedTuple):
    """Where an envelope stands."""

    version: int
    state: str
    digest: Digest


class Claimed(NamedTuple):
    """Whose a duplicate key is; `entry` tells which claim came first."""

    envelope: EnvelopeId
    content: Digest
    entry: int


class Same(NamedTuple):
    """An envelope of a matter, sorted by the entry that claimed it."""

    entry: int
    envelope: EnvelopeId


@dataclass(slots=True)
class Known:
    """What the store holds of what was asked for."""

    number: int = 0
    hash: str = chain.GENESIS
    envelopes: dict[EnvelopeId, Standing] = field(default_factory=dict)
    deliveries: dict[Pair, tuple[EnvelopeId, Digest]] = field(default_factory=dict)
    claims: dict[Pair, Claimed] = field(default_factory=dict)
    matters: dict[Pair, tuple[Same, ...]] = field(default_factory=dict)
    exchanges: dict[str, Matter] = field(default_factory=dict)
    happened: set[Pair] = field(default_factory=set)
    series: dict[Pair, int] = field(default_factory=dict)
    """The last number that was given, by sender and receiver."""
    lifetimes: dict[str, int] = field(default_factory=dict)
    """Revision by subject."""


class Inserted(NamedTuple):
    """A new envelope, with the entry that explains it."""

    new: Spawned
    entry: int
    at: datetime


class Moved(NamedTuple):
    """A step, with the entry that explains it."""

    move: Move
    entry: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What has to be written, in this order."""

    journal: list[tuple[Entry, Link]] = field(default_factory=list)
    inserted: list[Inserted] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    deliveries: list[tuple[Pair, EnvelopeId, Digest]] = field(default_factory=list)
    claims: list[tuple[DuplicateKey, Claimed]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    happened: list[Happened] = field(default_factory=list)
    destroyed: list[Destroying] = field(default_factory=list)
    exchanges: dict[str, Matter] = field(default_factory=dict)
    numbers: list[Numbered] = field(default_factory=list)
    lifetimes: list[Lifetime] = field(default_factory=list)

    def add(self, later: Changes) -> None:
        """Put later changes behind these."""
        self.journal.extend(later.journal)
        self.inserted.extend(later.inserted)
        self.moved.extend(later.moved)
        self.deliveries.extend(later.deliveries)
        self.claims.extend(later.claims)
        self.steps.extend(later.steps)
        self.happened.extend(later.happened)
        self.destroyed.extend(later.destroyed)
        self.exchanges.update(later.exchanges)
        self.numbers.extend(later.numbers)
        self.lifetimes.extend(later.lifetimes)


# --- deciding ------------------------------------------------------------------------------------------------------


def decide(known: Known, request: Request, seals: Seals = PLAIN) -> tuple[Accepted | Committed | None, Changes]:
    """The answer to a request and what it changes; raises `StaleMove`, `KeyConflict`, `ValueError`: nothing changes.

    `known` learns what was decided. `seals` has the keys of what entries say of persons.
    """
    draft = _Draft(known, seals)
    answer: Accepted | Committed | None = None
    if isinstance(request, Acceptance):
        answer = draft.accept(request)
    elif isinstance(request, Steps):
        answer = draft.commit(request.moves)
        if answer.duplicate_of:
            return answer, Changes()
    elif isinstance(request, Recording):
        draft.record(request)
    elif isinstance(request, Conclusion):
        draft.conclude(request)
    elif isinstance(request, Numbering):
        draft.keep_numbers(request)
    elif isinstance(request, Living):
        draft.keep_lifetimes(request)
    else:
        draft.changes.destroyed.extend([request] if isinstance(request, Destroying) else ())
        draft.journal(request.entries)
    draft.merge_into(known)
    return answer, draft.changes


class _Draft:
    """What one request wants to change, over what is known."""

    def __init__(self, known: Known, seals: Seals) -> None:
        self._seals = seals
        self.changes = Changes()
        self._number, self._hash = known.number, known.hash
        self._envelopes = ChainMap({}, known.envelopes)
        self._deliveries = ChainMap({}, known.deliveries)
        self._claims = ChainMap({}, known.claims)
        self._matters = ChainMap({}, known.matters)
        self._exchanges = ChainMap({}, known.exchanges)
        self._happened, self._known_happened = set[Pair](), known.happened
        self._series = ChainMap({}, known.series)
        self._lifetimes = ChainMap({}, known.lifetimes)

    def merge_into(self, known: Known) -> None:
        known.number, known.hash = self._number, self._hash
        known.envelopes.update(self._envelopes.maps[0])
        known.deliveries.update(self._deliveries.maps[0])
        known.claims.update(self._claims.maps[0])
        known.matters.update(self._matters.maps[0])
        known.lifetimes.update(self._lifetimes.maps[0])
        known.exchanges.update(self._exchanges.maps[0])
        known.happened.update(self._happened)
        known.series.update(self._series.maps[0])

    def journal(self, entries: Sequence[Entry]) -> int:
        """Extend the chain; the number of the last entry."""
        entries = committed(entries, self._seals)
        links = chain.extend(self._number, self._hash, [entry.canonical() for entry in entries])
        self.changes.journal.extend(zip(entries, links, strict=True))
        if links:
            self._number, self._hash = links[-1].number, links[-1].hash
        return self._number

    def accept(self, request: Acceptance) -> Accepted:
        envelope = request.envelope
        digest = envelope.payload.digest
        known = self._deliveries.get(request.delivery) if request.key else None
        if known is None and envelope.id in self._envelopes:
            known = (envelope.id, self._envelopes[envelope.id].digest)
        if known:
            if known[1] != digest:
                raise KeyConflict(f"the delivery was taken in before as {known[0]} with other bytes")
            return Accepted(envelope=known[0], known_before=True)
        entry = self._explained([request.entry], envelope.id)
        self._insert(Inserted(Spawned(envelope=envelope), entry, envelope.received_at))
        if request.key:
            self._deliveries[request.delivery] = (envelope.id, digest)
            self.changes.deliveries.append((request.delivery, envelope.id, digest))
        return Accepted(envelope=envelope.id)

    def commit(self, moves: Sequence[Move]) -> Committed:
        same_matter = ""
        for move in moves:
            entry = self._move(move)
            if move.claim:
                found = self._claim(move.claim, move.envelope.id, entry)
                if found.duplicate_of:
                    return found
                same_matter = found.same_matter or same_matter
            for spawned in move.spawn:
                self._spawn(spawned, entry, move.at)
        return Committed(same_matter=same_matter)

    def _explained(self, entries: Sequence[Entry], envelope: EnvelopeId) -> int:
        """Journal the entries; the number of the one that explains this envelope."""
        return explaining(entries, envelope) + 1 - len(entries) + self.journal(entries)

    def _move(self, move: Move) -> int:
        found = self._envelopes.get(move.envelope.id)
        if found is None or (found.version, found.state) != (move.version, move.before):
            raise StaleMove(f"{move.envelope.id} is not in state {move.before} with version {move.version}")
        for exchange, revision in move.expects:
            self._refuse_stale(exchange, revision)
        entry = self._explained(move.entries, move.envelope.id)
        self._tell(move.steps, move.happened, move.at)
        self._number_all(move.numbers)
        self._envelopes[move.envelope.id] = Standing(found.version + 1, move.after, found.digest)
        self.changes.moved.append(Moved(move, entry))
        return entry

    def _claim(self, claim: DuplicateKey, envelope: EnvelopeId, entry: int) -> Committed:
        """Settle whose the key is, and which earlier envelope had the same matter."""
        key, matter = (claim.sender, claim.message_id), (claim.sender, claim.matter)
        own = self._claims.get(key)
        if own and own.envelope != envelope:
            return Committed(duplicate_of=own.envelope, same_content=own.content == claim.content)
        if own is None:
            own = self._claims[key] = Claimed(envelope, claim.content, entry)
            self._matters[matter] = (*self._matters.get(matter, ()), Same(entry, envelope))
            self.changes.claims.append((claim, own))
        earlier = (
            same.envelope for same in self._matters.get(matter, ())
            if claim.matter and same.entry < own.entry and same.envelope != envelope
        )  # fmt: skip
        return Committed(same_matter=next(earlier, ""))

    def _spawn(self, spawned: Spawned, entry: int, at: datetime) -> None:
        if spawned.envelope.id not in self._envelopes:
            own = self._explained(spawned.entries, spawned.envelope.id) if spawned.entries else entry
            self._insert(Inserted(spawned, own, at))

    def _insert(self, inserted: Inserted) -> None:
        envelope, state = inserted.new.envelope, inserted.new.state
        lifecycle.state(envelope.direction, state)
        self._envelopes[envelope.id] = Standing(1, state, envelope.payload.digest)
        self.changes.inserted.append(inserted)

    # --- lifetimes

    def keep_lifetimes(self, request: Living) -> None:
        lifetimes.explained(request.entries)
        kept = []
        for life in request.lifetimes:
            kept.append(lifetimes.following(self._lifetimes.get(text(life.subject), 0), life))
            self._lifetimes[text(life.subject)] = kept[-1].revision
        self.journal(request.entries)
        self.changes.lifetimes.extend(kept)

    # --- running numbers

    def keep_numbers(self, request: Numbering) -> None:
        if not request.entries:
            raise ValueError("what became known of a running number is kept with an entry that explains it")
        self.journal(request.entries)
        self._number_all(request.numbers)

    def _number_all(self, numbers: Sequence[Numbered]) -> None:
        for row in numbers:
            self._series[row.series] = following(self._series.get(row.series, 0), [row])
        self.changes.numbers.extend(numbers)

    # --- exchanges

    def record(self, request: Recording) -> None:
        unknown = [each.exchange for each in request.happened if text(each.exchange) not in self._exchanges]
        if unknown or not request.entries:
            raise ValueError("a happening is recorded for an exchange that is there, with an entry that explains it")
        self.journal(request.entries)
        self._tell((), request.happened, max(entry.at for entry in request.entries))

    def conclude(self, request: Conclusion) -> None:
        exchange = text(request.matter.exchange)
        self._refuse_stale(exchange, request.expected_revision)
        if exchange not in self._exchanges and not request.entries:
            raise StaleMove(f"the exchange {exchange} is not there, and no entry says why it is opened")
        self.journal(request.entries)
        self._keep_happened(request.happened)
        self._keep_matter(replace(request.matter, revision=request.expected_revision + 1))

    def _refuse_stale(self, exchange: str, revision: int) -> None:
        known = self._exchanges.get(text(exchange))
        if (known.revision if known else 0) != revision:
            raise StaleMove(f"the exchange {exchange} has not the revision {revision} any more")

    def _tell(self, steps: Sequence[Step], happened: Sequence[Happened], at: datetime) -> None:
        """Keep these and make their matters due at once."""
        self.changes.steps.extend(steps)
        fresh = self._keep_happened(happened)
        for exchange in exchanges_of(steps, fresh):
            self._keep_matter(touched(self._exchanges.get(text(exchange)), exchange, steps, at))

    def _keep_happened(self, happened: Sequence[Happened]) -> list[Happened]:
        fresh = []
        for each in happened:
            key = (text(each.exchange), text(each.id))
            if key not in self._happened and key not in self._known_happened:
                self._happened.add(key)
                fresh.append(each)
        self.changes.happened.extend(fresh)
        return fresh

    def _keep_matter(self, matter: Matter) -> None:
        self._exchanges[text(matter.exchange)] = self.changes.exchanges[text(matter.exchange)] = matter
