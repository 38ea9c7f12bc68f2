"""A memory ledger whose contents have keys of their own, and one that dies at a named place: for stories of destruction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.stores.memory.ledger import MemoryLedger
from gateway.identity import EnvelopeId
from gateway.journal.entry import Entry
from gateway.ledger import Row
from gateway.protection.retention.lifetime import Lifetime
from gateway.vault.port import Destruction
from gateway.vault.sealed import ContentDestroyed
from gateway.vault.subjects import SubjectId


class Killed(BaseException):
    """The process ends here."""


class ShreddingLedger(MemoryLedger):
    """`deadly` names the place at which it dies, and how often it is passed before: `before destroy`, `after destroy`, `before keep` …"""

    deadly: tuple[str, int] = ("", 0)

    def __init__(self, clock: object = None) -> None:
        super().__init__(clock)  # type: ignore[arg-type]  # any clock of a rig
        self._gone: dict[SubjectId, Destruction] = {}
        self.keyless: set[SubjectId] = set()
        self._passed: dict[str, int] = {}
        self.destructions = 0

    def pass_by(self, place: str) -> None:
        self._passed[place] = self._passed.get(place, 0) + 1
        if (place, self._passed[place]) == self.deadly:
            raise Killed(place)

    async def get(self, envelope: EnvelopeId) -> Row | None:
        if envelope in self._gone:
            raise ContentDestroyed(envelope, self._gone[envelope])
        return await super().get(envelope)

    async def destroy(
        self, subjects: Sequence[SubjectId], destruction: Destruction, entries: Sequence[Entry]
    ) -> tuple[SubjectId, ...]:
        self.pass_by("before destroy")
        for subject in subjects:
            if subject not in self.keyless:
                self.destructions += subject not in self._gone
                self._gone.setdefault(subject, destruction)
        self.pass_by("after destroy")
        if entries:
            await self.record(entries)
        return tuple(subject for subject in subjects if subject in self.keyless)

    async def destroyed(self, subjects: Sequence[SubjectId]) -> Mapping[SubjectId, Destruction]:
        return {subject: self._gone[subject] for subject in subjects if subject in self._gone}

    async def keep_lifetimes(self, kept: Sequence[Lifetime], entries: Sequence[Entry]) -> None:
        self.pass_by("before keep")
        await super().keep_lifetimes(kept, entries)
        self.pass_by("after keep")
