"""The simulated N.SIS and CS-SIS: one central system, several states, its own rules, and a feed that misses nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.callers import Caller, CallingOwn, Reply

CAR = {
    "category": "OBJ-S", "article": "1862:38", "action": "Seize.", "reason": "STOLEN", "authority": "", "decisionReference": "",
    "subject": {"kind": "VEHICLE", "vin": "ZZZCENTRAL0000001", "plate": "QC 00001", "country": "XA"},
}  # fmt: skip
PERSON = {
    **CAR, "category": "JUD", "article": "1862:34",
    "subject": {"kind": "PERSON", "surnames": ["Prøvesen"], "forenames": ["Testine"], "birthDate": "1970-01-11", "sex": "F"},
}  # fmt: skip


@pytest.fixture
def central(calling_own: CallingOwn) -> Caller:
    """Three states, one of them Ireland, whose clock stands."""
    return calling_own("nsis", "--set", "states=XA,XB,IE", "--clock", "2026-11-21T12:00:00+00:00")


async def write(caller: Caller, path: str, body: dict[str, Any], headers: dict[str, str]) -> Reply:
    """A call with headers of its own."""
    return await caller.send("POST", path, json={"context": caller.context(), **body}, headers=headers)


async def enter(caller: Caller, state: str, alert: dict[str, Any], key: str = "k") -> tuple[int, Any]:
    answer = await write(caller, f"/{state}/sis/alerts", {"alert": alert}, {"Idempotency-Key": key})
    return answer.status, answer.document


async def test_every_state_has_its_door_before_the_same_alerts(central: Caller) -> None:
    status, entered = await enter(central, "XA", CAR)
    assert status == 201
    entry = entered["matches"][0]["data"]
    assert (entry["issuingState"], entry["national"], entry["version"]) == ("XA", True, "1")
    found = await central.post("/XB/sis/searches", {"keys": {"plate": "qc00001", "country": "XA"}})
    (match,) = found.document["matches"]
    assert (match["data"]["entryId"], match["data"]["national"]) == (entry["entryId"], False)
    nobody = await central.post("/XD/sis/searches", {"keys": {"plate": "QC00001"}})
    assert (nobody.status, nobody.document["type"]) == (404, "path-unknown")


async def test_objects_are_found_by_the_marks_of_their_kind(central: Caller) -> None:
    for number, (subject, keys) in enumerate((
        ({"objectKind": "AIRCRAFT", "details": {"IcaoRegistration": "XA-TST"}}, {"icaoRegistration": "xatst"}),
        ({"objectKind": "BOAT", "details": {"ExternalId": "XA 77"}}, {"externalId": "XA-77"}),
        ({"objectKind": "CONTAINER", "details": {"BicNumber": "TSTU0000010"}}, {"bic": "TSTU 0000010"}),
        ({"objectKind": "CONTAINER", "serial": "TSTU0000021"}, {"bic": "TSTU0000021"}),
    )):  # fmt: skip
        status, entered = await enter(central, "XA", {**CAR, "subject": {"kind": "OBJECT", **subject}}, f"o{number}")
        assert status == 201, entered
        found = (await central.post("/XB/sis/searches", {"keys": keys})).document
        assert [each["data"]["entryId"] for each in found["matches"]] == [entered["matches"][0]["data"]["entryId"]]
    nothing = {"kind": "OBJECT", "objectKind": "AIRCRAFT", "details": {"AircraftMake": "Eksempla"}}
    assert (await enter(central, "XA", {**CAR, "subject": nothing}, "none"))[0] == 422
    gun = await central.post("/XB/sis/searches", {"keys": {"bic": "GUN-TEST-0008"}})
    assert gun.document["outcome"] == "NO_MATCH"


async def test_ireland_does_not_see_entry_and_return_alerts(central: Caller) -> None:
    keys = {"keys": {"name": "Oto Grensen", "birthDate": "1988-12-24"}}
    assert len((await central.post("/XA/sis/searches", keys)).document["matches"]) == 1
    assert (await central.post("/IE/sis/searches", keys)).document["outcome"] == "NO_MATCH"
    for state, seen in (("XA", True), ("IE", False)):
        told = (await central.get(f"/{state}/sis/changes?since=")).document["matches"]
        assert ("XC-ALERT-0004" in {each["data"]["entryId"] for each in told}) is seen


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"article": "1862:34"}, "article"),
        ({"category": "NONE"}, "category"),
        ({"subject": {"kind": "VEHICLE"}}, "subject"),
        ({"subject": {"kind": "GHOST"}}, "subject"),
        ({"biometrics": [{"kind": "PALM_PRINTS", "reference": "r", "count": 3}]}, "biometrics"),
        ({"validUntil": "2046-01-01T00:00:00+00:00"}, "validUntil"),
    ],
)
async def test_it_refuses_by_its_own_rules(central: Caller, changes: dict[str, Any], field: str) -> None:
    status, refused = await enter(central, "XA", {**CAR, **changes})
    assert (status, refused["type"], refused["fields"]) == (422, "quality-failed", [field])


async def test_a_state_has_one_alert_on_a_person_and_another_state_may_have_one_too(central: Caller) -> None:
    assert (await enter(central, "XA", PERSON, "a"))[0] == 201
    status, refused = await enter(central, "XA", {**PERSON, "category": "MIS-W", "article": "1862:32(1)(b)"}, "b")
    assert (status, refused["type"]) == (409, "compatibility-conflict")
    assert (await enter(central, "XB", PERSON, "c"))[0] == 201


async def test_a_change_names_the_version_and_comes_from_the_owner(central: Caller) -> None:
    _, entered = await enter(central, "XA", CAR)
    path = f"/sis/alerts/{entered['matches'][0]['data']['entryId']}"
    for state, version, status, kind in (
        ("XB", "1", 403, "owner-only"),
        ("XA", "7", 412, "version-mismatch"),
        ("XA", "", 400, "schema-invalid"),
    ):
        answer = await write(
            central, f"/{state}{path}/deletion", {"ground": "over"}, {"If-Match": version} if version else {}
        )
        assert (answer.status, answer.document["type"]) == (status, kind)
    done = await write(central, f"/XA{path}/deletion", {"ground": "over"}, {"If-Match": '"1"'})
    assert (done.status, done.document["matches"][0]["data"]["status"]) == (200, "DELETED")
    again = await write(central, f"/XA{path}/deletion", {"ground": "over"}, {"If-Match": '"2"'})
    assert (again.status, again.document["type"]) == (410, "record-shredded")


async def test_the_feed_tells_deletions_to_all_and_warnings_to_the_issuer(central: Caller) -> None:
    _, entered = await enter(central, "XA", {**CAR, "validUntil": "2026-12-24T12:00:00+00:00"})
    entry = entered["matches"][0]["data"]["entryId"]
    kinds = {}
    for state in ("XA", "XB"):
        told = (await central.get(f"/{state}/sis/changes?since=")).document
        kinds[state] = [each["data"]["kind"] for each in told["matches"] if each["data"]["entryId"] == entry]
    assert kinds == {"XA": ["ENTERED", "EXPIRY_WARNING"], "XB": ["ENTERED"]}
    cursor = (await central.get("/XB/sis/changes?since=")).document["cursor"]
    await write(central, f"/XA/sis/alerts/{entry}/deletion", {"ground": "over"}, {"If-Match": '"1"'})
    told = (await central.get(f"/XB/sis/changes?since={cursor}")).document
    assert [(each["data"]["kind"], each["data"]["entryId"]) for each in told["matches"]] == [("DELETED", entry)]
    assert "subject" not in told["matches"][0]["data"]


async def test_a_state_links_its_own_alerts(central: Caller) -> None:
    _, first = await enter(central, "XA", CAR, "a")
    _, second = await enter(central, "XA", PERSON, "b")
    one, two = (each["matches"][0]["data"]["entryId"] for each in (first, second))
    foreign = await write(central, f"/XA/sis/alerts/{one}/links", {"others": ["XB-ALERT-0001"]}, {"If-Match": "1"})
    assert foreign.document["type"] == "owner-only"
    linked = await write(central, f"/XA/sis/alerts/{one}/links", {"others": [two]}, {"If-Match": "1"})
    assert linked.document["matches"][0]["data"]["links"] == [two]
