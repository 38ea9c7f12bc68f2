"""When limits end: over changes to summer time, leap days, holidays and midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.clocks.calendar import CalendarDoesNotReach, ListedDays, legal_time
from gateway.clocks.limit import Kind, Limit, Moves, Unit, end_of
from gateway.errors import Misconfigured
from tests.clocks.places import HOLIDAYS_OF_XA, NO_HOLIDAYS, XA, at, duration

CPH = "Europe/Copenhagen"


def ends(limit: Limit, start: datetime, calendar: ListedDays = XA, more: int = 0) -> datetime:
    end = end_of(limit, start, None, more, calendar)
    assert end is not None
    return end.at


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-03-28 20:00", "2026-03-29 09:00"),  # the night that loses an hour
        ("2026-10-24 20:00", "2026-10-25 07:00"),  # the night that has one twice
        ("2026-06-10 20:00", "2026-06-11 08:00"),
        ("2028-02-28 20:00", "2028-02-29 08:00"),
    ],
)
def test_twelve_hours_are_twelve_hours_whatever_the_clock_on_the_wall_does(start: str, due: str) -> None:
    assert ends(duration(12, Unit.HOURS), at(start, CPH).astimezone(UTC)) == at(due, CPH)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-03-20 00:00", "2026-03-31 00:00"),  # received as the day begins
        ("2026-03-20 23:59", "2026-03-31 00:00"),  # and as it ends: the same limit
        ("2026-03-21 00:00", "2026-04-01 00:00"),  # a minute later, a day more
        ("2026-10-20 12:00", "2026-10-31 00:00"),  # across the end of summer time
        ("2028-02-20 12:00", "2028-03-02 00:00"),  # across a leap day
        ("2027-02-20 12:00", "2027-03-03 00:00"),
    ],
)
def test_ten_calendar_days_begin_the_day_after_and_end_at_local_midnight(start: str, due: str) -> None:
    assert ends(duration(10, Unit.CALENDAR_DAYS), at(start, CPH).astimezone(UTC)) == at(due, CPH)


def test_the_date_of_an_event_is_the_one_on_the_calendar_of_the_bound_authority() -> None:
    late_evening = at("2026-06-10 22:30")  # half past midnight on the 11th in XA
    limit = duration(10, Unit.CALENDAR_DAYS)

    assert ends(limit, late_evening) == at("2026-06-22 00:00", CPH)
    assert ends(limit, late_evening, NO_HOLIDAYS) == at("2026-06-21 00:00")


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-06-08 09:00", "2026-06-11 00:00"),  # Monday: Tuesday, Wednesday
        ("2026-06-12 15:00", "2026-06-17 00:00"),  # Friday: Monday, Tuesday
        ("2026-06-13 15:00", "2026-06-17 00:00"),  # Saturday: the same
        ("2026-04-01 15:00", "2026-04-08 00:00"),  # Wednesday before two holidays: Thursday 2nd, Tuesday 7th
        ("2026-12-31 15:00", "2027-01-06 00:00"),  # New Year's Day is a Friday
    ],
)
def test_two_working_days_skip_weekends_and_holidays(start: str, due: str) -> None:
    assert ends(duration(2, Unit.WORKING_DAYS), at(start, CPH).astimezone(UTC)) == at(due, CPH)


@pytest.mark.parametrize(
    ("limit", "start", "due"),
    [
        (duration(2, Unit.MONTHS), "2026-01-15 12:00", "2026-03-16 00:00"),
        (duration(1, Unit.MONTHS), "2026-01-31 12:00", "2026-03-01 00:00"),  # no 31 February
        (duration(1, Unit.MONTHS), "2028-01-31 12:00", "2028-03-01 00:00"),
        (duration(2, Unit.MONTHS), "2026-12-31 12:00", "2027-03-01 00:00"),
        (duration(12, Unit.MONTHS), "2028-02-29 12:00", "2029-03-01 00:00"),
        (duration(1, Unit.YEARS), "2028-02-29 12:00", "2029-03-01 00:00"),
        (duration(4, Unit.YEARS), "2028-02-29 12:00", "2032-03-01 00:00"),
        (duration(3, Unit.YEARS), "2026-11-21 12:00", "2029-11-22 00:00"),
    ],
)
def test_months_and_years_end_with_the_day_of_the_same_number(limit: Limit, start: str, due: str) -> None:
    assert ends(limit, at(start, CPH).astimezone(UTC)) == at(due, CPH)


def test_a_limit_that_ends_on_a_day_off_moves_only_where_the_row_says_so() -> None:
    wednesday = at("2026-03-25 12:00", CPH).astimezone(UTC)  # ten days later: Saturday before Easter, holiday on Monday
    moved = at("2026-04-08 00:00", CPH)
    strict = at("2026-04-05 00:00", CPH)
    answers = {moves: end_of(duration(10, Unit.CALENDAR_DAYS, moves=moves), wednesday, None, 0, XA) for moves in Moves}

    assert [(end.at, end.moved) for end in answers.values() if end] == [(strict, None), (moved, None), (strict, moved)]


def test_a_limit_that_ends_on_a_working_day_has_one_reading() -> None:
    end = end_of(duration(10, Unit.CALENDAR_DAYS, moves=Moves.OPEN), at("2026-06-08 12:00"), None, 0, XA)
    assert end and end.moved is None


@pytest.mark.parametrize(
    ("zone", "day", "midnight_utc"),
    [
        ("Africa/Cairo", date(2026, 4, 23), "2026-04-23 22:00"),  # midnight is skipped: the moment of the change
        ("Atlantic/Azores", date(2026, 10, 24), "2026-10-25 00:00"),  # midnight comes twice: the first one
        ("America/Havana", date(2026, 3, 7), "2026-03-08 05:00"),
    ],
)
def test_a_day_ends_once_even_where_midnight_does_not_come_or_comes_twice(
    zone: str, day: date, midnight_utc: str
) -> None:
    there = ListedDays(legal_time(zone))
    noon_before = datetime(day.year, day.month, day.day, 12, tzinfo=there.zone) - timedelta(days=1)
    assert ends(duration(1, Unit.CALENDAR_DAYS), noon_before.astimezone(UTC), there) == at(midnight_utc)


def test_four_months_before_a_stated_date_are_counted_back() -> None:
    limit = duration(4, Unit.MONTHS, local=False, before=True)
    entered = at("2026-01-10 12:00")

    def due(until: str) -> datetime:
        end = end_of(limit, entered, at(until), 0, XA)
        assert end
        return end.at

    assert due("2027-01-10 12:00") == at("2026-09-10 00:00")
    assert due("2028-06-30 12:00") == at("2028-02-29 00:00")
    assert due("2026-03-01 12:00") == entered, "a shorter life leaves nothing to wait for"
    assert end_of(limit, entered, None, 0, XA) is None


def test_a_limit_without_a_figure_has_no_end() -> None:
    for kind in (Kind.IMMEDIATELY, Kind.AS_SOON_AS_POSSIBLE, Kind.NO_TIME):
        assert end_of(Limit(kind=kind), at("2026-06-08 12:00"), None, 0, XA) is None


def test_a_calendar_that_does_not_reach_refuses_instead_of_guessing() -> None:
    short = ListedDays(legal_time(CPH), HOLIDAYS_OF_XA, years=range(2026, 2027))

    assert ends(duration(2, Unit.WORKING_DAYS), at("2026-06-08 12:00"), short) == at("2026-06-11 00:00", CPH)
    with pytest.raises(CalendarDoesNotReach) as refusal:
        ends(duration(2, Unit.WORKING_DAYS), at("2026-12-31 12:00"), short)
    assert "2027" in refusal.value.operator


def test_a_calendar_without_a_working_day_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves one"):
        ListedDays(UTC, weekend=frozenset(range(7)))

    first = date(2026, 1, 1)
    never = ListedDays(UTC, (first + timedelta(days=offset) for offset in range(800)))
    with pytest.raises(CalendarDoesNotReach):
        ends(duration(1, Unit.WORKING_DAYS), at("2026-01-02 12:00"), never)


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../etc/passwd", "", "Europe"])
def test_a_place_that_nobody_knows_is_refused_in_our_words(name: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        legal_time(name)
    assert refusal.value.code == "clocks.zone-unknown"
