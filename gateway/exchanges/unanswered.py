"""No answer within a legal limit: stated, signed and kept, once for each limit that passed, beside the breach that the watch writes.

The one idea: it is written onto our own message, on the revision of the exchange on which the breach was decided. So an answer
that came meanwhile makes the write stale, and nothing is stated that was no longer so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from gateway import lifecycle
from gateway.exchanges.marks import Mark
from gateway.exchanges.matter import Matter
from gateway.identity import PartyId
from gateway.ledger import Ledger, Row, readable
from gateway.moves import Writing
from gateway.statements import NO_ANSWER, Occasion, Statements, spoken

BREACH: Final = "clock.breached"


class Unanswered:
    """States what did not come. `own` are our offices: what we owe ourselves is no evidence against another."""

    def __init__(self, ledger: Ledger, statements: Statements, own: frozenset[PartyId]) -> None:
        self._ledger, self._statements, self._own = ledger, statements, own

    async def stated(self, matter: Matter, marks: Sequence[Mark], now: datetime) -> list[Mark]:
        """The marks, each breach of another with the statement about it; raises `StaleMove` when somebody wrote to the exchange."""
        return [await self._one(matter, mark, now) for mark in marks]

    async def _one(self, matter: Matter, mark: Mark, now: datetime) -> Mark:
        told = dict(mark.entry.details)
        bound, due = told.get("bound", ""), told.get("due", "")
        if mark.entry.event != BREACH or not bound or bound in self._own or not due or not mark.entry.envelope:
            return mark
        row = await readable(self._ledger, mark.entry.envelope)
        if row is None or row.envelope.inbound or row.envelope.learned.signed is None:
            return mark
        by, code = datetime.fromisoformat(due), mark.entry.reason
        known = next((each for each in row.envelope.learned.stated if (each.code, each.by) == (code, by)), None)
        statement = known.envelope if known else await self._written(row, matter, mark, now)
        if not statement:
            return mark
        return replace(mark, entry=replace(mark.entry, details=(*mark.entry.details, ("statement", statement))))

    async def _written(self, row: Row, matter: Matter, mark: Mark, now: datetime) -> str:
        """Write it onto the message; the id of the statement, or nothing where nothing can be added to the message."""
        if not lifecycle.allowed(row.envelope.direction, row.state, row.state):
            return ""
        told = dict(mark.entry.details)
        by = datetime.fromisoformat(told["due"])
        why = Occasion(
            kind=NO_ANSWER, by=by, code=mark.entry.reason, citation=told.get("citation", ""), counterpart=told["bound"],
            text=f"No answer of {told['bound']} to this message was recorded by {spoken(by)}, when the limit {mark.entry.reason} ended.",
        )  # fmt: skip
        made = self._statements.about(row.envelope, why, now)
        writing = Writing(row, now)
        writing.due, writing.attempts, writing.reason = row.due, row.attempts, row.reason
        writing.envelope = row.envelope.learn(stated=(*row.envelope.learned.stated, made.stated))
        writing.entry(made.event, (*made.details, ("exchange", matter.exchange)))
        writing.add((made.offspring,))
        writing.expects = ((matter.exchange, matter.revision),)
        await self._ledger.commit([writing.move()])
        return made.stated.envelope
