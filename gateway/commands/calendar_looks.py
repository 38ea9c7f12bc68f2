"""What `spoc doctor` sees of calendars: an office without one has limits in days that nobody can compute.

The one idea: no calendar is guessed, so one that is missing is told before the first limit needs it, with the table to add.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from gateway.clocks.calendar import CalendarDoesNotReach, Calendars
from gateway.identity import PartyId


class Missing(NamedTuple):
    """A code whose offices have no calendar, and what to add."""

    code: str
    text: str
    remedy: str


def missing_calendars(calendars: Calendars, parties: Iterable[PartyId], today: date) -> list[Missing]:
    """Every code without a calendar, with the offices that it concerns; `sirene:XA` and `ncb:XA` share one."""
    without: dict[str, list[PartyId]] = defaultdict(list)
    for party in sorted(set(parties)):
        try:
            calendars.of(party).is_working_day(today)
        except CalendarDoesNotReach:
            without[party.partition(":")[2]].append(party)
    return [
        Missing(
            code,
            f"No calendar says when {', '.join(offices)} works: limits in days that bind it are not computed, limits in hours are.",
            f'Add to spoc.toml: [calendars.{code}] with zone = "Europe/Copenhagen" (its legal time) and holidays_of = "DK" '
            "(the state whose public holidays count there).",
        )
        for code, offices in sorted(without.items())
    ]
