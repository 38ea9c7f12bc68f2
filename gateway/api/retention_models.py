"""The answers of the API about lifetimes, each member with its sentence, and examples of them. No content, no name of a subject."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from pydantic import Field

from gateway.api.log_shown import INCLUSION, VKEY
from gateway.api.models import ID, View
from gateway.api.published_log import InclusionView
from gateway.api.samples import HASH, NOON
from gateway.protection.retention.certificate import Certificate
from gateway.protection.retention.desk import Seen
from gateway.protection.retention.planning import Planned
from gateway.protection.retention.rules import Rule, Rules
from gateway.protection.retention.words import GROUNDS


class RuleView(View):
    """One rule."""

    id: str
    thing: str = Field(description="`exchange`, `alone` or `log`: what it is for.")
    family: str
    about: str = Field(description="`foreign-alert`, `acted-alert`, `own-alert`, or empty for all.")
    starts: str = Field(description="From what the period counts.")
    lasts: str = Field(
        description="An ISO 8601 duration, or `BY_LAW` where national law sets it and nobody has entered it."
    )
    ends: str = Field(description="`at-latest`: destroyed on the last day; `after`: when the last day is over.")
    text: str
    citation: str
    confidence: str
    in_force: bool = Field(description="Whether it decides anything.")
    decided_by: str
    tells: str
    note: str


class RulesView(View):
    """All rules, and what this state's acts upon an alert are told by."""

    rules: list[RuleView]
    acting: dict[str, list[str]] = Field(
        description="By family: forms of ours which say that this state acted upon an alert."
    )
    second_person: bool = Field(description="Whether an order to destroy before the time needs a second person.")
    grounds: dict[str, str] = Field(description="Grounds for such an order.")


class PlannedView(View):
    """One content with what is decided about it."""

    subject: str = Field(description="Whose key it is: a message, `exchange:` and its id, `journal:` and a day.")
    thing: str
    destroy: bool = Field(description="Whether the next sweep destroys it.")
    why: str = Field(description="Stable code of the reason.")
    words: str
    rule: str
    citation: str
    confidence: str
    began: datetime | None
    since: datetime | None = Field(description="From when on it is to be destroyed.")
    until: datetime | None = Field(description="When the law's longest period ends.")
    overdue: bool
    about: str = Field(description="The exchange or message that decides.")
    exchange: str
    message: str
    counterpart: str
    format: str
    state: str
    day: date | None


class DueView(View):
    """What a sweep at a moment would destroy."""

    on: datetime
    contents: list[PlannedView]
    more: bool = Field(description="Whether there is more than is shown.")


class HoldView(View):
    """A legal hold; its reason stands in the journal."""

    by: str
    at: datetime


class OrderView(View):
    """An order to destroy before the time; its reason stands in the journal."""

    by: str
    at: datetime
    ground: str
    confirmed_by: str = Field(description="Empty while a second person is needed.")
    confirmed_at: datetime | None


class LifetimeView(View):
    """How it stands with an exchange, a message or a day of the journal."""

    kind: str = Field(description="`exchange`, `message` or `day`.")
    name: str
    stage: str = Field(description="`kept`, `intended` or `destroyed`.")
    hold: HoldView | None
    order: OrderView | None
    destroyed_at: datetime | None
    rule: str = Field(description="Under which rule it was destroyed.")
    contents: list[PlannedView]


class CertificateView(View):
    """A deletion certificate: an entry of the journal."""

    number: int = Field(description="Of the entry.")
    at: datetime
    actor: str
    rule: str
    message: str
    details: dict[str, str] = Field(
        description="Digests of what was destroyed, rule and source, what started the period."
    )
    hash: str
    proof: InclusionView | None = Field(
        description="That the entry is in the published log; none until it is published."
    )


class CertificatesView(View):
    """Certificates, and the key under which their proofs hold."""

    key: str
    certificates: list[CertificateView]


class SweptView(View):
    """What a sweep did."""

    destroyed: int
    overdue: int = Field(description="Contents that something keeps beyond the law's longest time.")


def rules(found: Rules, *, second_person: bool) -> RulesView:
    """All rules as they are told."""
    return RulesView(
        rules=[rule(each) for each in found], acting={family: list(letters) for family, letters in found.acts},
        second_person=second_person, grounds=dict(GROUNDS),
    )  # fmt: skip


def rule(each: Rule) -> RuleView:
    """One rule as it is told."""
    return RuleView.model_validate(each)


