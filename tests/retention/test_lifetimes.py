"""When a lifetime ends and who keeps it from ending: facts, rules, a calendar, a moment. No ledger, no clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from config.retention import read_retention, retention_file
from gateway.assembly.retention import rules_in
from gateway.clocks.calendar import Calendar, ListedDays, NoCalendars, legal_time
from gateway.protection.retention.decide import decide
from gateway.protection.retention.rules import BY_LAW, About, Ends, Rule, Rules, Start, Thing, period
from gateway.protection.retention.words import Content, Decision, File, Hold, Order, Why

SHIPPED = rules_in(read_retention(retention_file(Path("nowhere")))[0])
COPENHAGEN = legal_time("Europe/Copenhagen")


class Copenhagen:
    def of(self, party: str) -> Calendar:
        return ListedDays(COPENHAGEN)


def local(year: int, month: int, day: int, hour: int = 12) -> datetime:
    return datetime(year, month, day, hour, tzinfo=COPENHAGEN)


def file(deleted: datetime | None = None, about: About = About.FOREIGN, **fields: Any) -> File:
    happened = ((Start.ALERT_DELETED, deleted),) if deleted else ()
    plain: dict[str, Any] = {
        "name": "x-1",
        "family": "sirene",
        "about": about,
        "happened": happened,
        "bound": "sirene:XA",
    }
    return File(**plain | fields)


def content(*files: File, **fields: Any) -> Content:
    plain: dict[str, Any] = {"id": "c-1", "final": True, "files": files or (file(),)}
    return Content(**plain | fields)


def at(when: datetime, known: Content, rules: Rules = SHIPPED) -> Decision:
    return decide(known, rules, Copenhagen(), when.astimezone(UTC))


def row(id: str, lasts: str, **fields: Any) -> Rule:
    plain: dict[str, Any] = {
        "id": id, "thing": Thing.EXCHANGE, "starts": Start.ALERT_DELETED, "lasts": lasts, "ends": Ends.AFTER, "text": id,
        "citation": "Fictitious act, s. 1", "confidence": "proposal", "in_force": True, "family": "sirene",
    }  # fmt: skip
    return Rule(**plain | fields)


def test_another_states_alert_is_forgotten_on_the_last_day_of_the_year_after_it_was_deleted() -> None:
    known = content(file(local(2031, 1, 10)))
    assert at(local(2032, 1, 9, 23), known).why is Why.NOT_YET
    last_day = at(local(2032, 1, 10, 0), known)
    assert (last_day.why, last_day.destroy, last_day.overdue) == (Why.DUE, True, False)
    assert last_day.rule is not None
    assert last_day.rule.id == "RR-120"
    assert last_day.since == local(2032, 1, 10, 0)
    assert last_day.until == local(2032, 1, 11, 0)
    assert at(local(2032, 1, 11, 0), known).overdue


@pytest.mark.parametrize(
    ("deleted", "first_moment"),
    [
        (local(2028, 2, 29), local(2029, 2, 28, 0)),
        (local(2027, 2, 28), local(2028, 2, 28, 0)),
        (local(2027, 3, 28, 1), local(2028, 3, 28, 0)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), local(2028, 1, 1, 0)),
        (datetime(2026, 7, 9, 22, 30, tzinfo=UTC), local(2027, 7, 10, 0)),
    ],
    ids=["leap day", "before a leap year", "night of summer time", "already next year here", "already tomorrow here"],
)
def test_years_are_counted_in_legal_time(deleted: datetime, first_moment: datetime) -> None:
    known = content(file(deleted))
    assert not at(first_moment - timedelta(microseconds=1), known).destroy
    assert at(first_moment, known).destroy


def test_a_day_of_23_or_25_hours_ends_at_its_own_midnight() -> None:
    for month, day in ((3, 28), (10, 31)):  # the clock changes in 2027
        decision = at(local(2027, 1, 1), content(file(local(2026, month, day))))
        assert decision.since == local(2027, month, day, 0)
        assert decision.until == local(2027, month, day, 0) + timedelta(days=1)


def test_what_must_be_kept_at_least_so_long_outlives_its_last_day() -> None:
    rules = Rules(rows=(row("R-3", "P3Y"),))
    known = content(file(local(2028, 2, 29)))
    assert at(local(2031, 2, 28, 23), known, rules).why is Why.NOT_YET
    assert at(local(2031, 3, 1, 0), known, rules).destroy
    assert at(local(2031, 3, 1, 0), known, rules).until is None


def test_own_alerts_and_those_acted_upon_stay_until_national_law_is_entered() -> None:
    for about in (About.OWN, About.ACTED_UPON):
        decision = at(local(2099, 1, 1), content(file(local(2031, 1, 10), about)))
        assert (decision.why, decision.destroy) == (Why.BY_LAW, False)
        assert "until an officer decides" in decision.words


@pytest.mark.parametrize("known", [file(local(2031, 1, 10), About.ANY), file(family="interpol", about=About.ANY)])
def test_nothing_is_guessed_where_no_rule_in_force_fits(known: File) -> None:
    decision = at(local(2099, 1, 1), content(known))
    assert (decision.why, decision.destroy) == (Why.NO_RULE, False)
    assert decision.words == "no rule: stays until an officer decides"


def test_only_verified_rows_are_in_force_as_shipped() -> None:
    assert {rule.confidence for rule in SHIPPED if rule.in_force} == {"verified"}
    assert all(rule.citation for rule in SHIPPED)


def test_the_clock_does_not_start_before_the_alert_is_deleted() -> None:
    assert at(local(2099, 1, 1), content(file())).why is Why.NOT_BEGUN


def test_two_lifetimes_side_by_side() -> None:
    rules = Rules(rows=(row("R-3", "P3Y", about=About.ACTED_UPON), row("R-5", "P5Y", about=About.OWN)))
    acted, own = (content(file(local(2030, 6, 1), about)) for about in (About.ACTED_UPON, About.OWN))
    assert (at(local(2033, 6, 2), acted, rules).destroy, at(local(2033, 6, 2), own, rules).destroy) == (True, False)
    assert (at(local(2035, 6, 2), acted, rules).destroy, at(local(2035, 6, 2), own, rules).destroy) == (True, True)


def test_what_two_lifetimes_share_lives_until_the_later_one() -> None:
    rules = Rules(rows=(row("R-3", "P3Y", about=About.ACTED_UPON), row("R-5", "P5Y", about=About.OWN)))
    shared = content(
        file(local(2030, 6, 1), About.ACTED_UPON), file(local(2030, 6, 1), About.OWN, name="x-2")
    )  # fmt: skip
    assert at(local(2034, 1, 1), shared, rules).why is Why.NOT_YET
    decision = at(local(2035, 6, 2), shared, rules)
    assert decision.destroy
    assert decision.rule is not None
    assert decision.rule.id == "R-5"
    open_ended = content(
        file(local(2030, 6, 1), About.ACTED_UPON), file(name="x-2", family="interpol", about=About.ANY)
    )
    assert at(local(2099, 1, 1), open_ended, rules).why is Why.NO_RULE


def test_of_two_rules_for_one_file_the_earlier_end_counts() -> None:
    rules = Rules(rows=(row("R-5", "P5Y"), row("R-1", "P1Y", starts=Start.LAST_MESSAGE)))
    known = content(file(happened=((Start.ALERT_DELETED, local(2030, 1, 1)), (Start.LAST_MESSAGE, local(2031, 1, 1)))))
    found = at(local(2032, 1, 2), known, rules)
    assert found.destroy
    assert found.rule is not None
    assert found.rule.id == "R-1"


def test_a_rule_for_the_family_goes_before_one_for_everything() -> None:
    rules = Rules(rows=(row("R-any", "P1Y", family=""), row("R-own", BY_LAW, about=About.OWN)))
    assert at(local(2099, 1, 1), content(file(local(2030, 1, 1), About.OWN)), rules).why is Why.BY_LAW
    assert at(local(2099, 1, 1), content(file(local(2030, 1, 1))), rules).destroy


def test_a_legal_hold_beats_everything_and_lifting_it_counts_from_the_first_day() -> None:
    hold = Hold(by="user:auditor", at=local(2031, 5, 1))
    order = Order(by="a", at=local(2031, 5, 1), ground="court", confirmed_by="b")
    deleted = local(2031, 1, 10)
    for known in (
        content(file(deleted), hold=hold),
        content(file(deleted, hold=hold)),
        content(file(deleted), hold=hold, order=order),
    ):
        decision = at(local(2032, 6, 1), known)
        assert (decision.why, decision.destroy, decision.overdue) == (Why.HELD, False, True)
    assert at(local(2032, 6, 1), content(file(deleted))).destroy


def test_what_is_worked_on_is_never_touched() -> None:
    order = Order(by="a", at=local(2031, 5, 1), ground="court", confirmed_by="b")
    deleted = local(2031, 1, 10)
    working = at(local(2040, 1, 1), content(file(deleted), final=False, order=order))
    assert (working.why, working.destroy) == (Why.AT_WORK, False)
    waits = at(local(2040, 1, 1), content(file(deleted, busy="c-2"), order=order))
    assert (waits.why, waits.about, waits.overdue) == (Why.OPEN, "c-2", True)


def test_an_order_needs_its_second_person() -> None:
    order = Order(by="a", at=local(2026, 1, 1), ground="data-subject")
    assert at(local(2026, 1, 2), content(file(), order=order)).why is Why.NOT_BEGUN
    confirmed = replace(order, confirmed_by="b")
    assert at(local(2026, 1, 2), content(file(), order=confirmed)).why is Why.ORDERED
    assert at(local(2026, 1, 2), content(file(order=confirmed), file(name="x-2"))).why is Why.NOT_BEGUN


def test_without_our_legal_time_nothing_is_counted() -> None:
    decision = decide(content(file(local(2030, 1, 1))), SHIPPED, NoCalendars(), datetime(2099, 1, 1, tzinfo=UTC))
    assert (decision.why, decision.destroy) == (Why.NO_CALENDAR, False)


@pytest.mark.parametrize("text", ["", "1Y", "P0D", "P1Y6M", "PT0H", "P1W", "p1y", "P١Y"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a period"):
        period(text)


@given(
    st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.integers(0, 23), st.integers(1, 30), st.sampled_from(list(Ends))
)
def test_a_lifetime_once_over_stays_over_and_never_ends_early(day: date, hour: int, years: int, ends: Ends) -> None:
    began = datetime(day.year, day.month, day.day, hour, tzinfo=COPENHAGEN)
    rules = Rules(rows=(row("R", f"P{years}Y", ends=ends),))
    since = at(began, content(file(began)), rules).since
    assert since is not None
    there = since.astimezone(COPENHAGEN)
    assert there.year - began.year in (years, years + (ends is Ends.AFTER))
    assert (there.hour, there.minute) == (0, 0)
    assert not at(since - timedelta(microseconds=1), content(file(began)), rules).destroy
    assert at(since, content(file(began)), rules).destroy
    assert at(since + timedelta(days=4000), content(file(began)), rules).destroy
