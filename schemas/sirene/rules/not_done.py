"""Rules of form H: why the action was not possible or not taken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene.markers import markers
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID
from schemas.sirene.rules.hits import CAMERA


def _reasons(form: Form, _: Occasion) -> Iterable[Problem]:
    text = form.value("SupplementaryInformation")
    only_a_marker = any(marker.number == "083" and not marker.text for marker in markers(form))
    if not text or only_a_marker:
        yield "The form does not say why the action was not taken."


RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID,
    Rule(
        id="R13", severity=Severity.ERROR, check=_reasons, field="083",
        text="Form H gives the reasons in field 083.",
        citation="SIRENE Manual (2015 text) 2.4; Regulation (EU) 2018/1862 Art 58", confidence="manual-2015",
        remedy="Write in field 083 why the action was not possible or not taken.",
    ),
    CAMERA,
)  # fmt: skip
