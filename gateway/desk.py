"""What people do: find, read, release, refuse, replay. Each act names the person and is journalled in the write that
it causes.

Reading and searching need a stated purpose before any personal data is shown (promise 11).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from gateway import lifecycle
from gateway.envelope import Learned, Release
from gateway.errors import Refused
from gateway.identity import EnvelopeId, digest
from gateway.journal.chain import Link
from gateway.journal.entry import Entry
from gateway.ledger import Ledger, Query, Row, Summary
from gateway.moves import Writing
from gateway.ports import Clock
from gateway.receipts import Receipts
from gateway.verdict import Reason

MAX_REASON_CHARACTERS = 1000


class Desk:
    """The acts of officers and clients on the ledger."""

    def __init__(self, ledger: Ledger, clock: Clock, receipts: Receipts, offer: Callable[[str], None]) -> None:
        self._ledger, self._clock, self._receipts, self._offer = ledger, clock, receipts, offer

    async def find(self, query: Query, person: str, purpose: str) -> list[Summary]:
        """Search; the search is journalled with a digest of what was asked, not with its text."""
        _stated(purpose, "purpose")
        found = await self._ledger.find(query)
        details = (("purpose", purpose), ("query", digest(msgspec.json.encode(query))), ("found", str(len(found))))
        await self._journal("messages.searched", person, details=details)
        return found

    async def read(self, envelope: EnvelopeId, person: str, purpose: str, *, raw: bool = False) -> Row:
        """One envelope with its content; raises `Refused` with `envelope.unknown`."""
        _stated(purpose, "purpose")
        row = await self._row(envelope)
        event = "envelope.exported" if raw else "envelope.read"
        await self._journal(event, person, envelope=envelope, details=(("purpose", purpose),))
        return row

    async def timeline(self, envelope: EnvelopeId, person: str, purpose: str) -> list[Link]:
        """The journal of one envelope."""
        await self.read(envelope, person, purpose)
        return await self._ledger.timeline(envelope)

    async def release(self, envelope: EnvelopeId, person: str, reason: str) -> Row:
        """Let a held or ambiguous envelope go on from where it stood; raises `Refused` when it is not held."""
        _stated(reason, "reason")
        row = await self._row(envelope)
        if row.state not in ("held", "ambiguous"):
            raise Refused("envelope.not-held", f"The message is {row.state}, not held.")
        target = "signed" if row.state == "ambiguous" else row.envelope.learned.resume or lifecycle.FIRST
        writing = self._writing(row, person)
        now = self._clock.now()
        code = row.reason.code if row.reason else ""
        released = Release(officer=person, reason=reason, at=now, code=code)
        writing.envelope = row.envelope.learn(releases=(*row.envelope.learned.releases, released), resume="")
        writing.path.append(target)
        writing.entry("envelope.released", (("why", reason), ("on_to", target)), code)
        return await self._commit(row, writing)

    async def reject(self, envelope: EnvelopeId, person: str, reason: str) -> Row:
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
        writing.entry("envelope.given-up", (("why", reason), ("held_for", row.reason.code if row.reason else "")))
        writing.reach("rejected", reason=refusal)
        writing.add(
            self._receipts.invalid(row.envelope, refusal, row.envelope.learned.findings or (), self._clock.now())
        )
        return await self._commit(row, writing)

    async def replay(self, envelope: EnvelopeId, person: str, reason: str) -> Row:
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
            # What may have been seen outside is never signed anew: the same message id would stand on other bytes.
            signed=row.envelope.learned.signed if row.envelope.learned.transmissions else None,
            sealed=row.envelope.learned.sealed if row.envelope.learned.transmissions else None,
            step=row.envelope.learned.step,
            running=row.envelope.learned.running,
        )
        writing.envelope = msgspec.structs.replace(row.envelope, learned=kept)
        writing.path.append(lifecycle.FIRST)
        writing.entry("envelope.replayed", (("why", reason),))
        return await self._commit(row, writing)

    async def _row(self, envelope: EnvelopeId) -> Row:
        row = await self._ledger.get(envelope)
        if row is None:
            raise Refused("envelope.unknown", "There is no message with this id.")
        return row

    def _writing(self, row: Row, person: str) -> Writing:
        return Writing(row, self._clock.now(), actor=person)

    async def _commit(self, row: Row, writing: Writing) -> Row:
        move = writing.move()
        await self._ledger.commit([move])
        for new in move.spawn:
            self._offer(new.envelope.id)
        self._offer(row.envelope.id)
        return await self._row(row.envelope.id)

    async def _journal(
        self, event: str, person: str, *, envelope: str = "", details: tuple[tuple[str, str], ...] = ()
    ) -> None:
        await self._ledger.record(
            [Entry(event=event, at=self._clock.now(), actor=person, envelope=envelope, details=details)]
        )


def _stated(text: str, what: str) -> None:
    if not text.strip() or len(text) > MAX_REASON_CHARACTERS:
        raise Refused(
            f"{what}.missing", f"State a {what} in at most {MAX_REASON_CHARACTERS} characters; it is journalled."
        )
