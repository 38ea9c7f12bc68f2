"""What every REST simulator demands of a call and gives back, shown on the vehicle register."""

import asyncio
import io
import json
from datetime import datetime
from typing import Any

import pytest

from tests.simulators.callers import Calling, CallingOwn

SEARCH = "/vehicles/searches"
PLATE = {"keys": {"plate": "QQ00001"}}
CONTEXT_FIELDS = (
    "correlationId", "requestId", "purpose", "legalBasis", "caseRef", "requester", "channelOrigin", "urgency",
    "specialCategoryNeed", "maxAge",
)  # fmt: skip


async def test_an_answer_has_the_whole_envelope(calling: Calling) -> None:
    crm = await calling("crm")
    reply = await crm.post(SEARCH, PLATE, requestId="req-7", correlationId="case-7")
    document = reply.document
    assert (reply.status, reply.content_type, document["outcome"]) == (200, "application/json", "MATCHES")
    assert (document["requestId"], document["correlationId"], document["registerId"]) == ("req-7", "case-7", "NR-10")
    assert datetime.fromisoformat(document["asOf"]).tzinfo is not None
    assert (document["partial"], document["unavailableSources"], document["next"]) == (False, [], None)
    match = document["matches"][0]
    assert set(match) == {
        "recordRef", "matchType", "score", "data", "personRole", "dataCategories", "specialCategories", "handling",
        "disclosable", "retention",
    }  # fmt: skip
    assert match["disclosable"] == "YES", "facts about an object"


@pytest.mark.parametrize("field", CONTEXT_FIELDS)
async def test_each_field_of_the_context_is_mandatory(calling: Calling, field: str) -> None:
    crm = await calling("crm")
    context = {key: value for key, value in crm.context().items() if key != field}
    reply = await crm.send("POST", SEARCH, json={"context": context, **PLATE})
    assert (reply.status, reply.document["type"], reply.document["missing"]) == (400, "context-missing", [field])
    assert reply.content_type == "application/problem+json"


@pytest.mark.parametrize("body", [{}, {"context": None}, {"context": []}, {"context": "x"}])
async def test_a_call_without_any_context_is_refused(calling: Calling, body: dict[str, Any]) -> None:
    crm = await calling("crm")
    reply = await crm.send("POST", SEARCH, json={**body, **PLATE})
    assert reply.document["type"] == "context-missing"
    assert set(reply.document["missing"]) == set(CONTEXT_FIELDS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purpose", "CURIOSITY"),
        ("channelOrigin", "FAX"),
        ("urgency", "SOON"),
        ("maxAge", -1),
        ("maxAge", True),
        ("requester", "me"),
        ("correlationId", 7),
        ("requestId", "x" * 201),
    ],
)
async def test_a_wrong_value_in_the_context_is_named(calling: Calling, field: str, value: object) -> None:
    crm = await calling("crm")
    reply = await crm.send("POST", SEARCH, json={"context": crm.context(**{field: value}), **PLATE})
    assert (reply.status, reply.document["type"], reply.document["fields"]) == (400, "schema-invalid", [field])


@pytest.mark.parametrize("member", ["userId", "role", "desk", "onBehalfOf"])
async def test_a_requester_is_named_completely(calling: Calling, member: str) -> None:
    crm = await calling("crm")
    requester = {key: value for key, value in crm.context()["requester"].items() if key != member}
    reply = await crm.post(SEARCH, PLATE, requester=requester)
    assert reply.document["missing"] == [f"requester.{member}"]


async def test_a_get_carries_its_context_in_a_header(calling: Calling) -> None:
    crm = await calling("crm")
    assert (await crm.get("/vehicles/nr10-rec-0002")).document["matches"][0]["data"]["plate"] == "QQ00002"
    assert (await crm.send("GET", "/vehicles/nr10-rec-0002")).document["type"] == "context-missing"
    broken = await crm.send("GET", "/vehicles/nr10-rec-0002", headers={"X-Request-Context": "{"})
    assert broken.document["type"] == "schema-invalid"


