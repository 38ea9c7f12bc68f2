"""What a person sees: tables whose ids can be copied at any width."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from gateway.commands.messages import draw_list

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
