"""Refusal of entry and stay: hits, and consultations about permits (Regulation (EU) 2018/1861 Arts 26 to 30)."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.journeys.sirene.forms_in_words import about, check, done, text
from tests.journeys.sirene.story_words import Story

REFUSAL = "1861:24"
CONSULTED = text("Consultation procedure: a residence permit is considered for family reasons.")


EXTENSION = (
    "<ConsultationExtension><ConsultationReceivedOn>2026-03-02</ConsultationReceivedOn><ExtraDays>12</ExtraDays>"
    "<ExtensionReason>The person is to be heard.</ExtensionReason></ConsultationExtension>"
)


def granted(outcome: str = "GRANTED") -> str:
    return (
        f"<GrantDecision><GrantOutcome>{outcome}</GrantOutcome><PermitKind>RESIDENCE_PERMIT</PermitKind>"
        "<PermitReference>RP-0000001</PermitReference><DecidingAuthority>Immigration Office</DecidingAuthority>"
        "<DecidedOn>2026-03-20</DecidedOn><ValidUntil>2028-03-19</ValidUntil></GrantDecision>"
    )


def reviewed(outcome: str) -> str:
    return (
        f"<PermitReview><ReviewOutcome>{outcome}</ReviewOutcome><PermitKind>LONG_STAY_VISA</PermitKind>"
        "<PermitReference>V-0000001</PermitReference><DecidingAuthority>Immigration Office</DecidingAuthority>"
        "<DecidedOn>2026-03-20</DecidedOn></PermitReview>"
    )


async def test_we_ask_before_granting_and_silence_is_no_objection(story: Story) -> None:
    alert = story.enters_there("XB", "REF", REFUSAL, particulars={"ground_of_refusal": "entry ban"})
    asked = await story.goes("M", "XB", about(alert, REFUSAL, CONSULTED))
    assert asked.state == "confirmed"
    seen = await story.exchange(alert)
    assert seen.state("prior-consultation") == "consulted"
    assert seen.clock("T17")["bound"] == "sirene:XB"
    # Ten calendar days from the day after, to midnight of the last one in XB.
    assert seen.due("T17") == datetime(2026, 3, 12, 23, 0, tzinfo=UTC)

    await story.later(days=6)
    await story.later(days=3)
    await story.later(days=1, hours=15)
    seen = await story.exchange(alert)
    assert seen.state("prior-consultation") == "answered"
    assert "consultation.no-objection" in seen.happened
    assert await story.marks("T17") == [
        ("clock.warned", "50%"), ("clock.warned", "80%"), ("clock.took-effect", "took-effect"),
    ]  # fmt: skip
    assert ("sirene:XA", "N") in seen.expected()

    late = await story.comes("XB", "M", about(alert, REFUSAL, text("We object.")), in_reply_to=asked.message_id)
    assert (await story.exchange(alert)).state("prior-consultation") == "answered", late
    decided = await story.goes("N", "XB", about(alert, REFUSAL, granted()))
    assert decided.state == "confirmed", decided
    seen = await story.exchange(alert)
    assert seen.state("prior-consultation") == "granted"
    assert (seen.clock("T23")["bound"], seen.clock("T23")["status"]) == ("sirene:XB", "running")
    second = await story.goes("N", "XB", about(alert, REFUSAL, granted("REFUSED")))
    assert (second.state, second.reason) == ("held", "dialogue.breaks")
    await story.deletes_there("XB", alert, "permit granted")
    over = await story.exchange(alert)
    assert (over.closed, over.clock("T23")["status"]) == (True, "stopped")
    assert over.due("T34") == datetime(2027, 3, 13, 23, 0, tzinfo=UTC)


async def test_another_state_asks_us_and_we_object_in_time(story: Story) -> None:
    alert = await story.enters("REF", REFUSAL, particulars={"ground_of_refusal": "entry ban"})
    asked = await story.comes("XB", "M", about(alert, REFUSAL, CONSULTED))
    seen = await story.exchange(alert)
    assert (seen.state("prior-consultation"), seen.clock("T17")["bound"]) == ("consulted", "sirene:XA")
    assert seen.due("T17") == datetime(2026, 3, 12, 23, 0, tzinfo=UTC)
    await story.later(days=6)
    await story.goes(
        "M", "XB", about(alert, REFUSAL, text("Consultation procedure: we object, for these reasons.")), answers=asked
    )
    seen = await story.exchange(alert)
    assert (seen.state("prior-consultation"), seen.clock("T17")["status"]) == ("answered", "stopped")
    refused = await story.comes("XB", "N", about(alert, REFUSAL, granted("REFUSED")))
    assert refused.reason == "route.permit-decision"
    await story.releases(refused.envelope, "The alert stays.")
    assert (await story.exchange(alert)).state("prior-consultation") == "refused"


async def test_the_holder_of_a_permit_is_hit_at_the_border_and_the_permit_is_kept(story: Story) -> None:
    alert = await story.enters("REF", REFUSAL, particulars={"ground_of_refusal": "entry ban"})
    met = about(
        alert, REFUSAL, check(story.now, occasion="ENTRY"),
        text("Consultation procedure: transit was allowed, the person holds a visa of XC."),
    )  # fmt: skip
    hit = await story.comes("XB", "H", met)
    with_xb = await story.exchange(alert, "sirene:XB")
    assert with_xb.state("permit-holder-hit") == "told"

    asked = await story.goes("M", "XC", about(alert, REFUSAL, text("Consultation procedure: is the visa withdrawn?")))
    with_xc = await story.exchange(alert, "sirene:XC")
    assert with_xc.state("alert-consultation") == "consulted"
    assert (with_xc.clock("T20")["bound"], with_xc.due("T20")) == (
        "sirene:XC",
        datetime(2026, 3, 16, 22, 0, tzinfo=UTC),
    )
    await story.later(days=10)
    more = about(
        alert, REFUSAL, EXTENSION,
        text("Consultation procedure: we need more days."),
    )  # fmt: skip
    extended = await story.comes("XC", "M", more, in_reply_to=asked.message_id)
    with_xc = await story.exchange(alert, "sirene:XC")
    assert with_xc.state("alert-consultation") == "extended", extended
    assert with_xc.due("T20") == datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
    once_more = await story.comes("XC", "M", more, in_reply_to=asked.message_id)
    assert (once_more.state, once_more.reason) == ("held", "dialogue.breaks")

    await story.later(days=12)
    kept = await story.comes("XC", "O", about(alert, REFUSAL, reviewed("KEPT")))
    assert kept.reason == "route.permit-decision"
    with_xc = await story.exchange(alert, "sirene:XC")
    assert (with_xc.state("alert-consultation"), with_xc.clock("T20")["status"]) == ("kept", "stopped")
    assert (with_xc.clock("T22")["bound"], with_xc.clock("T22")["status"]) == ("sirene:XA", "running")
    assert ("clock.warned", "at-once") in await story.marks("T22")
    await story.deletes(alert, "permit kept")
    await story.goes(
        "M",
        "XB",
        about(alert, REFUSAL, text("Consultation procedure: the visa is kept, the alert is deleted.")),
        answers=hit,
    )
    for party in ("sirene:XB", "sirene:XC"):
        over = await story.exchange(alert, party)
        assert over.closed, over.dialogues


async def test_a_person_with_free_movement_is_hit_and_the_alert_is_decided_on_at_once(story: Story) -> None:
    alert = await story.enters("REF", REFUSAL, particulars={"ground_of_refusal": "entry ban"})
    await story.comes("XB", "G", about(alert, REFUSAL, done("Held at the border."), check(story.now, occasion="ENTRY")))
    await story.records(alert, "free-movement-hit.confirmed", reason="Married to a citizen of XB.")
    seen = await story.exchange(alert)
    assert (seen.state("refusal-of-entry"), seen.clock("T25")["status"]) == ("consulted", "running")
    await story.goes("M", "XB", about(alert, REFUSAL, text("We keep the alert.")))
    seen = await story.exchange(alert)
    assert (seen.state("refusal-of-entry"), seen.clock("T25")["status"]) == ("answered", "stopped")
    await story.records(alert, "alert.kept")
    assert (await story.exchange(alert)).closed
