"""Rules about persons: their category, the basis of what is said about them, and who needs special care."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.findings import Occasion, Problem, Rule
from gateway.form import Form
from schemas.europol import reading
from schemas.europol import vocabulary as words
from schemas.europol.rules.declare import ERROR, HOLD, OUT, WARNING, rule


def _purposes(form: Form) -> set[str]:
    copy = form.first("CopyToEuropol")
    chosen = (
        {child.value.strip() for child in copy.all("CopyPurpose")}
        if copy and copy.attribute("decision") == "YES"
        else set()
    )
    return chosen | set(form.header.purposes)


def _category(form: Form, _: Occasion) -> Iterator[Problem]:
    cross_checked = words.CROSS_CHECKING in _purposes(form)
    for person in form.named("Person"):
        category = person.attribute("subjectCategory")
        if category not in words.SUBJECT_CATEGORIES:
            yield reading.where(person), "The category of the data subject is missing or unknown."
        elif cross_checked and category not in words.OFFENDER_CATEGORIES:
            yield (
                reading.where(person),
                "Cross-checking (18-2-A) takes suspects, potential offenders and convicted persons only.",
            )


def _strictly_necessary(form: Form, _: Occasion) -> Iterator[Problem]:
    for person in form.named("Person"):
        needs_care = reading.true(person, "minor") or person.attribute("subjectCategory") in words.PROTECTED_CATEGORIES
        if needs_care and not person.text("StrictNecessity").strip():
            yield (
                reading.where(person),
                "A minor, victim, witness or informant without the reason why it is strictly necessary.",
            )


def _special_categories(form: Form, _: Occasion) -> Iterator[Problem]:
    for person in form.named("Person"):
        if reading.true(person, "specialCategories") and not person.text("StrictNecessity").strip():
            yield (
                reading.where(person),
                "Special categories of personal data without the reason why they are strictly necessary.",
            )


def _basis(form: Form, _: Occasion) -> Iterator[Problem]:
    for person in form.named("Person"):
        if not person.attribute("dataBasis"):
            yield reading.where(person), "It is not said whether the statements are facts or an assessment."


RULES: Final[tuple[Rule, ...]] = (
    rule(
        "EUR-35",
        OUT,
        ERROR,
        _category,
        sure="verified",
        cite="Directive (EU) 2016/680 Art. 6; Regulation (EU) 2016/794 Art. 18; dossier rule R-35",
        text="Every person has a category of data subject that fits the purpose.",
        remedy="Set subjectCategory, or take 18-2-A off the purposes.",
    ),
    rule(
        "EUR-36",
        OUT,
        HOLD,
        _strictly_necessary,
        sure="verified",
        cite="Regulation (EU) 2016/794 Art. 30; dossier rule R-36",
        text="Minors, victims, witnesses and informants are named only where strictly necessary.",
        remedy="Say why in StrictNecessity.",
    ),
    rule(
        "EUR-37",
        OUT,
        HOLD,
        _special_categories,
        sure="verified",
        cite="Directive (EU) 2016/680 Art. 10; dossier rule R-37",
        text="Special categories of data are given only where strictly necessary.",
        remedy="Say why in StrictNecessity.",
    ),
    rule(
        "EUR-38",
        OUT,
        WARNING,
        _basis,
        sure="verified",
        cite="Directive (EU) 2016/680 Art. 7(1); dossier rule R-38",
        text="Facts are told from assessments.",
        remedy="Set dataBasis to FACT or ASSESSMENT.",
    ),
)
