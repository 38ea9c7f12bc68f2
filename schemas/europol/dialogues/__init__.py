"""The dialogues of the Europol family as data: one TOML file each, named after it; `words.toml` holds what all share."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from gateway.clocks.definition import ClockTable
from gateway.clocks.table import read_clocks
from gateway.dialogues.chart import Charts
from gateway.dialogues.table import charts_in
from schemas.europol.facts import words


@cache
def clocks() -> ClockTable:
    """The legal clocks of the family."""
    return read_clocks(
        (files("schemas.europol") / "clocks.toml").read_text(encoding="utf-8"), file="schemas/europol/clocks.toml"
    )


@cache
def charts() -> Charts:
    """Every dialogue of the family."""
    return charts_in(files("schemas.europol.dialogues"), facts=words(), happenings=clocks().happenings)
