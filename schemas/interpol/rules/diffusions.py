"""What every diffusion must have, what the kinds beside red must have, and the neutrality checklist before sending."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Field, Form
from schemas.interpol.conditions import day
from schemas.interpol.dates import years_later
from schemas.interpol.rules.identity import has_roles, is_identified_as_missing, is_identified_as_unknown
from schemas.interpol.rules.persons import is_flagged_minor, persons, was_surely_minor
from schemas.interpol.rules.wanted import is_true
from schemas.interpol.vocabulary import KEPT_AT_MOST_YEARS

CHECK_HOLDS: Final = timedelta(days=30)
QUESTIONS: Final = frozenset(f"N{number}" for number in range(1, 9))
_STOPS: Final = {"N1": False, "N4": True, "N5": True}
"""Answers that end the matter: no ordinary crime; a refugee; found not compliant before. (unverified)"""
_FOR_SUPERVISOR: Final = frozenset({"N2", "N3", "N6", "N7", "N8"})
"""Questions whose yes needs a supervisor's decision. (unverified)"""
_OF_INTEREST: Final = frozenset({"CONVICTED", "CHARGED", "SUSPECT", "WITNESS", "VICTIM"})


def _kind(form: Form) -> str:
    return form.value("DiffusionKind")


def _report_is_recorded(form: Form, _: Occasion) -> Iterable[Problem]:
    if _kind(form) != "YELLOW":
        return
    body = Field(name="Body", children=form.fields)
    if not is_true(body, "PoliceReportRecorded"):
        yield "PoliceReportRecorded", "It is not said that the police recorded the disappearance or discovery."
    minors = [is_flagged_minor(person) or was_surely_minor(person, form) for person in persons(form)]
    if not all(minors or [False]) and not is_true(body, "PrivacyLawAllows"):
        yield "PrivacyLawAllows", "It is not said that privacy law allows the search for an adult."


def _missing_is_identified(form: Form, _: Occasion) -> Iterable[Problem]:
    if _kind(form) == "YELLOW" and not (is_identified_as_missing(form) or is_identified_as_unknown(form)):
        yield "The missing or unknown person is not described well enough."


def _information_is_asked(form: Form, _: Occasion) -> Iterable[Problem]:
    if _kind(form) != "BLUE":
        return
    if not form.named("Question"):
        yield "Question", "No concrete question is asked."
    if any(person.attribute("role") not in _OF_INTEREST for person in persons(form)):
        yield "Person/@role", "The person is neither convict, suspect, witness nor victim."


def _danger_is_assessed(form: Form, _: Occasion) -> Iterable[Problem]:
    if _kind(form) == "GREEN" and not (form.value("AssessmentAuthority") and form.value("AssessmentGround")):
        yield "The authority that assessed the danger, or its ground, is missing."


def _body_can_be_compared(form: Form, _: Occasion) -> Iterable[Problem]:
    if _kind(form) == "BLACK" and not has_roles(form, "PHOTO", "DNA", "FINGERPRINTS"):
        yield "Neither photo nor fingerprints nor DNA of the body are attached."


def _silver_is_off(form: Form, _: Occasion) -> Iterable[Problem]:
    if _kind(form) == "SILVER":
        yield "Silver diffusions are a pilot among named countries and are switched off here."


def _ends_in_time(form: Form, _: Occasion) -> Iterable[Problem]:
    ends = day(form.value("ExpiresOn")[:10])
    if ends is None or ends > years_later(form.header.sent.date(), KEPT_AT_MOST_YEARS):
        yield f"The diffusion ends later than {KEPT_AT_MOST_YEARS} years after it is sent."


def _neutrality_was_checked(form: Form, occasion: Occasion) -> Iterable[Problem]:
    if occasion.inbound:
        return
    check = form.first("NeutralityCheck")
    if check is None:
        yield "The neutrality checklist is missing."
        return
    checked = day(check.text("CheckedOn")[:10])
    if checked is None or not timedelta() <= occasion.now.date() - checked <= CHECK_HOLDS:
        yield "The neutrality checklist is older than 30 days, or its date cannot be."
    yield from _blocking_answers(check)


