"""What a clock says as its matter goes on: warnings, breach, pauses, extensions, silence with and without consequence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.clocks.definition import ClockDefinition
from gateway.clocks.happening import Happening
from gateway.clocks.limit import Kind, Limit, Moves, Unit
from gateway.clocks.state import ClockState, Status, runs, state
from tests.clocks.places import DOUBT, LONGER, NO_OBJECTION, QUESTION, XA, at, clock, duration, told

RECEIVED = told("request.received", at("2026-06-08 08:00"))
TWELVE_HOURS = clock(duration(12, Unit.HOURS))
SEVEN_DAYS = clock(duration(7, Unit.ELAPSED_DAYS), pauses=(QUESTION, DOUBT))
CONSULTATION = clock(duration(14, Unit.CALENDAR_DAYS), extension=LONGER)
SILENCE = clock(duration(10, Unit.CALENDAR_DAYS, moves=Moves.OPEN), consequence=NO_OBJECTION)


def after(definition: ClockDefinition, hours: float, *events: Happening) -> ClockState:
    return state(definition, (RECEIVED, *events), XA, RECEIVED.at + timedelta(hours=hours))


def moment(hours: float) -> datetime:
    return RECEIVED.at + timedelta(hours=hours)


def test_a_clock_waits_until_something_starts_it() -> None:
    assert state(TWELVE_HOURS, (), XA, at("2026-06-08 08:00")).status is Status.WAITING
    assert after(TWELVE_HOURS, -1).status is Status.WAITING
    assert after(TWELVE_HOURS, 0).status is Status.RUNNING


def test_warnings_at_six_hours_and_nine_point_six_and_breach_at_twelve() -> None:
    assert [len(after(TWELVE_HOURS, hours).warnings) for hours in (5.9, 6, 9.5, 9.6, 12)] == [0, 1, 1, 2, 2]
    assert after(TWELVE_HOURS, 11.99).status is Status.RUNNING
    breached = after(TWELVE_HOURS, 12)
    assert (breached.status, breached.escalation, breached.due) == (Status.BREACHED, "duty officer", moment(12))
    assert breached.overdue == timedelta(0)
    assert after(TWELVE_HOURS, 15).overdue == timedelta(hours=3)


def test_a_clock_says_when_to_look_at_it_again() -> None:
    looks = [after(TWELVE_HOURS, 0).next_look_at]
    while looks[-1] is not None:
        looks.append(state(TWELVE_HOURS, (RECEIVED,), XA, looks[-1]).next_look_at)
    assert looks == [moment(6), moment(9.6), moment(12), None]


def test_an_answer_at_the_last_second_is_in_time_and_one_later_is_late() -> None:
    in_time = after(TWELVE_HOURS, 100, told("answer.sent", moment(12)))
    late = after(TWELVE_HOURS, 100, told("answer.sent", moment(12) + timedelta(seconds=1)))

    assert (in_time.status, in_time.late) == (Status.STOPPED, False)
    assert (late.status, late.late, late.overdue) == (Status.STOPPED, True, timedelta(seconds=1))
    assert in_time.escalation == late.escalation == ""


def test_an_answer_on_the_day_after_the_last_day_is_late() -> None:
    limit = clock(duration(10, Unit.CALENDAR_DAYS))
    midnight = at("2026-06-19 00:00", "Europe/Copenhagen").astimezone(UTC)
    before = state(limit, (RECEIVED, told("answer.sent", midnight - timedelta(seconds=1))), XA, midnight)
    on_it = state(limit, (RECEIVED, told("answer.sent", midnight)), XA, midnight)
    assert [before.late, on_it.late] == [False, True]


def test_an_answer_before_the_question_stops_nothing() -> None:
    assert after(TWELVE_HOURS, 1, told("answer.sent", moment(-1))).status is Status.RUNNING


def test_a_second_request_of_the_same_matter_does_not_restart_the_clock() -> None:
    again = told("request.received", moment(5))
    assert after(TWELVE_HOURS, 6, again).due == moment(12)


def test_what_has_not_taken_place_yet_is_not_known() -> None:
    assert after(TWELVE_HOURS, 3, told("answer.sent", moment(4))).status is Status.RUNNING


def test_a_stopped_clock_still_shows_when_it_would_have_been_due() -> None:
    stopped = after(TWELVE_HOURS, 100, told("answer.sent", moment(4)))
    assert (stopped.due, stopped.remaining, stopped.running_time) == (
        moment(12),
        timedelta(hours=8),
        timedelta(hours=4),
    )
    assert stopped.warnings == ()


def test_what_takes_place_in_one_moment_is_taken_in_the_order_of_sense() -> None:
    assert after(TWELVE_HOURS, 1, told("answer.sent", moment(0))).status is Status.STOPPED
    both = (told("doubt.settled", moment(5)), told("doubt.raised", moment(5)))
    assert after(SEVEN_DAYS, 6, *both).status is Status.RUNNING
    answered_and_asked = (told("question.answered", moment(5)), told("question.asked", moment(5)))
    assert after(SEVEN_DAYS, 6, *answered_and_asked).due == moment(7 * 24)


# --- pauses --------------------------------------------------------------------------------------------------------


def test_a_question_pauses_the_clock_and_the_reason_stands_in_the_segments() -> None:
    asked = told("question.asked", moment(24), reason="plate unreadable")
    paused = after(SEVEN_DAYS, 48, asked)

    assert (paused.status, paused.due, paused.next_look_at) == (Status.PAUSED, None, None)
    assert paused.remaining == timedelta(days=6)
    assert [(each.running, each.reasons) for each in paused.segments] == [(True, ()), (False, ("plate unreadable",))]

    resumed = after(SEVEN_DAYS, 73, asked, told("question.answered", moment(72)))
    assert (resumed.status, resumed.due) == (Status.RUNNING, moment(9 * 24))
    assert [each.start for each in resumed.segments] == [moment(0), moment(24), moment(72)]


def test_two_open_questions_pause_until_the_last_is_answered() -> None:
    events = [
        told("question.asked", moment(10)),
        told("doubt.raised", moment(20)),
        told("question.answered", moment(30)),
        told("doubt.settled", moment(40)),
    ]
    assert [after(SEVEN_DAYS, hours, *events).status for hours in (15, 25, 35, 40)] == [
        Status.PAUSED, Status.PAUSED, Status.PAUSED, Status.RUNNING,
    ]  # fmt: skip
    assert after(SEVEN_DAYS, 41, *events).due == moment(7 * 24 + 30)


def test_asking_twice_does_not_pause_twice() -> None:
    events = [
        told("question.asked", moment(10)),
        told("question.asked", moment(12)),
        told("question.answered", moment(20)),
    ]
    assert after(SEVEN_DAYS, 21, *events).due == moment(7 * 24 + 10)


def test_a_question_after_the_end_saves_nobody() -> None:
    asked = told("question.asked", moment(7 * 24))
    assert after(SEVEN_DAYS, 7 * 24 + 1, asked).status is Status.BREACHED


def test_an_answer_in_a_pause_stops_the_clock_in_time() -> None:
    stopped = after(SEVEN_DAYS, 1000, told("question.asked", moment(160)), told("answer.sent", moment(900)))
    assert (stopped.status, stopped.late, stopped.running_time) == (Status.STOPPED, False, timedelta(hours=160))


# --- extensions ----------------------------------------------------------------------------------------------------


def more(day: float, amount: int = 12, reason: str = "file abroad") -> Happening:
    return told("more.asked", moment(24 * day), amount=amount, reason=reason)


def test_an_extension_counts_from_the_same_start() -> None:
    due = after(CONSULTATION, 24 * 10, more(9)).due
    assert due == at("2026-07-05 00:00", "Europe/Copenhagen")
    assert after(CONSULTATION, 24 * 10, more(9, amount=2)).due == at("2026-06-25 00:00", "Europe/Copenhagen")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (more(3, amount=13), "extension-too-long"),
        (more(3, amount=0), "extension-no-length"),
        (more(3, amount=-2), "extension-no-length"),
        (more(3, reason="  "), "extension-no-reason"),
        (more(15), "extension-too-late"),
    ],
)
def test_an_extension_against_the_rules_changes_nothing_and_is_told_to_an_officer(asked: Happening, code: str) -> None:
    found = after(CONSULTATION, 24 * 20, asked)
    assert [each.code for each in found.remarks] == [code]
    assert (found.due, found.status) == (after(CONSULTATION, 0).due, Status.BREACHED)


def test_an_extension_exactly_when_the_limit_ends_is_too_late() -> None:
    due = after(CONSULTATION, 0).due
    assert due
    found = state(CONSULTATION, (RECEIVED, told("more.asked", due, amount=5, reason="x")), XA, due)
    assert [each.code for each in found.remarks] == ["extension-too-late"]


def test_a_second_extension_is_refused_and_the_same_one_told_twice_is_one() -> None:
    assert [each.code for each in after(CONSULTATION, 300, more(3, 4), more(5, 4)).remarks] == ["extension-again"]
    assert after(CONSULTATION, 300, more(3, 4), more(3, 4)).remarks == ()


def test_an_extension_warns_anew_for_the_longer_limit() -> None:
    passed = after(CONSULTATION, 24 * 40, more(12)).warnings
    assert [each.percent for each in passed] == [50, 80, 50, 80]
    assert [each.at for each in passed] == sorted(each.at for each in passed)


def test_warnings_of_the_old_limit_that_had_not_come_are_dropped() -> None:
    early, short = after(CONSULTATION, 24 * 40, more(9)), after(CONSULTATION, 24 * 40, more(12, amount=2))
    assert [each.percent for each in early.warnings] == [50, 50, 80]
    assert [each.percent for each in short.warnings] == [50, 80, 80], (
        "half of sixteen days had gone when it was asked for"
    )


def test_where_an_extension_is_not_provided_for_asking_changes_nothing() -> None:
    assert after(TWELVE_HOURS, 1, told("more.asked", moment(0.5), amount=2, reason="x")) == after(TWELVE_HOURS, 1)


# --- the end -------------------------------------------------------------------------------------------------------


def test_silence_takes_effect_only_when_both_readings_of_the_limit_have_passed() -> None:
    thursday = told("request.received", at("2026-06-11 08:00"))  # the tenth day is Sunday 21 June
    sunday, monday = at("2026-06-22 00:00", "Europe/Copenhagen"), at("2026-06-23 00:00", "Europe/Copenhagen")

    def on(now: datetime, *events: Happening) -> ClockState:
        return state(SILENCE, (thursday, *events), XA, now)

    assert (on(sunday).status, on(sunday).consequence, on(sunday).next_look_at) == (Status.BREACHED, None, monday)
    assert (on(monday).status, on(monday).consequence) == (Status.EXPIRED, NO_OBJECTION)

    between = told("answer.sent", sunday + timedelta(hours=9))
    assert (on(monday, between).status, on(monday, between).late) == (Status.STOPPED, True)


def test_where_silence_means_nothing_the_other_reading_is_only_shown() -> None:
    owed = clock(duration(10, Unit.CALENDAR_DAYS, moves=Moves.OPEN))
    thursday = told("request.received", at("2026-06-11 08:00"))
    sunday, monday = at("2026-06-22 00:00", "Europe/Copenhagen"), at("2026-06-23 00:00", "Europe/Copenhagen")
    found = state(owed, (thursday,), XA, sunday)
    assert (found.status, found.due_if_moved, found.next_look_at) == (Status.BREACHED, monday, None)


def test_an_answer_after_silence_took_effect_does_not_undo_it() -> None:
    answer = told("answer.sent", at("2026-07-01 08:00"))
    found = state(SILENCE, (RECEIVED, answer), XA, at("2026-08-01 08:00"))
    assert (found.status, found.late, found.stopped_at) == (Status.EXPIRED, True, answer.at)


def test_an_answer_before_the_end_means_that_silence_never_takes_effect() -> None:
    found = state(SILENCE, (RECEIVED, told("answer.sent", at("2026-06-17 08:00"))), XA, at("2027-01-01 08:00"))
    assert (found.status, found.consequence, found.late) == (Status.STOPPED, None, False)


def test_what_is_owed_at_once_alarms_from_the_start_and_is_never_computed() -> None:
    at_once = clock(Limit(kind=Kind.IMMEDIATELY))
    found = after(at_once, 0)
    assert (found.status, found.urgent, found.escalation, found.due) == (Status.RUNNING, True, "duty officer", None)
    done = after(at_once, 500, told("answer.sent", moment(400)))
    assert (done.status, done.late, done.escalation) == (Status.STOPPED, False, "")
    assert done.running_time == timedelta(hours=400)


def test_as_soon_as_possible_only_shows_how_long_it_has_been_open() -> None:
    found = after(clock(Limit(kind=Kind.AS_SOON_AS_POSSIBLE)), 500)
    assert (found.status, found.escalation, found.due) == (Status.RUNNING, "", None)
    assert found.running_time == timedelta(hours=500)


def test_a_limit_that_somebody_states_ends_then_and_without_a_date_an_officer_is_told() -> None:
    stated = clock(Limit(kind=Kind.STATED))
    asked = told("request.received", RECEIVED.at, until=moment(30))
    assert [state(stated, (asked,), XA, moment(hours)).status for hours in (29, 30)] == [
        Status.RUNNING,
        Status.BREACHED,
    ]
    assert [each.code for each in after(stated, 1).remarks] == ["no-date"]


def test_where_no_time_runs_the_consequence_holds_from_the_start() -> None:
    found = after(clock(Limit(kind=Kind.NO_TIME), consequence=NO_OBJECTION), 0)
    assert (found.status, found.consequence) == (Status.EXPIRED, NO_OBJECTION)


def test_a_clock_that_comes_round_keeps_every_run() -> None:
    yearly = clock(duration(1, Unit.YEARS), restarts=True)
    sent = [told("request.received", at(f"{year}-03-01 12:00")) for year in (2024, 2025, 2027)]
    found = runs(yearly, sent, XA, at("2027-06-01 12:00"))
    assert [(each.status, each.late) for each in found] == [
        (Status.STOPPED, False), (Status.STOPPED, True), (Status.RUNNING, False),
    ]  # fmt: skip
    assert state(yearly, sent, XA, at("2027-06-01 12:00")) == found[-1]


@pytest.mark.parametrize("naive", [datetime(2026, 6, 8, 8), datetime(2026, 6, 8, 8, tzinfo=UTC).replace(tzinfo=None)])  # noqa: DTZ001
def test_a_moment_without_a_zone_is_refused(naive: datetime) -> None:
    with pytest.raises(ValueError, match="time zone"):
        told("request.received", naive)
    with pytest.raises(ValueError, match="time zone"):
        state(TWELVE_HOURS, (RECEIVED,), XA, naive)


@pytest.mark.parametrize("year", [1, 1969, 2500, 9999])
def test_a_moment_out_of_all_reason_is_refused(year: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        told("request.received", datetime(year, 6, 1, tzinfo=UTC))
