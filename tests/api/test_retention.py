"""Lifetimes through the API: what is due, holds, orders with a second person, certificates, and what is said of content that is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.ledger import Row
from tests.api.desk_side import Doors, open_doors
from tests.retention.archive import Archive

RETENTION = "/api/v1/retention"


@pytest.fixture
async def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path, store="sqlite")


@pytest.fixture
async def doors(archive: Archive, tmp_path: Path) -> AsyncIterator[Doors]:
    async with open_doors(tmp_path, archive.rig) as opened:
        yield opened


async def due(archive: Archive) -> Row:
    """A message whose lifetime is over."""
    row = await archive.about()
    await archive.alert_deleted(row)
    await archive.rig.later(timedelta(days=365))
    return row


async def test_a_reader_sees_the_rules_with_their_marks(doors: Doors) -> None:
    told = (await doors.ask("GET", f"{RETENTION}/rules", "reader")).json
    rules = {each["id"]: each for each in told["rules"]}
    assert rules["RR-120"]["in_force"]
    assert "Art. 64(2)" in rules["RR-120"]["citation"]
    assert [(each["confidence"], each["in_force"]) for each in (rules["RR-200"], rules["RR-121-own"])] == [
        ("proposal", False), ("verified", True),
    ]  # fmt: skip
    assert rules["RR-121-own"]["lasts"] == "BY_LAW"
    assert told["second_person"]


async def test_what_is_due_is_told_and_a_sweep_destroys_exactly_that(archive: Archive, doors: Doors) -> None:
    row = await due(archive)
    told = (await doors.ask("GET", f"{RETENTION}/due", "auditor")).json
    planned = [each["subject"] for each in told["contents"]]
    assert row.envelope.id in planned
    assert {(each["rule"], each["why"]) for each in told["contents"]} == {("RR-120", "due")}
    swept = (await doors.ask("POST", f"{RETENTION}/sweeps", "operator")).json
    assert swept == {"destroyed": len(planned), "overdue": 0}
    certified = (await doors.ask("GET", f"{RETENTION}/exchange/{row.envelope.exchange}/certificates", "auditor")).json
    assert sorted(each["details"]["subject"] for each in certified["certificates"]) == sorted(planned)
    assert ("client:auditor", "") in await doors.events("retention.read")


async def test_what_is_due_on_a_day_and_what_is_kept_why(archive: Archive, doors: Doors) -> None:
    row = await archive.about()
    await archive.alert_deleted(row)
    on = (await doors.ask("GET", f"{RETENTION}/due?on=2027-11-21", "officer")).json
    assert row.envelope.id in {each["subject"] for each in on["contents"]}
    assert (await doors.ask("GET", f"{RETENTION}/due?on=2027-11-19", "officer")).json["contents"] == []
    everything = (await doors.ask("GET", f"{RETENTION}/due?everything=true", "officer")).json["contents"]
    assert {each["why"] for each in everything} == {"not-yet"}
    assert (await doors.ask("GET", f"{RETENTION}/due?on=tomorrow", "officer")).status == 422


async def test_destroyed_content_is_gone_and_its_row_stays(archive: Archive, doors: Doors) -> None:
    row = await due(archive)
    await archive.sweeper.sweep()
    address = f"/api/v1/messages/{row.envelope.id}"
    for part in ("", "/raw", "/signed"):
        answer = await doors.ask("GET", address + part, "auditor")
        assert (answer.status, answer.json["code"], answer.json["title"]) == (410, "content.destroyed", "Gone")
        assert "RR-120" in answer.json["detail"]
        assert "2027-11-2" in answer.json["detail"]
    listed = (await doors.ask("GET", "/api/v1/messages", "auditor")).json["messages"]
    assert {each["destroyed"]["rule"] for each in listed if each["destroyed"]} == {"RR-120"}
    assert row.envelope.id in {each["id"] for each in listed if each["destroyed"]}
    assert (await doors.ask("GET", f"{address}/timeline", "auditor")).status == 200
    proof = (await doors.ask("GET", "/api/v1/journal/verify", "auditor")).json
    assert (proof["intact"], proof["faults"]) == (True, [])


async def test_a_hold_is_set_by_an_officer_and_lifted_by_who_answers_for_data_protection(
    archive: Archive, doors: Doors
) -> None:
    row = await due(archive)
    address = f"{RETENTION}/exchange/{row.envelope.exchange}"
    held = await doors.ask("POST", f"{address}/hold", "officer", json={"reason": "Complaint 17"})
    assert (held.status, held.json["hold"]["by"]) == (200, "client:officer")
    assert {each["why"] for each in held.json["contents"]} == {"held"}
    assert (await doors.ask("POST", f"{address}/hold", "officer", json={"reason": "Again"})).status == 409
    assert (await doors.ask("POST", f"{RETENTION}/sweeps", "operator")).json["destroyed"] == 0
    assert (await doors.ask("POST", f"{address}/lift", "officer", json={"reason": "No"})).status == 403
    assert (await doors.ask("POST", f"{address}/lift", "auditor", json={"reason": "Settled"})).status == 200
    assert (await doors.ask("POST", f"{RETENTION}/sweeps", "operator")).json["destroyed"] > 0


async def test_an_order_needs_another_person(archive: Archive, doors: Doors) -> None:
    row = await archive.about()
    address = f"{RETENTION}/message/{row.envelope.id}"
    said = {"reason": "Judgment of 2 March", "ground": "court"}
    assert (await doors.ask("POST", f"{address}/order", "auditor", json=said)).json["order"]["confirmed_by"] == ""
    same = await doors.ask("POST", f"{address}/confirm", "auditor", json={"reason": "Myself"})
    assert (same.status, same.json["code"]) == (409, "retention.same-person")
    assert (await doors.ask("POST", f"{address}/confirm", "operator", json={"reason": "Seen"})).status == 200
    assert (await doors.ask("POST", f"{RETENTION}/sweeps", "operator")).json["destroyed"] == 1
    (certificate,) = (await doors.ask("GET", f"{address}/certificates", "auditor")).json["certificates"]
    assert (certificate["rule"], certificate["details"]["confirmed_by"]) == ("order.court", "client:operator")
    assert "Judgment" not in str(certificate)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "message/019dee00-0000-7000-8000-000000000000", None, 404, "retention.unknown"),
        ("GET", "day/2026-02-30", None, 404, "retention.unknown"),
        ("GET", "folder/1", None, 422, "request.invalid"),
        ("POST", "message/019dee00-0000-7000-8000-000000000000/hold", {"reason": "x"}, 404, "retention.unknown"),
        ("POST", "message/019dee00-0000-7000-8000-000000000000/hold", {}, 400, "reason.missing"),
        ("POST", "message/019dee00-0000-7000-8000-000000000000/hold", {"why": "x"}, 422, "json.unreadable"),
        ("POST", "any/x/order", {"reason": "x", "ground": "because"}, 422, "retention.ground"),
    ],
)
async def test_what_cannot_be_is_refused(
    doors: Doors, method: str, path: str, body: dict[str, str] | None, status: int, code: str
) -> None:
    more = {} if body is None else {"json": body}
    answer = await doors.ask(method, f"{RETENTION}/{path}", "operator", **more)
    assert (answer.status, answer.json["code"]) == (status, code)


async def test_figures_tell_what_was_destroyed_and_what_is_overdue(archive: Archive, doors: Doors) -> None:
    row = await due(archive)
    other = await archive.about(alert="XB00000000000000206", reference="XB-M-2026-0000002")
    await archive.alert_deleted(other)
    await archive.desk.hold(other.envelope.exchange, "exchange", "user:officer", "complaint")
    await archive.rig.later(timedelta(days=400))
    count = await archive.number_of(row)
    await archive.sweeper.sweep()
    told = (await doors.ask("GET", "/metrics", "reader")).content.decode()
    assert f'spoc_retention_destroyed{{rule="RR-120"}} {count}.0' in told
    assert f"spoc_retention_overdue {await archive.number_of(other)}.0" in told
    assert "spoc_retention_sweep_age_seconds 0.0" in told
