"""Every role against every operation, tokens, refusals in the journal, and what nobody may."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import aiohttp
import jwt
import pytest

from gateway.api import door as limits
from gateway.api.allowance import Allowance
from gateway.api.callers import AUDIENCE
from gateway.api.door import new_token_key
from gateway.setup import ROLES
from tests.api.desk_side import SECRET, Doors
from tests.gateway.rig import NOON

UNKNOWN = "/api/v1/messages/019dee00-0000-7000-8000-000000000000"
EXCHANGE = "/api/v1/exchanges/019dee00-0000-7000-8000-000000000000"
EVERYBODY = frozenset(ROLES)
READERS = EVERYBODY - {"submitter"}
ALERT = "/api/v1/alerts/XA-1"
SEE_ALERTS = frozenset({"reader", "officer", "operator"})
CHANGE_ALERTS = frozenset({"officer", "operator"})
LIFETIME = "/api/v1/retention/message/019dee00-0000-7000-8000-000000000000"
ORDER_DESTRUCTION = frozenset({"officer", "auditor", "operator"})
OPERATIONS: dict[tuple[str, str], frozenset[str]] = {
    ("POST", "/api/v1/messages"): frozenset({"submitter", "operator"}),
    ("GET", "/api/v1/messages"): EVERYBODY,
    ("GET", UNKNOWN): EVERYBODY,
    ("GET", f"{UNKNOWN}/timeline"): EVERYBODY,
    ("GET", f"{UNKNOWN}/raw"): EVERYBODY,
    ("GET", f"{UNKNOWN}/signed"): EVERYBODY,
    ("POST", "/api/v1/messages/by-hand"): frozenset({"officer", "operator"}),
    ("POST", f"{UNKNOWN}/release"): frozenset({"officer", "operator"}),
    ("POST", f"{UNKNOWN}/reject"): frozenset({"officer", "operator"}),
    ("POST", f"{UNKNOWN}/replay"): frozenset({"operator"}),
    ("POST", "/api/v1/exchanges"): frozenset({"officer", "operator"}),
    ("GET", "/api/v1/exchanges"): READERS,
    ("GET", EXCHANGE): READERS,
    ("GET", f"{EXCHANGE}/evidence"): frozenset({"officer", "auditor", "operator"}),
    ("GET", f"{UNKNOWN}/evidence"): frozenset({"officer", "auditor", "operator"}),
    ("POST", f"{EXCHANGE}/happenings"): frozenset({"officer", "operator"}),
    ("POST", f"{EXCHANGE}/drafts"): frozenset({"officer", "operator"}),
    ("GET", "/api/v1/journal"): frozenset({"auditor", "operator"}),
    ("GET", "/api/v1/journal/head"): frozenset({"auditor", "operator"}),
    ("GET", "/api/v1/journal/verify"): frozenset({"auditor", "operator"}),
    ("GET", "/api/v1/journal/proof/inclusion"): frozenset({"auditor", "operator"}),
    ("GET", "/api/v1/journal/proof/consistency"): EVERYBODY,
    ("GET", "/api/v1/journal/fsck"): frozenset({"auditor", "operator"}),
    ("GET", "/api/v1/log"): EVERYBODY,
    ("GET", "/api/v1/log/stamps"): EVERYBODY,
    ("GET", "/api/v1/log/checkpoint"): EVERYBODY,
    ("GET", "/api/v1/log/tile/entries/000"): frozenset({"auditor", "operator"}),
    ("GET", "/api/v1/log/tile/0/000"): EVERYBODY,
    ("GET", "/api/v1/balance"): READERS,
    ("GET", "/api/v1/journal/balance"): frozenset({"auditor", "operator"}),
    ("GET", "/api/v1/sheets"): READERS,
    ("GET", "/api/v1/sheets/differences"): READERS,
    ("GET", "/api/v1/sheets/019dee00-0000-7000-8000-000000000000"): READERS,
    ("POST", "/api/v1/sheets/differences/settle"): frozenset({"officer", "operator"}),
    ("GET", "/api/v1/formats"): EVERYBODY,
    ("GET", "/api/v1/formats/rules"): EVERYBODY,
    ("GET", "/api/v1/rules"): EVERYBODY,
    ("GET", "/api/v1/tolerances"): READERS,
    ("GET", "/api/v1/partners"): EVERYBODY,
    ("GET", "/api/v1/adapters"): EVERYBODY,
    ("POST", "/api/v1/partners/reload"): frozenset({"operator"}),
    ("POST", "/api/v1/keys/{party}/{step}"): frozenset({"operator"}),
    ("GET", "/api/v1/keys/{party}/under-way"): frozenset({"operator"}),
    ("POST", "/api/v1/acts/{act}"): frozenset({"operator"}),
    ("GET", "/metrics"): frozenset({"reader", "operator"}),
    ("POST", "/api/v1/broadcasts"): frozenset({"submitter", "operator"}),
    ("GET", "/api/v1/address-book"): READERS,
    ("POST", "/api/v1/address-book"): frozenset({"operator"}),
    ("GET", "/api/v1/statistics/sirene"): READERS,
    ("GET", "/api/v1/statistics/sirene/forms-sent"): READERS,
    ("POST", "/api/v1/statistics/sirene/records"): frozenset({"officer", "operator"}),
    ("GET", "/api/v1/alerts/categories"): EVERYBODY,
    ("GET", "/api/v1/alerts"): SEE_ALERTS,
    ("POST", "/api/v1/alerts/searches"): SEE_ALERTS,
    ("POST", "/api/v1/alerts/checks"): SEE_ALERTS,
    ("GET", ALERT): SEE_ALERTS,
    ("POST", "/api/v1/alerts"): CHANGE_ALERTS,
    ("PATCH", ALERT): CHANGE_ALERTS,
    ("DELETE", ALERT): CHANGE_ALERTS,
    ("POST", f"{ALERT}/extension"): CHANGE_ALERTS,
    ("POST", f"{ALERT}/flags"): CHANGE_ALERTS,
    ("POST", f"{ALERT}/flags/removal"): CHANGE_ALERTS,
    ("POST", f"{ALERT}/links"): CHANGE_ALERTS,
    ("POST", f"{ALERT}/misused-identity"): CHANGE_ALERTS,
    ("POST", f"{ALERT}/hiding"): CHANGE_ALERTS,
    ("POST", f"{ALERT}/happenings"): CHANGE_ALERTS,
    ("POST", f"{ALERT}/hits"): CHANGE_ALERTS | {"submitter"},
    ("GET", "/api/v1/retention/rules"): READERS,
    ("GET", "/api/v1/retention/due"): ORDER_DESTRUCTION,
    ("POST", "/api/v1/retention/sweeps"): frozenset({"operator"}),
    ("GET", LIFETIME): ORDER_DESTRUCTION,
    ("GET", f"{LIFETIME}/certificates"): ORDER_DESTRUCTION,
    ("POST", f"{LIFETIME}/hold"): ORDER_DESTRUCTION,
    ("POST", f"{LIFETIME}/lift"): frozenset({"auditor", "operator"}),
    ("POST", f"{LIFETIME}/order"): ORDER_DESTRUCTION,
    ("POST", f"{LIFETIME}/confirm"): frozenset({"auditor", "operator"}),
    ("POST", f"{LIFETIME}/recall"): ORDER_DESTRUCTION,
}
NOTHING = UNKNOWN.rpartition("/")[2]
PLACES = {
    "{level}": "0", "{index}": "000", "{alert}": "XA-1", "{envelope}": NOTHING, "{exchange}": NOTHING, "{family}": "sirene",
    "{figure}": "forms-sent", "{kind}": "message", "{name}": NOTHING, "{sheet}": "019dee00-0000-7000-8000-000000000000",
}  # fmt: skip
"""What stands in the addresses above for the parameters of the description."""
OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("POST", "/oauth2/token"),
    ("POST", "/api/v1/log/witness/add-checkpoint"),
}


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_may_do_what_the_table_says_and_nothing_else(doors: Doors, role: str) -> None:
    allowed = {}
    for method, path in OPERATIONS:
        answer = await doors.ask(method, path, role, **({"json": {"reason": "Test."}} if method == "POST" else {}))
        assert answer.status != 401
        allowed[(method, path)] = answer.status != 403
        if answer.status == 403:
            assert answer.json["code"] == "caller.role"
            assert "insufficient_scope" in answer.headers["WWW-Authenticate"]
    assert allowed == {operation: role in roles for operation, roles in OPERATIONS.items()}
    refused = [reason for actor, reason in await doors.events("door.refused") if reason == "caller.role"]
    assert len(refused) == list(allowed.values()).count(False)


async def test_the_table_above_holds_every_operation(doors: Doors) -> None:
    described = (await doors.ask("GET", "/openapi.json")).json["paths"]
    there = set()
    for path, each in described.items():
        for name, value in PLACES.items():
            path = path.replace(name, value)  # noqa: PLW2901  # one address after another
        there |= {(method.upper(), path) for method in each}
    assert there == OPERATIONS.keys() | OPEN


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_nobody_may_do_anything_without_credentials(doors: Doors, method: str, path: str) -> None:
    answer = await doors.ask(method, path)
    assert (answer.status, answer.json["code"]) == (401, "caller.unknown")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert ("channel:api", "caller.unknown") in await doors.events("door.refused")


async def test_a_submitter_sees_its_own_messages_and_no_others(doors: Doors) -> None:
    from tests.api.test_sending_through_the_api import ORDER

    own = (await doors.ask("POST", "/api/v1/messages", "submitter", json=ORDER, headers={"Idempotency-Key": "a"})).json[
        "id"
    ]
    other = (
        await doors.ask("POST", "/api/v1/messages", "operator", json=ORDER, headers={"Idempotency-Key": "b"})
    ).json["id"]
    listed = (await doors.ask("GET", "/api/v1/messages", "submitter")).json["messages"]
    assert [each["id"] for each in listed] == [own]
    assert (await doors.ask("GET", f"/api/v1/messages/{own}", "submitter")).status == 200
    for part in ("", "/timeline", "/raw", "/signed"):
        answer = await doors.ask("GET", f"/api/v1/messages/{other}{part}", "submitter")
        assert (answer.status, answer.json["code"]) == (404, "envelope.unknown")


async def test_a_token_is_journalled_and_dies_in_time(doors: Doors) -> None:
    assert (await doors.ask("GET", "/api/v1/formats", "reader")).status == 200
    assert await doors.events("token.issued") == [("client:reader", "")]
    doors.rig.clock.turn(timedelta(minutes=61))
    answer = await doors.ask("GET", "/api/v1/formats", "reader")
    assert (answer.status, answer.json["code"]) == (401, "token.invalid")


def _claims(**other: object) -> dict[str, object]:
    now = int(NOON.timestamp())
    return {"sub": "client:reader", "aud": AUDIENCE, "iat": now, "exp": now + 600, "scope": "reader", **other}


async def test_a_forged_or_foreign_token_is_refused(doors: Doors) -> None:
    key, right = new_token_key(), doors.door.token_key
    public = "-----BEGIN PUBLIC KEY-----"
    tokens = {
        "foreign key": jwt.encode(_claims(), key, algorithm="ES256"),
        "no signature": jwt.encode(_claims(), None, algorithm="none"),
        "shared secret": jwt.encode(_claims(), public.ljust(64), algorithm="HS256"),
        "other audience": jwt.encode(_claims(aud="other"), right, algorithm="ES256"),
        "unknown client": jwt.encode(_claims(sub="client:nobody"), right, algorithm="ES256"),
        "no expiry": jwt.encode({k: v for k, v in _claims().items() if k != "exp"}, right, algorithm="ES256"),
        "expiry that is none": jwt.encode(_claims(exp=[]), right, algorithm="ES256"),
        "not a token": "a.b.c",
        "empty": "",
        "very long": "a" * 5000,
    }
    for name, token in tokens.items():
        answer = await doors.ask("GET", "/api/v1/formats", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status, answer.json["code"]) == (401, "token.invalid"), name


async def test_a_token_never_gives_more_than_the_client_has_now(doors: Doors) -> None:
    token = jwt.encode(_claims(scope="reader operator"), doors.door.token_key, algorithm="ES256")
    answer = await doors.ask(
        "POST", f"{UNKNOWN}/replay", headers={"Authorization": f"Bearer {token}"}, json={"reason": "Test."}
    )
    assert answer.status == 403


@pytest.mark.parametrize(
    ("body", "headers", "status", "error"),
    [
        ({"client_id": "reader", "client_secret": "wrong"}, {}, 401, "invalid_client"),
        ({"client_id": "nobody", "client_secret": SECRET}, {}, 401, "invalid_client"),
        ({"client_id": "reader", "client_secret": ""}, {}, 401, "invalid_client"),
        ({"client_id": "reader", "client_secret": SECRET, "scope": "operator"}, {}, 400, "invalid_scope"),
        ({"client_id": "reader", "client_secret": SECRET, "grant_type": "password"}, {}, 400, "unsupported_grant_type"),
        ({}, {"Authorization": "Basic !!!"}, 401, "invalid_client"),
    ],
)
async def test_a_wrong_token_request_is_refused_in_the_words_of_oauth(
    doors: Doors, body: dict[str, str], headers: dict[str, str], status: int, error: str
) -> None:
    answer = await doors.ask(
        "POST", "/oauth2/token", data={"grant_type": "client_credentials", **body}, headers=headers
    )
    assert (answer.status, answer.json["error"]) == (status, error)
    assert ("channel:api", f"token.{error.replace('_', '-')}") in await doors.events("door.refused")
    assert SECRET not in str((await doors.local("GET", "/api/v1/journal")).json)


async def test_http_basic_carries_the_secret_too(doors: Doors) -> None:
    basic = base64.b64encode(f"auditor:{SECRET}".encode()).decode()
    answer = await doors.ask(
        "POST", "/oauth2/token", data={"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {basic}"}
    )
    assert (answer.status, answer.json["scope"], answer.json["expires_in"]) == (200, "auditor", 3600)
    assert answer.headers["Cache-Control"] == "no-store"


async def test_guessing_secrets_is_slowed_down(doors: Doors) -> None:
    body = {"grant_type": "client_credentials", "client_id": "reader", "client_secret": "guess"}
    statuses = [
        (await doors.ask("POST", "/oauth2/token", data=body)).status for _ in range(limits.TOKENS_PER_MINUTE + 1)
    ]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    doors.rig.clock.turn(timedelta(minutes=1))
    assert (await doors.ask("POST", "/oauth2/token", data={**body, "client_secret": SECRET})).status == 200


def test_an_allowance_refills_and_forgets_the_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    allowance = Allowance(2)
    assert [allowance.take("a", NOON) for _ in range(3)] == [True, True, False]
    assert allowance.take("b", NOON)
    assert allowance.take("a", NOON + timedelta(seconds=31))
    assert not allowance.take("a", NOON), "a clock that goes back gives nothing"


async def test_refusals_at_the_door_do_not_flood_the_journal(doors: Doors) -> None:
    for _ in range(limits.REFUSALS_PER_MINUTE + 20):
        assert (await doors.ask("GET", "/metrics")).status == 401
    assert len(await doors.events("door.refused")) == limits.REFUSALS_PER_MINUTE


async def test_the_local_door_knows_the_user_and_gives_all_roles(doors: Doors, tmp_path) -> None:  # type: ignore[no-untyped-def]  # a fixture
    assert ((tmp_path / "run" / "api.sock").stat().st_mode & 0o777) == 0o600
    answer = await doors.local("GET", "/api/v1/messages")
    assert answer.status == 200
    (actor, _) = (await doors.events("messages.searched"))[0]
    assert re.fullmatch(r"user:[^ ]+", actor)


async def test_the_local_door_makes_a_token_for_a_role(doors: Doors) -> None:
    answer = await doors.local("POST", "/oauth2/token", data={"grant_type": "client_credentials", "scope": "reader"})
    assert (answer.status, answer.json["scope"]) == (200, "reader")
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert (await doors.ask("GET", "/api/v1/messages", headers=headers)).status == 200
    assert (await doors.ask("GET", "/api/v1/journal", headers=headers)).status == 403


async def test_another_user_is_not_let_in_at_the_local_door(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 4242)
    monkeypatch.setattr("gateway.api.callers.ROOT", 4243)
    answer = await doors.local("GET", "/api/v1/messages")
    assert (answer.status, answer.json["code"]) == (403, "caller.other-user")


async def test_credentials_are_no_part_of_the_log(doors: Doors, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        await doors.ask(
            "GET", "/api/v1/messages?q=7101700008&purpose=secret-purpose", "officer", headers={"X-SPOC-Purpose": ""}
        )
        await doors.ask("GET", "/nothing/7101700008")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("gateway.api")]
    assert any("GET /api/v1/messages 200" in line and "caller=client:officer" in line for line in lines)
    assert any("GET unmatched 404" in line for line in lines)
    assert not any("7101700008" in line or "secret-purpose" in line or SECRET in line for line in lines)


async def test_what_is_not_there_is_a_problem_document_too(doors: Doors) -> None:
    answer = await doors.ask("GET", "/api/v1/nothing")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    wrong = await doors.ask("DELETE", "/api/v1/messages")
    assert (wrong.status, wrong.json["status"]) == (405, 405)
    odd = await doors.ask("GET", "/api/v1/messages?limit=many", "reader")
    assert (odd.status, odd.json["errors"][0]["where"]) == (422, "query.limit")


async def test_a_fault_of_our_own_shows_nothing(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> int:
        raise RuntimeError("internals")

    monkeypatch.setattr(doors.rig.ledger, "accepted", broken)
    answer = await doors.ask("GET", "/api/v1/balance", "reader")
    assert (answer.status, answer.json["code"]) == (500, "gateway.fault")
    assert b"internals" not in answer.content


async def test_a_head_that_is_too_long_is_refused(doors: Doors) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(doors.server.url + "/healthz", headers={"X": "x" * 20_000}) as answer,
    ):
        assert answer.status == 431
    async with (
        aiohttp.ClientSession() as session,
        session.get(doors.server.url + "/healthz", headers={"X": "x" * 900_000}) as answer,
    ):
        assert answer.status in (400, 431)
