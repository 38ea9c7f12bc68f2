"""A reply refers to a request that is known, and to the same alert."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.dialogues.rules import StoryRule
from gateway.dialogues.step import Step
from gateway.dialogues.story import Story
from gateway.findings import Problem, Severity

ALERT: Final = "schengen_id"


def _known_request(story: Story) -> Iterable[Problem]:
    step = story.step
    others = [each for each in story.steps if each.envelope != step.envelope]
    if step.in_reply_to and all(each.message_id != step.in_reply_to for each in others):
        yield "Header/InReplyTo", "The form answers a message that is not known here."
    references = {each.reference for each in others}
    for reference in step.your_references:
        if reference not in references:
            yield "002", f"The form refers to {reference[:64]}, which is not known here."
    # Once, although the message that it answers mostly is the one whose reference it names.
    yield from _same_alert(
        step,
        [each for each in others if each.message_id == step.in_reply_to or each.reference in step.your_references],
    )


def _same_alert(step: Step, answered: Iterable[Step]) -> Iterable[Problem]:
    if any(step.says(ALERT) and each.says(ALERT) and each.says(ALERT) != step.says(ALERT) for each in answered):
        yield "005", "The form answers a message about another alert."


RULES: Final = (
    StoryRule(
        id="R39", severity=Severity.WARNING, check=_known_request, field="002",
        text="A reply refers to a request that is known, by MessageId or by the reference in 002, and to the same alert.",
        citation="Rule R39", confidence="proposal",
        remedy="Give the MessageId or the reference of the request and its Schengen ID.",
    ),
)  # fmt: skip
