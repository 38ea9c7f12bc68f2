"""One form G for each hit: what is learned later goes on form M."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.dialogues.rules import StoryRule
from gateway.dialogues.story import Story
from gateway.findings import Problem, Severity

HIT: Final = "hit"
ALERT: Final = "schengen_id"


def _one_form_for_each_hit(story: Story) -> Iterable[Problem]:
    step = story.step
    if step.letter != "G" or not step.says(HIT) or step.says("replaces"):
        return
    # Also one that was sent later and has overtaken this one: which of the two stands, an officer decides.
    for each in story.steps:
        same_hit = each.letter == "G" and each.sender == step.sender and each.says(HIT) == step.says(HIT)
        # The same reference again is a repetition: rule R03 has looked at it.
        another = each.message_id != step.message_id and each.reference != step.reference
        if same_hit and another and each.says(ALERT) == step.says(ALERT):
            yield f"Form G {each.reference[:64]} has already reported this hit."
            return


RULES: Final = (
    StoryRule(
        id="R10", severity=Severity.HOLD, check=_one_form_for_each_hit, field="002",
        text="One hit has one form G: the same alert, place and time are reported once.",
        citation="SIRENE Manual (2015 text) 2.3(a), (c)", confidence="manual-2015",
        remedy="Send what is new on form M.",
    ),
)  # fmt: skip
