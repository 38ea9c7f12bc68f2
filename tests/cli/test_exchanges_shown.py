"""`spoc exchanges` and `spoc clocks`: for people and for programs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from gateway.commands import exchanges
from tests.api.desk_side import Doors, open_doors
from tests.cli.conftest import Spoc
from tests.exchanges.stories import Story, form_m


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    async with open_doors(tmp_path) as opened:
        yield opened


def drawn(found: object, draw: object) -> str:
    """What a person sees."""
    console = Console(width=200, record=True, file=None, force_terminal=False, quiet=False)
    with console.capture() as seen:
        draw(console, found)  # type: ignore[operator]  # one of the drawing functions
    return seen.get()


def test_every_clock_is_listed_with_limit_debtor_source_and_confidence(quick: Spoc) -> None:
    listed = quick("clocks", "sirene", "--json").told
    rows = {each["row"].partition("/")[0] for each in listed}
    assert {"T01", "T17", "T34"} <= rows
    assert all(each["limit"] and each["owes"] and each["citation"] and each["confidence"] for each in listed)
    (first,) = [each for each in listed if each["clock"] == "T01"]
    assert (first["limit"], first["warn_percent"], first["escalation"]) == ("12 hours", [50, 80], "duty officer")
    (silence,) = [each for each in listed if each["clock"] == "T17"]
    assert silence["consequence"].startswith("The issuing state does not object")
    assert {each["family"] for each in quick("clocks", "--json").told} >= {"sirene", "europol"}
    assert "12 hours" in quick("clocks", "sirene").text


def test_a_family_without_clocks_is_told_with_those_that_have_some(quick: Spoc) -> None:
    done = quick("clocks", "interpol")
    assert done.code == 66
    assert "sirene" in done.err


def test_an_exchange_is_asked_for_with_an_id_and_a_purpose(quick: Spoc) -> None:
    assert quick("exchanges", "show", "XB-M-1", "-p", "test").code == 2
    assert quick("exchanges", "list").code == 2


async def test_a_person_sees_what_is_owed_by_when_and_what_may_come(doors: Doors) -> None:
    row = await Story(doors.rig).receives(form_m("Is the address still in use?"))
    address = f"/api/v1/exchanges/{row.envelope.exchange}"
    told = drawn((await doors.local("GET", address)).json, exchanges.draw)
    assert "in 12 h 00 min" in told
    assert "form M (expected)" in told
    assert "Regulation (EU) 2018/1862 Art. 8(3)" in told
    await doors.rig.later(timedelta(hours=14))
    told = drawn((await doors.local("GET", address)).json, exchanges.draw)
    assert "2 h 00 min ago" in told
    assert "breached" in told
    listed = (await doors.local("GET", "/api/v1/exchanges")).json["exchanges"]
    assert "sirene:XA" in drawn(listed, exchanges.draw_list)
    assert drawn([], exchanges.draw_list).strip() == "No exchange."
