"""From verdicts to a move: a pure function. It says what will be written; the pipeline writes it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from gateway import lifecycle
from gateway.dialogues.step import Step
from gateway.envelope import Envelope
from gateway.journal.entry import Entry
from gateway.judging import Crash, Trail
from gateway.ledger import Move, Row, Spawned
from gateway.numbers.series import Numbered
from gateway.numbers.telling import taken, void
from gateway.verdict import Advance, Details, DuplicateKey, Hold, Offspring, Reason, Reject, Retry, Settle, Verdict

TAKEN: Final = frozenset({"transmitted", "confirmed"})
"""States in which the other side's server has a message of ours."""


class Writing:
    """Collects what one move will hold while the verdicts of a trail are read in order."""

    def __init__(self, row: Row, now: datetime, actor: str = "gateway") -> None:
        self.row, self.now, self.actor = row, now, actor
        self.envelope = row.envelope
        self.path: list[str] = [row.state]
        self.entries: list[Entry] = []
        self.spawn: list[Spawned] = []
        self.claim: DuplicateKey | None = None
        self.reason: Reason | None = None
        self.due: datetime | None = None
        self.attempts = 0
        self.breaks = row.breaks
        self.steps: dict[str, Step] = {}
        self.expects: tuple[tuple[str, int], ...] = ()
        self.numbers: list[Numbered] = []

    def entry(self, event: str, details: Details = (), reason: str = "") -> None:
        """Add a journal entry for this envelope."""
        self.entries.append(
            Entry(
                event=event,
                at=self.now,
                actor=self.actor,
                envelope=self.envelope.id,
                reason=reason,
                details=_known(details),
            )
        )

    def reach(self, state: str, details: Details = (), reason: Reason | None = None) -> None:
        """Go to a state, with its entry."""
        self.path.append(state)
        self.reason = reason
        self._tell_exchange(state)
        if state == "rejected":
            self.numbers += void(self.envelope, self.now, reason.code if reason else "")
        elif state in TAKEN:
            self.numbers += taken(self.envelope, self.now)
        self.entry(lifecycle.event(state), details, reason.code if reason else "")

    def add(self, offspring: tuple[Offspring, ...]) -> None:
        """Add new envelopes with their first entries."""
        self.spawn += [spawned(each, self.now) for each in offspring]

    def read(self, verdict: Verdict) -> None:
        """Take one verdict into the move."""
        self.envelope = verdict.envelope
        for event, details in verdict.also:
            self.entry(event, details)
        self.add(verdict.spawn)
        self.steps |= {step.envelope: step for step in verdict.steps}
        self.expects = (*self.expects, *verdict.expects)
        self.numbers += verdict.numbers
        here = lifecycle.state(self.envelope.direction, self.path[-1])
        match verdict:
            case Advance(details=details, claim=claim, reason=reason):
                self.claim = claim or self.claim
                self.reach(here.leads_to[0], details, reason)
            case Hold(reason=reason, details=details):
                self.hold(reason, details)
            case Reject(reason=reason, details=details):
                self.reach("rejected", details, reason)
            case Settle(state=state, reason=reason, details=details):
                self.reach(state, details, reason)
            case Retry(reason=reason, at=at, counts=counts, details=told):
                self._stay(reason, at, counts, told)

    def _tell_exchange(self, state: str) -> None:
        """What becomes of a message changes what its exchange keeps of it: it was taken, or it never counted."""
        step = self.envelope.learned.step
        if step is None:
            return
        known = step
        if state == "rejected":
            known = replace(step, void=True)
        elif state in TAKEN and not step.inbound and step.taken_at is None:
            tried = self.envelope.learned.transmissions
            known = replace(step, taken_at=tried[-1].at if tried else self.now)
        if known != step:
            self.envelope = self.envelope.learn(step=known)
            self.steps[known.envelope] = known

    def hold(self, reason: Reason, details: Details = ()) -> None:
        """Wait for an officer, remembering where to go on."""
        self.envelope = self.envelope.learn(resume=self.path[-1])
        self.reach("held", details, reason)

    def crash(self, crash: Crash) -> None:
        """Set aside: our own fault."""
        self.envelope = self.envelope.learn(resume=self.path[-1])
        reason = Reason(
            code="gateway.fault",
            public="The gateway could not treat this message; its operators have been alarmed.",
            operator=f"{crash.kind} at {crash.where}",
        )
        self.reach("quarantined", (("stage", crash.stage), ("kind", crash.kind), ("where", crash.where)), reason)

    def _stay(self, reason: Reason, at: datetime, counts: bool, told: Details) -> None:
        self.reason, self.due = reason, at
        # Failures count from the last state that was reached: a run that advanced starts anew.
        self.attempts = (self.row.attempts if len(self.path) == 1 else 0) + (1 if counts else 0)
        details = (("again_at", at.isoformat()), ("failures", str(self.attempts)), *told)
        self.entry("envelope.retry", details, reason.code)

    def move(self) -> Move:
        """The move that has been collected."""
        return Move(
            envelope=self.envelope, version=self.row.version, before=self.path[0], after=self.path[-1], via=tuple(self.path[1:-1]),
            entries=tuple(self.entries), at=self.now, reason=self.reason, due=self.due, attempts=self.attempts,
            breaks=self.breaks, spawn=tuple(self.spawn), claim=self.claim,
            steps=tuple(self.steps.values()), expects=self.expects, numbers=tuple(self.numbers),
        )  # fmt: skip


def written(row: Row, trail: Trail, now: datetime) -> Writing:
    """Everything that a trail of verdicts asks to be written."""
    writing = Writing(row, now)
    for judged in trail.judged:
        writing.read(judged.verdict)
    if trail.crash:
        writing.crash(trail.crash)
    return writing


def after(row: Row, move: Move) -> Row:
    """The row as it stands once the move is written."""
    return Row(
        envelope=move.envelope, state=move.after, version=row.version + 1, attempts=move.attempts, breaks=move.breaks,
        due=move.due, reason=move.reason, updated_at=move.at,
    )  # fmt: skip


def spawned(offspring: Offspring, now: datetime) -> Spawned:
    """A new envelope with the entry that explains it; one that starts held passes through `received`."""
    envelope = offspring.envelope
    state = "held" if offspring.hold else offspring.state
    if offspring.hold:
        envelope = envelope.learn(resume=offspring.state)
    details = (("cause", envelope.cause), ("kind", envelope.kind), ("payload", envelope.payload.digest))
    first = Entry(event="envelope.received", at=now, envelope=envelope.id, details=details)
    held = (
        Entry(event="envelope.held", at=now, envelope=envelope.id, reason=offspring.hold.code)
        if offspring.hold
        else None
    )
    return Spawned(envelope=envelope, state=state, reason=offspring.hold, entries=(first, *([held] if held else [])))


def repeat_of(first: Envelope, id: str, cause: str, now: datetime) -> Offspring:
    """A signed receipt once more, bit for bit, as the answer to a repetition."""
    again = Envelope(
        id=id, direction=first.direction, channel=first.channel, received_at=now, payload=first.payload, claim=first.claim,
        kind="repeat", cause=cause,
    ).learn(
        identification=first.identification, form=first.form, findings=first.findings, exchange=first.exchange,
        leg=first.leg, signed=first.signed, sealed=first.learned.sealed,
    )  # fmt: skip
    return Offspring(envelope=again, state="signed")


def _known(details: Details) -> Details:
    return tuple((key, value) for key, value in details if value)
