"""What the core asks of the SIRENE family about alerts (`gateway.alerts.law.AlertLaw`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from gateway.alerts.commands import Change
from gateway.alerts.law import Advice, CategoryFacts, Hit, HitDraft, Likeness
from gateway.alerts.words import Alert, ChangeKind, changed
from gateway.findings import Finding
from gateway.identity import PartyId
from gateway.reply import ReplyContext
from gateway.subjects import Person, Subject
from schemas.sirene.alerts import changes, hits, lifetime, minimum, standing_beside
from schemas.sirene.alerts.likeness import likeness
from schemas.sirene.alerts.tables import Category, categories
from schemas.sirene.subjects import SUBJECT_ROLE

HAPPENINGS: Final = {
    ChangeKind.ENTERED: "alert.entered", ChangeKind.EXTENDED: "alert.extended", ChangeKind.DELETED: "alert.deleted",
    ChangeKind.HIDDEN: "arrest-alert.hidden", ChangeKind.SHOWN_AGAIN: "arrest-alert.shown-again",
    ChangeKind.EXPIRY_WARNING: "expiry-warning.received",
}  # fmt: skip
"""What clocks are told. Whether an update corrects what a J form complained of only an officer can say."""

KEPT: Final = "no-alert"
BARRED: Final = ("REF", "RET")
"""Regulation (EU) 2018/1861 Art 28 for refusal of entry (Art 24), Regulation (EU) 2018/1860 Art 10 for return."""


class SireneAlertLaw:
    """The tables of this folder behind the questions of the core."""

    def categories(self) -> tuple[CategoryFacts, ...]:
        """Every category of the table."""
        return tuple(_facts(row) for row in categories().values())

    def entry_findings(self, alert: Alert, own: frozenset[PartyId], now: datetime) -> tuple[Finding, ...]:
        """What is wrong with an alert that is to be entered."""
        return (*minimum.content_findings(alert, own), *lifetime.life_findings(alert, now, now))

    def expires_at(self, alert: Alert, now: datetime) -> datetime | None:
        """When it ends at the latest if it is entered now."""
        return lifetime.longest(alert, now)

    def advice(self, alert: Alert, existing: Sequence[Alert], own: frozenset[PartyId]) -> Advice:
        """What to do with an intended alert beside those that exist."""
        return standing_beside.advice(alert, existing, own)

    def change_findings(
        self, change: Change, alert: Alert, others: Sequence[Alert], own: frozenset[PartyId], now: datetime
    ) -> tuple[Finding, ...]:
        """What is wrong with a change."""
        return tuple(changes.change_findings(change, alert, others, own, now))

    def warnings(self, alert: Alert, now: datetime) -> tuple[Finding, ...]:
        """What an officer should know about it."""
        return tuple(lifetime.life_warnings(alert, now))

    def comes_before(self, one: Alert, other: Alert) -> bool | None:
        """Whether the first is executed before the other."""
        return standing_beside.comes_before(one, other)

    def bar(self, alert: Alert) -> str:
        """A permit that another state keeps forbids alerts for refusal of entry and for return, and no other."""
        return KEPT if alert.category in BARRED else ""

    def about(self, alert: Alert, subjects: Sequence[Subject]) -> Likeness:
        """By the keys of multiple alerts. Only who is the subject of a message counts, not others who were met."""
        meant = [each for each in subjects if not isinstance(each, Person) or each.role in ("", SUBJECT_ROLE)]
        found = {likeness(alert, changed(alert, subject=each, biometrics=())) for each in meant}
        return next((each for each in (Likeness.SAME, Likeness.UNSURE) if each in found), Likeness.OTHER)

    def happening(self, kind: ChangeKind) -> str:
        """The word of `clocks.toml` for a change of an alert."""
        return HAPPENINGS.get(kind, "")

    def compose_hit(self, alert: Alert, hit: Hit, context: ReplyContext) -> HitDraft:
        """The G form that reports a hit."""
        return hits.compose(alert, hit, context)


def _facts(row: Category) -> CategoryFacts:
    return CategoryFacts(
        code=row.code, title=row.title, article=" or ".join(row.articles), action=row.action, life=_life(row),
        flag_possible=row.flag != "no", deleted_when=row.deleted_when, citation=row.citation, confidence=row.confidence,
    )  # fmt: skip


def _life(row: Category) -> str:
    told = []
    if row.months:
        told.append(f"{row.months} months")
    if row.months_long:
        told.append(f"{row.months_long} months where the national decision runs longer")
    if row.months_object.isdecimal():
        told.append(f"objects {row.months_object} months")
    elif row.months_object:
        told.append("as the alert on the person")
    return ", ".join(told)


ALERT_LAW: Final = SireneAlertLaw()
