"""Which questions of an exchange wait for an answer, where no dialogue says it, and which the asker wants answered by a day.

A message that belongs to no dialogue still is answered by naming it. So one that asks waits until one of those that it
asked has sent something that names its message id or its reference. The day that an asker names is no limit of law, so no
clock runs on it; it is told here as long as the dialogue is open.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec import Struct

from gateway.dialogues.standing import Standing
from gateway.dialogues.step import Step
from gateway.identity import PartyId

ASKS: Final = "asks"
DEADLINE: Final = "deadline"


class Waiting(Struct, frozen=True, kw_only=True):
    """One question without an answer."""

    message_id: str
    reference: str
    format: str
    asked_by: PartyId
    waits_for: tuple[PartyId, ...]
    since: datetime
    deadline: datetime | None
    """By when the asker wants the answer, where it said so."""

    def late(self, now: datetime) -> bool:
        """Whether the day that the asker named has passed."""
        return self.deadline is not None and self.deadline <= now


def waiting(steps: Iterable[Step], standing: Standing) -> list[Waiting]:
    """Questions that nobody answered and that belong to no dialogue, or name a day while theirs is open; in their order."""
    real = [step for step in steps if not step.void]
    closed = {course.about for course in standing.courses if course.closed}
    told = {fit.envelope: fit.about in closed for fit in standing.fits if fit.dialogue}
    return [
        Waiting(
            message_id=step.message_id, reference=step.reference, format=step.format, asked_by=step.sender, waits_for=open_ones,
            since=step.known_at, deadline=_moment(step.says(DEADLINE)),
        )
        for step in real
        if step.says(ASKS)
        and (step.envelope not in told or (step.says(DEADLINE) and not told[step.envelope]))
        and (open_ones := _open(step, real))
    ]  # fmt: skip


def _open(question: Step, steps: list[Step]) -> tuple[PartyId, ...]:
    """Those who were asked and have not answered."""
    answered = {each.sender for each in steps if _answers(each, question)}
    return tuple(party for party in question.to if party != question.sender and party not in answered)


def _answers(step: Step, question: Step) -> bool:
    return step.in_reply_to == question.message_id or (
        bool(question.reference) and question.reference in step.your_references
    )


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else None
