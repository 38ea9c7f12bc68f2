"""What people do: find, read, release, refuse, replay. Each act names the person and is journalled in the write that
it causes.

Reading and searching need a stated purpose before any personal data is shown (promise 11).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import msgspec

from gateway import lifecycle
from gateway.envelope import Learned, Release
from gateway.errors import Refused
from gateway.identity import EnvelopeId, digest
from gateway.journal.chain import Link
from gateway.ledger import Ledger, Query, Row, StaleMove, Summary
from gateway.moves import Writing, after
from gateway.persons import Who, actor_of, entry_by, told_of
from gateway.ports import Clock
from gateway.receipts import Receipts
from gateway.vault.sealed import ContentDestroyed
from gateway.verdict import Offspring, Reason

MAX_REASON_CHARACTERS = 1000
STALE_TRIES = 5


class Desk:
    """The acts of officers and clients on the ledger."""

    def __init__(self, ledger: Ledger, clock: Clock, receipts: Receipts, offer: Callable[[str], None]) -> None:
        self._ledger, self._clock, self._receipts, self._offer = ledger, clock, receipts, offer

    async def find(self, query: Query, person: Who, purpose: str) -> list[Summary]:
        """Search; the search is journalled with a digest of what was asked, not with its text."""
        _stated(purpose, "purpose")
        found = await self._ledger.find(query)
        details = (("purpose", purpose), ("query", digest(msgspec.json.encode(query))), ("found", str(len(found))))
        await self._journal("messages.searched", person, details=details)
        return found

    async def read(self, envelope: EnvelopeId, person: Who, purpose: str, *, raw: bool = False) -> Row:
        """One envelope with its content; raises `Refused` with `envelope.unknown`. The first officer who does so is told to a
        sender that asked for it.
        """
        _stated(purpose, "purpose")
        event = "envelope.exported" if raw else "envelope.read"
        for _ in range(STALE_TRIES):
            row = await self._row(envelope)
            told = self._first_reading(row, person)
            if not told:
                break
            try:
                return await self._opened(row, person, (event, purpose), told)
            except StaleMove:
                continue  # it moved on meanwhile: the next look may find that it was read
        await self._journal(event, person, envelope=envelope, details=(("purpose", purpose),))
        return row

    def _first_reading(self, row: Row, person: Who) -> tuple[Offspring, ...]:
        """The receipt that says so; none for who is no officer, and while nothing can be added to the message."""
        if isinstance(person, str) or not person.is_officer or not row.envelope.inbound:
            return ()
        if not lifecycle.allowed(row.envelope.direction, row.state, row.state):
            return ()
        return self._receipts.read(row.envelope, self._clock.now())

    async def _opened(self, row: Row, person: Who, act: tuple[str, str], told: tuple[Offspring, ...]) -> Row:
        """The reading, what is known of it from now on, and the receipt, in one write."""
        writing = self._writing(row, person)
        writing.due, writing.attempts, writing.reason = row.due, row.attempts, row.reason
        writing.envelope = row.envelope.learn(read_at=writing.now)
        event, purpose = act
        writing.entry(event, told_of(person, (("purpose", purpose), ("receipt", told[0].envelope.id))))
        writing.add(told)
        move = writing.move()
        await self._ledger.commit([move])
        for new in move.spawn:
            self._offer(new.envelope.id)
        return after(row, move)

    async def timeline(self, envelope: EnvelopeId, person: Who, purpose: str) -> list[Link]:
        """The journal of one envelope: no content, so nobody has opened the message by that."""
        _stated(purpose, "purpose")
        with suppress(ContentDestroyed):  # its journal stays
            await self._row(envelope)
        await self._journal(
            "envelope.read", person, envelope=envelope, details=(("purpose", purpose), ("what", "timeline"))
        )
        return await self._ledger.timeline(envelope)

    async def release(self, envelope: EnvelopeId, person: Who, reason: str) -> Row:
        """Let a held or ambiguous envelope go on from where it stood; raises `Refused` when it is not held."""
        _stated(reason, "reason")
        row = await self._row(envelope)
        if row.state not in ("held", "ambiguous"):
            raise Refused("envelope.not-held", f"The message is {row.state}, not held.")
        target = "signed" if row.state == "ambiguous" else row.envelope.learned.resume or lifecycle.FIRST
        writing = self._writing(row, person)
        now = self._clock.now()
        code = row.reason.code if row.reason else ""
        released = Release(officer=actor_of(person), reason=reason, at=now, code=code)
        writing.envelope = row.envelope.learn(releases=(*row.envelope.learned.releases, released), resume="")
        writing.path.append(target)
        writing.entry("envelope.released", told_of(person, (("why", reason), ("on_to", target))), code)
        return await self._commit(row, writing)

    async def reject(self, envelope: EnvelopeId, person: Who, reason: str) -> Row:
        """Refuse a held, ambiguous or quarantined envelope for good; the sender of an inbound one is told the
        officer's public words.
        """
        _stated(reason, "reason")
        row = await self._row(envelope)
        if row.state not in ("held", "ambiguous", "quarantined"):
            raise Refused(
                "envelope.not-held",
                f"The message is {row.state}; only held, ambiguous or quarantined ones can be refused.",
            )
        writing = self._writing(row, person)
        refusal = Reason(code="officer.rejected", public=reason)
        held_for = row.reason.code if row.reason else ""
        writing.entry("envelope.given-up", told_of(person, (("why", reason), ("held_for", held_for))))
        writing.reach("rejected", reason=refusal)
        writing.add(
            self._receipts.invalid(row.envelope, refusal, row.envelope.learned.findings or (), self._clock.now())
        )
        return await self._commit(row, writing)

    async def replay(self, envelope: EnvelopeId, person: Who, reason: str) -> Row:
        """Send a held or quarantined envelope through all stages again, forgetting what they had learned but not who
        released it.
        """
        _stated(reason, "reason")
        row = await self._row(envelope)
        if row.state not in ("held", "quarantined"):
            raise Refused(
                "envelope.not-held", f"The message is {row.state}; only held or quarantined ones can be replayed."
            )
        writing = self._writing(row, person)
        writing.breaks = 0
        kept = Learned(
            releases=row.envelope.learned.releases,
            transmissions=row.envelope.learned.transmissions,
            receipts=row.envelope.learned.receipts,
            stated=row.envelope.learned.stated,
            read_at=row.envelope.learned.read_at,
            # What may have been seen outside is never signed anew: the same message id would stand on other bytes.
            signed=row.envelope.learned.signed if row.envelope.learned.transmissions else None,
            sealed=row.envelope.learned.sealed if row.envelope.learned.transmissions else None,
            step=row.envelope.learned.step,
            running=row.envelope.learned.running,
        )
        writing.envelope = msgspec.structs.replace(row.envelope, learned=kept)
        writing.path.append(lifecycle.FIRST)
        writing.entry("envelope.replayed", told_of(person, (("why", reason),)))
        return await self._commit(row, writing)

    async def _row(self, envelope: EnvelopeId) -> Row:
        row = await self._ledger.get(envelope)
        if row is None:
            raise Refused("envelope.unknown", "There is no message with this id.")
        return row

    def _writing(self, row: Row, person: Who) -> Writing:
        return Writing(row, self._clock.now(), actor=actor_of(person))

    async def _commit(self, row: Row, writing: Writing) -> Row:
        move = writing.move()
        await self._ledger.commit([move])
        for new in move.spawn:
            self._offer(new.envelope.id)
        self._offer(row.envelope.id)
        return await self._row(row.envelope.id)

    async def _journal(
        self, event: str, person: Who, *, envelope: str = "", details: tuple[tuple[str, str], ...] = ()
    ) -> None:
        await self._ledger.record([entry_by(person, event, self._clock.now(), envelope=envelope, details=details)])


def _stated(text: str, what: str) -> None:
    if not text.strip() or len(text) > MAX_REASON_CHARACTERS:
        raise Refused(
            f"{what}.missing", f"State a {what} in at most {MAX_REASON_CHARACTERS} characters; it is journalled."
        )
