"""Every row of the list of time limits has its clock, and each clock does what its row says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import pytest

from gateway.clocks.calendar import ListedDays, legal_time
from gateway.clocks.definition import ClockDefinition, ClockTable
from gateway.clocks.happening import Happening
from gateway.clocks.limit import EXACT, Kind, Moves
from gateway.clocks.state import ClockState, Status, state
from gateway.clocks.table import read_clocks

ROWS = [*(f"T{number:02}" for number in range(1, 48)), "T11-old"]
"""The rows of the list of time limits of the family."""

XA = ListedDays(legal_time("Europe/Copenhagen"), [date(2026, 4, 3), date(2026, 4, 6)])
START = datetime(2026, 6, 11, 8, tzinfo=UTC)  # a Thursday, ten in the morning in XA


def table_of(family: str) -> ClockTable:
    return read_clocks((files(f"schemas.{family}") / "clocks.toml").read_text(encoding="utf-8"), file=family)


SIRENE, EUROPOL = table_of("sirene"), table_of("europol")


def clock_of(clock_id: str) -> ClockDefinition:
    return (SIRENE if clock_id.startswith("T") else EUROPOL).get(clock_id)


def begun(clock_id: str, start: datetime = START, until: datetime | None = None) -> Happening:
    return Happening(name=clock_of(clock_id).starts[0], at=start, until=until)


def said(clock_id: str, now: datetime, *events: Happening, start: datetime = START) -> ClockState:
    return state(clock_of(clock_id), [begun(clock_id, start), *events], XA, now)


def told(name: str, at: datetime, *, amount: int = 0, reason: str = "") -> Happening:
    return Happening(name=name, at=at, amount=amount, reason=reason)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=XA.zone).astimezone(UTC)


# --- the whole list ------------------------------------------------------------------------------------------------


def test_every_row_of_the_list_has_a_clock_and_every_clock_a_row() -> None:
    assert {each.row for each in SIRENE.clocks} == set(ROWS)


def test_every_clock_says_who_owes_what_by_which_source() -> None:
    for each in SIRENE.clocks:
        assert each.act and each.owes and each.citation and each.confidence, each.id
        assert each.citation.startswith(("Regulation (EU)", "SIRENE Manual")), each.id


TABLE = [
    ("T01", "12 hours", "2026-06-11 22:00", "verified"),
    ("T02", "at once", None, "verified"),
    ("T03", "at once", None, "manual-2015"),
    ("T04", "at once", None, "manual-2015"),
    ("T05", "at once", None, "manual-2015"),
    ("T06", "as soon as possible", None, "manual-2015"),
    ("T07", "at once", None, "verified"),
    ("T08", "12 hours", "2026-06-11 22:00", "verified"),
    ("T09", "at once", None, "verified"),
    ("T10", "12 hours", "2026-06-11 22:00", "verified"),
    ("T11", "2 working days", "2026-06-16 00:00", "verified"),
    ("T11-old", "10 calendar days", "2026-06-22 00:00", "manual-2015"),
    ("T12", "as soon as possible", None, "verified"),
    ("T13", "2 months", "2026-08-12 00:00", "verified"),
    ("T14", "as soon as possible", None, "verified"),
    ("T15", "at once", None, "manual-2015"),
    ("T16", "at once", None, "manual-2015"),
    ("T17", "10 calendar days", "2026-06-22 00:00", "verified"),
    ("T18", "as soon as possible", None, "verified"),
    ("T18-deletion", "as soon as possible", None, "verified"),
    ("T19", "14 calendar days", "2026-06-26 00:00", "verified"),
    ("T20", "14 calendar days", "2026-06-26 00:00", "verified"),
    ("T21", "no time runs", None, "verified"),
    ("T22", "at once", None, "verified"),
    ("T23", "as soon as possible", None, "verified"),
    ("T24", "as soon as possible", None, "verified"),
    ("T24-result", "as soon as possible", None, "verified"),
    ("T25", "at once", None, "verified"),
    ("T26", "as soon as possible", None, "verified"),
    ("T26-deletion", "as soon as possible", None, "verified"),
    ("T27", "at once", None, "verified"),
    ("T27-deletion", "as soon as possible", None, "verified"),
    ("T28", "at once", None, "verified"),
    ("T29", "at once", None, "verified"),
    ("T29-creator", "15 calendar days", "2026-06-27 00:00", "verified"),
    ("T30", "at once", None, "manual-2015"),
    ("T31", "as soon as possible", None, "manual-2015"),
    ("T32", "1 month", "2026-07-12 00:00", "verified"),
    ("T33", "as stated", "2026-07-01 00:00", "manual-2015"),
    ("T34", "1 year", "2027-06-12 00:00", "verified"),
    ("T35", "1 year", "2027-06-12 00:00", "verified"),
    ("T36", "3 years", "2029-06-12 00:00", "verified"),
    ("T37", "3 years", "2029-06-12 00:00", "verified"),
    ("T37-history", "3 years", "2029-06-12 00:00", "verified"),
    ("T38", "48 hours", "2026-06-13 10:00", "verified"),
    ("T39", "48 hours", "2026-06-13 10:00", "verified"),
    ("T40", "4 months before the stated date", None, "verified"),
    ("T41", "12 months", "2027-06-12 00:00", "verified"),
    ("T42", "as soon as possible", None, "verified"),
    ("T43", "3 months", "2026-09-12 00:00", "verified"),
    ("T44", "1 year", "2027-06-12 00:00", "verified"),
    ("T45", "1 year", "2027-06-12 00:00", "manual-2015"),
    ("T46", "1 year", "2027-06-12 00:00", "verified"),
    ("T47", "4 years", "2030-06-12 00:00", "verified"),
]
STATED = local("2026-07-01 00:00")


@pytest.mark.parametrize(("clock_id", "limit", "due", "confidence"), TABLE, ids=[row[0] for row in TABLE])
def test_each_clock_ends_when_its_row_says(clock_id: str, limit: str, due: str | None, confidence: str) -> None:
    definition = clock_of(clock_id)
    until = STATED if definition.limit.kind is Kind.STATED else None
    found = state(definition, [begun(clock_id, until=until)], XA, START)

    assert (definition.limit.words(), definition.confidence) == (limit, confidence)
    assert found.due == (local(due) if due else None)
    assert found.urgent == (limit == "at once")


def test_the_table_of_this_test_leaves_no_clock_out() -> None:
    assert [each.id for each in SIRENE.clocks] == [row[0] for row in TABLE]


@pytest.mark.parametrize("definition", SIRENE.clocks, ids=lambda each: each.id)
def test_each_clock_stops_with_what_is_owed_and_otherwise_calls_somebody(definition: ClockDefinition) -> None:
    until = START + timedelta(days=200)
    start = Happening(name=definition.starts[0], at=START, until=until)
    for name in definition.stops:
        stop = Happening(name=name, at=START + timedelta(hours=1))
        found = state(definition, [start, stop], XA, START + timedelta(days=3000))
        expected = Status.EXPIRED if definition.limit.kind is Kind.NO_TIME else Status.STOPPED
        assert (found.status, found.late) == (expected, False)

    open_for_years = state(definition, [start], XA, START + timedelta(days=3000))
    if definition.limit.kind is Kind.AS_SOON_AS_POSSIBLE:
        assert open_for_years.status is Status.RUNNING
    else:
        assert open_for_years.consequence or open_for_years.escalation
        assert bool(open_for_years.consequence) == (definition.consequence is not None)


def test_only_the_law_gives_silence_a_meaning() -> None:
    effects = {each.id: each.consequence.effect for each in SIRENE.clocks if each.consequence}
    assert effects == {
        "T17": "no-objection", "T21": "no-alert", "T29-creator": "delete-alert",
    }  # fmt: skip


def test_where_the_bureau_must_carry_it_out_somebody_is_called() -> None:
    called = {each.id: each.consequence.escalation for each in SIRENE.clocks if each.consequence}
    assert called["T29-creator"] == "head of the bureau"
    assert called["T21"] == called["T17"] == "", "nobody has anything to do"


def test_figures_that_are_not_verified_say_so() -> None:
    marked = {each.id for each in SIRENE.clocks if each.limit_confidence != each.confidence}
    assert marked == {"T06", "T27-deletion", "T32", "T43", "T44", "T45", "T46"}
    assert (SIRENE.counting.confidence, SIRENE.warnings.confidence) == ("unverified", "proposal")


def test_days_off_move_no_limit_before_somebody_settled_it() -> None:
    for each in SIRENE.clocks:
        in_days = each.limit.words().endswith("calendar days")
        assert each.limit.moves is (Moves.OPEN if in_days else Moves.NO), each.id
        assert each.limit.exact or each.limit.local or each.id == "T40"


def test_a_superseded_limit_is_kept_and_never_started() -> None:
    assert [each.id for each in SIRENE.started_by("wrong-data.noticed")] == ["T11", "T13"]


# --- stories -------------------------------------------------------------------------------------------------------


def test_twelve_hours_pass_without_an_answer() -> None:
    at: Callable[[float], ClockState] = lambda hours: said("T01", START + timedelta(hours=hours))  # noqa: E731
    assert [(len(at(hours).warnings), at(hours).status) for hours in (5, 6, 9.6, 11.9, 12)] == [
        (0, Status.RUNNING), (1, Status.RUNNING), (2, Status.RUNNING), (2, Status.RUNNING), (2, Status.BREACHED),
    ]  # fmt: skip


def test_ten_days_of_silence_mean_no_objection() -> None:
    sunday_night, monday_night = local("2026-06-22 00:00"), local("2026-06-23 00:00")
    assert said("T17", sunday_night).status is Status.BREACHED, "by the earlier reading the reply is late"
    expired = said("T17", monday_night)
    assert (expired.status, expired.consequence and expired.consequence.effect) == (Status.EXPIRED, "no-objection")

    objection = told("prior-consultation.answered", local("2026-06-22 11:00"))
    assert said("T17", monday_night, objection).status is Status.STOPPED


@pytest.mark.parametrize("clock_id", ["T19", "T20"])
def test_fourteen_days_and_at_most_twelve_more_once_with_reason_before_the_end(clock_id: str) -> None:
    def asked(day: int, amount: int, reason: str = "hearing of the person") -> ClockState:
        event = told("consultation-extension.requested", START + timedelta(days=day), amount=amount, reason=reason)
        return said(clock_id, START + timedelta(days=40), event)

    assert asked(13, 12).due == local("2026-07-08 00:00")
    assert [asked(*case).due for case in ((13, 13), (15, 12), (13, 12, ""))] == [local("2026-06-26 00:00")] * 3
    assert asked(13, 13).status is Status.BREACHED, "silence has no meaning here: a person must act"
    assert asked(13, 13).escalation


def test_wrong_data_noticed_on_the_thursday_before_easter_are_told_by_wednesday() -> None:
    thursday = local("2026-04-02 15:00")  # Friday and Monday are holidays in XA
    assert said("T11", thursday, start=thursday).due == local("2026-04-09 00:00")
    assert said("T13", thursday, start=thursday).due == local("2026-06-03 00:00")


def test_twelve_hours_for_a_child_count_from_where_it_was_found_not_from_the_message() -> None:
    located = local("2026-10-25 00:30")  # the night in which an hour comes twice
    assert said("T08", located, start=located).due == local("2026-10-25 11:30")


def test_hiding_an_alert_can_be_renewed_each_time_by_forty_eight_hours() -> None:
    renewed = [
        told("hiding.renewed", START + timedelta(hours=40 * n), amount=48, reason="raid not over") for n in (1, 2)
    ]
    assert said("T39", START + timedelta(hours=81), *renewed).due == START + timedelta(hours=144)
    late = told("hiding.renewed", START + timedelta(hours=48), amount=48, reason="raid not over")
    assert said("T39", START + timedelta(hours=49), late).status is Status.BREACHED


def test_the_warning_before_an_alert_expires_follows_its_extensions() -> None:
    def entered(name: str, at: datetime, until: datetime) -> Happening:
        return Happening(name=name, at=at, until=until)

    first = entered("alert.entered", START, datetime(2027, 6, 11, tzinfo=UTC))
    extended = entered("alert.extended", START + timedelta(days=100), datetime(2028, 6, 11, tzinfo=UTC))
    clock = clock_of("T40")
    assert state(clock, [first], XA, START).due == datetime(2027, 2, 11, tzinfo=UTC)
    assert state(clock, [first, extended], XA, START + timedelta(days=101)).due == datetime(2028, 2, 11, tzinfo=UTC)


def test_a_yearly_report_is_due_a_year_after_the_last() -> None:
    again = told("sirene-statistics.sent", START + timedelta(days=200))
    found = said("T45", START + timedelta(days=201), again)
    assert found.started_at == again.at
    assert said("T45", START + timedelta(days=400)).escalation == "head of the bureau"


# --- Europol: the vectors of the same kind -------------------------------------------------------------------------

URGENT = {"legal_basis": "DIR977", "form": "Request", "urgency": "URGENT", "accessible": "direct"}


def test_the_facts_of_a_request_choose_its_clock() -> None:
    def chosen(**facts: str) -> list[str]:
        return [each.id for each in EUROPOL.started_by("request.received", {**URGENT, **facts})]

    assert chosen() == ["DIR977-urgent-direct", "DIR977-urgent-indirect"]
    assert chosen(urgency="NORMAL") == ["DIR977-normal"]
    assert chosen(legal_basis="CISA39") == ["CISA39-request"]
    assert chosen(legal_basis="FD960", offence="other") == ["FD960-other-offence"]
    assert chosen(legal_basis="FD960", offence="on the list") == ["FD960-urgent-direct"]


@pytest.mark.parametrize(
    ("clock_id", "received", "due"),
    [
        ("DIR977-urgent-direct", "2026-06-12T23:30Z", "2026-06-13T07:30Z"),  # Friday night, due on Saturday
        ("DIR977-urgent-indirect", "2026-06-12T23:30Z", "2026-06-15T23:30Z"),  # due on Monday
        ("DIR977-normal", "2026-12-22T10:00Z", "2026-12-29T10:00Z"),  # holidays extend nothing
        ("DIR977-urgent-indirect", "2026-03-27T12:00Z", "2026-03-30T12:00Z"),  # nor does summer time
    ],
)
def test_limits_of_the_directive_run_through_weekends_and_holidays(clock_id: str, received: str, due: str) -> None:
    start = datetime.fromisoformat(received)
    assert said(clock_id, start, start=start).due == datetime.fromisoformat(due)


def test_a_question_suspends_the_seven_days() -> None:
    asked = told("clarification.acknowledged", START + timedelta(days=1), reason="which vehicle")
    answered = told("clarification.answered", START + timedelta(days=3))
    found = said("DIR977-normal", START + timedelta(days=4), asked, answered)
    assert found.due == START + timedelta(days=9)
    assert [(each.running, each.reasons) for each in found.segments] == [
        (True, ()), (False, ("which vehicle",)), (True, ()),
    ]  # fmt: skip


def test_receipt_by_a_liaison_officer_starts_nothing() -> None:
    by_officer = told("liaison-officer.received", datetime(2026, 6, 8, 8, tzinfo=UTC))
    registered = told("request.received", datetime(2026, 6, 8, 12, tzinfo=UTC))
    clock = clock_of("DIR977-urgent-direct")
    assert state(clock, [by_officer], XA, registered.at).status is Status.WAITING
    assert state(clock, [by_officer, registered], XA, registered.at).due == datetime(2026, 6, 8, 20, tzinfo=UTC)


def test_the_delay_for_a_judicial_authorisation_is_lawful_once_it_is_notified() -> None:
    notified = told("judicial-delay.notified", START + timedelta(hours=6), reason="court order")
    decided = told("authorisation.decided", START + timedelta(hours=30))
    assert said("DIR977-urgent-direct", START + timedelta(hours=20), notified).status is Status.PAUSED
    assert said("DIR977-urgent-direct", START + timedelta(hours=31), notified, decided).due == START + timedelta(
        hours=32
    )
    assert said("DIR977-urgent-direct", START + timedelta(hours=20)).status is Status.BREACHED


def test_only_verified_clocks_of_the_directive_are_figures_of_law() -> None:
    verified = {each.id for each in EUROPOL.clocks if each.confidence == "verified"}
    assert all(each.startswith("DIR977-") for each in verified)
    assert all(each.limit.unit in EXACT for each in EUROPOL.clocks if each.limit.counts)
    assert EUROPOL.warnings.percent == (50, 75, 90)
