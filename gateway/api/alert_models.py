"""What the API says about alerts: the shapes of its answers and requests, with an example of each.

An alert is told in the core's words. Pairs of a name and a value (`particulars`, `content`, `details`, `report`) are objects
here, because people write them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec
from pydantic import Field

from gateway.alerts.desk import BY_HAND, Shown
from gateway.alerts.law import Advice
from gateway.alerts.words import Alert
from gateway.api.models import FindingView, SubmissionView, View
from gateway.api.shown import Responses, answers

PAIRS: Final = ("particulars", "content", "details", "report")


class AlertView(View):
    """One alert as the alert system holds it."""

    id: str = Field(description="Schengen ID; opaque.")
    issuer: str = Field(description="Bureau of the issuing state.")
    category: str
    article: str
    subject: dict[str, Any] | None = Field(description="Person, vehicle, document or thing; null where there is none.")
    action: str
    reason: str
    authority: str
    decision: str
    particulars: dict[str, str]
    biometrics: list[dict[str, Any]] = Field(description="References; their content never passes through here.")
    report_at_once: bool
    entered_at: datetime | None
    expires_at: datetime | None
    review_at: datetime | None
    links: list[str]
    flags: list[dict[str, Any]]
    misused_identity: dict[str, Any] | None
    remarks: list[str]
    hidden_until: datetime | None
    status: str
    deleted_at: datetime | None
    version: str = Field(description="A change names it in `If-Match`.")


class RivalView(View):
    """One existing alert beside the intended one."""

    alert: str
    issuer: str
    category: str
    likeness: str = Field(description="`same` or `unsure`.")
    compatible: bool | None = Field(description="Null where the table does not know the pair.")
    intended_comes_first: bool | None


class AdviceView(View):
    """What to do with an intended alert beside those that exist."""

    todo: str
    text: str
    citation: str
    form: str = Field(description="Letter of the form to send, where one is.")
    to: list[str]
    rivals: list[RivalView]


class ShownAlertView(View):
    """An alert, with what an officer should know about it."""

    alert: AlertView
    warnings: list[FindingView]
    exchanges: int = Field(description="Exchanges here that are about the alert.")
    advice: AdviceView | None = None


class AlertsView(View):
    """Alerts that were found, those that are executed first at the top."""

    alerts: list[AlertView]
    name_rules: dict[str, str] = Field(
        description="For a search by name: by alert, which rule joins its name to the name asked about; left out where none does."
    )
    as_of: datetime
    partial: bool = Field(description="Whether there may be more.")


class ExpiringView(View):
    """Own alerts that end soon."""

    alerts: list[ShownAlertView]


class AdvisedView(View):
    """What would become of an alert if it were entered now."""

    findings: list[FindingView]
    advice: AdviceView | None
    partial: bool = Field(description="Whether the search for other alerts may have missed some.")


class CategoryView(View):
    """One kind of alert."""

    code: str
    title: str
    article: str
    action: str
    life: str
    flag_possible: bool
    deleted_when: str
    citation: str
    confidence: str


class CategoriesView(View):
    """Every kind of alert, with its source."""

    categories: list[CategoryView]


class HitView(View):
    """The form that reports a hit."""

    form: dict[str, Any]
    missing: list[FindingView] = Field(description="What the law wants to hear and the report does not say.")
    findings: list[FindingView] = Field(description="What the rules of the form say.")
    order: SubmissionView | None = Field(description="The order that waits for an officer; null for a draft.")


class ToldView(View):
    """How many exchanges were told."""

    exchanges: int


def alert_view(alert: Alert) -> AlertView:
    """An alert as it is told."""
    return AlertView.model_validate(as_objects(msgspec.to_builtins(alert)))


def advice_view(advice: Advice | None) -> AdviceView | None:
    """Advice as it is told."""
    return AdviceView.model_validate(msgspec.to_builtins(advice)) if advice else None


def shown_view(shown: Shown) -> ShownAlertView:
    """An alert with its warnings."""
    return ShownAlertView(
        alert=alert_view(shown.alert), warnings=[FindingView.model_validate(each) for each in shown.warnings],
        exchanges=shown.exchanges, advice=advice_view(shown.advice),
    )  # fmt: skip


def as_objects(value: Any) -> Any:
    """Pairs become objects, at any depth."""
    if isinstance(value, dict):
        return {
            name: dict(each) if name in PAIRS and each and isinstance(each, list | tuple)
            else {} if name in PAIRS and not each else as_objects(each)
            for name, each in value.items()
        }  # fmt: skip
    if isinstance(value, list | tuple):
        return [as_objects(each) for each in value]
    return value


def as_pairs(value: Any) -> Any:
    """Objects become pairs again."""
    if isinstance(value, dict):
        return {
            name: [[key, text] for key, text in each.items()]
            if name in PAIRS and isinstance(each, dict)
            else as_pairs(each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [as_pairs(each) for each in value]
    return value


# --- examples

INTENDED: Final[dict[str, Any]] = {
    "category": "MIS-W", "article": "1862:32(1)(b)",
    "subject": {
        "type": "person", "family_names": ["Prøvesen"], "given_names": ["Testine"], "date_of_birth": "1970-01-11", "sex": "F",
    },
    "action": "Communicate the whereabouts.", "reason": "Missing since the fair.", "authority": "Police of Prøveby",
    "decision": "9999-99999-00001-26",
}  # fmt: skip
_ALERT: Final[dict[str, Any]] = {
    **INTENDED, "id": "XA00000000000000042", "issuer": "sirene:XA", "particulars": {}, "biometrics": [],
    "report_at_once": False, "entered_at": "2026-11-21T09:00:00Z", "expires_at": "2031-11-21T09:00:00Z",
    "review_at": "2031-11-21T09:00:00Z", "links": [], "flags": [], "misused_identity": None, "remarks": [],
    "hidden_until": None, "status": "ACTIVE", "deleted_at": None, "version": "1",
}  # fmt: skip
_FINDING: Final[dict[str, Any]] = {
    "rule": "HIT-REPORT", "severity": "warning", "text": "The report does not say the place of residence or domicile.",
    "field": "CheckReport/Residence", "remedy": "Add it where it is known; where it is not, say so.",
    "citation": "Regulation (EU) 2018/1862 Art 35",
}  # fmt: skip
_ADVICE: Final[dict[str, Any]] = {
    "todo": "enter", "text": "There is no other alert on this person or object.", "citation": "SIRENE Manual (2015 text) 2.2.1 to 2.2.3",
    "form": "", "to": [], "rivals": [],
}  # fmt: skip
HIT: Final[dict[str, Any]] = {
    "at": "2026-11-21T08:40:00Z", "place": "Examplestad, ring road", "occasion": "INLAND",
    "action_taken": "Vehicle stopped and seized.", "asked": "Please send P form.", "finder": "Traffic police of Examplestad",
    "report": {"Located": "true", "ReasonOfCheck": "Ordinary traffic control."},
}  # fmt: skip
_SHOWN: Final[dict[str, Any]] = {"alert": _ALERT, "warnings": [], "exchanges": 0, "advice": None}
_FORM: Final[dict[str, Any]] = {"format": "sirene/G@1", "header": {}, "fields": []}


def _body(example: Any, words: str) -> dict[str, Any]:
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object", "description": words}, "example": example}},
        }
    }


ENTER_BODY: Final = _body(
    {"alert": INTENDED, "despite": ""},
    "`alert` in the gateway's words: category, article, subject (`type` person, vehicle, document or thing) and what its category asks for. "
    "`despite`: an officer's reason to enter it although the gateway advises otherwise.",
)
CHECK_BODY: Final = _body({"alert": INTENDED}, "The alert that somebody intends to enter.")
SEARCH_BODY: Final = _body(
    {"sought": {"type": "vehicle", "registration_number": "QA 00001", "registration_country": "XB"}},
    "`sought`: a person (surname and full date of birth), vehicle, document or thing, or `{type: print, reference}`. A thing is "
    "found by its serial number, or by `details` that hold `IcaoRegistration`, `ExternalId` (boats) or `BicNumber`.",
)
UPDATE_BODY: Final = _body(
    {"remarks": ["Suspicion of clone"]}, "What the alert shall say; what is left out stays as it is."
)
EXTEND_BODY: Final = _body(
    {"until": "2031-11-21T09:00:00Z", "assessment": "Still missing; the file was reviewed."},
    "The new end, and the assessment.",
)
FLAG_BODY: Final = _body(
    {"state": "sirene:XB", "reason": "Not compatible with national law.", "requested_by": "XB-F-2026-0000001"},
    "The bureau that asked for it by form F, its reason (080) and the reference of its form.",
)
LINK_BODY: Final = _body({"others": ["XA00000000000000043"]}, "Own alerts; `remove` ends the links instead.")
MISUSE_BODY: Final = _body(
    {
        "identity": {
            "alias_number": "2", "content": {"NAMES": "Uskyldig Eksempel"},
            "consents": [{"category": "NAMES", "given_on": "2026-11-20"}],
        }
    },
    "Data of the innocent person, each category with its consent; null removes all.",
)  # fmt: skip
HIDE_BODY: Final = _body(
    {"until": "2026-11-23T09:00:00Z", "authorisation": "Court of Prøveby 7/2026"},
    "At most 48 hours; null shows it again.",
)
HIT_BODY: Final = _body(HIT, "What those who had the hit report; nothing that is left out is invented.")
NOTE_BODY: Final = _body(
    {"happening": "alert.purpose-achieved", "note": ""},
    f"One of: {', '.join(sorted(BY_HAND))}.",
)
CATEGORIES_SHOWN: Final[Responses] = answers(
    {
        "categories": [
            {
                "code": "MIS-W", "title": "missing person who needs no protection", "article": "1862:32(1)(b)",
                "action": "communicate the whereabouts", "life": "60 months", "flag_possible": True,
                "deleted_when": "whereabouts found; decision; expiry",
                "citation": "Regulation (EU) 2018/1862 Arts 32(1)(b), 53(2), 55(2)", "confidence": "verified",
            }
        ]
    }
)  # fmt: skip
SEARCHED: Final = answers(
    {"alerts": [_ALERT], "name_rules": {}, "as_of": "2026-11-21T09:00:00Z", "partial": False}, 400, 408, 413, 415, 422
)
EXPIRING: Final = answers({"alerts": [_SHOWN]}, 400, 422)
ADVISED: Final = answers({"findings": [], "advice": _ADVICE, "partial": False}, 400, 408, 413, 415, 422)
ENTERED: Final = answers({**_SHOWN, "advice": _ADVICE}, 400, 408, 409, 413, 415, 422, words="Entered, and journalled.")
READ: Final = answers(_SHOWN, 400, 404, 422)
CHANGED: Final = answers(_SHOWN, 400, 404, 408, 409, 413, 415, 422, words="Done, and journalled.")
DELETED: Final = answers(
    {**_SHOWN, "alert": {**_ALERT, "subject": None, "status": "DELETED", "deleted_at": "2026-11-22T09:00:00Z"}}, 400, 404, 409, 422,
    words="Deleted; the retention clock of its exchanges runs.",
)  # fmt: skip
_ORDER: Final[dict[str, Any]] = {
    "id": "01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001", "digest": "6ab1c5f1d7c4f0ce8f0f6a9f3f0e2b7d4c5a69788796a5b4c3d2e1f001122334",
    "known_before": False,
    "links": {
        "self": "/api/v1/messages/01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001",
        "timeline": "/api/v1/messages/01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001/timeline",
        "raw": "/api/v1/messages/01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001/raw",
    },
}  # fmt: skip
HIT_REPORTED: Final = answers(
    {"form": _FORM, "missing": [_FINDING], "findings": [], "order": _ORDER}, 400, 404, 408, 409, 413, 415, 422,
    words="The form is kept and waits for an officer; or, as a draft, it is only shown.",
)  # fmt: skip
NOTED: Final = answers({"exchanges": 1}, 400, 404, 408, 413, 415, 422)
