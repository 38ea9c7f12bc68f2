"""Would a message change how earlier messages of others were read? Then a person decides, for it may be a lie about time or issuer.

The one idea: dialogues are read in the order of sending and by what forms say of the issuer, and both are the sender's own
words. So one office alone can neither take its question from another, nor give a role to somebody else, nor stop a
clock by writing an old date. What only moves its own messages is its own affair: they overtake each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.dialogues.reading import ALERT, ISSUER
from gateway.dialogues.standing import Standing
from gateway.dialogues.step import Step
from gateway.findings import Finding, Severity
from gateway.identity import PartyId

RULE: Final = "DLG-OVERTURNS"


def may_overturn(step: Step, earlier: Sequence[Step]) -> bool:
    """Whether it can change more than what comes after it: then the exchange must be read without it, too."""
    others = [each for each in earlier if each.sender != step.sender]
    issuer, alert = step.says(ISSUER), step.says(ALERT)
    return step.inbound and any(
        step.sent <= each.sent or (issuer and each.says(ALERT) == alert and each.says(ISSUER) != issuer)
        for each in others
    )


def overturned(step: Step, earlier: Sequence[Step], before: Standing, after: Standing) -> tuple[Finding, ...]:
    """The finding, where a message of another office stands elsewhere, or somebody else plays a role, with the step than without it."""
    moved = next((each for each in earlier if each.sender != step.sender and _moved(each, before, after)), None)
    if moved is not None:
        words = f"With it, {moved.reference[:64] or moved.message_id[:64]} of {moved.sender} would stand elsewhere than it does."
        return (_finding(words),)
    role, party = _role_lost(before, after)
    return (_finding(f"With it, {party} would no longer be the office with the role {role}."),) if role else ()


def _moved(step: Step, before: Standing, after: Standing) -> bool:
    one, other = before.fit(step.envelope), after.fit(step.envelope)
    if one is None or other is None or one.problem:
        return False
    return other.problem is not None or (one.dialogue, one.about) != (other.dialogue, other.about)


def _role_lost(before: Standing, after: Standing) -> tuple[str, PartyId]:
    now = {(course.dialogue, course.about): course for course in after.courses}
    for course in before.courses:
        same = now.get((course.dialogue, course.about))
        for role, party in course.roles:
            if same is not None and same.party(role) != party:
                return role, party
    return "", ""


def _finding(text: str) -> Finding:
    return Finding(
        rule=RULE, severity=Severity.HOLD, field="Header/Sent", text=text,
        remedy="Ask the sender when it was sent and who issued the alert; let it go on only where both are right.",
    )  # fmt: skip
