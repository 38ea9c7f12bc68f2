"""The figures of the family, from `statistics.toml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from gateway.statistics.figure import Figures
from gateway.statistics.table import read_figures
from schemas.sirene.facts import words

FILE = "statistics.toml"


@cache
def figures() -> Figures:
    """Every figure, read once; raises `Misconfigured` with everything that is wrong."""
    text = (files("schemas.sirene") / FILE).read_text(encoding="utf-8")
    return read_figures(text, words(), file=f"schemas/sirene/{FILE}")
