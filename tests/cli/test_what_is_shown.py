"""What a person sees: ids that can be copied at any width, and where a message stands after a decision."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from gateway.commands.messages import draw_act, draw_list

ID = "01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001"
ROW = (
    ID, "2026-11-21 12:00:00Z", "outbound", "interpol/TravelDocumentAnswer@1", "europol:EUROPOL",
    "XA-G-2026-0000001", "acknowledged", "schema.attachment-does-not-match",
)  # fmt: skip


@pytest.mark.parametrize("width", [80, 110, 160])
def test_the_id_and_the_time_of_a_message_stand_on_one_line(width: int) -> None:
    paper = io.StringIO()
    draw_list(Console(file=paper, width=width), [ROW])
    lines = paper.getvalue().splitlines()

    assert any(line.split()[:3] == [ID, "2026-11-21", "12:00:00Z"] for line in lines), paper.getvalue()


def look(state: str, account: str, code: str = "") -> dict[str, Any]:
    return {"id": ID, "state": state, "account": account, "reason_code": code, "reason_public": "Wait.", "operator": ""}


@pytest.mark.parametrize(
    ("act", "seen", "words"),
    [
        ("release", look("held", "held", "route.look-first"), f"{ID} is held again (route.look-first): Wait."),
        ("release", look("delivered", "delivered"), f"{ID} is delivered."),
        ("release", look("routed", "waiting"), f"{ID} is routed and goes on from there."),
        ("release", None, f"{ID} is released and goes on from there."),
        ("reject", look("rejected", "rejected", "officer.rejected"), f"{ID} is rejected (officer.rejected)."),
    ],
)
def test_a_decision_is_told_by_where_the_message_stands(act: str, seen: dict[str, Any] | None, words: str) -> None:
    paper = io.StringIO()
    draw_act(Console(file=paper, width=160), act, {"id": ID, "state": "released", "reason_code": ""}, seen)

    assert paper.getvalue().strip() == words
