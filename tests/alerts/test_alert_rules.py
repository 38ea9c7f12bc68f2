"""Rules that need the alert: they speak when the alert system has told of it, and say nothing when it is away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.clocks.happening import Happening
from gateway.dialogues.happened import Happened
from gateway.dialogues.standing import Standing
from gateway.dialogues.step import Step
from gateway.dialogues.story import AlertFacts, Story
from gateway.findings import Severity
from schemas.sirene.rules.story_alerts import RULES

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ALERT = AlertFacts(
    alert="XB-1", issuer="sirene:XB", article="1862:36", category="CHK-D", entered_at=NOON - timedelta(days=30)
)


def step(number: int = 1, **changes: Any) -> Step:
    said = {"letter": "G", "schengen_id": "XB-1", "article": "1862:36", **changes.pop("says", {})}
    known: dict[str, Any] = {
        "envelope": f"0193a5c0-7d10-7a01-8b3c-5e0f9a1c00{number:02}", "exchange": "e", "format": "sirene/G@1", "sender": "sirene:XA",
        "to": ("sirene:XB",), "message_id": f"0193a5c0-7d10-7a01-8b3c-5e0f9a1d00{number:02}", "reference": f"XA-{number}",
        "sent": NOON, "known_at": NOON, "facts": tuple((name, value) for name, value in said.items() if value),
    }  # fmt: skip
    return Step(**{**known, **changes})


def found(
    looked_at: Step, alert: AlertFacts | None = ALERT, *others: Step, happened: tuple[Happened, ...] = ()
) -> list[str]:
    story = Story(
        step=looked_at, steps=(*others, looked_at), happened=happened, standing=Standing(), alert=alert,
        own=frozenset({"sirene:XA"}), now=NOON,
    )  # fmt: skip
    return [finding.rule for rule in RULES for finding in rule.findings(story)]


def told(**changes: Any) -> AlertFacts:
    import msgspec

    return msgspec.structs.replace(ALERT, **changes)


def test_a_form_that_fits_its_alert_raises_nothing() -> None:
    assert found(step()) == []


@pytest.mark.parametrize(
    "wrong", [{"to": ("sirene:XC",)}, {"says": {"article": "1862:38"}}, {"says": {"linked": "yes"}}]
)
def test_without_the_alert_the_rules_say_nothing(wrong: dict[str, Any]) -> None:
    assert found(step(**wrong), None) == []
    assert found(step(**wrong)) != []


def test_the_issuing_state_is_asked() -> None:
    assert found(step(to=("sirene:XC",))) == ["R07-ALERT"]
    assert found(step(to=("sirene:XC",), your_references=("XC-M-1",))) == []
    assert found(step(to=("sirene:XC",), says={"consultation": "yes"})) == []
    assert found(step(says={"letter": "A", "article": ""})) == ["R07-ALERT"]
    assert found(step(sender="sirene:XB", to=("sirene:XA",), says={"letter": "A", "article": ""})) == []
    assert found(step(to=("sirene:XC",), says={"letter": "M", "article": ""})) == []


def test_the_article_is_that_of_the_alert() -> None:
    assert found(step(says={"article": "1862:38"})) == ["R08-ALERT"]
    assert found(step(says={"article": "1862:36", "paragraph": "1862:36(3)"})) == []
    assert found(step(says={"article": "1862:32"}), told(article="1862:32(1)(a)")) == []
    assert found(step(says={"article": "1862:32", "paragraph": "1862:32(1)(b)"}), told(article="1862:32(1)(a)")) == [
        "R08-ALERT"
    ]


def test_hits_on_linked_alerts_say_so_in_086() -> None:
    linked = told(links=("XB-2",))
    other = step(2, says={"schengen_id": "XB-2", "checked_at": "2026-11-21T11:00:00Z"})
    same_event = {"checked_at": "2026-11-21T11:00:00Z"}
    assert found(step(says=same_event), linked, other) == ["R11"]
    assert found(step(says={**same_event, "linked": "yes"}), linked, other) == []
    assert found(step(says={"checked_at": "2026-11-21T11:30:00Z"}), linked, other) == []
    assert found(step(says={"linked": "yes"})) == ["R11"]


def test_a_hit_on_a_deleted_alert_is_told_unless_it_is_marked_late() -> None:
    """What comes in goes on and its sender is told; a form of ours waits, for it can still be mended."""
    deleted = told(deleted_at=NOON - timedelta(hours=1))
    assert found(step(), deleted) == ["R46"]
    assert found(step(inbound=False), deleted) == ["R46-OUT"]
    assert found(step(says={"late_hit": "yes"}), deleted) == []
    assert found(step(inbound=False, says={"late_hit": "yes"}), deleted) == []
    assert found(step(), told(deleted_at=NOON + timedelta(hours=1))) == []
    assert found(step(says={"letter": "M", "article": ""}), deleted) == []
    severities = {rule.id: rule.severity for rule in RULES}
    assert (severities["R46"], severities["R46-OUT"]) == (Severity.WARNING, Severity.HOLD)


def test_what_the_exchange_was_told_is_enough_while_the_alert_system_is_away() -> None:
    happening = Happening(name="alert.deleted", at=NOON - timedelta(hours=1))
    happened = Happened(id="h", exchange="e", happening=happening)
    assert found(step(), None, happened=(happened,)) == ["R46"]


def test_a_withdrawn_consent_empties_our_alert() -> None:
    ours = told(issuer="sirene:XA", misused_identity=True)
    withdrawn = step(sender="sirene:XB", to=("sirene:XA",), says={"letter": "Q", "article": "", "consent": "withdrawn"})
    assert found(withdrawn, ours) == ["R54-ALERT"]
    assert found(withdrawn, told(issuer="sirene:XA")) == []
    in_part = {"letter": "Q", "article": "", "consent": "given withdrawn"}
    assert found(step(sender="sirene:XB", to=("sirene:XA",), says=in_part), ours) == ["R54-ALERT"]
    given = step(sender="sirene:XB", to=("sirene:XA",), says={"letter": "Q", "article": "", "consent": "given"})
    assert found(given, ours) == []


def test_every_rule_has_its_source_and_a_remedy() -> None:
    assert all(rule.text and rule.citation and rule.confidence and rule.remedy for rule in RULES)
