"""Rules of form K: it speaks of a person, and it says by when the position is needed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene import articles
from schemas.sirene.articles import rests_on
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID


def _person_and_deadline(form: Form, _: Occasion) -> Iterable[Problem]:
    if rests_on(form, articles.OBJECTS):
        yield "090", "The request is about an alert on an object."
    if form.header.in_reply_to or form.first("RequestPosition"):
        return
    if form.first("Person") is None:
        yield "006", "The form does not say who asks."
    if form.header.reply_by is None:
        yield "Header/ReplyBy", "The form does not say by when the position of the issuing state is needed."


RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID,
    Rule(
        id="R28", severity=Severity.WARNING, check=_person_and_deadline, field="PersonRequest",
        text="Form K is about a person and carries a deadline; requests about objects go by M.",
        citation="SIRENE Manual (2015 text) 2.8.2; Regulation (EU) 2018/1862 Art 67(2)", confidence="manual-2015",
        remedy="Name the person and write ReplyBy in the header. Send a request about an object on form M.",
    ),
)  # fmt: skip
