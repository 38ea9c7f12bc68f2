"""Rules of form L: prints and pictures are announced in words and attached."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene.rules.every_form import BIOMETRIC_ROLES, EVERY_FORM, SCHENGEN_ID

ANNOUNCED: Final = re.compile(
    r"\b(?:prints|pictures|photographs)\b[^\n]{0,80}?\bsent to complete the alert\b", re.IGNORECASE
)
"""How 083 says that prints or pictures come with the form. Other words are not read as an announcement."""


def _announced_and_attached(form: Form, _: Occasion) -> Iterable[Problem]:
    text = form.value("SupplementaryInformation")
    attached = {entry.role for entry in form.header.attachments}.intersection(BIOMETRIC_ROLES)
    announced = {field.value.strip() for field in form.named("BiometricsSent")}
    if (attached or announced) and not text:
        yield "083", "The form brings prints or pictures and does not say so in words."
    if announced - attached or (ANNOUNCED.search(text) and not attached):
        yield "Header/Attachment", "The form announces prints or pictures that are not attached."


RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID,
    Rule(
        id="R29", severity=Severity.ERROR, check=_announced_and_attached, field="083",
        text="Prints and pictures that complete an alert are announced in 083 and attached.",
        citation="SIRENE Manual (2015 text) 2.13.2", confidence="manual-2015",
        remedy="Say in 083 what is sent; attach it with the role PHOTO, FINGERPRINTS, PALM_PRINTS or DNA.",
    ),
)  # fmt: skip
