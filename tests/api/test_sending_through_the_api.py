"""National systems send forms: what is durable, what is a repetition, what is refused and why."""

from __future__ import annotations

import asyncio
import base64
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.stores.sqlite.ledger import SqliteLedger
from tests.api.desk_side import Doors, open_doors
from tests.gateway.rig import Rig, TurnedClock

ORDER = {
    "counterpart": "sirene:XB",
    "form": {
        "format": "sirene/M@1",
        "header": {"subject": "Question about a vehicle", "language": "en"},
        "fields": [
            {"name": "SchengenId", "value": "XA00000000000000042"},
            {"name": "AlertArticle", "value": "1862:38"},
            {"name": "SupplementaryInformation", "value": "Who may collect the vehicle?"},
        ],
    },
}
XML = {"Content-Type": "application/xml", "X-SPOC-Counterpart": "sirene:XB"}


def own_form() -> bytes:
    """The sample M form as our own bureau would write it to XB."""
    text = Path("schemas/sirene/samples/FormM.xml").read_text("utf-8").replace("<h:To>sirene:XC</h:To>\n    ", "")
    text = text.replace("<h:From>sirene:XB</h:From>", "<h:From>sirene:XA</h:From>").replace(
        "<h:To>sirene:XA</h:To>", "<h:To>sirene:XB</h:To>"
    )
    return text.replace("XB00000000000000205", "XA00000000000000205").encode()


async def test_an_xml_form_is_kept_signed_and_sent(doors: Doors) -> None:
    answer = await doors.ask(
        "POST", "/api/v1/messages", "submitter", data=own_form(), headers={**XML, "Idempotency-Key": "k1"}
    )
    assert answer.status == 202, answer.json
    assert answer.headers["Location"] == answer.json["links"]["self"]
    await doors.rig.gateway.engine.quiet()
    assert doors.rig.told() == ["FormM"]
    raw = await doors.ask("GET", answer.json["links"]["raw"], "submitter")
    assert (raw.status, raw.content) == (200, own_form())
    assert raw.headers["Content-Type"] == "application/xml"
    assert raw.headers["X-Content-Type-Options"] == "nosniff"
    assert raw.headers["Content-Disposition"].startswith("attachment;")


async def test_a_json_form_is_completed_and_its_files_travel(doors: Doors) -> None:
    photo = b"\xff\xd8\xff\xe0 a photograph \xff\xd9"
    file = {"file_name": "front.jpg", "media_type": "image/jpeg", "content_base64": base64.b64encode(photo).decode()}
    answer = await doors.ask(
        "POST",
        "/api/v1/messages",
        "submitter",
        json={**ORDER, "attachments": [file]},
        headers={"Idempotency-Key": "k2"},
    )
    assert answer.status == 202, answer.json
    await doors.rig.gateway.engine.quiet()
    detail = (await doors.ask("GET", answer.json["links"]["self"], "submitter")).json
    assert detail["summary"]["state"] == "transmitted", detail["findings"]
    assert detail["header"]["sender"] == "sirene:XA"
    assert [part["file_name"] for part in detail["parts"]] == ["front.jpg"]
    assert doors.rig.told() == ["FormM"]
    signed = await doors.ask("GET", answer.json["links"]["self"] + "/signed", "submitter")
    assert b"Signature" in signed.content


async def test_the_same_key_and_body_give_the_first_answer_again_even_later(doors: Doors) -> None:
    first = await doors.ask("POST", "/api/v1/messages", "submitter", json=ORDER, headers={"Idempotency-Key": "k3"})
    await doors.rig.later(timedelta(minutes=7))
    again = await doors.ask("POST", "/api/v1/messages", "submitter", json=ORDER, headers={"Idempotency-Key": "k3"})
    assert (first.status, again.status) == (202, 202)
    assert again.json == {**first.json, "known_before": True}
    assert doors.rig.told().count("FormM") == 1


async def test_the_same_key_with_another_body_is_a_conflict(doors: Doors) -> None:
    await doors.ask("POST", "/api/v1/messages", "submitter", json=ORDER, headers={"Idempotency-Key": "k4"})
    other = {**ORDER, "form": {**ORDER["form"], "header": {"subject": "Another question"}}}  # type: ignore[dict-item]  # a mapping
    answer = await doors.ask("POST", "/api/v1/messages", "submitter", json=other, headers={"Idempotency-Key": "k4"})
    assert (answer.status, answer.json["code"]) == (409, "idempotency.conflict")
    xml = await doors.ask(
        "POST", "/api/v1/messages", "submitter", data=own_form(), headers={**XML, "Idempotency-Key": "k4"}
    )
    assert (xml.status, xml.json["code"]) == (409, "idempotency.conflict")


