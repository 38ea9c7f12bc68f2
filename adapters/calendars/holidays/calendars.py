"""The calendars of all states, each made when it is first asked for.

The one idea: nothing is guessed. A state that neither the table nor the settings name has a calendar that refuses every
question, and so does a year that the library does not reach.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, tzinfo
from importlib.resources import files
from typing import Final

import holidays
from msgspec import Struct

from adapters.calendars.holidays.settings import CalendarSettings
from gateway.clocks.calendar import (
    SATURDAY_AND_SUNDAY,
    Calendar,
    CalendarDoesNotReach,
    UnknownPlace,
    legal_time,
)
from gateway.errors import Misconfigured
from gateway.identity import PartyId

SETTINGS: Final = CalendarSettings
YEARS: Final = range(1990, 2100)
"""For other years the library is not asked: what it would say there is an extrapolation."""


class Place(Struct, frozen=True, kw_only=True):
    """One row of `zones.csv`."""

    code: str
    zone: str
    holidays: str
    note: str = ""
    """What the row leaves out: several zones, holidays of regions."""


def places() -> dict[str, Place]:
    """Every state of the table by its code."""
    text = (files(__package__) / "zones.csv").read_text("utf-8")
    return {row["code"]: Place(**row) for row in csv.DictReader(text.splitlines())}


class StateCalendar:
    """The days of one state."""

    def __init__(self, zone: tzinfo, public: holidays.HolidayBase, settings: CalendarSettings) -> None:
        self._zone, self._public = zone, public
        self._days_off, self._working = frozenset(settings.days_off), frozenset(settings.working_days)

    @property
    def zone(self) -> tzinfo:
        return self._zone

    def is_working_day(self, day: date) -> bool:
        if day in self._working:
            return True
        if day.weekday() in SATURDAY_AND_SUNDAY or day in self._days_off:
            return False
        if day.year not in YEARS:
            raise CalendarDoesNotReach(
                "clocks.calendar-does-not-reach", "The calendar of working days does not reach that far.",
                operator=f"Public holidays are known from {YEARS.start} to {YEARS.stop - 1}, not for {day.year}.",
            )  # fmt: skip
        return day not in self._public


class StateCalendars:
    """`gateway.clocks.calendar.Calendars` by the state of an office: `sirene:XA` and `ncb:XA` share one."""

    def __init__(self, settings: Mapping[str, CalendarSettings]) -> None:
        """Raises `Misconfigured` for a zone or a state that nobody knows."""
        self._settings, self._places = dict(settings), places()
        self._made: dict[str, Calendar] = {}
        for code in self._settings:
            self._made[code] = self._make(code)

    def of(self, party: PartyId) -> Calendar:
        """The calendar of an office's state."""
        code = party.partition(":")[2]
        if code not in self._made:
            if code not in self._places:
                return UnknownPlace(party)
            self._made[code] = self._make(code)
        return self._made[code]

    def _make(self, code: str) -> Calendar:
        settings = self._settings.get(code, CalendarSettings())
        like = self._places.get(settings.holidays_of or code)
        zone = settings.zone or (like.zone if like else "")
        if not zone:
            raise _unknown(code, "zone: no zone is known for it; name one, such as Europe/Copenhagen.")
        if settings.holidays_of and settings.holidays_of not in holidays.list_supported_countries(
            include_aliases=False
        ):
            raise _unknown(code, f"holidays_of: no public holidays are known of {settings.holidays_of[:8]!r}.")
        country = settings.holidays_of or (like.holidays if like else "")
        public = holidays.country_holidays(country) if country else holidays.HolidayBase()
        return StateCalendar(legal_time(zone), public, settings)


def _unknown(code: str, fault: str) -> Misconfigured:
    return Misconfigured("calendars.unknown", f"The calendar of {code[:24]} cannot be used.", operator=fault)
