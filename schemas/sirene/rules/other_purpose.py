"""Rules of form I: the ground of the law and the concrete case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID


def _ground_and_case(form: Form, _: Occasion) -> Iterable[Problem]:
    purpose = form.first("OtherPurpose")
    if purpose is None or not purpose.text("PurposeGround").strip():
        yield "OtherPurpose/PurposeGround", "The form does not name the ground for the other purpose."
    if (purpose is None or not purpose.text("ConcreteCase").strip()) and not form.header.case_reference:
        yield "OtherPurpose/ConcreteCase", "The form does not name the case."


RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID,
    Rule(
        id="R27", severity=Severity.ERROR, check=_ground_and_case, field="OtherPurpose",
        text="Another purpose needs one of the three grounds of the law and a concrete case.",
        citation="Regulation (EU) 2018/1862 Art 56(5)", confidence="verified",
        remedy="Write IMMINENT_THREAT, NATIONAL_SECURITY or SERIOUS_CRIME, and the reference of the case.",
    ),
)  # fmt: skip
