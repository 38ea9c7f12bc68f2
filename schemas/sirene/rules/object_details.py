"""Rules of form P: it answers a G form, about the objects it was made for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene import articles
from schemas.sirene.articles import article_of, rests_on
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID

OTHER_OBJECTS: Final = ("BOAT", "INDUSTRIAL_EQUIPMENT", "CONTAINER")


def _fitting(form: Form, _: Occasion) -> Iterable[Problem]:
    others = [other.text("ObjectCategory") for other in form.named("OtherObject")]
    if not form.named("Vehicle") and not form.named("Aircraft") and not set(OTHER_OBJECTS).intersection(others):
        yield "The form is about no vehicle, aircraft, boat, industrial equipment or container."
    if article_of(form) and not rests_on(form, articles.OBJECTS):
        yield "090", "The form is about an alert that is not on an object."
    if not form.header.in_reply_to and not form.header.your_references:
        yield "Header/InReplyTo", "The form does not say which G form it answers."


RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID,
    Rule(
        id="R31", severity=Severity.WARNING, check=_fitting, field="Body",
        text="Form P answers a G form on an Article 38 alert on a vehicle, aircraft, boat, equipment or container.",
        citation="SIRENE Manual (2015 text) 8.3", confidence="manual-2015",
        remedy="Describe the object, and write the reference of the G form in YourReference and InReplyTo.",
    ),
)  # fmt: skip
