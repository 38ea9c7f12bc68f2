"""Every link leads somewhere, and every file that the pages name is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, name_of

LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
PLACE = re.compile(r"(?:gateway|adapters|schemas|routing|config|simulators|tests|docs|benchmarks)/[A-Za-z0-9_./-]*")
TO_BE_WRITTEN = re.compile(r"FAMILY|NAME|FORM\b|ROOT|PARTY|boats")
"""Places of things that the reader is to add."""


def headings(page: Path) -> set[str]:
    """The anchors of a page, as hosts of Markdown make them."""
    found = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Target and anchor of every link to a file."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in LINK.findall(text):
        if "://" not in target:
            place, _, anchor = target.partition("#")
            yield (page.parent / place).resolve() if place else page, anchor


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [str(target) for target, _ in links(page) if not target.exists()]
    astray = [
        f"{target.name}#{anchor}"
        for target, anchor in links(page)
        if anchor and target.exists() and anchor not in headings(target)
    ]
    assert broken + astray == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_place_that_is_named_is_there(page: Path) -> None:
    named = {
        word
        for word in CODE.findall(page.read_text("utf-8"))
        if PLACE.fullmatch(word) and not TO_BE_WRITTEN.search(word)
    }
    assert {word for word in named if not (ROOT / word).exists()} == set()


def test_the_map_of_the_house_names_every_room() -> None:
    page = (ROOT / "README.md").read_text("utf-8")
    rooms = {path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file() or path.name in ("tests", "docs")}
    rooms -= {"build", "dist"}
    assert {room for room in rooms if f"`{room}/" not in page} == set()


def test_every_promise_names_what_would_fail_without_it() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.*?)\|$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, 14))
    without = [number for number, words, tests in rows if not tests.strip() and "yet" not in words]
    assert without == []
