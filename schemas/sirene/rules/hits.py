"""Rules of form G, the hit: the article, what was done, and what the law wants to hear for each kind of alert."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene import articles
from schemas.sirene.articles import article_of, known, rests_on
from schemas.sirene.markers import MarkerKind, marked
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID
from schemas.sirene.subjects import about_child

CAMERA_ARTICLES: Final = ("1862:36", "1862:38")
TRUE: Final = ("true", "1")
EUROPOL: Final = "europol:EUROPOL"
TERRORISM_FIELDS: Final = ("OffenceCategory", "AlertReason", "Keywords")
TERRORISM_WORD: Final = "terror"
"""The codes of 307 and 308 are not public, so a word stands for them."""
RETURN_EXIT: Final = {
    "PersonIdentified": "that the person was identified",
    "PlaceOfCheck": "the place of the check",
    "TimeOfCheck": "the time of the check",
    "LeftTerritory": "that the person has left the territory",
}


def _article(form: Form, _: Occasion) -> Iterable[Problem]:
    article = article_of(form)
    if not article:
        yield "The form does not name the article of the alert."
    elif known(article) is None:
        yield "The article is none that an alert can rest on."


def _action(form: Form, _: Occasion) -> Iterable[Problem]:
    if not form.value("ActionTaken"):
        yield "The form does not say what was done."


def _authority(form: Form, _: Occasion) -> Iterable[Problem]:
    if rests_on(form, articles.ARREST) and not form.value("ReceivingAuthority"):
        yield "The form reports an arrest and does not say who is to receive the warrant."


def _checklist(form: Form, _: Occasion) -> Iterable[Problem]:
    if not rests_on(form, articles.CHECKS):
        return
    for name in ("TimeOfCheck", "PlaceOfCheck"):
        if not _reported(form, name):
            yield f"CheckReport/{name}", "The report of the check is not complete: time and place are needed."


def _camera(form: Form, _: Occasion) -> Iterable[Problem]:
    if marked(form, MarkerKind.ANPR) and article_of(form) and not rests_on(form, CAMERA_ARTICLES):
        field = "086" if form.value("HitRemark") else "083"
        yield field, "The form reports a camera hit on an alert that cameras do not serve."


def _return_exit(form: Form, _: Occasion) -> Iterable[Problem]:
    report = form.first("CheckReport")
    if report is None or not rests_on(form, articles.RETURN):
        return
    if report.attribute("occasion") != "EXIT" and report.child("LeftTerritory") is None:
        return
    for name, words in RETURN_EXIT.items():
        value = _reported(form, name)
        if not value or (name in ("PersonIdentified", "LeftTerritory") and value not in TRUE):
            yield f"CheckReport/{name}", f"The form confirms a return and does not say {words}."


def _minor(form: Form, _: Occasion) -> Iterable[Problem]:
    if about_child(form) and not marked(form, MarkerKind.MINOR):
        yield "The subject is a child and field 090 does not say MINOR."


def _reported(form: Form, name: str) -> str:
    report = form.first("CheckReport")
    return report.text(name).strip() if report else ""


def _copy_for_europol(form: Form, _: Occasion) -> Iterable[Problem]:
    said = [form.value(name).lower() for name in TERRORISM_FIELDS]
    terrorism = rests_on(form, articles.INFORMATION) or any(TERRORISM_WORD in text for text in said)
    if terrorism and EUROPOL not in (*form.header.to, *form.header.info):
        yield "The hit concerns terrorism or an information alert, and Europol is not among the receivers."


CAMERA: Final = Rule(
    id="R48", severity=Severity.WARNING, check=_camera, field="086",
    text="ANPR in 086 of form G or 083 of form H belongs to alerts under Articles 36 and 38.",
    citation="SIRENE Manual (2015 text) 9", confidence="manual-2015",
    remedy="Check the article in 090, or leave ANPR out.",
)  # fmt: skip
RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID,
    Rule(
        id="R08", severity=Severity.ERROR, check=_article, field="090",
        text="Field 090 names the article of the alert.",
        citation="SIRENE Manual (2015 text) 2.3(b)", confidence="manual-2015",
        remedy="Write act and article in field 090, for example 1862:38.",
    ),
    Rule(
        id="R08-088", severity=Severity.WARNING, check=_action, field="088",
        text="Field 088 says what was done, as fully as possible.",
        citation="SIRENE Manual (2015 text) 2.3(b)", confidence="manual-2015",
        remedy="Describe the action in field 088.",
    ),
    Rule(
        id="R09", severity=Severity.ERROR, check=_authority, field="091",
        text="After an arrest field 091 says which authority receives the warrant.",
        citation="SIRENE Manual (2015 text) 3.8(c)", confidence="manual-2015",
        remedy="Give address, telephone, e-mail, reference, contact, language, time limit and form of delivery in 091.",
    ),
    Rule(
        id="R12", severity=Severity.WARNING, check=_checklist, field="CheckReport",
        text="A hit on a check or information alert is reported with time and place.",
        citation="Regulation (EU) 2018/1862 Arts 37(1), 37b(1)", confidence="verified",
        remedy="Fill TimeOfCheck and PlaceOfCheck, and the rest of the list as far as it is known.",
    ),
    CAMERA,
    Rule(
        id="R49", severity=Severity.ERROR, check=_return_exit, field="CheckReport",
        text="The confirmation of a return at the border says: identified, where, when, and that the person has left.",
        citation="Regulation (EU) 2018/1860 Art 6(1)", confidence="verified",
        remedy="Fill PersonIdentified, PlaceOfCheck, TimeOfCheck and LeftTerritory.",
    ),
    Rule(
        id="R53", severity=Severity.WARNING, check=_minor, field="090",
        text="Where the subject is a child, field 090 says MINOR.",
        citation="SIRENE Manual (2015 text) 2.3(b); Regulation (EU) 2018/1862 Art 32(1)", confidence="manual-2015",
        remedy="Write MINOR in AlertArticleRemark.",
    ),
    Rule(
        id="R55", severity=Severity.INFO, check=_copy_for_europol, field="004",
        text="Europol is told of hits on information alerts and on alerts that concern terrorism.",
        citation="Regulation (EU) 2018/1862 Art 48(8)", confidence="verified",
        remedy="Propose a copy for europol:EUROPOL, or record why it would harm an investigation or essential security.",
    ),
)  # fmt: skip
