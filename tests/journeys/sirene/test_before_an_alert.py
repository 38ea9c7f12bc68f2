"""Consultations before an alert exists, by free text over the consult mailbox (Regulation (EU) 2018/1861 Art 28, 2018/1860 Art 10)."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.journeys.sirene.forms_in_words import EXAMPLE, text
from tests.journeys.sirene.story_words import Story

EXTENSION = (
    "<ConsultationExtension><ConsultationReceivedOn>2026-03-02</ConsultationReceivedOn><ExtraDays>12</ExtraDays>"
    "<ExtensionReason>The person is to be heard.</ExtensionReason></ConsultationExtension>"
)
KEPT = (
    "<PermitReview><ReviewOutcome>KEPT</ReviewOutcome><PermitKind>RESIDENCE_PERMIT</PermitKind><PermitReference>RP-1</PermitReference>"
    "<DecidingAuthority>Immigration Office</DecidingAuthority><DecidedOn>2026-03-20</DecidedOn></PermitReview>"
)


def free_text(concerns: str, words: str, *parts: str) -> str:
    article = '<AlertArticle no="090">1861:24</AlertArticle>'
    return f"<Concerns>{concerns}</Concerns>{EXAMPLE}{article}{''.join(parts)}{text(words)}"


async def test_we_are_asked_whether_a_permit_is_kept_and_need_more_days(story: Story) -> None:
    asked = await story.comes(
        "XB", "FreeText", free_text("CONSULTATION_REQUEST", "We would refuse entry. Is your permit kept?")
    )
    seen = await story.exchange_of(asked)
    assert seen.state("pre-alert-consultation") == "consulted"
    assert (seen.clock("T19")["bound"], seen.due("T19")) == ("sirene:XA", datetime(2026, 3, 16, 23, 0, tzinfo=UTC))

    await story.later(days=10)
    more = await story.goes(
        "FreeText", "XB", free_text("CONSULTATION_EXTENSION", "We need more days.", EXTENSION), answers=asked
    )
    assert more.state == "confirmed"
    seen = await story.exchange_of(asked)
    # Summer time begins on the 29th of March: the last midnight is that of the 28th.
    assert (seen.state("pre-alert-consultation"), seen.due("T19")) == (
        "extended",
        datetime(2026, 3, 28, 23, 0, tzinfo=UTC),
    )
    again = await story.goes(
        "FreeText", "XB", free_text("CONSULTATION_EXTENSION", "Still more.", EXTENSION), answers=asked
    )
    assert again.state in ("held", "rejected"), "once only"

    await story.later(days=12)
    await story.goes("FreeText", "XB", free_text("CONSULTATION_ANSWER", "The permit is kept.", KEPT), answers=asked)
    seen = await story.exchange_of(asked)
    assert (seen.state("pre-alert-consultation"), seen.clock("T19")["status"], seen.clock("T19")["late"]) == (
        "kept",
        "stopped",
        False,
    )
    assert seen.closed


async def test_we_ask_before_entering_an_alert_and_must_not_enter_it_when_the_permit_is_kept(story: Story) -> None:
    asked = await story.goes(
        "FreeText", "XC", free_text("CONSULTATION_REQUEST", "We would refuse entry. Is your permit kept?")
    )
    seen = await story.exchange_of(asked)
    assert seen.clock("T19")["bound"] == "sirene:XC"
    await story.later(days=8)
    await story.later(days=7)
    assert (await story.exchange_of(asked)).clock("T19")["status"] == "breached", (
        "no silence rule: it is brought before a person"
    )
    await story.comes("XC", "FreeText", free_text("CONSULTATION_ANSWER", "The permit is kept.", KEPT), answers=asked)
    seen = await story.exchange_of(asked)
    assert (seen.state("pre-alert-consultation"), seen.clock("T19")["late"]) == ("kept", True)
    assert (seen.clock("T21")["bound"], seen.clock("T21")["consequence"]) == (
        "sirene:XA",
        "The alert must not be entered.",
    )
