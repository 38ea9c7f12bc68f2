"""Rules of form E: both alerts are named, and an arrest alert does not wait for the answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene import articles
from schemas.sirene.articles import within
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID
from schemas.sirene.rules.hits import TRUE


def _both_alerts(form: Form, _: Occasion) -> Iterable[Problem]:
    if form.header.in_reply_to:
        return  # the answer speaks of the alerts that the question named
    intended = form.first("IntendedAlert")
    article = intended.text("IntendedArticle").strip() if intended else ""
    if intended is None or not article:
        yield "IntendedAlert", "The form does not say which alert the sender wishes to enter."
        return
    if any(within(article, arrest) for arrest in articles.ARREST) and intended.text("EnteredAlready") not in TRUE:
        yield "IntendedAlert/EnteredAlready", "The intended alert is for arrest and was not entered yet."


RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID,
    Rule(
        id="R26", severity=Severity.WARNING, check=_both_alerts, field="IntendedAlert",
        text="Form E names the existing alert and the intended one; an arrest alert is entered without waiting.",
        citation="SIRENE Manual (2015 text) 2.2.3", confidence="manual-2015",
        remedy="Write the article of the intended alert. Enter an arrest alert at once and say so in EnteredAlready.",
    ),
)  # fmt: skip
