"""What a state takes no part in never reaches its bureau: the alert system and the exchange say what a form leaves out.

The one idea: whether a form may go to such a bureau is known or not known; what is not known waits for an officer and is never
guessed. What the form itself tells is judged before (R41), for every receiver that it names.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.addressbook.book import Speciality
from gateway.dialogues.rules import StoryRule
from gateway.dialogues.story import Story
from gateway.facts import LETTER
from gateway.findings import Problem, Severity
from gateway.identity import PartyId
from schemas.sirene.concerned import kept, narrowed, stated, told, touched
from schemas.sirene.states import specialities

ALERT: Final = "schengen_id"
FREE_TEXT: Final = "FreeText"
OR: Final = " or "
_CITATION: Final = "Regulation (EU) 2018/1861 and 2018/1860, territorial scope; rule R41"


def _those_who_take_part(story: Story) -> Iterable[Problem]:
    for party in story.step.to:
        speciality = _kept_by_the_alert(story, party)
        if speciality:
            yield f"{party} takes no part in alerts under {speciality.article}, and the alert is one ({speciality.citation})."


def _article_known(story: Story) -> Iterable[Problem]:
    """What goes out to a state with specialities goes by itself only under an article that is known and open to it.

    The article is known by field 090, by what the letter or a fixed text of the form is for, by the alert system, or by an
    earlier message of the exchange on the same alert. What another office wrote there is enough to hold a form and never to
    refuse it, for it may be wrong. Every letter is judged, also form M without field 005: supplementary information is about
    an alert even where it does not name one, and that it does not is no sign that the state may read it.

    Free text that names no alert, is no consultation and stands in an exchange in which nothing is said of an alert is left
    alone. By its own mark it is a line between offices (SIRENE Manual 1.10.3), no article could be found for it by anybody,
    and an officer who has to release every “our line is down” learns to release without reading.
    """
    if story.step.inbound:
        return
    for party in story.step.to:
        known = specialities(party, story.book)
        doubt = _doubt(story, party) if known and not _kept_by_the_alert(story, party) else ""
        if doubt:
            yield f"{_names(party, known)}, and {doubt}"


def _kept_by_the_alert(story: Story, party: PartyId) -> Speciality | None:
    return kept(party, filter(None, (story.alert.article,)), story.book) if story.alert else None


def _doubt(story: Story, party: PartyId) -> str:
    """Why it is not known that the bureau may get the form; an empty text when it is."""
    says, system = story.step.says, story.alert.article if story.alert else ""
    articles = narrowed(filter(None, (stated(says), system))) or told(says)
    if articles:
        return (
            f"it is open whether the form is about one: {OR.join(articles)}."
            if touched(party, articles, story.book)
            else ""
        )
    others = [each for each in story.steps if each.envelope != story.step.envelope]
    named = {says(ALERT)} - {""} or {each.says(ALERT) for each in others} - {""} or {""}
    concerned = [each for each in others if each.says(ALERT) in named]
    for each in concerned:
        if touched(party, told(each.says), story.book):
            return f"an earlier message, {each.reference[:64]}, is about {OR.join(told(each.says))}."
    if named <= {each.says(ALERT) for each in concerned if told(each.says)}:
        return ""
    if named == {""} and says(LETTER) == FREE_TEXT:
        return ""
    return "neither the form, nor the alert system, nor an earlier message says under which article the alert is."


def _names(party: PartyId, known: Iterable[Speciality]) -> str:
    named = {each.article: each.citation for each in known}
    return f"{party} takes no part in alerts under {', '.join(named)} ({'; '.join(dict.fromkeys(named.values()))})"


RULES: Final = (
    StoryRule(
        id="R41-ALERT", severity=Severity.ERROR, check=_those_who_take_part, field="004", passed_on=True,
        text="A bureau gets nothing about an alert in which its state takes no part, whether or not the form names the article.",
        citation=_CITATION, confidence="verified",
        remedy="Take the bureau that is named out of the receivers.",
    ),
    StoryRule(
        id="R41-UNKNOWN", severity=Severity.HOLD, check=_article_known, field="090", passed_on=True,
        text="Nothing goes by itself to a bureau whose state takes no part in some alerts while it is not known which article it is about.",
        citation=_CITATION, confidence="proposal",
        remedy="Look the article up. Release the form where the state takes part in it; else refuse it, and leave the bureau out. "
        "With the article in field 090 it is judged by itself.",
    ),
)  # fmt: skip
