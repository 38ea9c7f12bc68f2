"""Figures are counted from the journal alone, and behind every number stand the entries that make it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.errors import Misconfigured
from gateway.journal.entry import Entry
from gateway.journal.entry import read as read_entry
from gateway.statistics.drawing import MAX_BARS, as_csv, as_svg
from gateway.statistics.figure import NOTHING, Figure
from gateway.statistics.table import read_figures
from gateway.statistics.tally import Period, Row, Tally
from schemas.sirene.facts import words
from schemas.sirene.figures import figures
from tests.journeys.worlds import world_on

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
YEAR = Period(begins=datetime(2026, 1, 1, tzinfo=UTC), ends=datetime(2027, 1, 1, tzinfo=UTC))
FORMS = Figure(
    id="forms", title="Forms", events=("envelope.checked",), where=(("letter", ("*",)),), by=("letter", "counterpart"), distinct="",
    told_to="nobody", citation="none", confidence="proposal",
)  # fmt: skip


def checked(number: int, at: datetime = NOON, **about: str) -> Entry:
    details = {
        "format": "sirene/G@1", "counterpart": "sirene:XB", "direction": "inbound", "fact.letter": "G", **about,
    }  # fmt: skip
    kept = tuple((name.replace("fact_", "fact."), value) for name, value in details.items() if value)
    return Entry(event="envelope.checked", at=at, envelope=f"e{number}", details=kept)


def tallied(*entries: Entry, figure: Figure = FORMS, period: Period = YEAR) -> Tally:
    tally = Tally((figure,), period, "sirene")
    for number, entry in enumerate(entries, 1):
        tally.feed(number, entry)
    return tally


def test_a_message_counts_in_the_row_of_its_facts() -> None:
    tally = tallied(
        checked(1), checked(2, counterpart="sirene:XC"), checked(3), checked(4, fact_letter="", format="interpol/FreeText@1")
    )  # fmt: skip
    assert tally.rows("forms") == (Row(key=("G", "sirene:XB"), count=2), Row(key=("G", "sirene:XC"), count=1))
    assert [each.number for each in tally.behind("forms", ("G", "sirene:XB"))] == [1, 3]
    assert tally.behind("forms", ("A", "sirene:XB")) == ()


def test_exercises_other_families_and_other_times_never_count() -> None:
    assert tallied(checked(1, test="yes")).total("forms") == 0
    assert tallied(checked(1, format="europol/Request@1")).total("forms") == 0
    edge = [
        checked(number, at) for number, at in enumerate((YEAR.begins, YEAR.ends - timedelta(microseconds=1), YEAR.ends))
    ]
    assert tallied(*edge).total("forms") == 2


def test_the_facts_of_a_message_hold_for_its_later_entries() -> None:
    sent = Figure(
        id="sent", title="Sent", events=("envelope.transmitted",), where=(("direction", ("outbound",)),), by=("letter", "category"),
        distinct="", told_to="nobody", citation="none", confidence="proposal",
    )  # fmt: skip
    before = checked(1, YEAR.begins - timedelta(days=1), direction="outbound")
    later = Entry(event="envelope.transmitted", at=YEAR.begins, envelope="e1")
    tally = tallied(before, later, figure=sent)
    assert tally.rows("sent") == (Row(key=("G", NOTHING), count=1),)


def test_what_is_distinct_counts_once() -> None:
    once = Figure(
        id="once", title="Once", events=("envelope.checked",), where=(), by=("direction",), distinct="exchange",
        told_to="nobody", citation="none", confidence="proposal",
    )  # fmt: skip
    tally = tallied(
        checked(1, exchange="x"), checked(2, exchange="x"), checked(3, exchange="y"), checked(4), figure=once
    )
    assert tally.total("once") == 3


@given(st.lists(st.tuples(st.sampled_from("AGHM"), st.sampled_from(["sirene:XB", "sirene:XC"])), max_size=30))
def test_rows_totals_and_lists_agree(seen: list[tuple[str, str]]) -> None:
    tally = tallied(*(checked(n, fact_letter=letter, counterpart=who) for n, (letter, who) in enumerate(seen)))
    assert {row.key: row.count for row in tally.rows("forms")} == dict(Counter(seen))
    assert tally.total("forms") == len(tally.behind("forms")) == len(seen)
    assert all(row.count == len(tally.behind("forms", row.key)) for row in tally.rows("forms"))


@pytest.mark.parametrize("ends", [NOON, NOON - timedelta(seconds=1)])
def test_an_empty_period_is_none(ends: datetime) -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        Period(begins=NOON, ends=ends)


def test_the_figures_of_the_family_have_sources_and_readers() -> None:
    found = figures()
    assert len(found.figures) >= 15
    assert all(each.citation and each.told_to and each.events for each in found.figures)
    assert found.get("forms-sent").by == ("letter", "counterpart")
    assert found.not_from_here
    with pytest.raises(KeyError):
        found.get("none")


def test_a_table_of_figures_is_read_strictly_and_every_fault_is_told() -> None:
    text = """
