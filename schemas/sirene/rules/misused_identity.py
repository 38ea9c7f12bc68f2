"""Rules of form Q: which identity of the alert is meant, and what the victim agreed to for each kind of information.

The issuing state asks for the consent, often after the form came. So a kind of information may be in the form while its
consent is asked for, never after it was refused or withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Field, Form
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID
from schemas.sirene.subjects import SUBJECT_ROLE

VICTIM_ROLE: Final = "VICTIM"
CATEGORIES: Final = {
    "Surname": "NAMES", "Forename": "NAMES", "OriginalScriptName": "NAMES", "NameAtBirth": "BIRTH_NAMES",
    "PreviousName": "PREVIOUS_NAMES", "Alias": "PREVIOUS_NAMES", "IdentityDescription": "PHYSICAL_CHARACTERISTICS",
    "PlaceOfBirth": "PLACE_OF_BIRTH", "DateOfBirth": "DATE_OF_BIRTH", "Sex": "GENDER", "Nationality": "NATIONALITIES",
    "NationalNumber": "IDENTITY_DOCUMENTS", "Address": "ADDRESS", "Whereabouts": "ADDRESS", "ParentName": "PARENTS",
}  # fmt: skip
"""Kinds of information of Art 62(3) by the part of a person that tells it. The law does not name national numbers and
whereabouts; they are counted with the kind that is nearest."""
ATTACHED: Final = {
    "PHOTO": "PHOTOGRAPHS",
    "FINGERPRINTS": "DACTYLOSCOPIC",
    "PALM_PRINTS": "DACTYLOSCOPIC",
    "DOCUMENT_COPY": "IDENTITY_DOCUMENTS",
}
ALLOWED: Final = frozenset({"GIVEN", "ASKED"})


def _identity(form: Form, _: Occasion) -> Iterable[Problem]:
    meant = [person for person in form.named("Person") if person.attribute("role", SUBJECT_ROLE) == SUBJECT_ROLE]
    if not any(person.text("Surname").strip() for person in meant):
        yield "006", "The form does not give the identity that the alert uses."
    if not any(person.text("AliasNumber").strip() for person in meant):
        yield "Person/AliasNumber", "The form does not say which identity of the alert is meant."


def _consented(form: Form, _: Occasion) -> Iterable[Problem]:
    said: dict[str, set[str]] = {}
    for consent in form.named("Consent"):
        said.setdefault(consent.text("ConsentCategory").strip(), set()).add(consent.text("ConsentStatus").strip())
    for category in sorted(_told(form)):
        if category not in said:
            yield "Consent", f"The form tells {category} of the victim and nothing about the consent."
        elif said[category] - ALLOWED:
            yield "Consent", f"The form tells {category} of the victim, who did not agree."


def _told(form: Form) -> set[str]:
    """The kinds of information about the victim that the form or its attachments tell."""
    victims = [person for person in form.named("Person") if person.attribute("role") == VICTIM_ROLE]
    told = {CATEGORIES[part.name] for victim in victims for part in _parts(victim)}
    told |= {ATTACHED[entry.role] for entry in form.header.attachments if entry.role in ATTACHED}
    return told | ({"IDENTITY_DOCUMENTS"} if form.named("Document") else set())


def _parts(person: Field) -> list[Field]:
    return [part for part in person.children if part.name in CATEGORIES]


RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID,
    Rule(
        id="R32", severity=Severity.ERROR, check=_identity, field="Person",
        text="Form Q gives the identity that the alert uses, with its alias number.",
        citation="SIRENE Manual (2015 text) 2.11.1", confidence="manual-2015",
        remedy="Describe the subject of the alert and write AliasNumber; MAIN for the main identity of the alert.",
    ),
    Rule(
        id="R54", severity=Severity.ERROR, check=_consented, field="Consent",
        text="Each kind of information about the victim has a consent that was given or is asked for.",
        citation="Regulation (EU) 2018/1862 Art 62; 2018/1861 Art 47", confidence="verified",
        remedy="Add a Consent for each kind of information, or leave out what the victim does not agree to.",
    ),
)  # fmt: skip
