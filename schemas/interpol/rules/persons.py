"""Persons in free messages and diffusions: what they are in the matter, why they are named, how old they are."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Field, Form
from schemas.interpol.dates import span, years_later
from schemas.interpol.vocabulary import COERCIVE_MEASURES, NEVER_COERCED, PERSON_STATUSES, WITHOUT_OFFENCE

FULL_AGE: Final = 18
OLDEST_AGE: Final = 120
WITHOUT_OFFENCE_KINDS: Final = frozenset({"YELLOW", "BLACK"})
"""Diffusions on missing persons and on bodies need no offence."""


def persons(form: Form) -> Iterator[Field]:
    """Every person in the form."""
    return (field for field in form.walk() if field.name == "Person")


def is_flagged_minor(person: Field) -> bool:
    """Whether the sender says that the person is a minor."""
    return person.attribute("minor") in ("true", "1")


def was_surely_minor(person: Field, form: Form) -> bool:
    """Whether the person was below 18 at an offence, whatever the unknown parts of the dates are.

    Without a date of an offence the day of sending counts.
    """
    born = span(person.text("DateOfBirth")) if person.text("DateOfBirth") else None
    if born is None:
        return False
    spans = [span(offence.text("Date")) for offence in form.named("Offence")]
    facts = [found.last for found in spans if found] or [form.header.sent.date()]
    return any(years_later(born.first, FULL_AGE) > fact for fact in facts)


def _have_a_status(form: Form, _: Occasion) -> Iterable[Problem]:
    if any(person.attribute("role") not in PERSON_STATUSES for person in persons(form)):
        yield "A person has no status code of the list."


def _have_an_offence(form: Form, _: Occasion) -> Iterable[Problem]:
    if form.named("Offence") or form.value("DiffusionKind") in WITHOUT_OFFENCE_KINDS:
        return
    if any(person.attribute("role") not in WITHOUT_OFFENCE for person in persons(form)):
        yield "A person is named and no offence or event is."


def _minors_are_flagged(form: Form, _: Occasion) -> Iterable[Problem]:
    if any(was_surely_minor(person, form) and not is_flagged_minor(person) for person in persons(form)):
        yield "A person was below 18 years and is not flagged as a minor."


def _victims_are_not_coerced(form: Form, _: Occasion) -> Iterable[Problem]:
    measures = {field.value for field in form.named("RequestedMeasure")}
    coercive = form.value("DiffusionKind") == "RED" or measures & COERCIVE_MEASURES
    if coercive and any(person.attribute("role") in NEVER_COERCED for person in persons(form)):
        yield "A victim or witness is to be arrested or restrained."


def _birth_dates_are_possible(form: Form, occasion: Occasion) -> Iterable[Problem]:
    today = occasion.now.date()
    texts = (person.text("DateOfBirth") for person in persons(form) if person.child("DateOfBirth"))
    if not all(_is_possible_birth(text, today) for text in texts):
        yield "A date of birth does not exist, lies in the future, or is more than 120 years ago."


def _is_possible_birth(text: str, today: date) -> bool:
    born = span(text)
    return born is not None and born.first <= today and years_later(born.last, OLDEST_AGE + 1) > today


PERSON_RULES: tuple[Rule, ...] = (
    Rule(
        id="IPV-011",
        severity=Severity.ERROR,
        check=_have_a_status,
        field="Person/@role",
        text="Every person has a status code.",
        citation="IPV-011, RPD 44",
        confidence="secondary",
        remedy="Write what the person is as role, for example SUSPECT or MISSING.",
    ),
    Rule(
        id="IPV-012",
        severity=Severity.ERROR,
        check=_have_an_offence,
        field="Offence",
        text="Persons are named together with an offence or event; missing and unidentified ones need none.",
        citation="IPV-012",
        confidence="unverified",
        remedy="Add the offence, or leave the person out.",
    ),
    Rule(
        id="IPV-013",
        severity=Severity.ERROR,
        check=_minors_are_flagged,
        field="Person/@minor",
        text="A person below 18 years at the time of the facts is flagged as a minor.",
        citation="IPV-013, RPD 41",
        confidence="unverified",
        remedy="Set minor to true, or correct the dates.",
    ),
    Rule(
        id="IPV-014",
        severity=Severity.ERROR,
        check=_victims_are_not_coerced,
        field="RequestedMeasure",
        text="Victims and witnesses are never the subject of a coercive measure.",
        citation="IPV-014, RPD 40",
        confidence="unverified",
        remedy="Ask for a measure without coercion, for example LOCATE, in a blue or yellow diffusion.",
    ),
    Rule(
        id="IPV-015",
        severity=Severity.ERROR,
        check=_birth_dates_are_possible,
        field="Person/DateOfBirth",
        text="A date of birth is possible; a year alone is enough.",
        citation="IPV-015, public notices interface 2.7",
        confidence="verified",
        remedy="Write only the parts of the date that are known.",
    ),
)