@pytest.mark.parametrize(
    "header", [{"Authorization": "Bearer wrong"}, {"Authorization": ""}, {"Authorization": "Basic eA=="}]
)
async def test_a_caller_without_the_token_is_unknown(calling: Calling, header: dict[str, str]) -> None:
    crm = await calling("crm")
    reply = await crm.post(SEARCH, PLATE, headers=header)
    assert (reply.status, reply.document["type"]) == (401, "caller-unknown")


async def test_the_same_request_gets_the_same_answer_byte_for_byte(calling: Calling) -> None:
    crm = await calling("crm")
    first = await crm.post(SEARCH, PLATE, requestId="again")
    second = await crm.post(SEARCH, PLATE, requestId="again")
    assert first.status == 200
    assert second.raw == first.raw  # the time of the answer included


async def test_the_same_request_id_with_another_body_is_a_conflict(calling: Calling) -> None:
    crm = await calling("crm")
    await crm.post(SEARCH, PLATE, requestId="again")
    other = await crm.post(SEARCH, {"keys": {"plate": "QQ00002"}}, requestId="again")
    assert (other.status, other.document["type"]) == (409, "idempotency-conflict")


async def test_a_refused_request_may_be_corrected_under_its_id(calling: Calling) -> None:
    crm = await calling("crm")
    assert (await crm.post(SEARCH, {"keys": {"plate": "!"}}, requestId="again")).status == 422
    assert (await crm.post(SEARCH, PLATE, requestId="again")).status == 200


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 100_000])
async def test_a_body_that_is_no_json_object_is_refused(calling: Calling, content: bytes) -> None:
    crm = await calling("crm")
    reply = await crm.send("POST", SEARCH, data=content)
    assert (reply.status, reply.document["type"]) == (400, "schema-invalid")


async def test_a_body_that_is_too_large_is_refused(calling: Calling) -> None:
    crm = await calling("crm")
    reply = await crm.send("POST", SEARCH, data=io.BytesIO(b" " * (17 * 1024 * 1024)))
    assert (reply.status, reply.document["type"]) == (413, "body-too-large")


async def test_a_body_that_is_not_encoded_as_it_says_is_refused_and_recorded(calling: Calling) -> None:
    crm = await calling("crm")
    headers = {"Content-Encoding": "gzip"}
    reply = await crm.send("POST", SEARCH, data=io.BytesIO(b"not gzip"), headers=headers)
    assert (reply.status, reply.document["type"]) == (400, "schema-invalid")
    assert [entry["event"] for entry in (await crm.ledger())["entries"]] == ["reset", "arrived", "answered"]


async def test_a_header_that_is_no_text_is_recorded_too(calling: Calling) -> None:
    crm = await calling("crm")
    reader, writer = await asyncio.open_connection("127.0.0.1", crm.simulator.ready["port"])
    token = crm.simulator.ready["token"].encode()
    writer.write(b"GET /vehicles/nr10-rec-0002 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token)
    writer.write(b"\r\nUser-Agent: \xff\r\nX-Request-Context: \xff\r\nConnection: close\r\n\r\n")
    assert b"schema-invalid" in await reader.read()
    writer.close()
    assert (await crm.ledger())["entries"][-1]["status"] == 400


@pytest.mark.parametrize(
    "keys",
    [None, {}, [], {"plate": 7}, {"plate": " "}, {"colour": "BLUE"}, {"plate": "QQ00001", "vin": "ZZZTESTV1N0000001"}],
)
async def test_only_the_key_combinations_of_the_register_are_taken(calling: Calling, keys: object) -> None:
    crm = await calling("crm")
    reply = await crm.post(SEARCH, {"keys": keys})
    assert (reply.status, reply.document["type"]) == (400, "schema-invalid")


async def test_a_problem_repeats_the_request_id_and_no_identifier(calling: Calling) -> None:
    cpr = await calling("cpr")
    reply = await cpr.post("/cpr/searches", {"keys": {"cpr": "922370-0000"}}, requestId="req-9")
    assert (reply.status, reply.document["type"], reply.document["field"]) == (422, "key-format", "cpr")
    assert (reply.document["requestId"], b"922370" in reply.raw) == ("req-9", False)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("PUT", SEARCH), ("DELETE", "/"), ("GET", "/pending/p1/x")]
)
async def test_an_unknown_path_is_a_problem_and_in_the_ledger(calling: Calling, method: str, path: str) -> None:
    crm = await calling("crm")
    reply = await crm.send(method, path)
    assert (reply.status, reply.document["type"]) == (404, "path-unknown")
    arrived = (await crm.ledger())["entries"][-2]
    assert (arrived["operation"], arrived["method"], arrived["path"]) == ("unknown", method, path)


