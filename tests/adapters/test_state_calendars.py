"""Working days and legal time of the states: the table, the library behind it, and what an office adds."""

from __future__ import annotations

from datetime import date

import pytest

from adapters.calendars.holidays.calendars import StateCalendars, places
from adapters.calendars.holidays.settings import CalendarSettings
from gateway.clocks.calendar import CalendarDoesNotReach
from gateway.errors import Misconfigured

PLAIN = StateCalendars({})


@pytest.mark.parametrize("code", sorted(places()))
def test_every_state_of_the_table_has_a_zone_and_rests_at_new_year(code: str) -> None:
    calendar = PLAIN.of(f"sirene:{code}")
    assert calendar.zone.utcoffset(None) is None
    assert not calendar.is_working_day(date(2027, 1, 1))
    assert calendar.is_working_day(date(2026, 11, 24))
    assert not calendar.is_working_day(date(2026, 11, 22))


def test_a_holiday_of_one_state_is_a_working_day_of_another() -> None:
    ascension = date(2026, 5, 14)
    assert not PLAIN.of("sirene:DK").is_working_day(ascension)
    assert PLAIN.of("sirene:IE").is_working_day(ascension)


def test_an_office_adds_its_own_days() -> None:
    own = CalendarSettings(days_off=(date(2026, 12, 24),), working_days=(date(2026, 5, 14),))
    calendar = StateCalendars({"DK": own}).of("ncb:DK")
    assert not calendar.is_working_day(date(2026, 12, 24))
    assert calendar.is_working_day(date(2026, 5, 14))


def test_a_fictitious_state_is_like_another_where_the_settings_say_so() -> None:
    calendars = StateCalendars({"XA": CalendarSettings(holidays_of="DK")})
    assert str(calendars.of("sirene:XA").zone) == "Europe/Copenhagen"
    assert not calendars.of("sirene:XA").is_working_day(date(2026, 5, 14))


def test_nothing_is_guessed() -> None:
    with pytest.raises(CalendarDoesNotReach, match="no calendar for europol:EUROPOL"):
        PLAIN.of("europol:EUROPOL").is_working_day(date(2026, 11, 24))
    with pytest.raises(CalendarDoesNotReach, match="2150"):
        PLAIN.of("sirene:DK").is_working_day(date(2150, 11, 24))


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (CalendarSettings(), "zone: no zone is known"),
        (CalendarSettings(zone="Europe/Nowhere"), "no time zone"),
        (CalendarSettings(zone="UTC", holidays_of="QQ"), "holidays_of: no public holidays"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_at_the_start(settings: CalendarSettings, fault: str) -> None:
    with pytest.raises(Misconfigured, match=fault):
        StateCalendars({"XA": settings})