async def test_a_key_belongs_to_one_client(doors: Doors) -> None:
    first = await doors.ask("POST", "/api/v1/messages", "submitter", json=ORDER, headers={"Idempotency-Key": "k5"})
    other = await doors.ask("POST", "/api/v1/messages", "operator", json=ORDER, headers={"Idempotency-Key": "k5"})
    assert other.status == 202
    assert other.json["id"] != first.json["id"]


async def test_a_mime_body_is_kept_with_its_files(doors: Doors) -> None:
    note = b'Content-Type: text/plain\r\nContent-Disposition: attachment; filename="note.txt"\r\n\r\nFictitious note.'
    body = b"--b\r\nContent-Type: application/xml\r\n\r\n%b\r\n--b\r\n%b\r\n--b--\r\n" % (own_form(), note)
    headers = {
        "Content-Type": "multipart/mixed; boundary=b",
        "X-SPOC-Counterpart": "sirene:XB",
        "Idempotency-Key": "k6",
    }
    answer = await doors.ask("POST", "/api/v1/messages", "submitter", data=body, headers=headers)
    assert answer.status == 202, answer.json
    await doors.rig.gateway.engine.quiet()
    detail = (await doors.ask("GET", answer.json["links"]["self"], "submitter")).json
    assert [part["file_name"] for part in detail["parts"]] == ["note.txt"]


def _order(**form: Any) -> dict[str, Any]:
    return {**ORDER, "form": {**ORDER["form"], **form}}  # type: ignore[dict-item]  # a mapping


