"""The layout of 2015 beside that of 2021: two schemas from one table, and conversions that say exactly what they cost."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import safexml
from gateway.errors import Refused
from gateway.findings import Severity
from gateway.form import Field, Form
from gateway.versions import (
    Change,
    Days,
    Standing,
    Version,
    acceptance_findings,
    best_accepted,
    best_sendable,
    conversion_findings,
)
from schemas import conversion, derive
from schemas.catalogue import discover
from schemas.conversion import MAX_WORDS, Drop, tables
from schemas.versions import versions_of
from tests.schemas.test_formats_contract import findings, second_opinion, tidy

CATALOGUE = discover()
LETTERS = "AEFGHIJKLMNOPQ"
CORPUS = Path(__file__).parents[1] / "corpus" / "sirene"
NEWER = sorted(CORPUS.glob("F*/passes*/*.xml"))
OLDER = sorted((CORPUS / "versions" / "0").glob("F*/passes/*.xml"))
OLDER_FAILS = sorted((CORPUS / "versions" / "0").glob("F*/fails/*.xml"))
(TABLE,) = tables("sirene")
CONFIDENCES = {"verified", "manual-2015", "secondary", "unverified", "proposal"}


def kind(path: Path) -> str:
    """The form that the folder of a message names: a letter, or `FreeText`."""
    return path.parts[-3].removeprefix("Form")


def story(path: Path) -> str:
    return f"{path.parts[-3]}/{path.stem}"


@cache
def newer(path: Path) -> Form:
    root = safexml.parse(path.read_bytes())
    spec = CATALOGUE.recognise(str(root.tag), root.get("version", ""))
    return spec.tidied(spec.decode(root))


def older(path: Path) -> Form:
    root = safexml.parse(path.read_bytes())
    return CATALOGUE.get(f"sirene/{kind(path)}@0").decode(root)


def valid(form: Form) -> bool:
    spec = CATALOGUE.get(form.format)
    return spec.validate(spec.encode(form)) == []


def down(form: Form) -> tuple[Form, list[tuple[str, Change]]]:
    made, report = CATALOGUE.convert(form, form.format.replace("@1", "@0"))
    return made, [(note.field, note.change) for note in report.notes]


def up(form: Form) -> Form:
    return CATALOGUE.convert(form, form.format.replace("@0", "@1"))[0]


def paths(form: Form) -> Counter[tuple[str, str]]:
    """Every element with its text, by its path; how often."""
    found: Counter[tuple[str, str]] = Counter()

    def walk(fields: tuple[Field, ...], above: str) -> None:
        for field in fields:
            found[above + field.name, field.value] += 1
            walk(field.children, f"{above}{field.name}/")

    walk(form.fields, "")
    return found


# --- the schemas


def test_the_schemas_of_the_older_layout_are_those_that_the_table_gives() -> None:
    committed = {path.name: path.read_bytes() for path in derive.folder(TABLE).glob("*.xsd")}

    assert committed == derive.derived(TABLE), "write them again: make schemas"


@pytest.mark.parametrize("letter", LETTERS)
def test_every_form_exists_in_both_versions(letter: str) -> None:
    assert CATALOGUE.majors(f"sirene/{letter}@1") == [1, 0]
    assert CATALOGUE.get(f"sirene/{letter}@0").root == f"{{urn:x-spoc:sirene:0}}Form{letter}"


def test_a_family_without_versions_has_one() -> None:
    assert CATALOGUE.majors("interpol/FreeText@1") == [1]
    assert CATALOGUE.current("spoc/Receipt@1") == "spoc/Receipt@1"


def test_going_through_the_formats_gives_the_current_ones() -> None:
    assert {spec.id.rpartition("@")[2] for spec in CATALOGUE} == {"1"}


@pytest.mark.parametrize("letter", LETTERS)
def test_the_two_schemas_differ_in_what_the_table_names_and_nothing_else(letter: str) -> None:
    new, old = (set(CATALOGUE.get(f"sirene/{letter}@{major}").schema.order) for major in (1, 0))
    named = {row.path[-1] for row in TABLE.difference if isinstance(row, Drop)}
    parts = {"ConsultationReceivedOn", "ExtraDays", "ExtensionReason"}  # what stands in a container that is not there

    assert new - old == named | parts
    assert old - new == set()


@pytest.mark.parametrize("path", OLDER, ids=story)
def test_a_form_in_the_older_layout_that_passes(path: Path) -> None:
    root = safexml.parse(path.read_bytes())
    spec = CATALOGUE.recognise(str(root.tag), root.get("version", ""))

    assert spec.validate(root) == []
    assert list(second_opinion(spec).iter_errors(cast("Any", root))) == []
    assert safexml.canonical(spec.encode(spec.decode(root))) == tidy(root)
    current = up(spec.decode(root))
    named = CATALOGUE.get(current.format)
    assert [each for each in findings(named, named.encode(current)) if each.severity is Severity.ERROR] == []


@pytest.mark.parametrize("path", OLDER_FAILS, ids=story)
def test_a_form_in_the_older_layout_that_fails_for_the_reason_in_its_name(path: Path) -> None:
    named = path.stem.partition("--")[0]
    spec = CATALOGUE.get(f"sirene/{kind(path)}@0")
    root = safexml.parse(path.read_bytes())
    refused = spec.validate(root)
    assert bool(refused) is any(second_opinion(spec).iter_errors(cast("Any", root))), "the two validators agree"
    if named == "XSD":
        assert {finding.rule for finding in refused} == {"XSD"}
        return
    current = up(spec.decode(root))
    current_spec = CATALOGUE.get(current.format)
    said = findings(current_spec, current_spec.encode(current))

    assert named in {finding.rule for finding in said}


def test_every_letter_and_free_text_have_a_message_of_the_older_layout() -> None:
    assert {kind(path) for path in OLDER} == {*LETTERS, "FreeText"}


# --- the conversions, over every message that there is


@pytest.mark.parametrize("path", NEWER, ids=story)
def test_what_the_older_layout_makes_of_a_form_is_valid_and_costs_what_the_report_says(path: Path) -> None:
    form = newer(path)
    made, told = down(form)
    again = up(made)

    assert valid(made)
    assert valid(again)
    assert down(again) == (made, []), "what came back can go again, and nothing more is lost"
    before, after = paths(form), paths(again)
    gone = {name for name, _ in before - after}
    come = {name for name, _ in after - before}
    reported = {field for field, _ in told}
    removed = {row.field: getattr(row, "remove", "") or row.field for row in TABLE.difference}
    words = {"SupplementaryInformation"} if Change.AS_WORDS in {change for _, change in told} else set()
    narrowed = {field for field, change in told if change is Change.NARROWED}
    allowed = {removed[field] for field in reported} | words
    assert {name for name in gone if not any(name == one or name.startswith(f"{one}/") for one in allowed)} == set()
    assert {removed[field] for field in reported} <= gone, "nothing is reported that was not lost"
    assert come <= words | narrowed
    assert (again == form) is (told == [])


@pytest.mark.parametrize("path", OLDER, ids=story)
def test_what_comes_in_the_older_layout_goes_out_again_unchanged(path: Path) -> None:
    form = older(path)
    current, report = CATALOGUE.convert(form, form.format.replace("@0", "@1"))

    assert report.lossless
    assert valid(current)
    assert down(current)[0].fields == CATALOGUE.get(form.format).tidied(form).fields


@pytest.mark.parametrize("path", [path for path in NEWER if b"OtherField" in path.read_bytes()][:3], ids=story)
def test_a_number_that_nobody_has_mapped_goes_through_untouched_and_is_listed(path: Path) -> None:
    form = newer(path)
    made, report = CATALOGUE.convert(form, form.format.replace("@1", "@0"))

    assert made.named("OtherField") == form.named("OtherField")
    assert report.unmapped == tuple(field.number for field in form.named("OtherField"))


G = newer(CORPUS / "FormG" / "passes" / "sample.xml")


def with_field(name: str, value: str = "", *children: Field) -> Form:
    kept = tuple(field for field in G.fields if field.name != name)
    return msgspec.structs.replace(G, fields=(*kept, Field(name=name, value=value, children=children)))


NEW_ARTICLES = st.sampled_from([
    "1862:26", "1862:32", "1862:32(1)(a)", "1862:32(1)(c)", "1862:34(1)(b)", "1862:36", "1862:36(3)", "1862:36(4)", "1862:36(9)",
    "1862:37a", "1862:38(2)(o)", "1862:40", "1861:24(1)(a)", "1861:25", "1860:3", "1860:8", "9999:1",
])  # fmt: skip
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(article=NEW_ARTICLES, words=TEXTS, keywords=st.none() | TEXTS, handling=st.none() | st.just("H1"))
def test_any_hit_converts_to_a_valid_form_and_back_with_an_exact_report(
    article: str, words: str, keywords: str | None, handling: str | None
) -> None:
    dropped = {
        "AlertArticle",
        "SupplementaryInformation",
        "AlertReason",
        "Keywords",
        "EuropolHandling",
        "OffenceCategory",
    }
    extra = [
        ("AlertArticle", article),
        ("SupplementaryInformation", words),
        ("Keywords", keywords),
        ("EuropolHandling", handling),
    ]
    fields = [field for field in G.fields if field.name not in dropped]
    fields += [Field(name=name, value=value) for name, value in extra if value]
    form = CATALOGUE.get(G.format).tidied(msgspec.structs.replace(G, fields=tuple(fields)))
    made, told = down(form)

    assert down(up(made)) == (made, [])
    assert {field for field, _ in told} == {
        name for name, value in extra if value and up(made).value(name) != form.value(name) and name in dropped
    } - {"SupplementaryInformation"}
    if handling:
        assert "Europol handling code (345): H1" in made.value("SupplementaryInformation")


# --- single differences


@pytest.mark.parametrize(
    ("article", "was", "change"),
    [
        ("1862:38", "2007/533:38", None),
        ("1862:36(3)", "2007/533:36(2)", None),
        ("1862:36(4)", "2007/533:36(3)", None),
        ("1861:25", "1987/2006:26", None),
        ("1862:32(1)(a)", "2007/533:32", Change.NARROWED),
        ("1862:32(1)(c)", "", Change.AS_WORDS),
        ("1862:37a", "", Change.AS_WORDS),
        ("1862:40", "", Change.AS_WORDS),
        ("1860:3", "", Change.AS_WORDS),
    ],
)
def test_an_article_in_the_words_of_the_older_acts(article: str, was: str, change: Change | None) -> None:
    made, told = down(with_field("AlertArticle", article))

    assert made.value("AlertArticle") == was
    assert [each for field, each in told if field == "AlertArticle"] == ([change] if change else [])
    assert (f"Article of the alert (090): {article}" in made.value("SupplementaryInformation")) is (not was)


def test_an_object_of_a_kind_that_was_unknown_stands_whole_in_the_free_text() -> None:
    thing = Field(name="ObjectCategory", value="IT_ITEM"), Field(name="ObjectSerialNumber", value="SN 77")
    made, told = down(with_field("OtherObject", "", *thing))

    assert made.named("OtherObject") == ()
    assert "Object: ObjectCategory IT_ITEM; ObjectSerialNumber SN 77" in made.value("SupplementaryInformation")
    assert ("OtherObject/ObjectCategory", Change.AS_WORDS) in told


def test_words_that_do_not_fit_are_lost_and_said_to_be() -> None:
    full = with_field("SupplementaryInformation", "x" * MAX_WORDS)
    form = msgspec.structs.replace(full, fields=(*full.fields, Field(name="EuropolHandling", value="H1")))
    made, told = down(form)

    assert valid(made)
    assert ("EuropolHandling", Change.LOST) in told
    _, report = CATALOGUE.convert(form, "sirene/G@0")
    assert Severity.HOLD in {each.severity for each in conversion_findings(report, outbound=True)}
    assert Severity.HOLD not in {each.severity for each in conversion_findings(report, outbound=False)}


def test_a_report_names_fields_and_never_values() -> None:
    _, report = CATALOGUE.convert(with_field("Keywords", "SECRET WORD"), "sirene/G@0")

    assert "SECRET" not in repr(report)


def test_every_difference_says_why_and_how_sure_that_is() -> None:
    for row in TABLE.difference:
        assert row.text, row.field
        assert row.citation, row.field
        assert row.confidence in CONFIDENCES, row.field
    assert set(TABLE.forms) == {*LETTERS, "FreeText"}


def test_a_table_with_a_word_that_nobody_knows_is_not_read() -> None:
    row = {"change": "drop", "field": "A", "text": "t", "citation": "c", "confidence": "proposal", "essentail": True}

    with pytest.raises(msgspec.ValidationError, match="essentail"):
        msgspec.convert(
            {"family": "sirene", "newer": 1, "older": 0, "forms": ["A"], "difference": [row]}, conversion.Table
        )


# --- days


DAYS = Version(
    family="sirene", major=0, title="old", accept_from=date(2026, 1, 10), accept_until=date(2026, 1, 20), grace_days=3,
    send_from=date(2026, 1, 12), send_until=date(2026, 1, 18),
)  # fmt: skip
CURRENT = Version(family="sirene", major=1, title="new", current=True)


@pytest.mark.parametrize(
    ("at", "standing"),
    [
        (datetime(2026, 1, 9, 23, 59, 59, tzinfo=UTC), Standing.EARLY),
        (datetime(2026, 1, 10, tzinfo=UTC), Standing.OPEN),
        (datetime(2026, 1, 20, 23, 59, 59, tzinfo=UTC), Standing.OPEN),
        (datetime(2026, 1, 21, tzinfo=UTC), Standing.GRACE),
        (datetime(2026, 1, 23, 23, 59, 59, tzinfo=UTC), Standing.GRACE),
        (datetime(2026, 1, 24, tzinfo=UTC), Standing.CLOSED),
    ],
)
def test_a_version_stands_for_whole_days(at: datetime, standing: Standing) -> None:
    assert DAYS.accepted(at) is standing
    said = acceptance_findings(DAYS, best_accepted([CURRENT, DAYS], at), at)
    assert all("Send version 1 (new)" in finding.remedy for finding in said)
    assert (said == ()) is (standing is Standing.OPEN)


@pytest.mark.parametrize(("day", "may"), [(11, False), (12, True), (18, True), (19, False)])
def test_a_version_goes_out_on_its_days_only(day: int, may: bool) -> None:
    assert DAYS.sendable(datetime(2026, 1, day, 12, tzinfo=UTC)) is may


def test_a_partner_is_written_to_in_the_current_version_where_it_reads_it() -> None:
    at = datetime(2026, 1, 15, tzinfo=UTC)

    assert best_sendable([CURRENT, DAYS], (), at) is CURRENT
    assert best_sendable([CURRENT, DAYS], (0, 1), at) is CURRENT
    assert best_sendable([CURRENT, DAYS], (0,), at) is DAYS
    with pytest.raises(Refused, match="can send the form in: 1\\."):
        best_sendable([CURRENT, DAYS], (0,), datetime(2026, 1, 19, tzinfo=UTC))


def test_days_that_an_office_sets_replace_the_shipped_ones_and_say_so() -> None:
    old = versions_of("sirene", {"0": Days(accept_until=date(2026, 12, 31), grace_days=0)})[1]

    assert old.accept_until == date(2026, 12, 31)
    assert old.refused_from == date(2027, 1, 1)
    assert old.send_until == date(2027, 12, 31), "what is not set stays as it is shipped"
    assert old.citation == "agreed by this office"


@pytest.mark.parametrize(
    ("agreed", "fault"),
    [
        ({"sirene": {"9": Days()}}, "there is no version 9 of sirene"),
        ({"sirenne": {"0": Days()}}, "there is no family sirenne"),
        ({"sirene": {"0": Days(accept_from=date(2030, 1, 1))}}, "ends before it begins"),
    ],
)
def test_days_that_cannot_be_meant_are_refused(agreed: dict[str, dict[str, Days]], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        discover(agreed)
