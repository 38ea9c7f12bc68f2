"""What the guides say of states, events, settings, formats, routes and codes is what the code says."""

from __future__ import annotations

import pytest

from docs import generate
from docs.markdown import table
from tests.docs.pages import ROOT


def test_the_generated_parts_are_current() -> None:
    pages = dict(generate.pages())
    old = [str(page.relative_to(ROOT)) for page, text in pages.items() if page.read_text("utf-8") != text]

    assert len(pages) > 8
    assert old == [], "run `make docs` and commit what it writes"


def test_a_table_survives_bars_and_line_ends() -> None:
    assert table(("a", "b"), [("one | two", "three\nfour")]).splitlines()[-1] == "| one \\| two | three four |"


@pytest.mark.parametrize(
    "name", ["lifecycle.md", "auditor.md", "formats.md", "routing.md", "operating.md", "reason-codes.md"]
)
def test_a_page_that_should_be_generated_is(name: str) -> None:
    assert "<!-- generated: " in (ROOT / "docs" / name).read_text("utf-8")
