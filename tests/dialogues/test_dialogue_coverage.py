"""Every procedure, every form and every reply of the field's own tables has a dialogue and a story: `coverage.csv` is the checklist."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from schemas.sirene.dialogues import charts
from tests.dialogues.playing import lines, played, steps_of
from tests.dialogues.stories import STORIES

with (Path(__file__).parent / "coverage.csv").open(encoding="utf-8", newline="") as opened:
    ROWS = list(csv.DictReader(opened))
PLAYED = [row for row in ROWS if row["dialogue"]]
PROCEDURES = {
    *(f"4.{number}" for number in range(1, 21) if number != 4),
    *(f"4.4({letter})" for letter in "abcdefg"),
}
VARIANTS = {
    *(f"M/{name}" for name in ("SURRENDER", "EXTRADITION", "TRANSIT", "ART36-IMMEDIATE", "ART36-NATSEC", "MISSING-HIGHRISK")),
    *("M/VIN-TWIN", "M/ALIAS", "M/RETURN-DATA", "M/FREE-MOVEMENT", "N/RETURN", "O/RETURN", "G/RETURN-EXIT", "G/RETURN-ENTRY"),
}  # fmt: skip
OUTSIDE = {"R", "S", "T", "CONSULT", "FREETEXT"}


def test_the_checklist_names_all_twenty_procedures_and_all_letters() -> None:
    """Nothing can be left out by leaving out its row."""
    named = {row["row"] for row in ROWS}
    assert named == PROCEDURES | set("ABCDEFGHIJKLMNOPQ") | VARIANTS | OUTSIDE
    assert set(STORIES) >= {row["story"] for row in PLAYED}
    assert {chart.id for chart in charts().charts} == {row["dialogue"] for row in PLAYED}


@pytest.mark.parametrize("row", PLAYED, ids=[f"{row['row']} {row['replies']}".strip() for row in PLAYED])
def test_a_row_of_the_tables_has_a_dialogue_and_a_story(row: dict[str, str]) -> None:
    """The story goes through the dialogue; the form of the row comes, and after it each reply that the table expects."""
    chart = charts().get(row["dialogue"])
    if row["row"].startswith("4."):
        assert chart.section.partition("(")[0] == row["row"].partition("(")[0]
    story = lines(STORIES[row["story"]].lines)
    assert row["dialogue"] in [course.dialogue for course in played(story).courses]
    letters = [step.letter for step in steps_of(story)]
    form = row["row"].partition("/")[0]
    if len(form) == 1:
        after = letters[letters.index(form) + 1 :]
        assert all(reply in after for reply in row["replies"].split(";") if reply)


@pytest.mark.parametrize("row", [row for row in ROWS if not row["dialogue"]], ids=lambda row: row["row"])
def test_what_has_no_form_here_has_no_dialogue(row: dict[str, str]) -> None:
    """Withdrawn and unknown letters belong to none; what travels outside the forms is recorded by people."""
    assert all(row["row"] not in chart.letters for chart in charts().charts)
    if row["story"].startswith("recorded: "):
        assert set(row["story"].removeprefix("recorded: ").split(";")) <= set(charts().recorded)
