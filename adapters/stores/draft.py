"""What a write decides, in plain Python: from what is known of the envelopes it names, its answer and what changes.

The idea: a request is decided on a `Draft`, a layer over what is `Known`; only a request that came to its end is merged
into it, so that the next of the same batch sees it. The store then writes the `Changes`, all in one transaction.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from adapters.stores.columns import explaining, text
from gateway import lifecycle
from gateway.envelope import Envelope
from gateway.handover import Accepted
from gateway.identity import Digest, EnvelopeId
from gateway.journal import chain
from gateway.journal.chain import Link
from gateway.journal.entry import Entry
from gateway.ledger import Committed, KeyConflict, Move, Spawned, StaleMove
from gateway.verdict import DuplicateKey

Pair = tuple[str, str]


# --- what may be asked ---------------------------------------------------------------------------------------------


class Acceptance(NamedTuple):
    """Take an envelope in."""

    envelope: Envelope
    entry: Entry
    key: str

    @property
    def delivery(self) -> Pair:
        return text(self.envelope.channel), text(self.key)


class Steps(NamedTuple):
    """Write all these moves or none."""

    moves: tuple[Move, ...]


class Happenings(NamedTuple):
    """Journal what is no step of an envelope."""

    entries: tuple[Entry, ...]


Request = Acceptance | Steps | Happenings


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be known before these requests can be decided."""

    envelopes: set[EnvelopeId] = field(default_factory=set)
    deliveries: set[Pair] = field(default_factory=set)
    claims: set[Pair] = field(default_factory=set)
    matters: set[Pair] = field(default_factory=set)

    @classmethod
    def of(cls, requests: Iterable[Request]) -> Needs:
        needs = cls()
        for request in requests:
            if isinstance(request, Acceptance):
                needs.envelopes.add(request.envelope.id)
                needs.deliveries.add(request.delivery)
            elif isinstance(request, Steps):
                needs._add_moves(request.moves)
        return needs

    def _add_moves(self, moves: Sequence[Move]) -> None:
        for move in moves:
            self.envelopes.update((move.envelope.id, *(spawned.envelope.id for spawned in move.spawn)))
            if move.claim:
                self.claims.add((move.claim.sender, move.claim.message_id))
                self.matters.add((move.claim.sender, move.claim.matter))


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

    def add(self, later: Changes) -> None:
        """Put later changes behind these."""
        self.journal.extend(later.journal)
        self.inserted.extend(later.inserted)
        self.moved.extend(later.moved)
        self.deliveries.extend(later.deliveries)
        self.claims.extend(later.claims)


# --- deciding ------------------------------------------------------------------------------------------------------


def decide(known: Known, request: Request) -> tuple[Accepted | Committed | None, Changes]:
    """The answer to a request and what it changes; raises `StaleMove`, `KeyConflict`, `ValueError`: nothing changes.

    `known` learns what was decided.
    """
    draft = _Draft(known)
    answer: Accepted | Committed | None = None
    if isinstance(request, Acceptance):
        answer = draft.accept(request)
    elif isinstance(request, Steps):
        answer = draft.commit(request.moves)
        if answer.duplicate_of:
            return answer, Changes()
    else:
        draft.journal(request.entries)
    draft.merge_into(known)
    return answer, draft.changes


class _Draft:
    """What one request wants to change, over what is known."""

    def __init__(self, known: Known) -> None:
        self.changes = Changes()
        self._number, self._hash = known.number, known.hash
        self._envelopes = ChainMap({}, known.envelopes)
        self._deliveries = ChainMap({}, known.deliveries)
        self._claims = ChainMap({}, known.claims)
        self._matters = ChainMap({}, known.matters)

    def merge_into(self, known: Known) -> None:
        known.number, known.hash = self._number, self._hash
        known.envelopes.update(self._envelopes.maps[0])
        known.deliveries.update(self._deliveries.maps[0])
        known.claims.update(self._claims.maps[0])
        known.matters.update(self._matters.maps[0])

    def journal(self, entries: Sequence[Entry]) -> int:
        """Extend the chain; the number of the last entry."""
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
        entry = self._explained(move.entries, move.envelope.id)
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
