"""Rules of form A, the arrest alert: the warrant's basis, the circumstances, the person, the replacement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.sirene.markers import MarkerKind, markers
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID

CIRCUMSTANCES: Final = ("042", "043", "044", "045")
REPLACEMENT_PARTS: Final = {
    "OldFormReference": "the reference of the old form",
    "WarrantReference": "the reference of the warrant",
    "WarrantDate": "the date of the warrant",
}


def _basis(form: Form, _: Occasion) -> Iterable[Problem]:
    if not form.value("WarrantBasis"):
        yield "The form does not say whether it rests on a European arrest warrant, an extradition request or both."


def _verifiable(form: Form, _: Occasion) -> Iterable[Problem]:
    for number in CIRCUMSTANCES:
        if not form.number(number):
            yield number, "The circumstances of the offence are not complete."
    person = form.first("Person")
    if person is None or not person.text("Surname"):
        yield "006", "The surname is missing."
    if not (person and person.text("Forename")) and not form.value("SupplementaryInformation"):
        yield "007", "The forename is missing, and no reason is given."
    if person is None or not person.text("DateOfBirth"):
        yield "009", "The date of birth is missing."


def _replacement(form: Form, _: Occasion) -> Iterable[Problem]:
    replacement = form.first("Replacement")
    if replacement is not None:
        for name, words in REPLACEMENT_PARTS.items():
            if not replacement.text(name):
                yield "267", f"The form replaces another and does not give {words}."
        return
    for marker in markers(form):
        if marker.kind is MarkerKind.REPLACES_FORM and not _names_the_warrant(marker.text):
            yield "044", "The form replaces another and does not name the form, the warrant and its date."


def _names_the_warrant(text: str) -> bool:
    """Whether the words `referring to … issued on … date` follow each other; found one by one, as texts may be long."""
    _, referring, rest = text.lower().partition("referring to")
    _, issued, day = rest.partition("issued on")
    return bool(referring and issued) and any(sign.isdecimal() for sign in day)


RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID,
    Rule(
        id="R17", severity=Severity.ERROR, check=_basis, field="239",
        text="Field 239 says EAW, ER or BOTH.",
        citation="SIRENE Manual (2015 text) 3.5; Decision 2008/334 3.5.1", confidence="manual-2015",
        remedy="Write EAW, ER or BOTH in field 239.",
    ),
    Rule(
        id="R18", severity=Severity.WARNING, check=_verifiable, field="042",
        text="Circumstances (042 to 045) and person (006, 007, 009) are given, so that others can verify the alert.",
        citation="SIRENE Manual (2015 text) 3.5; persons: rule R18", confidence="manual-2015",
        remedy="Fill the fields named, or say in 083 why a forename is missing.",
    ),
    Rule(
        id="R19", severity=Severity.WARNING, check=_replacement, field="267",
        text="A form that replaces another names the old form, the warrant and its date.",
        citation="SIRENE Manual (2015 text) 3.5", confidence="manual-2015",
        remedy="Give the three in field 267, or in 044 as: this form replaces form X referring to EAW Y issued on Z.",
    ),
)  # fmt: skip