REFUSED: dict[str, tuple[dict[str, str], Any, int, str]] = {
    "no key": ({"Idempotency-Key": "", **XML}, b"<x/>", 400, "idempotency.missing"),
    "key with blanks": ({"Idempotency-Key": "a b", **XML}, b"<x/>", 400, "idempotency.missing"),
    "no counterpart": ({"Content-Type": "application/xml"}, own_form(), 400, "counterpart.missing"),
    "odd counterpart": ({**XML, "X-SPOC-Counterpart": "nobody"}, own_form(), 422, "counterpart.unreadable"),
    "two counterparts": (XML, own_form(), 422, "counterpart.unreadable"),
    "unknown media type": ({"Content-Type": "text/html"}, b"<p>", 415, "request.media-type"),
    "not XML": (XML, b"hello", 422, "xml.not-well-formed"),
    "entities": (XML, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 422, "xml.dtd"),
    "unknown root": (XML, b"<a/>", 422, "format.unknown"),
    "mime without boundary": ({"Content-Type": "multipart/mixed", "X-SPOC-Counterpart": "sirene:XB"}, b"", 415, "request.media-type"),
    "not JSON": ({"Content-Type": "application/json"}, b"{", 422, "json.unreadable"),
    "a list": ({"Content-Type": "application/json"}, b"[]", 422, "json.unreadable"),
    "a key twice": ({"Content-Type": "application/json"}, b'{"counterpart":"sirene:XB","counterpart":"sirene:XC"}', 422, "json.unreadable"),
    "deep": ({"Content-Type": "application/json"}, b'{"a":' + b"[" * 60 + b"]" * 60 + b"}", 422, "json.unreadable"),
    "very deep": ({"Content-Type": "application/json"}, b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", 422, "json.unreadable"),
    "not a number": ({"Content-Type": "application/json"}, b'{"a":NaN}', 422, "json.unreadable"),
    "half a character": ({"Content-Type": "application/json"}, b'{"a":"\\ud800"}', 422, "json.unreadable"),
    "UTF-16": ({"Content-Type": "application/json"}, '{"a":1}'.encode("utf-16"), 422, "json.unreadable"),
    "a member that is none": ({}, {**ORDER, "extra": 1}, 422, "form.unfit"),
    "a header member that is none": ({}, _order(header={"urgancy": "URGENT"}), 422, "form.unfit"),
    "a field member that is none": ({}, _order(fields=[{"name": "Text", "vale": "x"}]), 422, "form.unfit"),
    "a header that is none": ({}, _order(header="x"), 422, "form.unfit"),
    "a subject of no kind": ({}, _order(subjects=[{"type": "secret"}]), 422, "form.unfit"),
    "unknown format": ({}, _order(format="sirene/R@1"), 422, "format.unknown"),
    "file that is not base64": (
        {}, {**ORDER, "attachments": [{"file_name": "a", "media_type": "text/plain", "content_base64": "?"}]}, 422, "attachment.base64",
    ),
    "file with a line break in its type": (
        {}, {**ORDER, "attachments": [{"file_name": "a", "media_type": "text/plain\r\nX: y", "content_base64": ""}]}, 422, "attachment.media-type",
    ),
    "file with a path": ({}, {**ORDER, "attachments": [{"file_name": "../a", "media_type": "text/plain", "content_base64": ""}]}, 422, "attachment.name"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_read_is_refused_with_a_problem_document(doors: Doors, name: str) -> None:
    headers, body, status, code = REFUSED[name]
    sent = {"json": body} if isinstance(body, dict) else {"data": body}
    path = "/api/v1/messages" + ("?counterpart=sirene:XC" if name == "two counterparts" else "")
    answer = await doors.ask("POST", path, "submitter", headers={"Idempotency-Key": "k", **headers}, **sent)
    assert (answer.status, answer.json["code"]) == (status, code), answer.json
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert await doors.rig.ledger.accepted() == 0
    assert await doors.events("door.refused") == [("channel:api", code)]


async def test_a_body_over_the_limit_is_refused_before_it_is_read(doors: Doors) -> None:
    body = b"x" * (24 * 1024 * 1024 + 1)
    answer = await doors.ask(
        "POST", "/api/v1/messages", "submitter", data=io.BytesIO(body), headers={**XML, "Idempotency-Key": "k"}
    )
    assert (answer.status, answer.json["code"]) == (413, "request.too-large")


async def test_a_form_that_breaks_a_rule_is_kept_and_its_findings_are_told(doors: Doors) -> None:
    headers = {**XML, "Idempotency-Key": "k"}
    broken = own_form().replace(b"<h:From>sirene:XA</h:From>", b"<h:From>sirene:XC</h:From>")
    answer = await doors.ask("POST", "/api/v1/messages", "submitter", data=broken, headers=headers)
    await doors.rig.gateway.engine.quiet()
    detail = (await doors.ask("GET", answer.json["links"]["self"], "submitter")).json
    assert detail["reason"]["code"] == "rules.refused"
    assert "HDR-03" in [finding["rule"] for finding in detail["findings"]]


async def test_a_large_order_is_read_beside_the_others(doors: Doors) -> None:
    photo = b"\xff\xd8\xff\xe0" + bytes(300_000) + b"\xff\xd9"
    file = {"file_name": "front.jpg", "media_type": "image/jpeg", "content_base64": base64.b64encode(photo).decode()}
    answer = await doors.ask(
        "POST", "/api/v1/messages", "submitter", json={**ORDER, "attachments": [file]}, headers={"Idempotency-Key": "k"}
    )
    assert answer.status == 202
    row = await doors.rig.row(answer.json["id"])
    assert answer.json["digest"] == row.envelope.payload.digest


async def test_many_who_send_the_same_at_once_make_one_message(doors: Doors) -> None:
    await doors.token("submitter")
    same = [
        doors.ask("POST", "/api/v1/messages", "submitter", json=ORDER, headers={"Idempotency-Key": "k"})
        for _ in range(10)
    ]
    answers = await asyncio.gather(*same)
    assert {answer.status for answer in answers} == {202}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert [answer.json["known_before"] for answer in answers].count(False) == 1


async def test_an_absurd_number_in_a_form_is_refused_at_the_door_with_its_field(doors: Doors) -> None:
    listed = {"file_name": "a", "media_type": "b/c", "size": 10**30, "sha256": "0" * 64}
    order = _order(header={"attachments": [listed]})
    answer = await doors.ask("POST", "/api/v1/messages", "submitter", json=order, headers={"Idempotency-Key": "k"})
    assert (answer.status, answer.json["code"]) == (422, "form.unfit")
    assert "header.attachments[0].size" in answer.json["detail"]


async def test_a_repetition_is_known_after_a_restart_on_the_same_file(tmp_path: Path) -> None:
    answers = []
    for hour in range(2):
        ledger = SqliteLedger(tmp_path / "ledger.sqlite", TurnedClock())
        async with open_doors(tmp_path, Rig(tmp_path, ledger)) as doors:
            doors.rig.clock.turn(timedelta(hours=hour))
            answers.append(await doors.local("POST", "/api/v1/messages", json=ORDER, headers={"Idempotency-Key": "k"}))
            await doors.rig.gateway.engine.quiet()
    assert [answer.status for answer in answers] == [202, 202]
    assert answers[1].json == {**answers[0].json, "known_before": True}
