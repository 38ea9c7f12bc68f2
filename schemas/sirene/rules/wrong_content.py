"""Rules of form J: what is wrong, what shows it, and how fast the issuing state is told.

Only Saturdays and Sundays are known here. The calendar of a state, and so the limit itself, belongs to its clock; what
this rule says is a warning.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Field, Form
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID

WORKING_DAYS: Final = 2
FRIDAY: Final = 4


def _complete_and_in_time(form: Form, _: Occasion) -> Iterable[Problem]:
    if form.header.in_reply_to:
        return
    objection = form.first("Objection")
    if not _says_what(form, objection):
        yield "Objection/WrongItem", "The form does not say what is wrong."
    if not (objection and objection.text("Evidence").strip()) and not form.header.attachments:
        yield "Objection/Evidence", "The form gives no evidence."
    discovered = objection.text("DiscoveredAt").strip() if objection else ""
    if not discovered:
        yield "Objection/DiscoveredAt", "The form does not say when the evidence came to notice."
        return
    noticed = _instant(discovered)
    if noticed is not None and noticed > form.header.sent:
        yield "Objection/DiscoveredAt", "The evidence came to notice after the form was sent."
    elif noticed is not None and form.header.sent.date() > _last_day(noticed.date()):
        yield "Objection/DiscoveredAt", "More than two weekdays passed since the evidence came to notice."


def _says_what(form: Form, objection: Field | None) -> bool:
    items = objection.all("WrongItem") if objection else ()
    named = any(item.text(name).strip() for item in items for name in ("ItemNumber", "ItemName"))
    return named or bool(form.value("SupplementaryInformation"))


def _instant(text: str) -> datetime | None:
    """The time, or None for one that the schema lets through and no calendar has, such as the year 0000."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _last_day(noticed: date) -> date:
    """The last of the working days after this day, public holidays aside."""
    day, left = noticed, WORKING_DAYS
    while left and day < date.max:
        day += timedelta(days=1)
        left -= day.weekday() <= FRIDAY
    return day


RULES: Final = (
    *EVERY_FORM,
    SCHENGEN_ID,
    Rule(
        id="R25", severity=Severity.WARNING, check=_complete_and_in_time, field="Objection",
        text="Form J says what is wrong, what shows it and when that came to notice, within two working days.",
        citation="Regulation (EU) 2018/1862 Art 59(5); 2018/1861 Art 44(5)", confidence="verified",
        remedy="Name the items, give or attach the evidence, and write DiscoveredAt.",
    ),
)  # fmt: skip
