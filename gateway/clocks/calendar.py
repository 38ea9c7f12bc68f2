"""Which days are working days, and in which legal time: facts of the place where the bound authority sits.

Working days are national, so there is one calendar per state. No calendar is guessed: one that is asked about a year it
does not know refuses instead of calling every Monday a working day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, tzinfo
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.errors import Misconfigured
from gateway.identity import PartyId

SATURDAY_AND_SUNDAY: Final = frozenset({5, 6})
"""As `date.weekday` counts."""


class CalendarDoesNotReach(Misconfigured):
    """The calendar says nothing about a day that a clock needs."""


class Calendar(Protocol):
    """The days and the legal time of one place."""

    @property
    def zone(self) -> tzinfo:
        """Legal time, summer time included."""
        ...

    def is_working_day(self, day: date) -> bool:
        """Whether the authorities of the place work; raises `CalendarDoesNotReach` for a day it knows nothing of."""
        ...


class Calendars(Protocol):
    """Every calendar there is, by the office that it binds."""

    def of(self, party: PartyId) -> Calendar:
        """The calendar of an office's state. Of a place nobody knows it is one that refuses every question."""
        ...


class UnknownPlace:
    """The calendar of a place that nobody named: limits in hours need none, everything else is refused."""

    def __init__(self, place: str = "") -> None:
        self._place = place

    @property
    def zone(self) -> tzinfo:
        raise self._unknown()

    def is_working_day(self, day: date) -> bool:
        raise self._unknown()

    def _unknown(self) -> CalendarDoesNotReach:
        named = (
            f"There is no calendar for {self._place[:64]}."
            if self._place
            else "Nothing says which office the limit binds."
        )
        return CalendarDoesNotReach(
            "clocks.place-unknown", "The place whose calendar counts is not known.",
            operator=f"{named} Name its zone and days off in the settings.",
        )  # fmt: skip


class NoCalendars:
    """Where none is set up."""

    def of(self, party: PartyId) -> Calendar:
        return UnknownPlace(party)


class ListedDays:
    """A calendar from a list of public holidays and the days of the week on which nobody works."""

    def __init__(
        self,
        zone: tzinfo,
        holidays: Iterable[date] = (),
        *,
        weekend: frozenset[int] = SATURDAY_AND_SUNDAY,
        years: range | None = None,
    ) -> None:
        """`years` are those whose holidays are all listed; None means that the list is complete for ever."""
        if len(weekend) > 6 or not weekend <= frozenset(range(7)):
            raise ValueError("a weekend is a set of days 0 to 6 that leaves one to work on")
        self._zone = zone
        self._holidays = frozenset(holidays)
        self._weekend = weekend
        self._years = years

    @property
    def zone(self) -> tzinfo:
        return self._zone

    def is_working_day(self, day: date) -> bool:
        if day.weekday() in self._weekend or day in self._holidays:
            return False
        if self._years is not None and day.year not in self._years:
            raise CalendarDoesNotReach(
                "clocks.calendar-does-not-reach",
                "The calendar of working days does not reach that far.",
                operator=f"The calendar lists no holidays for {day.year}; add them before working days are counted there.",
            )
        return True


def legal_time(name: str) -> tzinfo:
    """The legal time of a place such as `Europe/Copenhagen`; raises `Misconfigured` for a name nobody knows."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        public = "A time zone is not known here."
        operator = (
            f"There is no time zone {name[:64]!r} on this machine; use a name of the IANA list, or install tzdata."
        )
        raise Misconfigured("clocks.zone-unknown", public, operator=operator) from error
