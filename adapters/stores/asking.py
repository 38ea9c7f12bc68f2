"""What may be asked of a store, and what has to be known before it can be decided. Plain values, shared by all stores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from adapters.stores.columns import text
from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.envelope import Envelope
from gateway.exchanges.matter import Matter, exchanges_of
from gateway.identity import EnvelopeId
from gateway.journal.entry import Entry
from gateway.ledger import Move
from gateway.numbers.series import Numbered
from gateway.protection.retention.lifetime import Lifetime
from gateway.vault.port import Destruction, KeyNumber
from gateway.vault.subjects import SubjectId

Pair = tuple[str, str]


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


class Recording(NamedTuple):
    """Keep what a person recorded for exchanges."""

    happened: tuple[Happened, ...]
    entries: tuple[Entry, ...]


class Conclusion(NamedTuple):
    """Keep what the clocks of an exchange have brought about."""

    matter: Matter
    happened: tuple[Happened, ...]
    entries: tuple[Entry, ...]
    expected_revision: int


class Numbering(NamedTuple):
    """Keep what became known of running numbers."""

    numbers: tuple[Numbered, ...]
    entries: tuple[Entry, ...]


class Living(NamedTuple):
    """Keep what was decided about lifetimes."""

    lifetimes: tuple[Lifetime, ...]
    entries: tuple[Entry, ...]


class Destroying(NamedTuple):
    """Note which keys were destroyed."""

    keys: tuple[tuple[SubjectId, KeyNumber], ...]
    destruction: Destruction
    entries: tuple[Entry, ...]


Request = Destroying | Acceptance | Steps | Happenings | Recording | Conclusion | Numbering | Living


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be known before these requests can be decided."""

    envelopes: set[EnvelopeId] = field(default_factory=set)
    deliveries: set[Pair] = field(default_factory=set)
    claims: set[Pair] = field(default_factory=set)
    matters: set[Pair] = field(default_factory=set)
    exchanges: set[str] = field(default_factory=set)
    happened: set[Pair] = field(default_factory=set)
    series: set[Pair] = field(default_factory=set)
    lifetimes: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, requests: Iterable[Request]) -> Needs:
        needs = cls()
        for request in requests:
            if isinstance(request, Acceptance):
                needs.envelopes.add(request.envelope.id)
                needs.deliveries.add(request.delivery)
            elif isinstance(request, Steps):
                needs._add_moves(request.moves)
            elif isinstance(request, Recording):
                needs._add_exchanges((), request.happened)
            elif isinstance(request, Conclusion):
                needs.exchanges.add(text(request.matter.exchange))
                needs._add_exchanges((), request.happened)
            elif isinstance(request, Numbering):
                needs.series.update(row.series for row in request.numbers)
            elif isinstance(request, Living):
                needs.lifetimes.update(text(life.subject) for life in request.lifetimes)
        return needs

    def _add_exchanges(self, steps: Sequence[Step], happened: Sequence[Happened]) -> None:
        self.exchanges.update(text(exchange) for exchange in exchanges_of(steps, happened))
        self.happened.update((text(each.exchange), text(each.id)) for each in happened)

    def _add_moves(self, moves: Sequence[Move]) -> None:
        for move in moves:
            self.envelopes.update((move.envelope.id, *(spawned.envelope.id for spawned in move.spawn)))
            if move.claim:
                self.claims.add((move.claim.sender, move.claim.message_id))
                self.matters.add((move.claim.sender, move.claim.matter))
            self._add_exchanges(move.steps, move.happened)
            self.exchanges.update(text(exchange) for exchange, _ in move.expects)
            self.series.update(row.series for row in move.numbers)
