"""Journeys through real processes: SMTP with TLS, HTTP, SQLite, workers, and foreign offices that share no code with us."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.journeys.running import LOOK_SECONDS, LOOK_TIMES, Running, alive

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("federation")]
BUREAU = "sirene-bureau"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Running]:
    made = Running()
    try:
        await made.start()
        yield made
        await made.proved()
    finally:
        await made.stop()


REFUSED = {
    "content": "signature.digest",
    "signature": "signature.value",
    "unsigned": "signature.missing",
    "signed-twice": "signature.several",
    "wrong-key": "signature.untrusted",
    "other-signer": "signature.signer",
    "expired": "signature.expired",
    "tls-key": "signature.tls-only",
    "doctype": "xml.dtd",
    "truncated": "xml.not-well-formed",
    "attachment": "rules.refused",
    "extra-attachment": "rules.refused",
    "missing-attachment": "rules.refused",
}
AT_THE_DOOR = ("no-tls", "tls-certificate")


async def test_every_way_of_bending_a_form_is_refused_with_a_reason(running: Running) -> None:
    for tamper, code in REFUSED.items():
        told = await running.sent(BUREAU, form="G", to="sirene:XA", attachments=True, tamper=tamper)
        assert told["result"]["code"] == 250, (tamper, told)
        refusals: list[dict[str, Any]] = []
        for _ in range(LOOK_TIMES):
            refusals = await running.letters.arrived_now(BUREAU, root="Receipt", stage="INVALID")
            if len(refusals) >= list(REFUSED).index(tamper) + 1:
                break
            await asyncio.sleep(LOOK_SECONDS)
        newest = refusals[-1]
        assert newest["valid"], "our refusal satisfies the bureau"
        assert newest["receipt"]["code"] == code, tamper
        assert len(newest["receipt"]["text"]) > 20
    inbound = await running.letters.messages(direction="inbound", limit="100")
    assert {each["state"] for each in inbound} == {"rejected"}
    assert {each["reason_code"] for each in inbound} == set(REFUSED.values())


async def test_what_the_door_does_not_take_is_told_on_the_spot(running: Running) -> None:
    for tamper in AT_THE_DOOR:
        told = await running.sent(BUREAU, form="G", to="sirene:XA", attachments=True, tamper=tamper)
        assert told["accepted"] is False
        assert await running.letters.messages(q=told["message_id"]) == []


async def test_a_national_system_sends_over_http_and_the_counterpart_confirms(running: Running) -> None:
    token = (await running.spoc("token", "submitter")).split()[0]
    form = await running.spoc("sample", "M", "--from", "sirene:XA", "--to", "sirene:XB")
    headers = {
        "Authorization": f"Bearer {token}", "Content-Type": "application/xml", "X-SPOC-Counterpart": "sirene:XB",
        "Idempotency-Key": "journey-1",
    }  # fmt: skip
    async with aiohttp.ClientSession(running.doors["api"], headers=headers) as national:
        ids = set()
        for _ in range(2):
            async with national.post("/api/v1/messages", data=form.encode()) as answer:
                told = await answer.json()
                assert answer.status in (200, 202), told
                ids.add(told["id"])
        assert len(ids) == 1, "the same key is the same order"
    (envelope,) = ids
    (came,) = await running.letters.arrived(BUREAU, root="FormM")
    assert came["valid"], "signed so that the bureau's own verifier accepts it"
    ended = await running.ends(came["message_id"], "confirmed", direction="outbound")
    assert ended["id"] == envelope
    assert ended["reason_code"] == "confirmed.by-receipt"


def hit_at(place: int) -> dict[str, Any]:
    """An order to report a hit: every place is another hit, for two reports of one would wait for an officer."""
    where = {"CheckReport/PlaceOfCheck": f"Examplestad, street {place}"}
    return {"form": "G", "to": "sirene:XA", "attachments": True, "values": where}


async def test_a_worker_killed_while_it_works_is_replaced(running: Running) -> None:
    before = running.workers()
    sending = [running.sent(BUREAU, **hit_at(place)) for place in range(4)]
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    for told in await asyncio.gather(*sending):
        await running.ends(told["message_id"], "acknowledged", direction="inbound")
    await running.proved()


async def test_a_front_killed_under_messages_goes_on_where_it_stood(running: Running) -> None:
    sending = [asyncio.create_task(running.sent(BUREAU, **hit_at(place))) for place in range(8)]
    await asyncio.sleep(0)  # the clerk is at work
    done, _ = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    workers = running.workers()
    await running.kill_front()
    outcomes = await asyncio.gather(*sending)
    taken = [told["message_id"] for told in outcomes if told["accepted"]]
    assert len(taken) >= len(done) >= 1
    for _ in range(LOOK_TIMES):
        if not any(alive(pid) for pid in workers):
            break
        await asyncio.sleep(LOOK_SECONDS)
    assert not any(alive(pid) for pid in workers), "workers do not outlive their front"

    await running.start_front()
    for message_id in taken:
        inbound = await running.ends(message_id, "acknowledged", direction="inbound")
        detail = await running.letters.get(f"/api/v1/messages/{inbound['id']}", purpose="journey")
        assert len(detail["cases"]) == 1
        children = await running.letters.messages(cause=inbound["id"])
        assert len([each for each in children if each["kind"] == "reply"]) == 1
        forms = await running.letters.arrived_now(BUREAU, root="FormP", in_reply_to=message_id)
        assert len({form["message_id"] for form in forms}) == len(forms) <= 1, "no answer goes out twice"
    await running.proved()
