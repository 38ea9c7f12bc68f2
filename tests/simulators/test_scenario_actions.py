"""What a simulator does when a scenario says so, seen from the caller's side of the wire."""

import asyncio
import json
import ssl
import time
from typing import Any

import aiohttp
import pytest

from tests.loop_time import PATIENCE_SECONDS
from tests.simulators.callers import Caller, Calling, CallingOwn, Reply

SEARCH = "/vehicles/searches"


async def prepared(calling: Calling, do: str, *, name: str = "crm", when: str = "") -> Caller:
    caller = await calling(name)
    condition = f"when = {{ {when} }}\n" if when else ""
    status, answer = await caller.scenario(f'[[rule]]\nname = "it"\n{condition}do = {do}\n')
    assert (status, answer) == (200, {"rules": 1})
    return caller


async def search(caller: Caller, plate: str = "QQ00001") -> Reply:
    return await caller.search(SEARCH, plate=plate)


async def test_delay_comes_before_the_answer(calling: Calling) -> None:
    crm = await prepared(calling, '{ action = "delay", seconds = 0.15 }')
    started = time.monotonic()
    assert (await search(crm)).document["outcome"] == "MATCHES"
    assert time.monotonic() - started >= 0.15


async def entries(caller: Caller, text: str) -> list[dict[str, Any]]:
    """Entries of the simulator's ledger with this text, as soon as there are some."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := (await caller.ledger(contains=text))["entries"]):
            pass
    return list(found)


async def given_up(polsas: Caller, when: str) -> None:
    """A case is asked for, and the caller leaves as soon as the ledger tells this."""
    body = {"context": polsas.context(), "sourceMessage": "msg-1"}
    asking = asyncio.create_task(polsas.send("POST", "/cases", json=body, headers={"Idempotency-Key": "msg-1"}))
    await entries(polsas, when)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_caller_who_gives_up_does_not_stop_the_work(calling: Calling) -> None:
    polsas = await prepared(calling, '{ action = "delay", seconds = 1 }', name="polsas", when='operation = "case-open"')
    await given_up(polsas, "case-open")
    await entries(polsas, '"status": 201')  # the answer to nobody is recorded all the same
    assert (await polsas.search("/cases/searches", sourceMessage="msg-1")).document["outcome"] == "MATCHES"


async def test_refuse_gives_the_problem_and_when_to_come_back(calling: Calling) -> None:
    do = (
        '{ action = "refuse", status = 503, problem = "source-unavailable", '
        'detail = "planned stop", retry_after_seconds = 2 }'
    )
    crm = await prepared(calling, do, when="count = 1")
    body = {"context": crm.context(requestId="again"), "keys": {"plate": "QQ00001"}}
    headers = {"Authorization": f"Bearer {crm.simulator.ready['token']}"}
    async with crm.session.post(crm.simulator.ready["url"] + SEARCH, json=body, headers=headers) as response:
        problem = await response.json(content_type="application/problem+json")
        assert (response.status, response.headers["Retry-After"]) == (503, "2")
    assert (problem["type"], problem["detail"], problem["requestId"]) == ("source-unavailable", "planned stop", "again")
    assert (await crm.send("POST", SEARCH, json=body)).status == 200


@pytest.mark.parametrize(("at", "opened"), [("before-work", False), ("after-work", True), ("mid-answer", True)])
async def test_drop_ends_the_connection_at_its_point(calling: Calling, at: str, opened: bool) -> None:
    polsas = await prepared(
        calling, f'{{ action = "drop", at = "{at}" }}', name="polsas", when='operation = "case-open"'
    )
    with pytest.raises(aiohttp.ClientError):
        await polsas.post("/cases", {"sourceMessage": "msg-1"}, headers={"Idempotency-Key": "msg-1"})
    found = await polsas.search("/cases/searches", sourceMessage="msg-1")
    assert found.document["outcome"] == ("MATCHES" if opened else "NO_MATCH")
    events = [entry["event"] for entry in (await polsas.ledger())["entries"][2:4]]
    assert events == ["arrived", "answered" if opened else "not-answered"]


async def test_a_case_whose_answers_were_lost_is_still_opened_once(calling: Calling) -> None:
    polsas = await prepared(
        calling, '{ action = "drop", at = "after-work" }', name="polsas", when='operation = "case-open", count = 2'
    )
    send = {"headers": {"Idempotency-Key": "msg-1"}}
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            await polsas.post("/cases", {"sourceMessage": "msg-1"}, **send)
    assert (await polsas.post("/cases", {"sourceMessage": "msg-1"}, **send)).document["effect"] == "REPEATED"
    assert len((await polsas.search("/cases/searches", sourceMessage="msg-1")).document["matches"]) == 1


async def test_duplicate_lists_the_match_again(calling: Calling) -> None:
    crm = await prepared(calling, '{ action = "duplicate", times = 3 }')
    refs = [match["recordRef"] for match in (await search(crm)).document["matches"]]
    assert refs == ["nr10-rec-0001"] * 3


@pytest.mark.parametrize("how", ["flip", "truncate", "garbage"])
async def test_corrupt_makes_an_answer_nobody_can_read(calling: Calling, how: str) -> None:
    crm = await prepared(calling, f'{{ action = "corrupt", how = "{how}" }}', when="nth = 1")
    body = {"context": crm.context(requestId="again"), "keys": {"plate": "QQ00001"}}
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        await crm.send("POST", SEARCH, json=body)
    assert (await crm.send("POST", SEARCH, json=body)).document["outcome"] == "MATCHES"  # only that transmission


async def test_silent_takes_the_call_and_does_nothing(calling: Calling) -> None:
    polsas = await prepared(calling, '"silent"', name="polsas", when='operation = "case-open"')
    await given_up(polsas, "not-answered")
    assert (await polsas.search("/cases/searches", sourceMessage="msg-1")).document["outcome"] == "NO_MATCH"
    found = await entries(polsas, "not-answered")
    assert [(entry["rule"], entry["action"]) for entry in found] == [("it", "silent")]


async def test_slow_drip_arrives_whole_but_in_pieces(calling: Calling) -> None:
    crm = await prepared(calling, '{ action = "slow-drip", chunk_bytes = 200, pause_seconds = 0.01 }')
    headers = {"Authorization": f"Bearer {crm.simulator.ready['token']}"}
    body = {"context": crm.context(), "keys": {"plate": "QQ00001"}}
    started = time.monotonic()
    async with crm.session.post(crm.simulator.ready["url"] + SEARCH, json=body, headers=headers) as response:
        whole = await response.read()
    pauses = (len(whole) - 1) // 200
    assert pauses > 1
    assert time.monotonic() - started >= pauses * 0.01
    assert json.loads(whole)["outcome"] == "MATCHES"


async def test_stale_tells_how_old_the_answer_is(calling_own: CallingOwn) -> None:
    crm = calling_own("crm", "--clock", "2026-03-01T10:15:00+01:00")
    assert (await search(crm)).document["asOf"] == "2026-03-01T10:15:00+01:00"
    await crm.scenario('[[rule]]\ndo = { action = "stale", hours = 30 }')
    document = (await search(crm)).document
    assert (document["outcome"], document["asOf"]) == ("STALE", "2026-02-28T04:15:00+01:00")
    assert document["matches"][0]["data"]["feedAsOf"] == document["asOf"]


@pytest.mark.parametrize(
    ("action", "outcome"),
    [("too-many", "TOO_MANY"), ("not-disclosable", "NOT_DISCLOSABLE"), ("withheld", "WITHHELD_OWNER_CONSENT")],
)
async def test_an_outcome_on_request_carries_no_match_and_is_repeated(
    calling: Calling, action: str, outcome: str
) -> None:
    crm = await prepared(calling, f'"{action}"', when="nth = 1")
    body = {"context": crm.context(requestId="again"), "keys": {"plate": "QQ00001"}}
    first = await crm.send("POST", SEARCH, json=body)
    assert (first.document["outcome"], first.document["matches"]) == (outcome, [])
    assert (await crm.send("POST", SEARCH, json=body)).raw == first.raw


async def test_pending_answers_after_some_polls(calling: Calling) -> None:
    crm = await prepared(calling, '{ action = "pending", polls = 1 }')
    waiting = await search(crm)
    assert (waiting.document["outcome"], waiting.document["matches"]) == ("PENDING", [])
    await crm.scenario("")
    outcomes = [(await crm.get(waiting.document["statusUrl"])).document["outcome"] for _ in range(3)]
    assert outcomes == ["PENDING", "MATCHES", "MATCHES"]
    assert (await crm.get("/pending/p999999")).document["type"] == "record-unknown"


async def test_partial_names_the_source_that_was_not_asked(calling: Calling) -> None:
    crm = await prepared(calling, '{ action = "partial", source = "NR-11" }')
    document = (await search(crm)).document
    assert (document["partial"], document["unavailableSources"], document["outcome"]) == (True, ["NR-11"], "MATCHES")


async def test_a_rule_may_look_at_the_key(calling: Calling) -> None:
    crm = await prepared(calling, '"too-many"', when='key = "QQ00002"')
    outcomes = [(await search(crm, plate)).document["outcome"] for plate in ("QQ00001", "QQ00002")]
    assert outcomes == ["MATCHES", "TOO_MANY"]


async def test_the_ledger_names_the_rule_that_was_applied(calling: Calling) -> None:
    crm = await prepared(calling, '"too-many"')
    await search(crm)
    answered = (await crm.ledger())["entries"][-1]
    assert (answered["rule"], answered["action"]) == ("it", "too-many")
    async with crm.session.get(crm.simulator.ready["control"] + "/sim/scenario") as response:
        assert (await response.json())["rules"] == [{"name": "it", "action": "too-many", "seen": 1, "fired": 1}]


async def test_a_stranger_never_reaches_the_scenario(calling: Calling) -> None:
    crm = await prepared(calling, '"too-many"', when="nth = 1")
    refused = await crm.post(SEARCH, {"keys": {"plate": "QQ00001"}}, headers={"Authorization": "Bearer wrong"})
    assert refused.status == 401
    assert (await search(crm)).document["outcome"] == "TOO_MANY"


async def test_a_bad_scenario_changes_nothing(calling: Calling) -> None:
    crm = await prepared(calling, '"too-many"')
    status, answer = await crm.scenario('[[rule]]\ndo = "explode"\n[[rule]]\n')
    assert status == 400
    assert [error.split(":")[1].strip() for error in answer["errors"]] == ["rule 1 (line 1)", "rule 2 (line 3)"]
    assert (await search(crm)).document["outcome"] == "TOO_MANY"


async def test_a_reset_brings_the_first_scenario_back(calling_own: CallingOwn, tmp_path: Any) -> None:
    file = tmp_path / "first.toml"
    file.write_text('[[rule]]\nwhen = { nth = 1 }\ndo = "too-many"\n')
    crm = calling_own("crm", "--scenario", str(file))
    assert (await search(crm)).document["outcome"] == "TOO_MANY"
    await crm.scenario("")
    await crm.reset()
    assert [(await search(crm)).document["outcome"] for _ in range(2)] == ["TOO_MANY", "MATCHES"]


async def test_wrong_key_serves_a_certificate_nobody_trusts(calling_own: CallingOwn) -> None:
    crm = calling_own("crm", "--tls")
    trust = ssl.create_default_context(cafile=crm.simulator.ready["ca"])
    await crm.scenario('[[rule]]\nwhen = { phase = "connect", nth = 1 }\ndo = "wrong-key"')
    body = {"context": crm.context(), "keys": {"plate": "QQ00001"}}
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await crm.send("POST", SEARCH, json=body, ssl=trust)
    assert (await crm.send("POST", SEARCH, json=body, ssl=trust)).document["outcome"] == "MATCHES"
