"""The charts are read strictly: everything that is wrong is told at once, with its line."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from gateway.dialogues.table import ChartsRefused, read_charts
from schemas.sirene.dialogues import charts, clocks
from schemas.sirene.facts import words

FOLDER = files("schemas.sirene.dialogues")
SHARED = (FOLDER / "words.toml").read_text(encoding="utf-8")
FLAGS = (FOLDER / "flags.toml").read_text(encoding="utf-8")


def _read(text: str, **others: str) -> None:
    read_charts(
        {"words": SHARED, "flags": text, **others},
        facts=words(),
        letters=words()["letter"].values,
        happenings=clocks().happenings,
    )


def _problems(text: str, **others: str) -> str:
    with pytest.raises(ChartsRefused) as refused:
        _read(text, **others)
    return "\n".join(refused.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('leads_to = "flagged"', 'leads_to = "flaged"', "which the file does not declare"),
        ('needs = { flag = "add" }', 'needs = { flg = "add" }', "no fact “flg” is declared"),
        ('needs = { flag = "add" }', 'needs = { flag = "added" }', "“flag” never says “added”"),
        ('form = ["M", "F"]', 'form = ["M", "Z"]', "names “Z”"),
        ('by = "ISS"', 'by = "ISU"', "names “ISU”"),
        ('happening = "flag.added"', 'happening = "flag.aded"', "names “flag.aded”"),
        ('issuer = "ISS"', 'issuer = "XYZ"', "names “XYZ”"),
        ('confidence = "manual-2015"', 'confidence = "certain"', "must be one of"),
        ("[[opens]]", "[[open]]", "unknown key “open”"),
        ("[states]", '[states]\nlost = { meaning = "nobody comes here", closed = true }', "nothing leads to the state “lost”"),
        ('FLG = "state that', 'TRA = "a state that does nothing"\nFLG = "state that', "nobody acts as “TRA”"),
    ],
)  # fmt: skip
def test_a_slip_in_a_chart_is_told(old: str, new: str, told: str) -> None:
    """A role, state, form, fact or happening that nobody declares, and a state that nobody reaches or leaves."""
    assert old in FLAGS
    assert told in _problems(FLAGS.replace(old, new))


def test_a_state_without_way_out_is_told() -> None:
    """A dialogue that can never close would wait for an officer for ever."""
    head, _, opening = FLAGS.partition("[[opens]]")
    opening = "[[opens]]" + opening.partition("\n\n")[0]
    told = _problems(f"{head}{opening}\n")
    assert "nothing leads out of the state “add-asked”, which is not closed" in told
    assert "from the state “add-asked” the dialogue never closes" in told


def test_two_rows_that_fit_the_same_form_are_refused() -> None:
    """The reading must not have to choose."""
    row = FLAGS[FLAGS.index("[[step]]") :].partition("\n\n")[0]
    assert "two rows fit the same M" in _problems(f"{FLAGS}\n\n{row}\n")


def test_two_dialogues_that_open_alike_are_refused() -> None:
    """The same form with the same facts cannot open both."""
    assert "opens this dialogue and “other” alike" in _problems(FLAGS, other=FLAGS)


def test_every_fault_is_told_at_once_with_its_line() -> None:
    """Two slips, two lines."""
    text = FLAGS.replace('leads_to = "refused"', 'leads_to = "x"').replace(
        'happening = "flag.deleted"\nleads_to', 'happening = "y"\nleads_to'
    )
    found = re.findall(r"^flags\.toml:(\d+):", _problems(text), re.MULTILINE)
    assert len(found) == 2
    assert all(text.splitlines()[int(line) - 1] == "[[step]]" for line in found)


def test_what_is_no_toml_is_refused_in_words() -> None:
    """A broken file is named."""
    assert "flags.toml:1: not TOML" in _problems("section = ")


def test_no_happening_of_the_clocks_is_an_orphan() -> None:
    """Each is told by a form, or recorded by people or systems in words that an officer sees; nothing else is listed."""
    found = charts()
    orphans = set(clocks().happenings) - found.emitted - set(found.recorded)
    assert orphans == set()
    unused = {name for name in found.recorded if name not in clocks().happenings} - {
        turn.happening for chart in found.charts for turn in chart.turns
    }
    assert unused == set()


def test_every_row_names_its_source_and_how_sure_it_is() -> None:
    """No row is a default without a source; what is not read in a source says so."""
    rows = [row for chart in charts().charts for row in (*chart.turns, *chart.bars)]
    assert all(row.citation and row.text for row in rows)
    unsure = [row for row in rows if "not verified" in row.citation or "inferred" in row.citation]
    assert unsure
    assert all(row.confidence in ("unverified", "proposal") for row in unsure)


def test_the_files_are_read_as_they_stand() -> None:
    """One file, one dialogue, named after it."""
    names = {file.name.removesuffix(".toml") for file in FOLDER.iterdir() if file.name.endswith(".toml")}
    assert names - {"words"} == {chart.id for chart in charts().charts}
    assert "happenings" in tomllib.loads(SHARED)


def test_what_silence_brings_about_is_awaited_by_a_dialogue() -> None:
    """Where the law gives silence a meaning, the dialogue that it ends knows the word that the clocks use for it."""
    awaited = {turn.happening for chart in charts().charts for turn in chart.turns if turn.happening}
    said = {
        clock.id: clock.consequence.happening
        for clock in clocks().clocks
        if clock.consequence and clock.consequence.happening
    }
    assert said["T17"] == "consultation.no-objection"
    assert "T13" not in said, "what the states owe is nothing that silence brings about"
    assert set(said.values()) <= awaited


def test_roles_are_called_as_the_clocks_call_those_whom_they_bind() -> None:
    """A clock whose start nobody could bind finds its office by the role in the dialogue."""
    parties = set(clocks().parties)
    assert {"ISS", "EXE", "GRA", "discovering", "requested"} <= parties & {
        role for chart in charts().charts for role in chart.roles
    }
    bound = [
        (each.binds, chart) for chart in charts().charts for turn in chart.turns for each in turn.emits if each.binds
    ]
    assert all(role in chart.roles for role, chart in bound)
