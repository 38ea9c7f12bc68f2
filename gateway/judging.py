"""Computing verdicts from bytes: a run of judging stages over one envelope, with every exception turned into a
verdict or a crash report.

This is what a worker process does. It has no ledger, no channels and no network.
"""

from __future__ import annotations

import traceback
from datetime import datetime, timedelta
from typing import Final, cast

from msgspec import Struct

from gateway import lifecycle
from gateway.envelope import Envelope
from gateway.errors import Refused, Unavailable
from gateway.order import Table
from gateway.ports import Judging
from gateway.verdict import Advance, Hold, Reason, Reject, Retry, Verdict

UNAVAILABLE_RETRY: Final = timedelta(seconds=30)


class Judged(Struct, frozen=True, kw_only=True):
    """One verdict of one stage."""

    stage: str
    verdict: Verdict


class Crash(Struct, frozen=True, kw_only=True):
    """An exception that nobody foresaw: our own fault. `where` holds code places only, never values."""

    stage: str
    kind: str
    where: str


class Trail(Struct, frozen=True, kw_only=True):
    """The verdicts of one run in order; all but the last are Advance. A crash ends the run."""

    judged: tuple[Judged, ...] = ()
    crash: Crash | None = None


def judge_run(table: Table, envelope: Envelope, state: str, now: datetime) -> Trail:
    """Run judging stages from this state on, until one does not advance or the next is not a judging stage."""
    judged: list[Judged] = []
    while True:
        stage = table.get((envelope.direction, lifecycle.state(envelope.direction, state).next_stage))
        if stage is None or not hasattr(stage, "judge"):
            return Trail(judged=tuple(judged))
        outcome = judge(cast("Judging", stage), envelope, now)
        if isinstance(outcome, Crash):
            return Trail(judged=tuple(judged), crash=outcome)
        judged.append(Judged(stage=stage.name, verdict=outcome))
        if not isinstance(outcome, Advance):
            return Trail(judged=tuple(judged))
        envelope = outcome.envelope
        state = lifecycle.state(envelope.direction, state).leads_to[0]


def judge(stage: Judging, envelope: Envelope, now: datetime) -> Verdict | Crash:
    """The verdict of one stage, whatever happens inside it."""
    try:
        return stage.judge(envelope, now)
    except Exception as error:  # noqa: BLE001  # a stage may fail in any way; the envelope must not be lost with it
        return from_error(error, envelope, stage.name, now)


def from_error(error: Exception, envelope: Envelope, stage: str, now: datetime) -> Verdict | Crash:
    """What an exception of a stage means for the envelope."""
    if isinstance(error, Refused):
        reason = Reason(code=error.code, public=error.public, operator=error.operator)
        known = envelope.learn(findings=error.findings) if error.findings else envelope
        return Reject(envelope=known, reason=reason, findings=error.findings)
    if isinstance(error, Unavailable):
        reason = Reason(code=error.code, public=error.public, operator=error.operator)
        return Retry(envelope=envelope, reason=reason, at=now + UNAVAILABLE_RETRY)
    code = getattr(error, "code", None)
    if isinstance(code, str) and hasattr(error, "public"):
        return Hold(envelope=envelope, reason=Reason(code=code, public=str(error.public), operator=str(error)))
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return Crash(stage=stage, kind=type(error).__name__, where=where)