def _blocking_answers(check: Field) -> Iterable[Problem]:
    given = check.all("NeutralityAnswer")
    answers = {answer.attribute("question"): answer.value.strip() in ("true", "1") for answer in given}
    if set(answers) != QUESTIONS or len(given) != len(QUESTIONS):
        yield "The neutrality checklist does not answer each of its eight questions once."
    if any(answers.get(question) is stop for question, stop in _STOPS.items()):
        yield "An answer of the neutrality checklist forbids the diffusion."
    decided = check.text("Supervisor") and check.text("SupervisorDecision")
    if not decided and any(answers.get(question) for question in _FOR_SUPERVISOR):
        yield "An answer of the neutrality checklist needs the decision of a supervisor."


DIFFUSION_RULES: tuple[Rule, ...] = (
    Rule(
        id="IPV-022",
        severity=Severity.ERROR,
        check=_report_is_recorded,
        text="Yellow: the police recorded the case, and for adults privacy law allows the search.",
        citation="IPV-022, RPD 90",
        confidence="secondary",
        remedy="Write PoliceReportRecorded and PrivacyLawAllows.",
    ),
    Rule(
        id="IPV-023",
        severity=Severity.ERROR,
        check=_missing_is_identified,
        field="Person",
        text="Yellow: name, sex, birth year and one more feature; or description, sex and a photo, prints or DNA.",
        citation="IPV-023, RPD 90",
        confidence="secondary",
        remedy="Add a description, a photo, fingerprints or DNA.",
    ),
    Rule(
        id="IPV-024",
        severity=Severity.ERROR,
        check=_information_is_asked,
        text="Blue: a convict, suspect, witness or victim, and a concrete question.",
        citation="IPV-024, RPD 88",
        confidence="secondary",
        remedy="Write at least one Question, and the status of the person.",
    ),
    Rule(
        id="IPV-025",
        severity=Severity.ERROR,
        check=_danger_is_assessed,
        field="AssessmentAuthority",
        text="Green: a law-enforcement authority assessed the danger on stated grounds.",
        citation="IPV-025, RPD 89",
        confidence="secondary",
        remedy="Write AssessmentAuthority and AssessmentGround.",
    ),
    Rule(
        id="IPV-026",
        severity=Severity.ERROR,
        check=_body_can_be_compared,
        field="Header/Attachment",
        text="Black: a photo, fingerprints or DNA of the body.",
        citation="IPV-026, mandatory data 2.2",
        confidence="unverified",
        remedy="Attach one of them with its role.",
    ),
    Rule(
        id="IPV-027",
        severity=Severity.ERROR,
        check=_silver_is_off,
        field="DiffusionKind",
        text="Silver diffusions need a pilot that this office takes part in.",
        citation="IPV-027, asset pilot 2.1",
        confidence="secondary",
        remedy="Ask about assets in a free message.",
    ),
    Rule(
        id="IPV-028",
        severity=Severity.ERROR,
        check=_neutrality_was_checked,
        field="NeutralityCheck",
        text="A person answered the neutrality checklist within 30 days before sending.",
        citation="IPV-028, INTERPOL Constitution Art. 2 and 3, RPD 34",
        confidence="verified",
        remedy="Let an officer answer the checklist, and a supervisor decide where an answer asks for it.",
    ),
    Rule(
        id="IPV-052-END",
        severity=Severity.ERROR,
        check=_ends_in_time,
        field="ExpiresOn",
        text="A diffusion ends after five years at the latest, unless it is renewed.",
        citation="IPV-052, retention of notices 2.5",
        confidence="secondary",
        remedy="Write an earlier date.",
    ),
)
