"""Sheets, differences and the books over HTTP: what is shown, who settles, and what the journal keeps of it."""

from __future__ import annotations

from msgspec.structs import replace

from gateway.journal.entry import Entry
from gateway.numbers.series import MISSING, Numbered
from tests.api.desk_side import Doors

XB, XA = "sirene:XB", "sirene:XA"


async def missing(doors: Doors, number: int = 2) -> None:
    now = doors.rig.clock.now()
    row = Numbered(sender=XB, receiver=XA, number=number, kind=MISSING, at=now, note="nothing came with it")
    await doors.rig.ledger.record_numbers([row], [Entry(event="number.missing", at=now)])


async def settled(doors: Doors, role: str = "officer", **other: str) -> tuple[int, str]:
    body = {"sender": XB, "receiver": XA, "number": "2", "kind": "missing", "reason": "They telephoned.", **other}
    answer = await doors.ask("POST", "/api/v1/sheets/differences/settle", role, json=body)
    return answer.status, answer.json.get("code", answer.json.get("note", ""))


async def test_a_difference_is_listed_until_an_officer_settles_it(doors: Doors) -> None:
    await missing(doors)
    listed = (await doors.ask("GET", "/api/v1/sheets/differences", "reader")).json
    assert [(each["number"], each["kind"]) for each in listed["differences"]] == [(2, "missing")]
    assert await settled(doors) == (200, "settled by a person; the entry says why")
    assert (await doors.ask("GET", "/api/v1/sheets/differences", "reader")).json["differences"] == []
    entries = b"".join(link.entry for link in await doors.rig.ledger.journal(0, 1000))
    assert b'"event":"number.settled"' in entries
    assert b'"event":"sheets.read"' in entries
    assert await settled(doors) == (404, "difference.unknown")


async def test_what_cannot_be_settled_is_told_in_words(doors: Doors) -> None:
    await missing(doors)
    for other, told in (
        ({"reason": " "}, (422, "reason.missing")), ({"number": "x"}, (422, "difference.number")),
        ({"number": "9" * 400}, (422, "difference.number")), ({"number": "3"}, (404, "difference.unknown")),
        ({"kind": "settled"}, (404, "difference.unknown")), ({"sender": "nobody"}, (404, "difference.unknown")),
    ):  # fmt: skip
        assert await settled(doors, **other) == told


async def test_our_sheet_is_listed_and_shown_with_its_lines(doors: Doors) -> None:
    rig = doors.rig
    rig.directory.replace(replace(each.partner, sheets=True) for each in rig.bureaux.values())
    await missing(doors)
    from datetime import timedelta

    await rig.later(timedelta(days=1))
    (sheet,) = (await doors.ask("GET", "/api/v1/sheets", "auditor", params={"counterpart": XB})).json["sheets"]
    assert (sheet["direction"], sheet["day"], sheet["received"]) == ("outbound", "2026-11-21", 1)
    whole = (await doors.ask("GET", f"/api/v1/sheets/{sheet['id']}", "auditor")).json
    assert [(line["number"], line["state"]) for line in whole["received_lines"]] == [(2, "missing")]
    other = await doors.ask("GET", "/api/v1/sheets/019dee00-0000-7000-8000-000000000000", "auditor")
    assert (other.status, other.json["code"]) == (404, "sheet.unknown")


async def test_open_differences_are_figures_for_prometheus(doors: Doors) -> None:
    await missing(doors)
    await doors.rig.gateway.quiet()
    text = (await doors.ask("GET", "/metrics", "reader")).content.decode()
    assert 'spoc_number_differences{kind="missing"} 1.0' in text
    assert 'spoc_number_differences{kind="unheard"} 0.0' in text


async def test_the_books_are_counted_three_times(doors: Doors) -> None:
    books = (await doors.ask("GET", "/api/v1/journal/balance", "auditor")).json
    assert books["balanced"] is True
    assert books["rows"] == books["journal"]
    assert books["differences"] == []
    assert ("client:auditor", "") in await doors.events("journal.verified")
