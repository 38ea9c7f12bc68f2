"""A state gets nothing about alerts in which it takes no part: by law or by the address book, and never because nobody knew (R41)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from gateway.addressbook.book import Book, Bureau, Mailbox, MailboxKind, Speciality
from gateway.dialogues.standing import Standing
from gateway.dialogues.step import Step
from gateway.dialogues.story import AlertFacts, Story
from schemas.sirene.rules.story_specialities import RULES
from tests.alerts.test_alert_rules import NOON, step, told


def book(article: str, party: str = "sirene:XC") -> Book:
    """A book in which a bureau takes no part in alerts under one article."""
    mailbox = Mailbox(kind=MailboxKind.OPERATIONAL, address="oper@xc.sirene.example")
    speciality = Speciality(article=article, citation="Agreement of XC", confidence="proposal")
    bureau = Bureau(party=party, state="XC", name="XC", mailboxes=(mailbox,), takes_no_part=(speciality,))
    return Book(issue=1, issued=NOON, valid_from=NOON, publisher="Book", digest="0" * 64, bureaus=(bureau,))


def found(looked_at: Step, alert: AlertFacts | None = None, *others: Step, book: Book | None = None) -> list[str]:
    story = Story(
        step=looked_at, steps=(*others, looked_at), happened=(), standing=Standing(), alert=alert,
        own=frozenset({"sirene:XA"}), now=NOON, book=book,
    )  # fmt: skip
    return [finding.rule for rule in RULES for finding in rule.findings(story)]


def silent(letter: str = "M", to: str = "sirene:IE", **says: str) -> Step:
    """A form of ours that does not name the article."""
    return step(to=(to,), inbound=False, says={"letter": letter, "article": "", **says})


def earlier(article: str = "", **says: str) -> Step:
    return step(2, sender="sirene:XB", to=("sirene:XA",), says={"letter": "M", "article": article, **says})


def test_a_state_that_takes_no_part_gets_nothing_even_where_the_form_is_silent_on_the_article() -> None:
    refusal = told(issuer="sirene:XA", article="1861:24(1)(a)", category="REF")
    assert found(silent(), refusal) == ["R41-ALERT"]
    assert found(silent(), told(issuer="sirene:XA", article="1860:3", category="RET")) == ["R41-ALERT"]
    assert found(silent(), told(issuer="sirene:XA")) == []
    assert found(silent(to="sirene:XB"), refusal) == []


def test_the_address_book_counts_like_the_law() -> None:
    arrest, agreed = told(issuer="sirene:XA", article="1862:26"), book("1862:26")
    assert found(silent(to="sirene:XC"), arrest, book=agreed) == ["R41-ALERT"]
    assert found(silent(to="sirene:XC"), book=agreed) == ["R41-UNKNOWN"]
    assert found(silent(to="sirene:XC"), told(article="1862:38"), book=agreed) == []
    assert found(silent(to="sirene:XC"), arrest) == found(silent(to="sirene:XC")) == []


def test_an_article_that_nobody_knows_waits_for_an_officer() -> None:
    for letter in "EFGHIJKLMPQ":
        assert found(silent(letter)) == ["R41-UNKNOWN"], letter
    assert found(silent(schengen_id="")) == ["R41-UNKNOWN"]
    assert found(silent(to="sirene:XB")) == []
    assert found(step(to=("sirene:IE",), inbound=True, says={"letter": "M", "article": ""})) == []


@pytest.mark.parametrize(
    "says",
    [
        {"letter": "M", "article": "1862:36"},
        {"letter": "A"},  # form A is about arrest and nothing else
        {"letter": "M", "announces": "check-immediate"},  # ARTICLE 36(3) ... immediate action
        {"letter": "M", "announces": "original-vehicle"},
    ],
)
def test_what_the_form_itself_tells_is_enough(says: dict[str, str]) -> None:
    assert found(silent(**{"letter": says["letter"], **says})) == []


@pytest.mark.parametrize("says", [{"transit": "yes"}, {"handover": "surrender"}, {"announces": "missing-high-risk"}])
def test_ordinary_words_tell_nothing(says: dict[str, str]) -> None:
    assert found(silent(**says)) == ["R41-UNKNOWN"]


def test_a_decision_on_a_permit_may_be_about_refusal_or_about_return() -> None:
    """A state that takes no part in one of them only does not get the form by itself."""
    for letter in "NO":
        assert found(silent(letter, to="sirene:XC"), book=book("1860")) == ["R41-UNKNOWN"]
        assert found(silent(letter, to="sirene:XC"), told(article="1861:24"), book=book("1860")) == []
        assert found(silent(letter, to="sirene:XC"), book=book("1862:26")) == []
    assert found(silent(to="sirene:XC", consultation="yes"), book=book("1860")) == ["R41-UNKNOWN"]


def test_a_part_of_an_article_is_not_the_whole_of_it() -> None:
    children = book("1862:32(1)(c)")
    assert found(silent(to="sirene:XC", article="1862:32"), book=children) == ["R41-UNKNOWN"]
    exact = {"article": "1862:32", "paragraph": "1862:32(1)(a)"}
    assert found(silent(to="sirene:XC", **exact), book=children) == []
    assert found(silent(to="sirene:XC", **exact), told(article="1862:32"), book=children) == []
    assert found(silent(to="sirene:XC", article="1862:32"), told(article="1862:32(1)(b)"), book=children) == []


@pytest.mark.parametrize(
    ("others", "wanted"),
    [
        ([earlier("1862:36")], []),
        ([earlier("1861:24")], ["R41-UNKNOWN"]),  # another office wrote it: enough to hold, never to refuse
        ([earlier("1862:36"), earlier("1861:24")], ["R41-UNKNOWN"]),
        ([earlier("1862:36", schengen_id="XB-2")], ["R41-UNKNOWN"]),  # another alert
        ([earlier()], ["R41-UNKNOWN"]),
    ],
)
def test_an_earlier_message_on_the_same_alert_may_tell(others: Sequence[Step], wanted: list[str]) -> None:
    assert found(silent(), None, *others) == wanted


def test_a_form_that_names_no_alert_is_about_every_alert_of_its_exchange() -> None:
    known, other = earlier("1862:36"), earlier("1862:38", schengen_id="XB-2")
    assert found(silent(schengen_id=""), None, known, other) == []
    assert found(silent(schengen_id=""), None, known, earlier(schengen_id="XB-2")) == ["R41-UNKNOWN"]


def test_free_text_between_offices_is_about_no_alert() -> None:
    line: dict[str, Any] = {"letter": "FreeText", "schengen_id": ""}
    assert found(silent(**line)) == []
    assert found(silent("FreeText")) == ["R41-UNKNOWN"]
    assert found(silent(**line), None, earlier()) == ["R41-UNKNOWN"]
    assert found(silent(**line, concerns="consultation-request")) == ["R41-UNKNOWN"]


def test_every_rule_has_its_source_and_a_remedy() -> None:
    assert all(rule.text and rule.citation and rule.confidence and rule.remedy for rule in RULES)
