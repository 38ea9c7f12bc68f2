"""Rules of free text: never urgent; a consultation before an alert exists rests on the articles that know one, and says what it asks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene.articles import ENTRY_AND_RETURN, rests_on
from schemas.sirene.markers import MarkerKind, marked
from schemas.sirene.rules.every_form import EVERY_FORM

GENERAL: Final = "GENERAL"
EXTENSION: Final = "CONSULTATION_EXTENSION"
ANSWER: Final = "CONSULTATION_ANSWER"


def _not_urgent(form: Form, _: Occasion) -> Iterable[Problem]:
    if form.header.urgency != "NORMAL" or marked(form, MarkerKind.URGENT):
        yield "Free text is sent as urgent."


def _before_an_alert(form: Form, _: Occasion) -> Iterable[Problem]:
    if form.value("Concerns") == GENERAL:
        return
    if form.value("SchengenId"):
        yield "005", "A consultation before an alert exists names an alert."
    if form.value("AlertArticle") and not rests_on(form, ENTRY_AND_RETURN):
        yield "090", "The article knows no consultation before an alert exists."


def _complete(form: Form, _: Occasion) -> Iterable[Problem]:
    concerns = form.value("Concerns")
    extension, review = form.first("ConsultationExtension"), form.first("PermitReview")
    if concerns == EXTENSION and (extension is None or not extension.text("ExtraDays").strip()):
        yield "ConsultationExtension", "More time is asked for without the number of days."
    if concerns == ANSWER and (review is None or not review.text("ReviewOutcome").strip()):
        yield "PermitReview", "The answer does not say what was decided on the permit."


NO_NOTICE: Final = "S01"
"""Free text has no field 311 that the urgency of the header could agree with."""

RULES: Final = (
    *(rule for rule in EVERY_FORM if rule.id != NO_NOTICE),
    Rule(
        id="FT01", severity=Severity.ERROR, check=_not_urgent, field="Header/Urgency",
        text="Free text is never urgent.",
        citation="SIRENE Manual (2015 text) 1.10.3", confidence="manual-2015",
        remedy="Send what is urgent on a form, to the operational mailbox.",
    ),
    Rule(
        id="FT02", severity=Severity.ERROR, check=_before_an_alert, field="090",
        text="A consultation before an alert exists is about refusal of entry or return, and names no alert.",
        citation="Regulation (EU) 2018/1861 Art 28; Regulation (EU) 2018/1860 Art 10", confidence="verified",
        remedy="Name an article of 1860 or 1861 in 090 and leave 005 out; where the alert exists, use its form.",
    ),
    Rule(
        id="FT03", severity=Severity.ERROR, check=_complete, field="Concerns",
        text="An extension says how many days, an answer says what was decided on the permit.",
        citation="Regulation (EU) 2018/1861 Art 28; Regulation (EU) 2018/1860 Art 10", confidence="verified",
        remedy="Fill ConsultationExtension or PermitReview.",
    ),
)  # fmt: skip
