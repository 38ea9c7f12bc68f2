"""What a family of forms knows about alerts. The core asks; the facts stand beside the family's forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from gateway.alerts.commands import Change
from gateway.alerts.words import Alert, ChangeKind, LongText, Pair, SchengenId, ShortText
from gateway.findings import Finding
from gateway.form import Form
from gateway.identity import PartyId
from gateway.reply import ReplyContext
from gateway.subjects import Subject


class Likeness(StrEnum):
    """Whether two alerts are about the same person or object, by the keys that are compared."""

    SAME = "same"
    UNSURE = "unsure"
    OTHER = "other"


class Todo(StrEnum):
    """What the law says about an intended alert beside those that exist."""

    ENTER = "enter"
    CONSULT_FIRST = "consult-first"
    """Ask the other state by form E and enter only when it agrees."""
    ENTER_AND_CONSULT = "enter-and-consult"
    """Arrest alerts wait for nobody: enter at once, consult by form E afterwards."""
    ASK_WHETHER_SAME = "ask-whether-same"
    """Enter, and clear up by form L whether it is the same person."""
    HAVE_ALREADY = "have-already"
    """This state has an alert on the same person or object: one for each state."""
    OFFICER_DECIDES = "officer-decides"
    """The table does not know the pair."""


class Rival(Struct, frozen=True, kw_only=True):
    """One existing alert seen beside the intended one."""

    alert: SchengenId
    issuer: PartyId
    category: str
    likeness: Likeness
    compatible: bool | None
    """None where the table does not know the pair."""
    intended_comes_first: bool | None
    """By the order of priority; None where the order does not know one of them."""


class Advice(Struct, frozen=True, kw_only=True):
    """What to do with an intended alert, which form to send to whom, and why."""

    todo: Todo
    text: str
    citation: str
    form: str = ""
    to: tuple[PartyId, ...] = ()
    rivals: tuple[Rival, ...] = ()

    @property
    def may_enter(self) -> bool:
        """Whether the alert can be entered now without an officer's own decision."""
        return self.todo in (Todo.ENTER, Todo.ENTER_AND_CONSULT, Todo.ASK_WHETHER_SAME)


class Hit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What those who met the person or object report."""

    at: datetime
    place: ShortText = ""
    occasion: Annotated[str, Meta(pattern="^(EXIT|ENTRY|INLAND)?$")] = ""
    """At the external border, or inland."""
    action_taken: LongText = ""
    """Field 088."""
    asked: LongText = ""
    """Field 089: what we want to know from the issuer."""
    finder: ShortText = ""
    """The authority that had the hit."""
    receiving_authority: LongText = ""
    """Field 091, after an arrest."""
    report: tuple[Pair, ...] = ()
    """Further parts of the report of the check, by the family's element names."""
    remark: LongText = ""
    """Field 086."""
    also_hit: tuple[SchengenId, ...] = ()
    """Other alerts that were hit in the same event."""
    child: bool | None = None
    """None where nobody said."""
    found: tuple[Subject, ...] = ()
    """Others who were met, and objects, as they were found."""
    urgent_because: LongText = ""


class HitDraft(Struct, frozen=True, kw_only=True):
    """The form that reports a hit, and what is still missing in it. Nothing that is not known was invented."""

    form: Form
    missing: tuple[Finding, ...]


class CategoryFacts(Struct, frozen=True, kw_only=True):
    """One category of alerts as the law has it."""

    code: str
    title: str
    article: str
    action: str
    life: str
    """In words: how long it is entered for or when it is reviewed."""
    flag_possible: bool
    deleted_when: str
    citation: str
    confidence: str


class AlertLaw(Protocol):
    """What a family knows about alerts. All pure: what exists and what time it is are passed in."""

    def categories(self) -> tuple[CategoryFacts, ...]:
        """Every category."""
        ...

    def entry_findings(self, alert: Alert, own: frozenset[PartyId], now: datetime) -> tuple[Finding, ...]:
        """What is wrong with an alert that is to be entered: minimum data, biometrics, length of life."""
        ...

    def expires_at(self, alert: Alert, now: datetime) -> datetime | None:
        """When an alert entered now ends at the latest; None for an unknown category."""
        ...

    def advice(self, alert: Alert, existing: Sequence[Alert], own: frozenset[PartyId]) -> Advice:
        """What to do with an intended alert, given what exists on the same person or object."""
        ...

    def change_findings(
        self, change: Change, alert: Alert, others: Sequence[Alert], own: frozenset[PartyId], now: datetime
    ) -> tuple[Finding, ...]:
        """What is wrong with a change of an alert. `others` are the alerts that the change names."""
        ...

    def warnings(self, alert: Alert, now: datetime) -> tuple[Finding, ...]:
        """What an officer should know about an alert as it stands: it ends soon, a child comes of age."""
        ...

    def comes_before(self, one: Alert, other: Alert) -> bool | None:
        """Whether the first is executed before the other; None where the order does not know one of them."""
        ...

    def bar(self, alert: Alert) -> str:
        """The effect of a clock that forbids to enter such an alert; empty where none does."""
        ...

    def about(self, alert: Alert, subjects: Sequence[Subject]) -> Likeness:
        """Whether an intended alert is about one of those whom messages are about, compared as two alerts are."""
        ...

    def happening(self, kind: ChangeKind) -> str:
        """What a change of an alert is called in the clocks of the family; empty where no clock knows it."""
        ...

    def compose_hit(self, alert: Alert, hit: Hit, context: ReplyContext) -> HitDraft:
        """The form that reports a hit to the issuer."""
        ...
