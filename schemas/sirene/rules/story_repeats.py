"""What was told already and must not be told so again: an address that is known, a warrant that has its form A."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.dialogues.rules import StoryRule
from gateway.dialogues.step import Step
from gateway.dialogues.story import Story
from gateway.findings import Problem, Severity
from schemas.sirene.articles import JUDICIAL

ALERT: Final = "schengen_id"
_SAME_ADDRESS: Final = (
    "The same address was reported for this alert with form G {reference}: the address and form G are not sent again."
)
_CITATION: Final = "Regulation (EU) 2018/1862 Art 55(3); SIRENE Manual (2015 text) 6.5"


def _others(story: Story, letter: str) -> Iterable[Step]:
    """Earlier messages of the same kind by the same bureau on the same alert; the same reference again is a repetition."""
    step = story.step
    for each in story.earlier:
        alike = each.letter == letter and each.sender == step.sender and each.says(ALERT) == step.says(ALERT)
        if alike and each.message_id != step.message_id and each.reference != step.reference:
            yield each


def _same_address(story: Story) -> Iterable[Problem]:
    step = story.step
    if step.letter != "G" or step.says("article") not in JUDICIAL or not step.says("residence"):
        return
    for each in _others(story, "G"):
        if each.says("residence") == step.says("residence"):
            yield _SAME_ADDRESS.format(reference=each.reference[:64])
            return


def _told_to_us(story: Story) -> Iterable[Problem]:
    if story.step.inbound:
        yield from _same_address(story)


def _told_by_us(story: Story) -> Iterable[Problem]:
    if not story.step.inbound:
        yield from _same_address(story)


def _one_form_for_each_warrant(story: Story) -> Iterable[Problem]:
    step = story.step
    if step.letter != "A" or not step.says("warrant") or step.says("replaces"):
        return
    for each in _others(story, "A"):
        if each.says("warrant") == step.says("warrant"):
            yield f"Form A {each.reference[:64]} bears the same sequence number of a warrant."
            return


RULES: Final = (
    StoryRule(
        id="R47", severity=Severity.WARNING, check=_told_to_us, field="088",
        text="A person of an alert for a judicial procedure who is found at an address that is known is not reported by form G again.",
        citation=_CITATION, confidence="verified",
        remedy="Tell the repeated hit with form M, without the address; the issuing bureau looks whether the alert is still needed.",
    ),
    StoryRule(
        id="R47-OUT", severity=Severity.HOLD, check=_told_by_us, field="088",
        text="A person of an alert for a judicial procedure who is found at an address that is known is not reported by form G again.",
        citation=_CITATION, confidence="verified",
        remedy="Refuse this form G and tell the repeated hit with form M, without the address.",
    ),
    StoryRule(
        id="R17-272", severity=Severity.ERROR, check=_one_form_for_each_warrant, field="272",
        text="Each of several warrants on a person has its own form A and its own sequence number.",
        citation="Decision 2008/334/JHA, annex 3.5; SIRENE Manual (2015 text) 3.5", confidence="manual-2015",
        remedy="Give the warrant its own number in field 272, or say in field 267 which form it replaces.",
    ),
)  # fmt: skip
