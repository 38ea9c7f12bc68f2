"""The tables of alerts: strict to read, complete, and as the sources have them."""

from __future__ import annotations

import itertools

import pytest

from schemas.sirene.alerts import tables
from schemas.sirene.alerts.law import ALERT_LAW
from schemas.sirene.alerts.standing_beside import table_kind
from schemas.sirene.articles import known
from tests.alerts.intended import ARTICLES, intended

SOURCED = "code,title,confidence,citation\n"


def test_every_category_of_the_law_is_there_with_its_source() -> None:
    assert list(tables.categories()) == list(ARTICLES)
    for row in tables.categories().values():
        assert all(known(article) for article in row.articles), row.code
    assert {each.confidence for each in ALERT_LAW.categories()} == {"verified"}
    assert all(each.life for each in ALERT_LAW.categories())


@pytest.mark.parametrize(
    ("category", "months"),
    [("ARR", 60), ("MIS-P", 60), ("PRV-A", 12), ("JUD", 36), ("CHK-D", 12), ("INF", 12), ("UNK", 36), ("REF", 36)],
)
def test_persons_live_as_long_as_the_law_says(category: str, months: int) -> None:
    assert int(tables.categories()[category].months) == months


def test_letters_of_person_data_run_from_a_to_z() -> None:
    letters = [row.letter for row in tables.person_data().values() if len(row.letter) == 1]
    assert letters == [chr(ord("a") + number) for number in range(26)]
    minimum = {
        act: {row.code for row in tables.person_data().values() if act in row.acts} for act in ("1862", "1861", "1860")
    }
    assert minimum["1862"] == {"surnames", "date_of_birth", "reason", "action"}
    assert minimum["1861"] == minimum["1862"] | {"decision", "ground_of_refusal"}
    assert minimum["1860"] == minimum["1862"] | {"decision", "voluntary_departure", "entry_ban"}


def test_letters_of_objects_run_from_a_to_r() -> None:
    letters = [row.letter for row in tables.object_categories().values() if row.letter != "-"]
    assert list(dict.fromkeys(letters)) == [chr(ord("a") + number) for number in range(18)]


def test_the_tables_of_pairs_are_those_of_the_manual() -> None:
    persons, objects = tables.compatible()["person"], tables.compatible()["object"]
    assert (len(persons), len(objects)) == (81, 49)
    assert sum(persons.values()) == 27
    assert sum(objects.values()) == 17
    assert persons["ARR", "REF"]
    assert not persons["REF", "JUD"]
    assert objects["SEIZURE", "EVIDENCE"]
    assert not objects["SEIZURE", "DISC"]
    assert all(persons[kind, kind] for kind, _ in persons)


def test_every_kind_of_the_tables_has_its_place_in_the_order() -> None:
    for subject, pairs in tables.compatible().items():
        for kind in {one for one, _ in pairs}:
            assert (subject, kind) in tables.ranks(), kind


def test_what_the_table_of_2015_does_not_know_has_no_kind() -> None:
    unknown = {category for category in ARTICLES if not table_kind(intended(category))[1]}
    assert unknown == {"PRV-A", "PRV-C", "PRV-V", "CHK-I", "INF", "OBJ-L", "UNK", "RES", "RET"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code,confidence,citation\nNAMES,verified,x\n", "columns"),
        (SOURCED + "NAMES,names,verified\n", "more or fewer"),
        (SOURCED + "NAMES,names,certain,x\n", "how sure"),
        (SOURCED + "NAMES,names,verified,\n", "where it is from"),
        (SOURCED, "empty"),
    ],
)
def test_a_row_that_does_not_fit_does_not_load(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tables.read_rows(text, tables.MisuseData, "x.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [("kind,A,B\nA,Y,n\nB,Y,Y\n", "both ways"), ("kind,A\nB,Y\n", "same kinds"), ("kind,A\nA,perhaps\n", "neither")],
)
def test_a_table_of_pairs_is_whole_and_symmetric(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tables.read_square(text, "x.csv")


def test_every_article_has_something_to_report() -> None:
    reported = {item.article for item in tables.report_items()}
    needed = {article.partition("(")[0] for article in ARTICLES.values()}
    assert needed <= reported
    assert not [one for one, other in itertools.combinations(tables.report_items(), 2) if one == other]
