"""The next form of an exchange is begun for an officer; a form that came on paper is taken in, and says that nobody signed it."""

from __future__ import annotations

from datetime import timedelta

from tests.api.desk_side import Doors
from tests.exchanges.stories import Story, form_m
from tests.gateway.rig import NOON

PAPER = "/api/v1/messages/by-hand"


async def drafted(doors: Doors, exchange: str, role: str = "officer", **body: str) -> tuple[int, dict]:  # type: ignore[type-arg]
    answer = await doors.ask("POST", f"/api/v1/exchanges/{exchange}/drafts", role, json=body)
    return answer.status, answer.json


async def test_the_answer_to_a_question_is_begun_and_can_be_sent_when_it_is_complete(doors: Doors) -> None:
    row = await Story(doors.rig).receives(form_m("Is the address still in use?"))
    status, made = await drafted(doors, row.envelope.exchange, letter="M")
    assert status == 200, made
    form = made["order"]["form"]
    assert made["order"]["counterpart"] == "sirene:XB"
    assert form["header"]["in_reply_to"] == row.envelope.form.header.message_id
    assert form["header"]["your_references"] == [row.envelope.form.header.our_reference]
    assert [field["name"] for field in form["fields"]] == ["SchengenId", "Person", "AlertArticle"]
    assert (made["expected"], made["leads_to"]) == (True, "answered")
    assert [actor for actor, _ in await doors.events("envelope.read")] == ["client:officer"], "what was copied was read"

    form["fields"].append({"name": "SupplementaryInformation", "number": "083", "value": "Yes."})
    sent = await doors.ask(
        "POST", "/api/v1/messages", "submitter", json=made["order"], headers={"Idempotency-Key": "k"}
    )
    assert sent.status == 202, sent.json
    await doors.rig.gateway.quiet()
    told = (await doors.local("GET", f"/api/v1/exchanges/{row.envelope.exchange}")).json
    assert told["matter"]["dialogues"] == [["supplementary-information", "answered"]]


async def test_a_form_that_may_not_come_next_is_not_begun(doors: Doors) -> None:
    row = await Story(doors.rig).receives(form_m("Is the address still in use?"))
    exchange = row.envelope.exchange
    status, refused = await drafted(doors, exchange, letter="N")
    assert (status, refused["code"]) == (409, "draft.not-now")
    assert "FreeText, L, M" in refused["detail"]
    assert [(await drafted(doors, exchange, **body))[1]["code"] for body in ({}, {"letter": "../M"}, {"letter": "M", "to": "XB"})] == [
        "draft.letter", "draft.letter", "draft.receiver",
    ]  # fmt: skip
    assert (await drafted(doors, "019dee00-0000-7000-8000-000000000000", letter="M"))[1]["code"] == "exchange.unknown"
    assert (await drafted(doors, exchange, "auditor", letter="M"))[0] == 403
    without = await doors.ask(
        "POST", f"/api/v1/exchanges/{exchange}/drafts", "officer", json={"letter": "M"}, headers={"X-SPOC-Purpose": ""}
    )
    assert without.json["code"] == "purpose.missing"


async def test_a_fax_is_taken_in_counts_from_when_it_came_and_is_not_signed(doors: Doors) -> None:
    came = NOON - timedelta(hours=2)
    fax = form_m("Is the address still in use?", sent=came)
    said = {
        "form": fax.decode(),
        "from": "sirene:XB",
        "how": "fax",
        "received": came.isoformat(),
        "reason": "Network down.",
    }
    taken = await doors.ask("POST", PAPER, "officer", json=said)
    assert taken.status == 202, taken.json
    await doors.rig.gateway.quiet()
    shown = (await doors.ask("GET", taken.json["links"]["self"], "officer")).json
    assert (shown["signature"]["profile"], shown["signature"]["subject"]) == (
        "unsigned", "not signed; by fax, registered by client:officer",
    )  # fmt: skip
    assert doors.rig.told() == [], "no receipt goes back over a network that it did not come by"
    exchange = (await doors.local("GET", f"/api/v1/exchanges/{shown['summary']['exchange']}")).json
    assert exchange["clocks"][0]["started_at"] == came.isoformat().replace("+00:00", "Z")
    (entry,) = [each for each in await doors.events("envelope.received") if each[0] == "client:officer"]
    assert entry


async def test_what_is_no_paper_is_refused_and_nothing_is_kept(doors: Doors) -> None:
    fax = form_m("Is the address still in use?").decode()
    said = {"form": fax, "from": "sirene:XB", "how": "fax", "received": NOON.isoformat(), "reason": "Network down."}
    receipt = '<Receipt xmlns="urn:x-spoc:spoc:1" version="1.0"/>'
    for change, code in (
        ({"received": (NOON + timedelta(minutes=1)).isoformat()}, "by-hand.received"), ({"received": "soon"}, "by-hand.incomplete"),
        ({"received": "2026-11-21T11:00:00"}, "by-hand.received"), ({"how": "pigeon"}, "by-hand.how"), ({"reason": " "}, "reason.missing"),
        ({"from": "sirene:XD"}, "sender.unknown"), ({"form": "<no"}, "xml.not-well-formed"), ({"form": receipt}, "by-hand.technical"),
        ({"form": "<a/>"}, "format.unknown"), ({"more": "x"}, "by-hand.incomplete"),
    ):  # fmt: skip
        answer = await doors.ask("POST", PAPER, "officer", json=said | change)
        assert answer.json["code"] == code, (change, answer.json)
    signed = doors.rig.bureaux["sirene:XB"].signed(fax.encode()).content.decode()
    assert (await doors.ask("POST", PAPER, "officer", json=said | {"form": signed})).json["code"] == "by-hand.signed"
    assert (await doors.ask("POST", PAPER, "submitter", json=said)).status == 403
    assert await doors.rig.ledger.accepted() == 0
