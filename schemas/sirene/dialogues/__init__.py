"""The dialogues of SIRENE as data: one TOML file each, named after it; `words.toml` holds what all share.

Read strictly by `gateway.dialogues.table` once, where the family is first asked for its charts.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from gateway.clocks.definition import ClockTable
from gateway.clocks.table import read_clocks
from gateway.dialogues.chart import Charts
from gateway.dialogues.table import read_charts
from schemas.sirene.facts import words


@cache
def clocks() -> ClockTable:
    """The legal clocks of the family."""
    return read_clocks(
        (files("schemas.sirene") / "clocks.toml").read_text(encoding="utf-8"), file="schemas/sirene/clocks.toml"
    )


@cache
def charts() -> Charts:
    """Every dialogue of the family."""
    folder = files("schemas.sirene.dialogues")
    texts = {
        file.name.removesuffix(".toml"): file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }
    return read_charts(texts, facts=words(), letters=words()["letter"].values, happenings=clocks().happenings)
