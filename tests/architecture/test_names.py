"""Names say what a thing keeps or does; no file names a place that only one machine or company has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, SHIPPED, tracked

SAY_NOTHING = {"manager", "helper", "util", "common", "base", "impl", "processor", "handler", "service", "data"}
# Written with classes of one letter, so that this file does not name them either.
PLACES = re.compile(
    r"python[h]osted|[p]ypi[.]org|[n]pmjs[.]|registry[.][n]pm|(?:deb|security|archive)[.](?:[d]ebian|[u]buntu)[.]"
    r"|(?<![\w.>}\-])/(?:[w]ork|[t]mp|[r]oot|[h]ome|[U]sers|[f]arm)/"
)


@pytest.mark.parametrize("path", tracked("*.py", below=(*SHIPPED, "tests", "benchmarks")), ids=str)
def test_a_file_name_says_something(path: Path) -> None:
    words = {word.removesuffix("s") for word in path.stem.lower().split("_")}
    assert words.isdisjoint(SAY_NOTHING)


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in tracked()
        for number, line in enumerate((ROOT / path).read_text(errors="ignore").splitlines(), 1)
        if PLACES.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    ["https://" + "py" + "pi.org/simple", "see /" + "tmp/x", "cd /" + "home/someone/spoc", "(/" + "work/main)"],
)
def test_the_search_for_places_finds_them(line: str) -> None:
    assert PLACES.search(line)