def planned(each: Planned) -> PlannedView:
    """One content as it is told."""
    decision, message = each.decision, each.message
    decided = decision.rule
    return PlannedView(
        subject=each.subject, thing=each.thing, destroy=decision.destroy, why=decision.why, words=decision.words,
        rule=decided.id if decided else "", citation=decided.citation if decided else "", confidence=decided.confidence if decided else "",
        began=decision.began, since=decision.since, until=decision.until, overdue=decision.overdue, about=decision.about,
        exchange=each.exchange, message=each.envelope, counterpart=message.counterpart if message else "",
        format=message.format if message else "", state=message.state if message else "", day=each.day,
    )  # fmt: skip


def lifetime(seen: Seen) -> LifetimeView:
    """How it stands, as it is told."""
    life = seen.lifetime
    return LifetimeView(
        kind=seen.named.kind, name=seen.named.id, stage=life.stage,
        hold=HoldView.model_validate(life.hold) if life.hold else None,
        order=OrderView.model_validate(life.order) if life.order else None, destroyed_at=life.destroyed_at, rule=life.rule,
        contents=[planned(each) for each in seen.planned],
    )  # fmt: skip


def certificate(each: Certificate, proof: InclusionView | None) -> CertificateView:
    """One certificate as it is told."""
    return CertificateView(
        number=each.number, at=each.at, actor=each.actor, rule=each.rule, message=each.envelope, details=dict(each.details), hash=each.hash,
        proof=proof,
    )  # fmt: skip


# --- examples

_CITATION: Final = "Regulation (EU) 2018/1862 Art. 64(2); Regulation (EU) 2018/1861 Art. 49(2)"
_RULE: Final = {
    "id": "RR-120", "thing": "exchange", "family": "sirene", "about": "foreign-alert", "starts": "alert.deleted", "lasts": "P1Y",
    "ends": "at-latest", "text": "Supplementary information about another state's alert goes one year after the alert was deleted, at the latest.",
    "citation": _CITATION, "confidence": "verified", "in_force": True, "decided_by": "", "tells": "supplementary-information.destroyed",
    "note": "",
}  # fmt: skip
RULES: Final[dict[str, Any]] = {
    "rules": [_RULE], "acting": {"sirene": ["G"]}, "second_person": True, "grounds": dict(GROUNDS),
}  # fmt: skip
_PLANNED: Final = {
    "subject": ID, "thing": "exchange", "destroy": True, "why": "due", "words": "Its lifetime is over.", "rule": "RR-120",
    "citation": _CITATION, "confidence": "verified", "began": NOON, "since": "2027-11-20T23:00:00Z", "until": "2027-11-21T23:00:00Z",
    "overdue": False, "about": ID, "exchange": ID, "message": ID, "counterpart": "sirene:XB", "format": "sirene/M@1",
    "state": "acknowledged", "day": None,
}  # fmt: skip
DUE: Final[dict[str, Any]] = {"on": "2027-11-21T00:00:00Z", "contents": [_PLANNED], "more": False}
LIFETIME: Final[dict[str, Any]] = {
    "kind": "message", "name": ID, "stage": "kept", "hold": {"by": "user:officer", "at": NOON},
    "order": {"by": "user:officer", "at": NOON, "ground": "court", "confirmed_by": "", "confirmed_at": None}, "destroyed_at": None,
    "rule": "", "contents": [{**_PLANNED, "destroy": False, "why": "held", "words": "A legal hold keeps it."}],
}  # fmt: skip
CERTIFICATES: Final[dict[str, Any]] = {
    "key": VKEY,
    "certificates": [{
        "number": 2, "at": "2027-11-20T23:00:05Z", "actor": "gateway", "rule": "RR-120", "message": ID,
        "details": {"subject": ID, "exchange": ID, "counterpart": "sirene:XB", "payload_sha256": HASH, "citation": _CITATION},
        "hash": HASH, "proof": INCLUSION,
    }],
}  # fmt: skip
SWEPT: Final[dict[str, Any]] = {"destroyed": 3, "overdue": 0}
_TEXT: Final = {"type": "string"}
REASON_SCHEMA: Final = {
    "type": "object", "required": ["reason"], "additionalProperties": False, "properties": {"reason": _TEXT},
}  # fmt: skip
ORDER_SCHEMA: Final = {
    "type": "object", "required": ["reason", "ground"], "additionalProperties": False,
    "properties": {"reason": _TEXT, "ground": {"type": "string", "enum": list(GROUNDS)}},
}  # fmt: skip
