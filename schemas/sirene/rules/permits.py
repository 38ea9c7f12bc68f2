"""Rules of forms N and O: a final decision on a permit, about a refusal-of-entry or return alert.

That there is one such form for each consultation is seen where the messages of an exchange are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene import articles
from schemas.sirene.articles import article_of, rests_on
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID

OUTCOMES: Final = (("GrantDecision", "GrantOutcome"), ("PermitReview", "ReviewOutcome"))


def _entry_or_return(form: Form, _: Occasion) -> Iterable[Problem]:
    if article_of(form) and not rests_on(form, articles.ENTRY_AND_RETURN):
        yield "The alert is neither for refusal of entry nor for return."


def _decided(form: Form, _: Occasion) -> Iterable[Problem]:
    if not any(part.text(outcome).strip() for name, outcome in OUTCOMES for part in form.named(name)):
        yield "The form does not say what was decided."


RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID,
    Rule(
        id="R30", severity=Severity.ERROR, check=_entry_or_return, field="090",
        text="Forms N and O are about refusal-of-entry and return alerts only.",
        citation="SIRENE Manual (2015 text) 4.6(a); Regulation (EU) 2018/1861 Arts 27 to 30", confidence="manual-2015",
        remedy="Check the article in 090. What concerns other alerts goes by M.",
    ),
    Rule(
        id="S02", severity=Severity.HOLD, check=_decided, field="Body",
        text="Forms N and O say the final decision, because the alert is deleted or kept by it.",
        citation="Regulation (EU) 2018/1861 Arts 27(f), 29(f)", confidence="proposal",
        remedy="Write GRANTED, EXTENDED or REFUSED on form N, KEPT or WITHDRAWN on form O.",
    ),
)  # fmt: skip