async def test_unknown_and_shredded_references_differ(calling: Calling) -> None:
    crm = await calling("crm")
    unknown, shredded = await crm.get("/vehicles/nr10-rec-7777"), await crm.get("/vehicles/nr10-rec-0099")
    assert (unknown.status, unknown.document["type"]) == (404, "record-unknown")
    assert (shredded.status, shredded.document["type"]) == (410, "record-shredded")
    assert (shredded.document["ruleId"], shredded.document["shreddedOn"]) == ("RR-072", "2025-12-31")


async def test_a_register_is_closed_to_some_purposes(calling: Calling) -> None:
    wanted = await calling("wanted-vehicles")
    reply = await wanted.post("/wanted-vehicles/searches", PLATE, purpose="ADMIN_PERMIT")
    assert (reply.status, reply.document["type"]) == (403, "purpose-not-allowed")


async def test_roles_can_be_shut_out_by_other_seeds(calling_own: CallingOwn, tmp_path: Any) -> None:
    seeds = tmp_path / "seeds.toml"
    seeds.write_text('[house]\nrolesRefused = ["VISITOR"]\n')
    crm = calling_own("crm", "--set", f"seeds={seeds}")
    refused = await crm.post(
        SEARCH, PLATE, requester={"userId": "u", "role": "VISITOR", "desk": "d", "onBehalfOf": "XB"}
    )
    assert (refused.status, refused.document["type"]) == (403, "role-not-allowed")
    assert (await crm.search(SEARCH, plate="QQ00001")).document["outcome"] == "NO_MATCH"


async def test_the_ledger_proves_what_was_sent_and_answered(calling: Calling) -> None:
    crm = await calling("crm")
    before = (await crm.ledger())["last"]
    await crm.search(SEARCH, plate="QQ00001")
    await crm.search(SEARCH, plate="QQ00002")
    entries = (await crm.ledger(since=before))["entries"]
    assert [entry["event"] for entry in entries] == ["arrived", "answered", "arrived", "answered"]
    arrived, answered = entries[:2]
    assert json.loads(arrived["payload"]["text"])["keys"] == {"plate": "QQ00001"}
    assert (answered["call"], answered["status"]) == (arrived["number"], 200)
    assert json.loads(answered["payload"]["text"])["outcome"] == "MATCHES"
    only = (await crm.ledger(since=before, contains="QQ00002"))["entries"]
    assert {entry["number"] for entry in only} == {before + 3, before + 4}


async def test_the_token_is_in_no_recording(calling: Calling) -> None:
    crm = await calling("crm")
    await crm.search(SEARCH, plate="QQ00001")
    token = crm.simulator.ready["token"]
    assert token not in json.dumps(await crm.ledger())
    recorded = crm.simulator.recorded()
    assert "QQ00001" in recorded
    assert token not in recorded


async def test_a_reset_empties_memory_but_not_the_file(calling: Calling) -> None:
    crm = await calling("crm")
    await crm.search(SEARCH, plate="QQ00013")
    last = (await crm.ledger())["last"]
    await crm.reset()
    ledger = await crm.ledger()
    assert ([entry["event"] for entry in ledger["entries"]], ledger["last"], ledger["forgotten"]) == (
        ["reset"],
        last + 1,
        0,
    )
    assert "QQ00013" in crm.simulator.recorded()


async def test_the_ledger_refuses_a_since_that_is_no_number(calling: Calling) -> None:
    crm = await calling("crm")
    async with crm.session.get(crm.simulator.ready["control"] + "/sim/ledger", params={"since": "²"}) as response:
        assert response.status == 400
