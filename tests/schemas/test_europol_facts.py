"""The tables of the Europol family say what the law and the gate say."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

from gateway.families import Effect
from schemas.europol import vocabulary as words
from schemas.europol.family import FAMILY


def test_the_table_of_handling_codes_and_the_gate_hold_the_same_replies() -> None:
    table = words.handling_codes()
    holding = {code for code, row in table.items() if row["holds_reply"]}
    assert holding == {"H1", "H2", "H3"} == {code.code for code in FAMILY.handling if code.effect is Effect.OFFICER}
    assert {code for code, row in table.items() if row["onward"] == "consent"} == {"H2"}
    assert all(row["citation"] and row["confidence"] for row in table.values())
    assert words.handling_when_missing() == ("H1", "H2")


def test_the_clocks_of_the_directive_are_eight_hours_three_days_and_seven_days() -> None:
    table = tomllib.loads((Path(str(files("schemas"))) / "europol" / "clocks.toml").read_text(encoding="utf-8"))
    limits = {row["id"]: row["limit"] for row in table["clock"]}
    assert limits["DIR977-urgent-direct"] == "PT8H"
    assert limits["DIR977-urgent-indirect"] == "P3D"
    assert limits["DIR977-normal"] == "P7D"
    assert all(row["citation"] and row["confidence"] for row in table["clock"])


def test_the_mandate_has_thirty_areas_and_what_belongs_to_them() -> None:
    areas = words.crime_areas()
    assert sum(kind == "mandate" for kind in areas.values()) == 31
    assert areas["outside_europol_mandate"] == "outside"
