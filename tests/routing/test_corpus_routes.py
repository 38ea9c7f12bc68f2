"""Every valid message of the corpus has a row of the shipped table; nothing is answered by itself without a subject."""

from __future__ import annotations

from collections import Counter
from importlib import resources
from pathlib import Path

import pytest

from gateway import safexml
from routing.decide import TableRouter
from routing.explain import explain
from routing.table import Known, read_table
from schemas.catalogue import discover
from tests.routing.messages import message

CORPUS = Path(__file__).parents[1] / "corpus"
SAMPLES = sorted(CORPUS.glob("*/*/passes/*.xml"))
FORMATS = discover()
TABLE = read_table(
    resources.files("config").joinpath("routes.toml").read_text(encoding="utf-8"),
    known=Known(formats=frozenset(spec.id for spec in FORMATS)),
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: "/".join(path.parts[-4:]))
def test_a_valid_message_has_a_row_and_an_explanation(sample: Path) -> None:
    root = safexml.parse(sample.read_bytes())
    form = FORMATS.recognise(str(root.tag), root.get("version", "")).decode(root)
    routing = TableRouter(TABLE).decide(message("sirene/G@1").learn(form=form))
    assert routing.row
    assert explain(routing, TABLE)
    if routing.answer == "automatic":
        assert form.subjects


def test_every_format_is_in_the_table() -> None:
    forms = Counter(spec.id.partition("/")[0] for spec in FORMATS)
    assert forms.keys() == {"sirene", "interpol", "europol", "spoc"}
    unrouted = [spec.id for spec in FORMATS if TableRouter(TABLE).decide(message(spec.id)).row == ""]
    assert unrouted == []
