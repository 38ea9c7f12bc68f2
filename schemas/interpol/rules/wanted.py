"""Wanted diffusions: identity, thresholds, warrants, assurances."""

from collections.abc import Iterable, Sequence
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Field, Form
from schemas.interpol.conditions import day
from schemas.interpol.dates import years_later
from schemas.interpol.rules.identity import is_identified_by_photo, is_identified_fully

MIN_PENALTY_MONTHS: Final = 24
"""Prosecution: the offence is punishable by at least two years."""
MIN_SENTENCE_MONTHS: Final = 6
"""Execution: at least six months were imposed or are left to serve."""
OLD_WARRANT_YEARS: Final = 20


def is_red(form: Form) -> bool:
    """Whether a person is wanted for arrest."""
    return form.value("DiffusionKind") == "RED"


def is_true(field: Field, *path: str) -> bool:
    """Whether a boolean below the field is true."""
    return field.text(*path).strip() in ("true", "1")


def _months(fields: Sequence[Field], *names: str) -> list[int]:
    return [int(field.text(name)) for field in fields for name in names if field.text(name)]


def _is_identified(form: Form, _: Occasion) -> Iterable[Problem]:
    if is_red(form) and not (is_identified_fully(form) or is_identified_by_photo(form)):
        yield "The wanted person is not identified well enough."


def _sentence_of(warrant: Field) -> list[int]:
    """What is left to serve, or else what was imposed."""
    return _months([warrant], "RemainingMonths") or _months([warrant], "SentenceMonths")


def _is_serious_enough(form: Form, _: Occasion) -> Iterable[Problem]:
    if not is_red(form) or form.value("ExceptionalInterest"):
        return
    for warrant in form.named("Warrant"):
        if warrant.text("WarrantType") == "JUDGMENT":
            months, least = _sentence_of(warrant), MIN_SENTENCE_MONTHS
        else:
            months, least = _months(form.named("Offence"), "MaxPenaltyMonths"), MIN_PENALTY_MONTHS
        if months and max(months) < least:
            kind = warrant.text("WarrantType").lower()
            yield f"The penalty of a {kind} is below {least} months, and no exceptional interest is stated."


def _offence_is_not_excluded(form: Form, _: Occasion) -> Iterable[Problem]:
    if is_red(form) and any(
        is_true(each, "ExcludedClass") and not each.text("ExceptionReason") for each in form.named("Offence")
    ):
        yield "An offence is of a class for which no red notice is possible, and no reason for an exception is given."


def _judicial_facts_are_there(form: Form, _: Occasion) -> Iterable[Problem]:
    if not is_red(form):
        return
    offences, warrants = form.named("Offence"), form.named("Warrant")
    if not offences:
        yield "Offence", "The charge is missing."
    elif not all(offence.text("LawArticle") for offence in offences):
        yield "Offence/LawArticle", "The law article of a charge is missing."
    if offences and not any(offence.text("Date") and offence.text("Place") for offence in offences):
        yield "Offence/Date", "Time and place of the facts are missing."
    if not warrants:
        yield "Warrant", "The warrant or judgment is missing."
    for warrant in warrants:
        judged = warrant.text("WarrantType") == "JUDGMENT"
        if not (_sentence_of(warrant) if judged else _months(offences, "MaxPenaltyMonths")):
            yield "Warrant", "The maximum penalty or the sentence is missing."


def _extradition_is_assured(form: Form, _: Occasion) -> Iterable[Problem]:
    if not is_red(form):
        return
    if not form.named("ExtraditionCountry"):
        yield "ExtraditionCountry", "No country is named from which extradition will be sought."
    assurances = form.first("Assurances") or Field(name="Assurances")
    # Whether an appeal is possible is a fact and no assurance.
    if not all(
        is_true(assurances, name) for name in ("AuthorityCompetent", "ExtraditionConsulted", "ExtraditionWillBeSought")
    ):
        yield "Assurances", "An assurance is missing or not given."


def _time_has_not_run_out(form: Form, occasion: Occasion) -> Iterable[Problem]:
    if not is_red(form):
        return
    for offence in form.named("Offence"):
        if not offence.text("StatuteBarred"):
            yield "Offence/StatuteBarred", "It is not said whether an offence is statute-barred."
        elif is_true(offence, "StatuteBarred"):
            yield "Offence/StatuteBarred", "An offence is statute-barred."
    today = occasion.now.date()
    for warrant in form.named("Warrant"):
        issued = day(warrant.text("IssuedOn")[:10])
        if issued is None or years_later(issued, OLD_WARRANT_YEARS) < today:
            yield "Warrant/IssuedOn", "A warrant is older than 20 years, or its date cannot be read."


def _waits_for_our_decision(form: Form, occasion: Occasion) -> Iterable[Problem]:
    if occasion.inbound and is_red(form):
        yield "An incoming wanted diffusion waits: an arrest entry needs the decision of the national authority."


WANTED_RULES: tuple[Rule, ...] = (
    Rule(
        id="IPV-016",
        severity=Severity.ERROR,
        check=_is_identified,
        field="Person",
        text="A wanted person is identified by name, sex, birth year and one feature, or by photo and one identifier.",
        citation="IPV-016, RPD 83, identifier sets 2.2",
        confidence="unverified",
        remedy="Add a description, a document, fingerprints, DNA or a photo.",
    ),
    Rule(
        id="IPV-017",
        severity=Severity.ERROR,
        check=_is_serious_enough,
        field="Offence/MaxPenaltyMonths",
        text="Prosecution: a maximum of at least two years. Execution: a sentence or remainder of at least six months.",
        citation="IPV-017, RPD 83",
        confidence="secondary",
        remedy="Write ExceptionalInterest with its reason, or send another kind of diffusion.",
    ),
    Rule(
        id="IPV-018",
        severity=Severity.ERROR,
        check=_offence_is_not_excluded,
        field="Offence/ExcludedClass",
        text="No red diffusion for contested norms of behaviour, family or private matters, or administrative rules.",
        citation="IPV-018, RPD 83",
        confidence="secondary",
        remedy="Write ExceptionReason where the offence serves serious or organised crime.",
    ),
    Rule(
        id="IPV-019",
        severity=Severity.ERROR,
        check=_judicial_facts_are_there,
        text="A red diffusion states charge, law article, penalty, warrant, and facts with time and place.",
        citation="IPV-019, mandatory data 2.2",
        confidence="secondary",
        remedy="Add what is missing.",
    ),
    Rule(
        id="IPV-020",
        severity=Severity.ERROR,
        check=_extradition_is_assured,
        text="A red diffusion names the countries of extradition and gives the assurances.",
        citation="IPV-020, RPD 84",
        confidence="unverified",
        remedy="Ask the authority that seeks extradition, and write its assurances.",
    ),
    Rule(
        id="IPV-021",
        severity=Severity.HOLD,
        check=_time_has_not_run_out,
        text="The warrant is not older than 20 years and the offence is not statute-barred.",
        citation="IPV-021",
        confidence="proposal",
        remedy="Confirm the warrant with the authority that issued it, and write StatuteBarred.",
    ),
    Rule(
        id="IPV-053",
        severity=Severity.HOLD,
        check=_waits_for_our_decision,
        field="ReviewState",
        text="An incoming wanted diffusion waits for the decision of the national authority.",
        citation="IPV-053, diffusions 2.6",
        confidence="proposal",
        remedy="Nothing to mend: an officer decides.",
    ),
)
