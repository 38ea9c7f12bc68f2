"""Officers and auditors at the API: find, read with a purpose, decide on what is held, and check the proof."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.journal import chain
from gateway.journal.chain import Link
from tests.api.desk_side import PURPOSE, Answer, Doors

REQUEST = Path("schemas/europol/samples/Request.xml").read_bytes()
NO_PURPOSE = dict.fromkeys(PURPOSE, "")
UNKNOWN = "019dee00-0000-7000-8000-000000000000"
REASON = {"reason": "The provider agreed by telephone."}


async def held_reply(doors: Doors) -> str:
    """A Europol request came, and our answer waits because of its handling code."""
    request = await arrived(doors)
    found = (await doors.ask("GET", f"/api/v1/messages?cause={request}&state=held", "officer")).json["messages"]
    assert [each["kind"] for each in found] == ["reply"]
    return str(found[0]["id"])


async def arrived(doors: Doors) -> str:
    return await doors.rig.arrives(doors.rig.bureaux["enu:XB"].signed(REQUEST), sender="europol@xb.police.example")


async def decide(doors: Doors, envelope: str, act: str, role: str = "officer", reason: object = REASON) -> Answer:
    return await doors.ask("POST", f"/api/v1/messages/{envelope}/{act}", role, json=reason)


async def test_a_message_is_shown_with_every_field_as_understood(doors: Doors) -> None:
    envelope = await arrived(doors)
    detail = (await doors.ask("GET", f"/api/v1/messages/{envelope}", "reader")).json
    assert detail["summary"]["state"] == "acknowledged"
    assert detail["signature"]["party"] == "enu:XB"
    assert detail["routing"]["explanation"]
    assert "cpr" in {answer["register_name"] for answer in detail["answers"]}
    records = [match["fields"] for answer in detail["answers"] for match in answer["matches"]]
    assert "7101700008" in {record.get("cpr") for record in records}
    assert detail["header"]["sender"] == "enu:XB"
    names = {field["name"]: field["label"] for field in detail["fields"]}
    assert names
    assert any(label != name for name, label in names.items())


async def test_raw_bytes_are_those_that_came(doors: Doors) -> None:
    envelope = await arrived(doors)
    payload = (await doors.rig.row(envelope)).envelope.payload
    raw = await doors.ask("GET", f"/api/v1/messages/{envelope}/raw", "auditor")
    assert raw.content == payload.content
    assert raw.headers["ETag"] == f'"{hashlib.sha256(raw.content).hexdigest()}"'
    assert await doors.events("envelope.exported") == [("client:auditor", "")]


@pytest.mark.parametrize("path", ["", f"/{UNKNOWN}", f"/{UNKNOWN}/timeline", f"/{UNKNOWN}/raw", f"/{UNKNOWN}/signed"])
async def test_nothing_is_shown_without_a_purpose(doors: Doors, path: str) -> None:
    answer = await doors.ask("GET", f"/api/v1/messages{path}", "reader", headers=NO_PURPOSE)
    assert (answer.status, answer.json["code"]) == (400, "purpose.missing")
    stated = await doors.ask("GET", f"/api/v1/messages{path}?purpose=Control", "reader", headers=NO_PURPOSE)
    assert stated.status == (404 if path else 200)


async def test_reading_and_searching_are_journalled_with_the_person_and_the_purpose(doors: Doors) -> None:
    envelope = await arrived(doors)
    await doors.ask("GET", "/api/v1/messages?q=secret-search-word", "officer")
    await doors.ask("GET", f"/api/v1/messages/{envelope}", "officer")
    entries = (await doors.local("GET", "/api/v1/journal?limit=1000&personal=true")).json["entries"]
    told = {entry["event"]: entry for entry in entries if entry["actor"] == "client:officer"}
    assert told["messages.searched"]["details"]["purpose"] == PURPOSE["X-SPOC-Purpose"]
    assert told["envelope.read"]["envelope"] == envelope
    assert not any("secret-search-word" in entry["canonical"] for entry in entries)


async def test_pages_follow_each_other_and_miss_nothing(doors: Doors) -> None:
    for _ in range(2):
        await arrived(doors)
    everything = (await doors.ask("GET", "/api/v1/messages", "reader")).json["messages"]
    pages, following = [], "/api/v1/messages?limit=2&direction=outbound"
    while following:
        page = (await doors.ask("GET", following, "reader")).json
        pages += page["messages"]
        following = page["next"]
    assert [each["id"] for each in pages] == [each["id"] for each in everything if each["direction"] == "outbound"]


async def test_an_officer_releases_a_held_reply_and_it_is_sent(doors: Doors) -> None:
    reply = await held_reply(doors)
    answer = await decide(doors, reply, "release")
    assert answer.status == 200, answer.json
    await doors.rig.gateway.engine.quiet()
    if (await doors.rig.row(reply)).state == "held":
        await decide(doors, reply, "release", reason={"reason": "The answer goes to the provider itself."})
        await doors.rig.gateway.engine.quiet()
    assert "Reply" in doors.rig.told()
    detail = (await doors.ask("GET", f"/api/v1/messages/{reply}", "officer")).json
    assert detail["releases"][0]["officer"] == "client:officer"
    assert detail["releases"][0]["reason"] == REASON["reason"]
    again = await decide(doors, reply, "release")
    assert (again.status, again.json["code"]) == (409, "envelope.not-held")


async def test_an_officer_rejects_and_an_operator_replays(doors: Doors) -> None:
    reply = await held_reply(doors)
    replayed = await decide(doors, reply, "replay", "operator")
    assert replayed.status == 200
    await doors.rig.gateway.engine.quiet()
    assert (await doors.rig.row(reply)).state == "held"
    rejected = await decide(doors, reply, "reject")
    assert (rejected.status, rejected.json["state"], rejected.json["reason_code"]) == (
        200,
        "rejected",
        "officer.rejected",
    )
    assert "Reply" not in doors.rig.told()


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [({}, 400, "reason.missing"), ({"reason": " "}, 400, "reason.missing"), ({"reason": "x" * 1001}, 400, "reason.missing"),
     ({"reason": 1}, 422, "json.unreadable"), ({"why": "x"}, 422, "json.unreadable")],
)  # fmt: skip
async def test_a_decision_without_a_reason_is_none(doors: Doors, reason: object, status: int, code: str) -> None:
    reply = await held_reply(doors)
    answer = await decide(doors, reply, "release", reason=reason)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert (await doors.rig.row(reply)).state == "held"


async def test_the_timeline_is_a_part_of_the_chain(doors: Doors) -> None:
    envelope = await arrived(doors)
    timeline = (await doors.ask("GET", f"/api/v1/messages/{envelope}/timeline", "reader")).json["entries"]
    assert [entry["event"] for entry in timeline][:2] == ["envelope.received", "envelope.identified"]
    assert timeline[-1]["event"] == "envelope.read", "looking is part of it"
    for entry in timeline:
        assert chain.link(entry["number"], entry["canonical"].encode(), entry["before"]).hash == entry["hash"]


async def test_an_auditor_checks_the_chain_here_and_elsewhere(doors: Doors) -> None:
    await arrived(doors)
    proof = (await doors.ask("GET", "/api/v1/journal/verify", "auditor")).json
    assert (proof["intact"], proof["faults"]) == (True, [])
    assert proof["entries"] == proof["head"]["number"] > 10
    links, after = [], 0
    while (
        len(page := (await doors.ask("GET", f"/api/v1/journal?after={after}&limit=7", "auditor")).json["entries"]) == 7
    ):
        links += [
            Link(number=e["number"], entry=e["canonical"].encode(), before=e["before"], hash=e["hash"]) for e in page
        ]
        after = page[-1]["number"]
        if after >= proof["head"]["number"]:
            break
    assert list(chain.faults(links)) == []
    assert proof["head"]["hash"] in [link.hash for link in links]
    assert ("client:auditor", "") in await doors.events("journal.exported")


async def test_a_changed_entry_is_found(doors: Doors) -> None:
    await arrived(doors)
    from gateway.api.journal import check_chain

    class Forged:
        async def journal(self, after: int, limit: int) -> list[Link]:
            links = await doors.rig.ledger.journal(after, limit)
            forged = chain.link(3, b'{"forged":true}', links[1].before)
            return [
                Link(number=3, entry=forged.entry, before=each.before, hash=each.hash) if each.number == 3 else each
                for each in links
            ]

    number, head = await doors.rig.ledger.head()
    _, found = await check_chain(Forged(), number, head)  # type: ignore[arg-type]  # reads only
    assert [each.number for each in found] == [3]
    checked, short = await check_chain(doors.rig.ledger, number + 1, head)
    assert (checked, [each.number for each in short]) == (number, [number + 1])


async def test_the_books_balance(doors: Doors) -> None:
    await held_reply(doors)
    balance = (await doors.ask("GET", "/api/v1/balance", "reader")).json
    assert balance["balanced"] is True
    assert balance["accounts"]["held"] == 1
    assert balance["accepted"] == sum(balance["states"].values())


async def test_figures_for_prometheus_tell_states_and_ages(doors: Doors) -> None:
    await held_reply(doors)
    doors.rig.clock.turn(timedelta(minutes=5))
    text = (await doors.ask("GET", "/metrics", "reader")).content.decode()
    assert 'spoc_envelopes{direction="outbound",state="held"} 1.0' in text
    assert "spoc_accepted " in text
    assert 'spoc_http_requests_total{method="GET",route="/api/v1/messages",status="200"} 1.0' in text
    assert "europol" not in text.lower()


async def test_the_catalogue_tells_formats_rules_partners_and_adapters(doors: Doors) -> None:
    known = (await doors.ask("GET", "/api/v1/formats", "submitter")).json
    formats = known["formats"]
    assert {"sirene/G@1", "europol/Request@1"} <= {each["id"] for each in formats}
    assert {each["id"]: each["versions"] for each in formats}["sirene/G@1"] == [1, 0]
    days = {(each["family"], each["major"]): each["accept_until"] for each in known["versions"]}
    assert (days["sirene", 1], days["sirene", 0]) == (None, "2027-06-30")
    rules = (await doors.ask("GET", "/api/v1/formats/rules?id=sirene/G@1", "submitter")).json["rules"]
    assert all(rule["citation"] and rule["text"] for rule in rules)
    assert rules
    partners = (await doors.ask("GET", "/api/v1/partners", "reader")).json["partners"]
    assert [each["party"] for each in partners] == ["enu:XB", "ncb:XB", "sirene:XB"]
    adapters = (await doors.ask("GET", "/api/v1/adapters", "reader")).json
    assert {"name": "polsas", "kind": "case system"} in adapters["adapters"]


async def test_a_message_shows_every_stage_at_the_other_side_with_its_evidence(doors: Doors) -> None:
    from tests.exchanges.test_receipts_amend import answered, says

    reply = await answered(doors.rig)
    await doors.rig.later(timedelta(hours=1))
    await says(doors.rig, reply, "VALID")
    shown = (await doors.ask("GET", f"/api/v1/messages/{reply.envelope.id}", "officer")).json
    assert [(line["stage"], line["note"]) for line in shown["reached"]] == [("no receipt", ""), ("VALID", "LATE")]
    assert shown["standing"] == "final, amended"
    assert shown["reached"][1]["digest"] and shown["reached"][1]["statement"]
