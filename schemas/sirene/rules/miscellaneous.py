"""Rules of form M: what its markers promise must be there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene import articles
from schemas.sirene.articles import article_of, rests_on
from schemas.sirene.markers import MarkerKind, marked, missing_person_block
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID_ADVISED

ENGLISH: Final = "en"
CONSULTATION: Final = timedelta(days=14)
EXTRA_DAYS: Final = 12
MOST_DIGITS: Final = 4


def _handing_over(form: Form, _: Occasion) -> Iterable[Problem]:
    surrender = marked(form, MarkerKind.SURRENDER, MarkerKind.EXTRADITION, MarkerKind.TRANSIT)
    if surrender and article_of(form) and not rests_on(form, articles.ARREST):
        yield "The form speaks of surrender, extradition or transit on an alert that is not for arrest."


def _security_authority(form: Form, _: Occasion) -> Iterable[Problem]:
    names, contact = form.named("AuthorityName"), form.value("AuthorityContact")
    security = marked(form, MarkerKind.SECURITY_CHECK) or rests_on(form, articles.SECURITY_CHECKS)
    if not (security or names or contact):
        return
    languages = {name.attribute("language") for name in names}
    if len(languages) < 2 or ENGLISH not in languages:
        yield "080", "The authority is not named in its own language and in English."
    if not contact:
        yield "081", "The contact details of the authority are missing."


def _high_risk_missing(form: Form, _: Occasion) -> Iterable[Problem]:
    block, minor = missing_person_block(form), marked(form, MarkerKind.UNACCOMPANIED_MINOR)
    if block and not marked(form, MarkerKind.URGENT):
        yield "311", "The form describes a missing person at high risk and does not say URGENT."
    letters = [letter for letter, _value in block]
    if letters != sorted(set(letters)):
        yield "083", "The letters of the description are not in order, each once."
    if minor and not block:
        yield "083", "The form announces an unaccompanied minor without the description by letters."


def _extension(form: Form, _: Occasion) -> Iterable[Problem]:
    for extension in form.named("ConsultationExtension"):
        days = extension.text("ExtraDays").strip().lstrip("+")
        if not days.isdecimal() or len(days) > MOST_DIGITS or int(days) > EXTRA_DAYS:
            yield f"The request is for more than {EXTRA_DAYS} further days."
        if not extension.text("ExtensionReason").strip():
            yield "The request for more time has no reason."


def _asked_in_time(form: Form, _: Occasion) -> Iterable[Problem]:
    for extension in form.named("ConsultationExtension"):
        received = _day(extension.text("ConsultationReceivedOn").strip())
        if received is not None and form.header.sent.date() > received + CONSULTATION:
            yield "More time is asked for after the fourteen calendar days."


def _day(text: str) -> date | None:
    """The day, or None for one that the schema lets through and this calendar cannot hold or count on from."""
    try:
        day = date.fromisoformat(text[:10])
        return day if day < date.max - CONSULTATION else None
    except ValueError:
        return None


RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID_ADVISED,
    Rule(
        id="R22", severity=Severity.WARNING, check=_handing_over, field="083",
        text="SURRENDER, EXTRADITION and TRANSIT belong to arrest alerts.",
        citation="SIRENE Manual (2015 text) 3.9, 3.10", confidence="proposal",
        remedy="Check the article in 090, or leave the marker out.",
    ),
    Rule(
        id="R23", severity=Severity.WARNING, check=_security_authority, field="080",
        text="A check alert asked for by a security authority names it in two languages, with contact details.",
        citation="SIRENE Manual (2015 text) 7.4(b); Regulation (EU) 2018/1862 Art 36(4)", confidence="manual-2015",
        remedy="Write 080 in the language of the issuing state and in English, and 081.",
    ),
    Rule(
        id="R24", severity=Severity.WARNING, check=_high_risk_missing, field="083",
        text="A missing person at high risk: URGENT in 311, and the description in 083 by the letters a to p in order.",
        citation="SIRENE Manual (2015 text) 5.5", confidence="manual-2015",
        remedy="Write URGENT with its reason in 311, and the lines a) to p) in 083, each letter once.",
    ),
    Rule(
        id="R45", severity=Severity.ERROR, check=_extension, field="ConsultationExtension",
        text="A consultation is extended by at most twelve days, with a reason.",
        citation="Regulation (EU) 2018/1861 Arts 28(e), 29(e); 2018/1860 Arts 10(e), 11(e)", confidence="verified",
        remedy="Ask for at most twelve further days and write ExtensionReason.",
    ),
    Rule(
        id="R45-LATE", severity=Severity.HOLD, check=_asked_in_time, field="ConsultationExtension",
        text="More time is asked for before the fourteen calendar days end.",
        citation="Regulation (EU) 2018/1861 Arts 28(e), 29(e); moved ends of limits are not verified",
        confidence="verified",
        remedy="Agree with the bureau that asks; whether a limit that ends on a holiday moves is not settled.",
    ),
)  # fmt: skip
