"""How long an alert lives, when a warning is due, and how long an arrest alert may be hidden."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from gateway.alerts.words import Alert, Status
from gateway.findings import Finding
from gateway.subjects import Person
from schemas.sirene.alerts.refusals import refusal, remark
from schemas.sirene.alerts.tables import categories
from schemas.sirene.articles import MISSING, within

WARNING_MONTHS: Final = 4
"""Regulation (EU) 2018/1862 Arts 32(7), 53(7)."""
HIDDEN_AT_MOST: Final = timedelta(hours=48)
"""Regulation (EU) 2018/1862 Art 26(4); it may be renewed."""
OF_AGE: Final = 18
LINKED: Final = "linked"
"""Written instead of months: as long as the alert on the person."""
PER_YEAR: Final = 12
EXTENSION: Final = "Regulation (EU) 2018/1862 Art 53(5)-(6); 2018/1861 Art 39"
HIDING: Final = "Regulation (EU) 2018/1862 Art 26(4)"


def months_after(moment: datetime, months: int) -> datetime:
    """The same day and time so many months later, or the last day of a shorter month."""
    count = moment.month - 1 + months
    year, month = moment.year + count // PER_YEAR, count % PER_YEAR + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def longest(alert: Alert, start: datetime) -> datetime | None:
    """When an alert that is entered or extended then must end at the latest; None where the table gives no length."""
    category = categories().get(alert.category)
    if category is None:
        return None
    is_person = alert.subject is None or isinstance(alert.subject, Person)
    months = category.months if is_person or not category.months_object else category.months_object
    if not months.isdecimal():
        return None  # an object that is linked to a person lives as long as the alert on the person
    ordinary = months_after(start, int(months))
    if category.months_long and _decided_until(alert) > ordinary.date():
        return months_after(start, int(category.months_long))
    return ordinary


def _decided_until(alert: Alert) -> date:
    try:
        return date.fromisoformat(alert.particular("decision_until"))
    except ValueError:
        return date.min


def life_findings(alert: Alert, start: datetime, now: datetime) -> Iterator[Finding]:
    """Whether the stated end fits the category. A state may set a shorter one."""
    latest = longest(alert, start)
    ends = alert.expires_at
    if ends is None:
        row = categories().get(alert.category)
        if row is not None and row.months_object == LINKED:
            yield refusal(
                "ALT-LIFE", "expires_at", "The alert lives as long as the alert on the person that it is linked to.",
                "State when that one ends.", "Regulation (EU) 2018/1862 Art 54(3)",
            )  # fmt: skip
        return
    if ends <= now:
        yield refusal(
            "ALT-LIFE", "expires_at", "The alert would have ended already.", "State a time to come.", EXTENSION
        )
    elif latest is not None and ends > latest:
        yield refusal(
            "ALT-LIFE", "expires_at", f"Alerts of category {alert.category} end at the latest on {latest.date()}.",
            "State that day or an earlier one; it can be extended after a new assessment.",
            categories()[alert.category].citation,
        )  # fmt: skip
    if alert.review_at is not None and alert.review_at > ends:
        yield refusal(
            "ALT-LIFE", "review_at", "The review comes after the end.", "Review it before it ends.", EXTENSION
        )


def extension_findings(alert: Alert, until: datetime, assessment: str, now: datetime) -> Iterator[Finding]:
    """An extension needs an individual assessment and runs no longer than a new alert would."""
    if not assessment.strip():
        yield refusal(
            "ALT-EXT", "assessment", "An extension needs an individual assessment that is recorded.",
            "Say why keeping the alert longer is necessary and proportionate.", EXTENSION,
        )  # fmt: skip
    if alert.expires_at is not None and until <= alert.expires_at:
        yield refusal("ALT-EXT", "until", "The alert ends no earlier already.", "State a later end.", EXTENSION)
    latest = longest(alert, now)
    if latest is not None and until > latest:
        yield refusal(
            "ALT-EXT",
            "until",
            f"It can be extended until {latest.date()} at the latest.",
            "State an earlier end.",
            EXTENSION,
        )
    if until <= now:
        yield refusal("ALT-EXT", "until", "The new end lies in the past.", "State a time to come.", EXTENSION)


def hiding_findings(alert: Alert, until: datetime | None, authorisation: str, now: datetime) -> Iterator[Finding]:
    """Only arrest alerts are hidden, for 48 hours at a time, with judicial authorisation."""
    if not within(alert.article, "1862:26"):
        yield refusal("ALT-HIDE", "article", "Only arrest alerts can be hidden.", "Leave it visible.", HIDING)
    if until is None:
        return
    if not authorisation.strip():
        yield refusal(
            "ALT-HIDE", "authorisation", "Hiding an alert needs the authorisation of a court.",
            "Give the reference of the authorisation.", HIDING,
        )  # fmt: skip
    if not now < until <= now + HIDDEN_AT_MOST:
        yield refusal(
            "ALT-HIDE",
            "until",
            "An alert is hidden for 48 hours at most.",
            "State an end within 48 hours; it can be renewed.",
            HIDING,
        )


def life_warnings(alert: Alert, now: datetime) -> Iterator[Finding]:
    """Ends within four months; a child of a missing-person alert comes of age within four months."""
    if alert.status is Status.DELETED:
        return
    soon = months_after(now, WARNING_MONTHS)
    if alert.expires_at is not None and alert.expires_at <= soon:
        words = "has ended" if alert.expires_at <= now else "ends"
        yield remark(
            "ALT-ENDS", "expires_at", f"The alert {words} on {alert.expires_at.date()}.",
            "Assess whether it is still needed: extend it, or let it be deleted.", "Regulation (EU) 2018/1862 Art 53(7)",
        )  # fmt: skip
    of_age = _comes_of_age(alert)
    if of_age is not None and now < of_age <= soon:
        yield remark(
            "ALT-OF-AGE", "subject.date_of_birth", f"The person comes of age on {of_age.date()}.",
            "Update the alert to that of an adult, or delete it.", "Regulation (EU) 2018/1862 Art 32(7)",
        )  # fmt: skip


def _comes_of_age(alert: Alert) -> datetime | None:
    if not isinstance(alert.subject, Person) or not any(within(alert.article, each) for each in MISSING):
        return None
    zone = alert.entered_at.tzinfo if alert.entered_at else None
    if zone is None:
        return None
    try:
        born = date.fromisoformat(alert.subject.date_of_birth)
        return months_after(datetime.combine(born, time(), zone), OF_AGE * PER_YEAR)
    except ValueError:
        return None  # a partial date, where nobody can tell the day, or one out of all reason