[[figure]]
id = "a"
title = "A"
events = ["envelope.lost"]
where = { colour = ["red"] }
by = ["letter"]
told_to = "x"
citation = "x"
confidence = "certain"
size = 3

[[figure]]
id = "a"
title = "A"
events = ["envelope.checked"]
by = ["number_of_legs"]
told_to = "x"
citation = "x"
confidence = "proposal"
"""
    with pytest.raises(Misconfigured) as refused:
        read_figures(text, words(), file="s.toml")
    for fault in ("envelope.lost", "colour", "confidence", "size", "number_of_legs", "two figures"):
        assert fault in refused.value.operator


async def test_the_first_story_counts_where_it_should(tmp_path: Path) -> None:
    async with world_on("memory", tmp_path) as world:
        await world.hit_arrives()
        tally = Tally(figures().figures, YEAR, "sirene")
        for link in await world.ledger.journal(0, 1000):
            tally.feed(link.number, read_entry(link.entry))
    assert tally.rows("forms-received") == (Row(key=("G", "sirene:XB"), count=1),)
    assert tally.rows("forms-sent") == (Row(key=("P", "sirene:XB"), count=1),)
    assert tally.rows("hits-abroad") == (Row(key=("1862:38", "taken"), count=1),)
    assert tally.rows("hits-here") == ()
    assert {row.key for row in tally.rows("register-queries")} == {("crm", "MATCHES"), ("wanted_vehicles", "MATCHES")}
    (behind,) = tally.behind("forms-sent")
    assert behind.counterpart == "sirene:XB"
    assert behind.exchange


def test_the_csv_holds_every_number_and_no_formula() -> None:
    rows = [Row(key=("=1+1", "sirene:XB"), count=2), Row(key=("M", "a,b"), count=1)]
    lines = list(csv.reader(io.StringIO(as_csv([(FORMS, rows)]))))
    assert lines[0] == ["figure", "title", "by", "row", "count"]
    assert lines[1][3:] == ["'=1+1 / sirene:XB", "2"]
    assert lines[2][3:] == ["M / a,b", "1"]
    assert list(csv.reader(io.StringIO(as_csv([(FORMS, [])]))))[1][3:] == ["", "0"], "nothing is a number too"


def test_the_chart_runs_and_loads_nothing_and_shows_every_number() -> None:
    rows = [Row(key=(f"<row {number}>", "sirene:XB"), count=number + 1) for number in range(MAX_BARS + 5)]
    drawn = as_svg("Forms <sent>", rows)
    root = etree.fromstring(drawn)
    assert not root.xpath("//*[local-name()='script']")
    assert not root.xpath("//@*[local-name()='href' or local-name()='src']")
    texts = " ".join(root.itertext())
    assert "5 more rows" in texts
    assert "Forms <sent>" in texts
    assert b"@import" not in drawn
    assert etree.fromstring(as_svg("Nothing", [])) is not None


def test_a_chart_shows_what_xml_cannot_hold() -> None:
    drawn = as_svg("Figures", [Row(key=("\x1b[2J", "\ufffe"), count=1)])
    assert b"&lt;001B&gt;[2J / &lt;FFFE&gt;" in drawn
