"""Rules that need the alert itself, as the alert system knows it. Without an answer from there they say nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from gateway.dialogues.rules import StoryRule
from gateway.dialogues.step import Step
from gateway.dialogues.story import Story
from gateway.findings import Problem, Severity
from schemas.sirene.articles import within
from schemas.sirene.rules.every_form import BY_THE_ISSUER, TO_THE_ISSUER

ALERT: Final = "schengen_id"
DELETED: Final = "alert.deleted"
WITHDRAWN: Final = "withdrawn"


def _issuer_takes_part(story: Story) -> Iterable[Problem]:
    alert, step = story.alert, story.step
    if alert is None:
        return
    if step.letter in BY_THE_ISSUER and step.sender != alert.issuer:
        yield "003", f"The alert was issued by {alert.issuer}; form {step.letter} comes from the issuing bureau."
    answers = bool(step.in_reply_to or step.your_references)
    if step.letter not in TO_THE_ISSUER or answers or step.says("consultation"):
        return
    if alert.issuer not in step.to and alert.issuer != step.sender:
        yield "004", f"The alert was issued by {alert.issuer}, which is not among the receivers."


def _article_fits(story: Story) -> Iterable[Problem]:
    alert, step = story.alert, story.step
    named = step.says("paragraph") or step.says("article")
    if alert is None or step.letter != "G" or not named:
        return
    if not within(named, alert.article) and not within(alert.article, named):
        yield f"The alert rests on {alert.article}, and the form names {named[:40]}."


def _linked_hits(story: Story) -> Iterable[Problem]:
    alert, step = story.alert, story.step
    if alert is None or step.letter != "G":
        return
    if step.says("linked") and not alert.links:
        yield "The form announces G forms on linked alerts, and the alert is linked to none."
    others = [each for each in story.steps if _same_event(each, step) and each.says(ALERT) in alert.links]
    if others and not step.says("linked"):
        yield f"A linked alert was reported as hit in the same event by {others[0].reference[:64]}, and 086 does not say so."


def _same_event(one: Step, other: Step) -> bool:
    return (
        one.letter == "G" and one.envelope != other.envelope and one.sender == other.sender
        and bool(other.says("checked_at")) and one.says("checked_at") == other.says("checked_at")
    )  # fmt: skip


def _deleted(story: Story) -> Iterable[Problem]:
    step, deleted = story.step, deleted_at(story)
    if step.letter == "G" and deleted is not None and deleted <= step.sent and not step.says("late_hit"):
        yield f"The alert was deleted on {deleted.date()}."


def _deleted_for_them(story: Story) -> Iterable[Problem]:
    """What comes in goes on and its sender is told: a hit is never lost because its mark is missing. An answer waits for an officer."""
    if story.step.inbound:
        yield from _deleted(story)


def _deleted_for_us(story: Story) -> Iterable[Problem]:
    """A form of ours can still be mended, so it waits."""
    if not story.step.inbound:
        yield from _deleted(story)


def deleted_at(story: Story) -> datetime | None:
    """When the alert was deleted: as the alert system says, or as the exchange was told."""
    told = (each.happening.at for each in story.happened if each.happening.name == DELETED)
    known = story.alert.deleted_at if story.alert else None
    return known or min(told, default=None)


def _withdrawal(story: Story) -> Iterable[Problem]:
    alert, step = story.alert, story.step
    consents = step.says("consent").split()
    if alert is None or step.letter != "Q" or WITHDRAWN not in consents:
        return
    if alert.misused_identity and alert.issuer in story.own:
        some = " for some of the data" if set(consents) != {WITHDRAWN} else ""
        yield f"The person has withdrawn the consent{some}, and our alert still holds data of the misused identity."


RULES: Final = (
    StoryRule(
        id="R07-ALERT", severity=Severity.ERROR, check=_issuer_takes_part, field="004",
        text="The state that issued the alert, as the alert system names it, sends forms A and P and receives the others.",
        citation="SIRENE Manual (2015 text) passim; rule R07", confidence="manual-2015",
        remedy="Address the bureau of the issuing state, or mend the Schengen ID in 005.",
    ),
    StoryRule(
        id="R08-ALERT", severity=Severity.ERROR, check=_article_fits, field="090",
        text="The article in field 090 is that of the alert.",
        citation="SIRENE Manual (2015 text) 2.3(b)", confidence="manual-2015",
        remedy="Name the article of the alert in field 090, or mend the Schengen ID in 005.",
    ),
    StoryRule(
        id="R11", severity=Severity.WARNING, check=_linked_hits, field="086",
        text="Hits on linked alerts have a G form for each alert, and field 086 says so.",
        citation="SIRENE Manual (2015 text) 2.12.1", confidence="manual-2015",
        remedy="Send one G form for each alert that was hit, and say in 086 that others on linked alerts follow.",
    ),
    StoryRule(
        id="R46", severity=Severity.WARNING, check=_deleted_for_them, field="086", answer_waits=True,
        text="A hit on an alert that was deleted is marked as a late hit.",
        citation="Regulation (EU) 2018/1862 Art 64(2); rule R46", confidence="proposal",
        remedy="Write “late hit” in field 086, or tell the issuer by form M.",
    ),
    StoryRule(
        id="R46-OUT", severity=Severity.HOLD, check=_deleted_for_us, field="086",
        text="A hit on an alert that was deleted is marked as a late hit.",
        citation="Regulation (EU) 2018/1862 Art 64(2); rule R46", confidence="proposal",
        remedy="Refuse this form G; send it again with “late hit” in field 086, or tell the issuer by form M.",
    ),
    StoryRule(
        id="R54-ALERT", severity=Severity.WARNING, check=_withdrawal, field="Consent",
        text="When consent is withdrawn, the data of the misused identity are taken out of the alert.",
        citation="Regulation (EU) 2018/1862 Art 62(2), (5)", confidence="verified",
        remedy="Remove from the alert the data of the misused identity for which there is no consent any more.",
    ),
)  # fmt: skip
