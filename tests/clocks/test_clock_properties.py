"""What holds for every clock, whatever takes place, wherever it is bound, whenever somebody asks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.clocks.calendar import ListedDays, legal_time
from gateway.clocks.definition import ClockDefinition
from gateway.clocks.happening import Happening
from gateway.clocks.limit import EXACT, Kind, Limit, Moves, Unit
from gateway.clocks.state import ClockState, Status, runs, state
from tests.clocks.places import DOUBT, LONGER, NO_OBJECTION, QUESTION, clock, duration

# Zones that change at midnight, that go back over it, that lie far off, and one that never changes.
ZONES = [
    "Europe/Copenhagen", "Africa/Cairo", "Atlantic/Azores", "America/Havana", "Australia/Lord_Howe",
    "America/St_Johns", "UTC",
]  # fmt: skip
unhurried = settings(deadline=None)  # a busy machine is no failure
FINAL = {Status.STOPPED, Status.EXPIRED}
ORDER = {
    Status.WAITING: 0,
    Status.RUNNING: 1,
    Status.PAUSED: 1,
    Status.BREACHED: 2,
    Status.EXPIRED: 3,
    Status.STOPPED: 3,
}

FIRST, LAST = datetime(2012, 2, 1), datetime(2032, 12, 31)  # noqa: DTZ001 (hypothesis adds the zone)
moments = st.datetimes(FIRST, LAST, timezones=st.sampled_from(ZONES).map(legal_time))
"""Moments that never were (skipped by summer time) included: a careless sender writes them."""
nearby = st.integers(-60 * 24 * 5, 60 * 24 * 45).map(lambda minutes: timedelta(minutes=minutes))
calendars = st.builds(
    ListedDays,
    st.sampled_from(ZONES).map(legal_time),
    st.frozensets(st.dates(date(2010, 1, 1), date(2033, 12, 31)), max_size=40),
    weekend=st.sampled_from([frozenset({5, 6}), frozenset({4, 5}), frozenset[int]()]),
)
exact_limits = st.builds(duration, st.integers(1, 400), st.sampled_from(sorted(EXACT)))
day_limits = st.builds(
    duration,
    st.integers(1, 40),
    st.sampled_from([Unit.CALENDAR_DAYS, Unit.WORKING_DAYS, Unit.MONTHS, Unit.YEARS]),
    moves=st.sampled_from(list(Moves)),
    local=st.booleans(),
)
unmeasured = st.sampled_from([Limit(kind=Kind.IMMEDIATELY), Limit(kind=Kind.AS_SOON_AS_POSSIBLE)])
NAMES = [
    "request.received", "answer.sent", "question.asked", "question.answered", "doubt.raised", "doubt.settled", "more.asked",
]  # fmt: skip


@st.composite
def definitions(draw: st.DrawFn, *, comes_round: bool = True) -> ClockDefinition:
    limit = draw(st.one_of(exact_limits, day_limits, unmeasured))
    return clock(
        limit,
        pauses=(QUESTION, DOUBT) if limit.unit in EXACT else (),
        extension=draw(st.sampled_from([None, LONGER])),
        consequence=draw(st.sampled_from([None, NO_OBJECTION])) if limit.counts else None,
        restarts=comes_round and draw(st.booleans()),
    )


@st.composite
def stories(draw: st.DrawFn, *, names: tuple[str, ...] = tuple(NAMES)) -> list[Happening]:
    """A start and what takes place around it, in any order and some of it twice."""
    start = draw(moments)
    rest = draw(
        st.lists(
            st.builds(
                Happening,
                name=st.sampled_from(names),
                at=nearby.map(lambda apart: start.astimezone(UTC) + apart),
                reason=st.sampled_from(["", "file abroad"]),
                amount=st.integers(0, 14),
            ),
            max_size=12,
        )
    )
    return draw(st.permutations([Happening(name="request.received", at=start), *rest, *rest[:2]]))


def times_around(story: list[Happening]) -> list[datetime]:
    first = min(each.at.astimezone(UTC) for each in story)
    return [first + timedelta(hours=hours) for hours in (-1, 0, 7, 30, 100, 300, 700, 1500, 9000)]


@unhurried
@given(definitions(), stories(), calendars, st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_what_is_told_do_not_matter(
    definition: ClockDefinition, story: list[Happening], calendar: ListedDays, dice: object
) -> None:
    now = times_around(story)[6]
    other = sorted(story, key=lambda each: (each.name, each.at), reverse=True)
    told_elsewhere = [
        Happening(name=e.name, at=e.at.astimezone(legal_time("Asia/Tokyo")), reason=e.reason, amount=e.amount)
        for e in other
    ]
    assert runs(definition, story, calendar, now) == runs(definition, [*told_elsewhere, *other], calendar, now)


@unhurried
@given(definitions(), stories(), calendars)
def test_time_only_moves_a_clock_forward(
    definition: ClockDefinition, story: list[Happening], calendar: ListedDays
) -> None:
    earlier = runs(definition, story, calendar, times_around(story)[0])
    for now in sorted([*times_around(story), *(each.at.astimezone(UTC) for each in story)]):
        later = runs(definition, story, calendar, now)
        assert len(later) >= len(earlier)
        for before, after in zip(earlier, later, strict=False):
            _went_forward(before, after)
        earlier = later


def _went_forward(before: ClockState, after: ClockState) -> None:
    assert ORDER[before.status] <= ORDER[after.status]
    assert before.status not in FINAL or before.status is after.status
    assert before.running_time <= after.running_time
    assert before.overdue <= after.overdue
    assert set(before.warnings) <= set(after.warnings)
    assert before.remarks == after.remarks[: len(before.remarks)]
    assert before.started_at == after.started_at
    if before.status is Status.BREACHED:
        assert before.due == after.due, "what has passed stays passed"


@unhurried
@given(definitions(), stories(), calendars)
def test_when_a_limit_ends_does_not_depend_on_who_asks_when(
    definition: ClockDefinition, story: list[Happening], calendar: ListedDays
) -> None:
    last = max(each.at.astimezone(UTC) for each in story)
    first, *others = [state(definition, story, calendar, last + timedelta(hours=hours)) for hours in (0, 1, 50, 9000)]
    assert {each.due for each in others} == {first.due}
    assert {each.due_if_moved for each in others} == {first.due_if_moved}


@unhurried
@given(definitions(comes_round=False), stories(), calendars, moments)
def test_a_stopped_clock_never_breaches(
    definition: ClockDefinition, story: list[Happening], calendar: ListedDays, much_later: datetime
) -> None:
    now = times_around(story)[5]
    found = state(definition, [*story, Happening(name="answer.sent", at=now)], calendar, now)
    later = state(definition, [*story, Happening(name="answer.sent", at=now)], calendar, max(now, much_later))
    assert found.status in FINAL
    assert (found.escalation, found.next_look_at) == ("", None)
    assert later == found


@unhurried
@given(exact_limits, stories(names=("question.asked", "question.answered", "doubt.raised", "doubt.settled")), calendars)
def test_pauses_never_lengthen_the_running_time(limit: Limit, story: list[Happening], calendar: ListedDays) -> None:
    with_pauses = clock(limit, pauses=(QUESTION, DOUBT))
    plain = clock(limit)
    for now in times_around(story):
        paused, unpaused = state(with_pauses, story, calendar, now), state(plain, story, calendar, now)
        assert paused.running_time <= unpaused.running_time
        running = [s for s in paused.segments if s.running]
        assert sum(((s.end or now) - s.start for s in running), timedelta()) == paused.running_time
        if paused.status is Status.BREACHED:
            span = timedelta(hours=limit.amount * (24 if limit.unit is Unit.ELAPSED_DAYS else 1))
            assert paused.running_time - paused.overdue == span, "the limit is used up to the second, never more"
            assert paused.due and unpaused.due and paused.due >= unpaused.due


@unhurried
@given(exact_limits, stories(), calendars)
def test_segments_follow_one_another_without_a_gap(limit: Limit, story: list[Happening], calendar: ListedDays) -> None:
    found = state(clock(limit, pauses=(QUESTION, DOUBT)), story, calendar, times_around(story)[6])
    for one, following in zip(found.segments, found.segments[1:], strict=False):
        assert one.end == following.start
        assert one.start < one.end, "a question answered in the same moment leaves no trace"
    assert all(segment.running or segment.reasons for segment in found.segments)


@unhurried
@given(exact_limits, moments, calendars)
def test_hours_are_seconds_wherever_the_office_sits(limit: Limit, start: datetime, calendar: ListedDays) -> None:
    due = state(clock(limit), [Happening(name="request.received", at=start)], calendar, start).due
    hours = limit.amount * (24 if limit.unit is Unit.ELAPSED_DAYS else 1)
    assert due and due.timestamp() - start.timestamp() == hours * 3600


@unhurried
@given(day_limits, moments, calendars)
def test_whole_days_end_as_a_day_ends_and_give_at_least_their_full_number(
    limit: Limit, start: datetime, calendar: ListedDays
) -> None:
    found = state(clock(limit), [Happening(name="request.received", at=start)], calendar, start)
    zone = calendar.zone if limit.local else UTC
    assert found.due and found.due > start
    last_second = found.due - timedelta(seconds=1)
    event_day, last_day = start.astimezone(UTC).astimezone(zone).date(), last_second.astimezone(zone).date()
    assert found.due.astimezone(zone).date() > last_day, "a second later another day begins"
    if limit.unit is Unit.CALENDAR_DAYS and limit.moves is not Moves.YES:
        assert (last_day - event_day).days == limit.amount
    if limit.unit is Unit.WORKING_DAYS:
        between = [event_day + timedelta(days=n) for n in range(1, (last_day - event_day).days + 1)]
        assert sum(map(calendar.is_working_day, between)) == limit.amount
        assert calendar.is_working_day(last_day)
    if limit.moves is Moves.YES:
        assert calendar.is_working_day(last_day)
    if limit.unit in {Unit.MONTHS, Unit.YEARS} and limit.moves is not Moves.YES:
        months = limit.amount * (12 if limit.unit is Unit.YEARS else 1)
        assert (last_day.year - event_day.year) * 12 + last_day.month - event_day.month == months
        assert last_day.day == event_day.day or (last_day + timedelta(days=1)).day == 1


@unhurried
@given(day_limits, moments, calendars, st.integers(1, 12))
def test_an_extension_never_shortens_a_limit(limit: Limit, start: datetime, calendar: ListedDays, amount: int) -> None:
    definition = clock(limit, extension=LONGER)
    received = Happening(name="request.received", at=start)
    asked = Happening(name="more.asked", at=start, amount=amount, reason="file abroad")
    plain, longer = (
        state(definition, [received], calendar, start),
        state(definition, [received, asked], calendar, start),
    )
    assert plain.due and longer.due and longer.due >= plain.due
    assert longer.remarks == ()


@unhurried
@given(definitions(), stories(), calendars)
def test_nothing_changes_before_the_moment_at_which_to_look_again(
    definition: ClockDefinition, story: list[Happening], calendar: ListedDays
) -> None:
    now = max(each.at.astimezone(UTC) for each in story)
    found = state(definition, story, calendar, now)
    until = found.next_look_at
    if until is None:
        assert state(definition, story, calendar, now + timedelta(days=5000)).status is found.status
        return
    just_before = state(definition, story, calendar, until - timedelta(microseconds=1))
    then = state(definition, story, calendar, until)
    assert until > now
    assert (just_before.status, just_before.warnings) == (found.status, found.warnings)
    assert (then.status, then.warnings) != (found.status, found.warnings)
