"""Alerts through the API: searched for a purpose, entered once, changed on the version that was read, refused with reasons."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.api import alert_models as models
from tests.alerts.alert_rig import AlertRig, central_system
from tests.api.desk_side import Answer, Doors, open_doors
from tests.contracts.rest_simulators import Simulated

ALERTS = "/api/v1/alerts"
CAR = "XB-ALERT-0002"
INNOCENT = {
    "identity": {"content": {"NAMES": "Uskyldig"}, "consents": [{"category": "NAMES", "given_on": "2026-11-20"}]}
}
HIT: dict[str, Any] = {**models.HIT, "at": "2026-11-21T11:40:00Z"}


@pytest.fixture(scope="module")
def central_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with central_system(tmp_path_factory.mktemp("nsis")) as simulated:
        yield simulated


@pytest.fixture
async def doors(tmp_path: Path, central_process: Simulated) -> AsyncIterator[Doors]:
    central_process.reset()
    async with open_doors(tmp_path, AlertRig(tmp_path, central_process.url)) as opened:
        yield opened


async def entered(doors: Doors, key: str = "key-1", **changes: Any) -> Answer:
    body = {"alert": {**models.INTENDED, **changes}}
    return await doors.ask("POST", ALERTS, "officer", json=body, headers={"Idempotency-Key": key})


async def test_an_alert_lives_from_entry_to_deletion(doors: Doors) -> None:
    made = await entered(doors)
    assert made.status == 200, made.json
    alert = made.json["alert"]
    assert (alert["issuer"], alert["version"], made.json["advice"]["todo"]) == ("sirene:XA", "1", "enter")
    path = f"{ALERTS}/{alert['id']}"

    remarks = {"remarks": ["Tell us by telephone."], "particulars": {"place_of_birth": "Prøveby"}}
    changed = await doors.ask("PATCH", path, "officer", json=remarks, headers={"If-Match": '"1"'})
    assert (changed.status, changed.json["alert"]["particulars"]) == (200, {"place_of_birth": "Prøveby"})
    stale = await doors.ask("PATCH", path, "officer", json=remarks, headers={"If-Match": '"1"'})
    assert (stale.status, stale.json["code"]) == (409, "alert.version")
    unnamed = await doors.ask("PATCH", path, "officer", json=remarks)
    assert (unnamed.status, unnamed.json["code"]) == (400, "alert.version-missing")

    for part, body, member in (
        ("extension", {"until": "2031-11-20T12:00:00Z", "assessment": "Still missing."}, None),
        ("flags", {"state": "sirene:XB", "reason": "Not here.", "requested_by": "XB-F-1"}, "flags"),
        ("flags/removal", {"state": "sirene:XB"}, None),
        ("misused-identity", INNOCENT, "misused_identity"),
        ("misused-identity", {"identity": None}, None),
    ):  # fmt: skip
        version = (await doors.ask("GET", path, "reader")).json["alert"]["version"]
        answer = await doors.ask("POST", f"{path}/{part}", "officer", json=body, headers={"If-Match": version})
        if part == "extension":
            assert (answer.status, answer.json["code"]) == (422, "alert.refused")  # it ends no earlier already
            continue
        assert answer.status == 200, answer.json
        assert member is None or answer.json["alert"][member]
    version = (await doors.ask("GET", path, "reader")).json["alert"]["version"]
    groundless = await doors.ask("DELETE", path, "officer", headers={"If-Match": version})
    assert (groundless.status, groundless.json["code"]) == (400, "reason.missing")
    gone = await doors.ask("DELETE", f"{path}?ground=whereabouts+found", "officer", headers={"If-Match": version})
    assert (gone.status, gone.json["alert"]["status"], gone.json["alert"]["subject"]) == (200, "DELETED", None)


async def test_the_same_key_enters_one_alert_and_no_key_enters_none(doors: Doors) -> None:
    first, again = await entered(doors), await entered(doors)
    assert first.json["alert"]["id"] == again.json["alert"]["id"]
    without = await doors.ask("POST", ALERTS, "officer", json={"alert": models.INTENDED})
    assert (without.status, without.json["code"]) == (400, "idempotency.missing")


async def test_a_refusal_names_field_source_and_remedy(doors: Doors) -> None:
    answer = await entered(doors, reason="", article="1862:34")
    assert (answer.status, answer.json["code"]) == (422, "alert.refused")
    told = {each["rule"]: each for each in answer.json["findings"]}
    assert told["ALT-MIN"]["field"] == "reason"
    assert all(each["citation"] and each["remedy"] for each in answer.json["findings"])
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_advice_says_which_form_goes_to_whom_first(doors: Doors) -> None:
    subject = {
        "type": "person",
        "family_names": ["Exempelsson"],
        "given_names": ["Testo"],
        "date_of_birth": "1979-03-02",
        "sex": "M",
    }
    intended = {**models.INTENDED, "category": "CHK-D", "article": "1862:36", "subject": subject}
    advised = await doors.ask("POST", f"{ALERTS}/checks", "officer", json={"alert": intended})
    assert (advised.status, advised.json["advice"]["todo"]) == (200, "consult-first")
    assert (advised.json["advice"]["form"], advised.json["advice"]["to"]) == ("E", ["sirene:XB"])
    refused = await entered(doors, category="CHK-D", article="1862:36", subject=subject)
    assert (refused.status, refused.json["code"]) == (409, "alert.incompatible")
    assert refused.json["advice"]["rivals"][0]["alert"] == "XB-ALERT-0001"


@pytest.mark.parametrize(
    "sought",
    [
        {"type": "person", "family_names": ["Exempelsson"], "given_names": ["Testo"], "date_of_birth": "1979-03-02"},
        {"type": "vehicle", "registration_number": "QB 00009", "registration_country": "XB"},
        {"type": "document", "number": "000000077"},
        {"type": "thing", "serial_number": "GUN-TEST-0008"},
        {"type": "print", "reference": "XC-LATENT-0005"},
    ],
)
async def test_everything_can_be_searched_for_with_a_purpose(doors: Doors, sought: dict[str, Any]) -> None:
    found = await doors.ask("POST", f"{ALERTS}/searches", "reader", json={"sought": sought})
    assert (found.status, len(found.json["alerts"])) == (200, 1), found.json
    without = await doors.ask(
        "POST", f"{ALERTS}/searches", "reader", json={"sought": sought}, headers={"X-SPOC-Purpose": ""}
    )
    assert (without.status, without.json["code"]) == (400, "purpose.missing")
    assert len(await doors.events("alerts.searched")) == 1


async def test_an_aircraft_is_known_by_its_registration(doors: Doors) -> None:
    def aircraft(**more: Any) -> dict[str, Any]:
        subject = {"type": "thing", "kind": "AIRCRAFT", "details": {"IcaoRegistration": "XA-TST"}, **more}
        return {"category": "OBJ-S", "article": "1862:38", "subject": subject, "action": "Seize.", "reason": "STOLEN"}

    async def checked(alert: dict[str, Any]) -> Any:
        return (await doors.ask("POST", f"{ALERTS}/checks", "officer", json={"alert": alert})).json

    headers = {"Idempotency-Key": "aircraft-1"}
    made = await doors.ask("POST", ALERTS, "officer", json={"alert": aircraft(serial_number="SN1")}, headers=headers)
    assert made.status == 200, made.json
    assert (await checked(aircraft(serial_number="SN2")))["advice"]["todo"] == "ask-whether-same"
    assert (await checked(aircraft()))["advice"]["todo"] == "have-already"
    sought = {"type": "thing", "details": {"IcaoRegistration": "XATST"}}
    found = await doors.ask("POST", f"{ALERTS}/searches", "reader", json={"sought": sought})
    assert [each["id"] for each in found.json["alerts"]] == [made.json["alert"]["id"]]
    nothing = {"type": "thing", "kind": "AIRCRAFT"}
    refused = await doors.ask("POST", f"{ALERTS}/searches", "reader", json={"sought": nothing})
    assert (refused.status, refused.json["code"]) == (422, "alerts.no-key")


@pytest.mark.parametrize(("written", "rule"), [("Exempelsson", "exact"), ("Éxempelsson", "latin")])
async def test_a_search_by_name_tries_other_forms_and_says_which_rule_joined(
    doors: Doors, written: str, rule: str
) -> None:
    sought = {"type": "person", "family_names": [written], "given_names": ["Testo"], "date_of_birth": "1979-03-02"}
    found = await doors.ask("POST", f"{ALERTS}/searches", "reader", json={"sought": sought})
    assert [alert["id"] for alert in found.json["alerts"]] == ["XB-ALERT-0001"]
    assert rule in found.json["name_rules"]["XB-ALERT-0001"]


async def test_a_hit_becomes_a_held_form_and_a_draft_keeps_nothing(doors: Doors) -> None:
    draft = await doors.ask("POST", f"{ALERTS}/{CAR}/hits?draft=true", "submitter", json=HIT)
    assert (draft.status, draft.json["order"]) == (200, None), draft.json
    assert draft.json["form"]["header"]["to"] == ["sirene:XB"]
    kept = await doors.ask("POST", f"{ALERTS}/{CAR}/hits", "submitter", json=HIT, headers={"Idempotency-Key": "hit-1"})
    await doors.rig.gateway.quiet()
    row = await doors.rig.row(kept.json["order"]["id"])
    assert (row.state, row.envelope.claim.sender) == ("held", "client:submitter")
    bare = await doors.ask(
        "POST",
        f"{ALERTS}/XB-ALERT-0001/hits",
        "submitter",
        json={"at": HIT["at"]},
        headers={"Idempotency-Key": "hit-2"},
    )
    assert (bare.status, bare.json["code"]) == (422, "alert.hit-incomplete")
    assert "R09" in {each["rule"] for each in bare.json["findings"]}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("", {"alert": {**models.INTENDED, "colour": "green"}}, "alert.unfit"),
        ("", {"alert": {**models.INTENDED, "issuer": "sirene:XB"}}, "alert.unfit"),
        ("", {"alert": {**models.INTENDED, "subject": {"type": "ghost"}}}, "alert.unfit"),
        ("", {"alert": {**models.INTENDED, "subject": {**models.INTENDED["subject"], "shoes": 2}}}, "alert.unfit"),
        ("", {"alert": {**models.INTENDED, "expires_at": "2027-01-01T00:00:00"}}, "alert.unfit"),
        ("", {"alert": {**models.INTENDED, "reason": "x" * 10_001}}, "alert.unfit"),
        ("", {}, "alert.unfit"),
        ("/searches", {"sought": {"type": "person", "family_names": ["X"]}}, "alerts.no-key"),
        (f"/{CAR}/hits", {"at": "soon"}, "alert.unfit"),
        (f"/{CAR}/happenings", {"happening": "alert.deleted"}, "happening.unknown"),
    ],
)
async def test_what_cannot_be_read_is_refused_by_name(doors: Doors, path: str, body: dict[str, Any], code: str) -> None:
    answer = await doors.ask("POST", f"{ALERTS}{path}", "operator", json=body, headers={"Idempotency-Key": "k"})
    assert (answer.status, answer.json["code"]) == (422, code), answer.json


async def test_what_is_not_there_or_not_ours(doors: Doors) -> None:
    unknown = await doors.ask("GET", f"{ALERTS}/NOBODY", "reader")
    assert (unknown.status, unknown.json["code"]) == (404, "alert.unknown")
    foreign = await doors.ask("DELETE", f"{ALERTS}/{CAR}?ground=over", "officer", headers={"If-Match": "1"})
    assert (foreign.status, foreign.json["findings"][0]["rule"]) == (422, "ALT-OWNER")


async def test_an_alert_system_that_is_away_is_a_matter_of_later(doors: Doors, central_process: Simulated) -> None:
    central_process.script('[[rule]]\ndo = { action = "refuse", status = 503, problem = "source-unavailable" }')
    answer = await doors.ask("GET", f"{ALERTS}/{CAR}", "reader")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_own_alerts_that_end_soon_come_with_their_warning(doors: Doors) -> None:
    await entered(doors, expires_at="2026-12-24T12:00:00Z")
    found = await doors.ask("GET", f"{ALERTS}?days=60", "reader")
    assert [each["warnings"][0]["rule"] for each in found.json["alerts"]] == ["ALT-ENDS"]


async def test_kinds_of_alerts_are_listed_and_the_system_is_named(doors: Doors) -> None:
    kinds = await doors.ask("GET", f"{ALERTS}/categories", "auditor")
    assert len(kinds.json["categories"]) == 18
    adapters = await doors.ask("GET", "/api/v1/adapters", "auditor")
    assert {"name": "nsis", "kind": "alert system"} in adapters.json["adapters"]


async def test_without_an_alert_system_it_is_said_so(tmp_path: Path) -> None:
    async with open_doors(tmp_path) as plain:
        answer = await plain.ask("GET", f"{ALERTS}/{CAR}", "reader")
        assert (answer.status, answer.json["code"]) == (503, "alerts.none")
        assert (await plain.ask("GET", f"{ALERTS}/categories", "reader")).status == 200


async def test_the_example_bodies_are_what_the_operations_take(doors: Doors) -> None:
    made = await doors.ask(
        "POST", ALERTS, "officer", json=_example(models.ENTER_BODY), headers={"Idempotency-Key": "example"}
    )
    assert made.status == 200, made.json
    assert (await doors.ask("POST", f"{ALERTS}/searches", "reader", json=_example(models.SEARCH_BODY))).status == 200
    assert (await doors.ask("POST", f"{ALERTS}/checks", "reader", json=_example(models.CHECK_BODY))).status == 200
    path = f"{ALERTS}/{made.json['alert']['id']}"
    for part, body in (("flags", models.FLAG_BODY), ("misused-identity", models.MISUSE_BODY)):
        version = (await doors.ask("GET", path, "reader")).json["alert"]["version"]
        answer = await doors.ask(
            "POST", f"{path}/{part}", "officer", json=_example(body), headers={"If-Match": version}
        )
        assert answer.status == 200, answer.json


def _example(body: dict[str, Any]) -> Any:
    return body["requestBody"]["content"]["application/json"]["example"]
