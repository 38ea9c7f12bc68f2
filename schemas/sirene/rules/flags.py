"""Rules of form F: one request, its reason, and the alerts that can be flagged at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene import articles
from schemas.sirene.articles import article_of, rests_on
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID
from schemas.sirene.rules.hits import TRUE

SECURITY_WORDS: Final = re.compile(
    r"\b(?:security|intelligence|counter-?intelligence)\s+(?:service|agency)", re.IGNORECASE
)
"""Words that name a security service. Our own short list: it finds the plain cases only."""


def _one_request(form: Form, _: Occasion) -> Iterable[Problem]:
    addition, deletion = form.value("FlagAddition"), form.value("FlagDeletion")
    if not addition and not deletion:
        yield "071", "The form asks neither to add a flag nor to delete one."
    if addition and deletion:
        yield "075", "The form asks to add a flag and to delete one."
    if addition and not form.value("FlagReason"):
        yield "080", "The form asks to add a flag without a reason."


def _deletion_explained(form: Form, _: Occasion) -> Iterable[Problem]:
    if form.value("FlagDeletion") and not form.value("FlagReason"):
        yield "The form asks to delete a flag and does not say why."


def _can_be_flagged(form: Form, _: Occasion) -> Iterable[Problem]:
    if article_of(form) and not rests_on(form, articles.FLAGGED):
        yield "Alerts under this article cannot be flagged."


def _executable_warrant(form: Form, _: Occasion) -> Iterable[Problem]:
    if not form.value("FlagAddition") or not rests_on(form, articles.ARREST):
        return
    if any(position.text("Executable").strip() in TRUE for position in form.named("WarrantPosition")):
        yield "The form asks for a flag on an arrest alert and says that one of its warrants can be executed."


def _general_reason(form: Form, _: Occasion) -> Iterable[Problem]:
    for number in ("080", "083"):
        if any(SECURITY_WORDS.search(field.value) for field in form.numbered(number)):
            yield number, "The field speaks of a security service."


RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID,
    Rule(
        id="R14", severity=Severity.ERROR, check=_one_request, field="071",
        text="Form F asks either for a flag (071), with its reason (080), or for the deletion of one (075).",
        citation="SIRENE Manual (2015 text) 2.6.2, 2.6.3; exactly one of the two: rule R14", confidence="manual-2015",
        remedy="Fill 071 and 080, or 075. Send two forms for two requests.",
    ),
    Rule(
        id="R14-075", severity=Severity.WARNING, check=_deletion_explained, field="080",
        text="A request to delete a flag says why.",
        citation="SIRENE Manual (2015 text) 2.6.3; rule R14", confidence="proposal",
        remedy="Write in field 080 why the flag is no longer needed.",
    ),
    Rule(
        id="R15", severity=Severity.ERROR, check=_can_be_flagged, field="090",
        text="Only alerts under Articles 26, 32, 36 and 37a can be flagged.",
        citation="Regulation (EU) 2018/1862 Art 24(1)", confidence="verified",
        remedy="Check the article in 090. What cannot be done about other alerts is told with form H.",
    ),
    Rule(
        id="R16", severity=Severity.WARNING, check=_executable_warrant, field="WarrantPosition",
        text="An arrest alert is not flagged while one of its warrants can be executed.",
        citation="SIRENE Manual (2015 text) 3.6", confidence="manual-2015",
        remedy="Look at the warrants again; withdraw the request where surrender is possible for one offence.",
    ),
    Rule(
        id="R43", severity=Severity.WARNING, check=_general_reason, field="080",
        text="Where a security service wants the flag, the form gives a general reason only.",
        citation="SIRENE Manual (2015 text) 7.5, 7.6", confidence="manual-2015",
        remedy="Name no service and none of its reasons; write a general reason in field 080.",
    ),
)  # fmt: skip
