"""What a verdict on one envelope brings about on another: a receipt or report that came in, for the message of ours that it speaks of.

The one idea: what is known is added to and never overwritten. A receipt that comes after its absence was stated, after an
officer gave the message up, or that says the opposite of an earlier one, is kept beside the others, and a signed statement of
ours says so. Only the office that a message was for can confirm or refuse it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from gateway import lifecycle, statements
from gateway.envelope import Direction, Receipt
from gateway.journal.entry import Entry
from gateway.judging import Judged, Trail
from gateway.ledger import Ledger, Move, Query, Row, readable
from gateway.moves import Writing
from gateway.settlement import CONFIRMING_STAGES
from gateway.statements import CONTRADICTS, LATE, NO_RECEIPT, Occasion, Statements
from gateway.verdict import Hold, Note, Reason, Settle, Verdict

NOTE_CANDIDATES: Final = 64
POSITIVE: Final = frozenset({"VALID", "HANDED_OVER", "READ"})
"""Stages that say that it can be worked with: the opposite of `INVALID`."""
NEGATIVE: Final = "INVALID"
NOT_MEANT: Final = frozenset({"repeat", statements.STATEMENT})
GIVEN_UP: Final = "rejected"
UNMATCHED: Final = Reason(
    code="receipt.unmatched", public="A refusal came that names no message of ours to the office that sent it."
)
NOTHING_OF_OURS: Final = Reason(
    code="receipt.unmatched", public="A receipt came that names no message of ours to the office that sent it."
)
AFTER_THE_END: Final = Reason(
    code="receipt.after-end",
    public="A receipt came for a message of ours that was given up; an officer decides what follows.",
)
CONTRADICTION: Final = Reason(
    code="receipt.contradicts",
    public="The counterpart's receipts contradict each other; an officer clears it up with it.",
)


class Others:
    """Finds the envelopes that notes mean, and says what is to be written there."""

    def __init__(self, ledger: Ledger, stated: Statements) -> None:
        self._ledger, self._statements = ledger, stated

    async def matched(self, trail: Trail) -> Trail:
        """What speaks of nothing we sent, or of what was given up, waits for an officer: it may be all that is told of a lost message."""
        last = trail.judged[-1] if trail.judged else None
        if last is None or not isinstance(last.verdict, Settle) or not last.verdict.notes:
            return trail
        verdict = last.verdict
        found = [(note, await self.target(note)) for note in verdict.notes]
        reached = [(note, row) for note, row in found if row is not None]
        if not reached:
            return _ending(trail, _unmatched(verdict))
        if any(_is_task(note, row) for note, row in reached) and not verdict.envelope.released(AFTER_THE_END.code):
            held = Hold(envelope=verdict.envelope, reason=AFTER_THE_END, details=verdict.details, notes=verdict.notes)
            return _ending(trail, held)
        return trail

    async def written(self, note: Note, now: datetime) -> Move | Sequence[Entry] | None:
        """The move of the envelope that a note means; only entries where it has ended in a way to which nothing is added."""
        target = await self.target(note)
        if target is None or (note.receipt and note.receipt.envelope in _known(target)):
            return None
        writing = Writing(target, now)
        writing.due, writing.attempts, writing.reason = target.due, target.attempts, target.reason
        writing.entry(note.event, note.details, note.reason.code if note.reason else "")
        weight = weighed(note.receipt, target) if note.counterpart else None
        if note.receipt:
            writing.envelope = target.envelope.learn(receipts=(*target.envelope.learned.receipts, note.receipt))
        if weight and target.envelope.learned.signed:
            self._state(writing, weight)
        _moved(writing, note, target, weight)
        row = lifecycle.state(target.envelope.direction, target.state)
        if writing.path[-1] == target.state and not (row.next_stage or (row.amends and note.receipt)):
            return writing.entries
        return writing.move()

    def _state(self, writing: Writing, why: Occasion) -> None:
        made = self._statements.about(writing.envelope, why, writing.now)
        writing.envelope = writing.envelope.learn(stated=(*writing.envelope.learned.stated, made.stated))
        writing.entry(made.event, (*made.details, ("state", writing.row.state)))
        writing.add((made.offspring,))

    async def target(self, note: Note) -> Row | None:
        """The envelope that a note means: ours, to the office that speaks of it, and not a repeated receipt. One that was given
        up is meant only where there is no other, and only when it was sent.
        """
        if note.envelope:
            return await readable(self._ledger, note.envelope)
        if not note.message_id:
            return None
        found = await self._ledger.find(
            Query(message_id=note.message_id, direction=Direction.OUTBOUND, limit=NOTE_CANDIDATES)
        )
        alike = [each for each in found if each.kind not in NOT_MEANT and note.counterpart in ("", each.counterpart)]
        meant = [each for each in alike if each.state != GIVEN_UP]
        if meant:
            return await readable(self._ledger, meant[0].id)
        given_up = [row for each in alike if (row := await readable(self._ledger, each.id))] if note.counterpart else []
        return next((row for row in given_up if row.envelope.learned.transmissions), None)


def weighed(receipt: Receipt | None, target: Row) -> Occasion | None:
    """What is to be stated about a receipt beside keeping it; None where it says what was to be expected."""
    if receipt is None:
        return None
    known, came = target.envelope.learned.receipts, receipt.envelope
    opposite = [each for each in known if _opposite(each.stage, receipt.stage)]
    counterpart = target.envelope.claim.recipients[0]
    if opposite:
        words = f"{counterpart} says {receipt.stage} of this message, and said {opposite[-1].stage} before."
        return Occasion(kind=CONTRADICTS, text=words, receipt=came)
    missed = any(each.kind == NO_RECEIPT for each in target.envelope.learned.stated)
    if missed and not known:
        words = (
            f"The first receipt of {counterpart} for this message, {receipt.stage}, came after its absence was stated."
        )
        return Occasion(kind=LATE, text=words, receipt=came)
    if target.state == GIVEN_UP:
        words = f"A receipt of {counterpart} for this message, {receipt.stage}, came after the message was given up."
        return Occasion(kind=LATE, text=words, receipt=came)
    return None


def _opposite(one: str, other: str) -> bool:
    return (one == NEGATIVE and other in POSITIVE) or (one in POSITIVE and other == NEGATIVE)


def _moved(writing: Writing, note: Note, target: Row, weight: Occasion | None) -> None:
    """Go where the note leads, if the lifecycle and what is known allow it. A contradiction is never settled by itself."""
    contradicts = weight is not None and weight.kind == CONTRADICTS
    state, reason = ("held", CONTRADICTION) if contradicts else (note.state, note.reason)
    if contradicts and target.state == "held":
        writing.reason = CONTRADICTION
        return
    if not state or state == target.state or _outweighed(note, target):
        return
    if not lifecycle.allowed(target.envelope.direction, target.state, state):
        return
    writing.due, writing.attempts = None, 0
    if state == "held":
        writing.hold(reason or Reason(code=note.event, public="An officer must look."))
    else:
        writing.reach(state, reason=reason)


def _known(target: Row) -> frozenset[str]:
    return frozenset(each.envelope for each in target.envelope.learned.receipts)


def _is_task(note: Note, target: Row) -> bool:
    """Whether a person must see it at the receipt, because its message has ended and stays where it is."""
    if note.receipt is None or note.receipt.envelope in _known(target) or not note.counterpart:
        return False
    return target.state == GIVEN_UP


def _unmatched(verdict: Settle) -> Verdict:
    if verdict.envelope.released(UNMATCHED.code):
        return verdict
    if any(note.state == "held" for note in verdict.notes):
        return Hold(envelope=verdict.envelope, reason=UNMATCHED, details=verdict.details)
    return replace(verdict, reason=NOTHING_OF_OURS, notes=())


def _ending(trail: Trail, verdict: Verdict) -> Trail:
    return Trail(judged=(*trail.judged[:-1], Judged(stage=trail.judged[-1].stage, verdict=verdict)))


def _outweighed(note: Note, target: Row) -> bool:
    """Whether a signed receipt has said what an unsigned report of some mail system now denies."""
    proven = any(receipt.stage in CONFIRMING_STAGES for receipt in target.envelope.learned.receipts)
    return proven and not note.counterpart
