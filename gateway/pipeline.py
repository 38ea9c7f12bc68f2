"""The one place that acts: it runs the next stage of an envelope, turns the verdict into a move, and writes it.

Decide, then act: stages only answer. Every happening on any envelope goes through `Pipeline.step` or `gateway.desk`,
and both write through `Ledger.commit`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol, cast

from msgspec import Struct
from msgspec.structs import replace

from gateway import lifecycle
from gateway.envelope import Direction, Envelope
from gateway.errors import Unavailable
from gateway.journal.entry import Entry
from gateway.judging import Crash, Judged, Trail, from_error
from gateway.ledger import Committed, Ledger, Move, Query, Row, Spawned, StaleMove, readable
from gateway.moves import Writing, after, repeat_of, written
from gateway.noting import Others
from gateway.numbers.series import Numbered
from gateway.numbers.sheets import KIND as SHEET
from gateway.order import Table
from gateway.ports import Clock, IdSource, Performing
from gateway.receipts import Receipts
from gateway.stages.transmit import Transmit
from gateway.statements import STATEMENT
from gateway.verdict import Hold, Note, Reason, Reject, Verdict

BREAKS_BEFORE_QUARANTINE: Final = 2
NOTE_TRIES: Final = 5
MAX_MADE: Final = 64
_OWN_KINDS: Final = frozenset({"receipt", "repeat", "reply", "forward", STATEMENT, SHEET})
log = logging.getLogger(__name__)


class WorkerBroke(Exception):
    """The process that judged an envelope died or ran out of time over it."""


class Compute(Protocol):
    """Where verdicts are computed: in this process or in workers."""

    async def judge(self, envelope: Envelope, state: str, now: datetime) -> Trail:
        """The verdicts from this state on; raises `WorkerBroke`."""
        ...


def untouched(trail: Trail, _: datetime) -> Trail:
    """The trail as it is: nobody doubts the clock."""
    return trail


class Stepped(Struct, frozen=True, kw_only=True):
    """What a step left behind: the row if it can go on at once, and new envelopes to take up."""

    row: Row | None = None
    wake: tuple[str, ...] = ()


class Pipeline:
    """Moves envelopes."""

    def __init__(  # noqa: PLR0913  # the parts of a gateway that moving needs, each once
        self, table: Table, ledger: Ledger, compute: Compute, receipts: Receipts, clock: Clock, *, ids: IdSource,
        noticed: Callable[[], None] = lambda: None,
        numbered: Callable[[Sequence[Numbered]], None] = lambda _: None,
        tempered: Callable[[Trail, datetime], Trail] = untouched,
    ) -> None:  # fmt: skip
        """`noticed` is told when something was written to an exchange, `numbered` what became known of running numbers;
        `tempered` puts off what rests on a clock in doubt.
        """
        self._table, self._ledger, self._compute = table, ledger, compute
        self._receipts, self._clock, self._ids, self._noticed = receipts, clock, ids, noticed
        self._others = Others(ledger, receipts.statements)
        self._numbered, self._tempered = numbered, tempered

    async def step(self, row: Row) -> Stepped:
        """Run what comes next for this row and write it; raises `StaleMove` when somebody else has moved it,
        `Unavailable` when nothing can be kept.
        """
        stage = self._table[(row.envelope.direction, lifecycle.state(row.envelope.direction, row.state).next_stage)]
        now = self._clock.now()
        if hasattr(stage, "judge"):
            try:
                trail = self._tempered(await self._compute.judge(row.envelope, row.state, now), now)
            except WorkerBroke as broke:
                return await self._broke(row, now, broke)
        else:
            row, trail = await self._perform(cast("Performing", stage), row, now)
        return await self._write(row, trail)

    async def _perform(self, stage: Performing, row: Row, now: datetime) -> tuple[Row, Trail]:
        try:
            if isinstance(stage, Transmit) and row.envelope.kind != STATEMENT:
                row, verdict = await self._transmit(stage, row, now)
            else:
                verdict = await stage.perform(row, now)
        except (StaleMove, Unavailable) as error:
            if isinstance(error, StaleMove) or error.code.startswith("ledger."):
                raise
            return row, _trail(stage.name, from_error(error, row.envelope, stage.name, now))
        except Exception as error:  # noqa: BLE001  # a stage may fail in any way; the envelope must not be lost with it
            return row, _trail(stage.name, from_error(error, row.envelope, stage.name, now))
        return row, _trail(stage.name, verdict)

    async def _transmit(self, stage: Transmit, row: Row, now: datetime) -> tuple[Row, Verdict]:
        """Mark the attempt as started in a write of its own before the first byte leaves."""
        begun = stage.begin(row, now)
        if begun is None:
            return row, stage.interrupted(row)
        writing = Writing(row, now)
        writing.envelope, writing.attempts, writing.reason = begun, row.attempts, row.reason
        writing.entry(
            "transmission.attempted", (("attempt", str(begun.learned.transmissions[-1].number)), ("outcome", "started"))
        )
        move = writing.move()
        await self._ledger.commit([move])
        row = after(row, move)
        return row, await stage.perform(row, now)

    async def set_aside(self, envelope: str, error: Exception) -> None:
        """Quarantine an envelope over which the pipeline itself failed, with its bytes (promise 6)."""
        row = await self._ledger.get(envelope)
        if row is None or not lifecycle.state(row.envelope.direction, row.state).next_stage:
            return
        crash = from_error(error, row.envelope, "pipeline", self._clock.now())
        writing = Writing(row, self._clock.now())
        writing.crash(
            crash if isinstance(crash, Crash) else Crash(stage="pipeline", kind=type(error).__name__, where="")
        )
        await self._ledger.commit([writing.move()])

    # --- writing

    async def _write(self, row: Row, trail: Trail) -> Stepped:
        now = self._clock.now()
        if trail.judged and row.envelope.direction is Direction.OUTBOUND and row.envelope.kind in _OWN_KINDS:
            trail = _own_fault(trail)
        trail = await self._others.matched(trail)
        writing = written(row, trail, now)
        last = trail.judged[-1].verdict if trail.judged else None
        if isinstance(last, Reject):
            writing.add(self._receipts.invalid(last.envelope, last.reason, last.findings, now))
        if writing.spawn and row.version > 1:
            writing.spawn = await self._not_yet_made(row, writing.spawn)
        if writing.path[-1] == "quarantined":
            log.error("quarantined envelope=%s", row.envelope.id)
        notes = [note for judged in trail.judged for note in judged.verdict.notes]
        move = writing.move()
        try:
            committed = await self._commit(move, notes, now)
        except StaleMove as stale:
            stale.exchange = next((exchange for exchange, _ in move.expects), "")
            raise
        if move.steps or notes:
            self._noticed()
        if committed.duplicate_of:
            return await self._repeated(row, move, committed)
        if move.numbers:
            self._numbered(move.numbers)
        if committed.same_matter:
            await self._ledger.record([_same_matter(move, committed.same_matter, now)])
        return _stepped(after(row, move), move, now)

    async def _not_yet_made(self, row: Row, spawn: list[Spawned]) -> list[Spawned]:
        """What a replay brings about again keeps its message id and must not go out a second time with other content."""
        made = await self._ledger.find(Query(cause=row.envelope.id, direction=Direction.OUTBOUND, limit=MAX_MADE))
        known = {(each.kind, each.message_id) for each in made}
        return [each for each in spawn if (each.envelope.kind, each.envelope.form.header.message_id) not in known]

    async def _commit(self, move: Move, notes: Sequence[Note], now: datetime) -> Committed:
        """Write the move together with what it brings about on other envelopes; those may move meanwhile, so read
        them again when stale.
        """
        if not notes:
            return await self._ledger.commit([move])
        for left in reversed(range(NOTE_TRIES)):
            others = [other for note in notes if (other := await self._others.written(note, now)) is not None]
            moves = [other for other in others if isinstance(other, Move)]
            remarks = tuple(entry for other in others if not isinstance(other, Move) for entry in other)
            try:
                return await self._ledger.commit([replace(move, entries=(*move.entries, *remarks)), *moves])
            except StaleMove:
                if not left:
                    raise
        raise AssertionError("unreachable")

    # --- repetition

    async def _repeated(self, row: Row, move: Move, committed: Committed) -> Stepped:
        """The message id was known: the first verdict again for the same content, an alarm for other content."""
        now = self._clock.now()
        writing = Writing(row, now)
        passed = (move.before, *move.via, move.after)
        for state in passed[1 : passed.index("decoded")]:
            writing.reach(state)
        writing.envelope = _before_decode(move.envelope)
        writing.numbers += move.numbers
        if not committed.same_content:
            writing.entry("envelope.alarm", (("first", committed.duplicate_of),), "duplicate.other-content")
            words = "The same message id came before with other content. Send new content under a new message id."
            writing.hold(
                Reason(code="duplicate.other-content", public=words, operator=f"first: {committed.duplicate_of}")
            )
            log.error(
                "alarm: other content under a known message id, envelope=%s first=%s",
                row.envelope.id,
                committed.duplicate_of,
            )
        else:
            first = await self._receipts_of(committed.duplicate_of)
            writing.add(tuple(repeat_of(each.envelope, self._ids.new(), move.envelope.id, now) for each in first))
            words = "Received before; the first verdict is sent again."
            writing.reach(
                "repeated", (("first", committed.duplicate_of),), Reason(code="duplicate.same-content", public=words)
            )
        again = writing.move()
        await self._ledger.commit([again])
        return _stepped(after(row, again), again, now)

    async def _receipts_of(self, first: str) -> list[Row]:
        found = await self._ledger.find(Query(cause=first, direction=Direction.OUTBOUND))
        rows = [await readable(self._ledger, summary.id) for summary in reversed(found) if summary.kind == "receipt"]
        return [row for row in rows if row and row.envelope.learned.signed]

    # --- broken workers

    async def _broke(self, row: Row, now: datetime, broke: WorkerBroke) -> Stepped:
        writing = Writing(row, now, actor="worker")
        writing.breaks = row.breaks + 1
        writing.entry("worker.broke", (("times", str(writing.breaks)), ("how", str(broke))))
        if writing.breaks >= BREAKS_BEFORE_QUARANTINE:
            writing.crash(Crash(stage="worker", kind="WorkerBroke", where=str(broke)))
        else:
            writing.attempts, writing.reason = row.attempts, row.reason
        move = writing.move()
        await self._ledger.commit([move])
        return _stepped(after(row, move), move, now)


def _trail(stage: str, outcome: Verdict | Crash) -> Trail:
    if isinstance(outcome, Crash):
        return Trail(crash=outcome)
    return Trail(judged=(Judged(stage=stage, verdict=outcome),))


def _own_fault(trail: Trail) -> Trail:
    """What the gateway itself composed must not be refused by its own rules: that is our fault, so it is set aside
    with an alarm.
    """
    last = trail.judged[-1]
    if not isinstance(last.verdict, Reject):
        return trail
    rules = " ".join(finding.rule for finding in last.verdict.findings)
    if last.verdict.envelope.kind == "forward":
        # Its content is another office's: what we took in may be less than what the next office demands, and a person decides.
        reason = Reason(
            code="forward.refused", public=f"It cannot be passed on as it is: {rules or last.verdict.reason.code}."
        )
        hold = Hold(envelope=last.verdict.envelope, reason=reason, details=last.verdict.details)
        return Trail(judged=(*trail.judged[:-1], Judged(stage=last.stage, verdict=hold)))
    crash = Crash(
        stage=last.stage,
        kind=last.verdict.reason.code,
        where=f"our own message was refused: {rules or last.verdict.reason.public}",
    )
    return Trail(judged=trail.judged[:-1], crash=crash)


def _before_decode(envelope: Envelope) -> Envelope:
    return envelope.learn(form=None, findings=None, exchange=None, routing=None)


def _same_matter(move: Move, earlier: str, now: datetime) -> Entry:
    return Entry(event="envelope.same-matter", at=now, envelope=move.envelope.id, details=(("earlier", earlier),))


def _stepped(row: Row, move: Move, now: datetime) -> Stepped:
    works_on = bool(lifecycle.state(row.envelope.direction, row.state).next_stage)
    ready = works_on and (row.due is None or row.due <= now)
    return Stepped(row=row if ready else None, wake=tuple(each.envelope.id for each in move.spawn))
