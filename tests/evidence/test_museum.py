"""The museum of damaged evidence: each piece is refused, for the reason that its label says and at the place where it was damaged."""

from __future__ import annotations

import csv
import shlex
from pathlib import Path

import pytest

from tests.evidence.conftest import Made
from tests.evidence.damage import VERBS, Piece
from tests.evidence.office import judged

TABLE = Path("tests/corpus/evidence/museum.csv")
ROWS = list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))


@pytest.mark.parametrize("row", ROWS, ids=[row["piece"] for row in ROWS])
def test_a_piece_is_refused_for_its_own_reason(made: Made, row: dict[str, str]) -> None:
    piece = Piece(made)
    place = _place(piece, row["place"])
    verb, *arguments = row["how"].split(" ") if "say" not in row["how"] else row["how"].split(" ", 3)
    if verb == "relabel":
        arguments[-1] = piece.message("answer")["envelope"]
    VERBS[verb](piece, *arguments)
    report = judged(piece.bundle(row["by"]), made.trust)
    if not row["check"]:
        assert report.failures == [], report.text()
        return
    assert report.exit_code == 1
    first = report.failures[0]
    told = [(each.check, each.place, each.words) for each in report.failures]
    assert first.check == row["check"], told
    assert row["words"] in first.words, told
    assert any(each.check == row["check"] and each.place == place for each in report.failures), told


def _place(piece: Piece, name: str) -> str:
    """Where the label says that it is: a member, or a message."""
    if "." not in name and ":" not in name and "/" not in name and name in {"hit", "answer"}:
        return piece.message(name)["envelope"]
    if name.rpartition("-")[0] in ("receipt", "their-receipt") and "." not in name:
        return piece.message(name)["envelope"]
    return piece.name(name) if name else ""


def test_the_labels_speak_of_every_way_to_damage() -> None:
    assert len({row["piece"] for row in ROWS}) == len(ROWS)
    assert {shlex.split(row["how"])[0] for row in ROWS if "{" not in row["how"]} <= set(VERBS)
    assert {row["by"] for row in ROWS} == {"finder", "lister", "stranger", "office"}
