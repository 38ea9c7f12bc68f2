"""Who read what (promise 9): every operation of the API that a person may do writes an entry with person, role, purpose and case.

Each operation that is described stands below: with the event that it writes, or with the reason why it is no act on what others
would want to know of. One that stands nowhere fails; one that writes nothing fails, too.
"""

from __future__ import annotations

import inspect
import itertools
import os
import pwd
import re
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.api import alert_models as models
from gateway.api.app import create_app
from gateway.api.description import described_routes
from gateway.journal.entry import Entry, read
from tests.addressbook.books import book_xml, bureau_xml
from tests.alerts.alert_rig import AlertRig, central_system
from tests.api.desk_side import Doors, open_doors
from tests.api.test_address_book_and_broadcasts import Desk, arrest, desk
from tests.api.test_published_log import printing, published
from tests.api.test_sending_through_the_api import ORDER
from tests.contracts.rest_simulators import Simulated
from tests.exchanges.stories import Story, form_m
from tests.gateway.rig import NOON
from tests.gateway.test_exchange_story import PHOTO, hit

__all__ = ["desk", "printing"]
PURPOSE, CASE = "Vehicle hit, asked by the duty desk", "9999-99999-00001-26"
STATED = {"X-SPOC-Purpose": PURPOSE, "X-SPOC-Case": CASE}
API = "/api/v1"
NO_ACT = {
    "GET /healthz": "says that the process lives", "GET /readyz": "says what is connected; programs ask",
    "GET /metrics": "figures for monitoring, asked every few seconds; no message, no person",
    f"GET {API}/formats": "the published formats", f"GET {API}/formats/rules": "the published rules",
    f"GET {API}/rules": "the published rules", f"GET {API}/tolerances": "agreements with offices; names no person",
    f"GET {API}/partners": "offices and their certificates; names no person", f"GET {API}/adapters": "what is connected",
    f"GET {API}/alerts/categories": "the published kinds of alerts", f"GET {API}/balance": "numbers of messages; programs ask",
    f"GET {API}/journal/head": "one number and one hash", f"GET {API}/journal/proof/consistency": "hashes only",
    f"GET {API}/keys/{{party}}/under-way": "how many messages an exchange of our own keys waits for",
    f"GET {API}/log": "size, root and witnesses; programs ask", f"GET {API}/log/checkpoint": "for the public",
    f"GET {API}/retention/rules": "the published rules",
    f"GET {API}/log/tile/{{level}}/{{index}}": "hashes, for the public", f"GET {API}/log/stamps": "time-stamps; programs ask",
    f"POST {API}/log/witness/add-checkpoint": "between logs: no person asks",
}  # fmt: skip
"""Operations that are no reading, search, export or administration, each with its reason."""
DESK = {
    f"POST {API}/messages": "envelope.received", f"GET {API}/messages": "messages.searched",
    f"GET {API}/messages/{{envelope}}": "envelope.read", f"GET {API}/messages/{{envelope}}/timeline": "envelope.read",
    f"GET {API}/messages/{{envelope}}/raw": "envelope.exported", f"GET {API}/messages/{{envelope}}/signed": "envelope.exported",
    f"POST {API}/messages/by-hand": "envelope.received", f"POST {API}/messages/{{envelope}}/release": "envelope.released",
    f"POST {API}/messages/{{envelope}}/reject": "envelope.given-up", f"POST {API}/messages/{{envelope}}/replay": "envelope.replayed",
    f"GET {API}/exchanges": "exchanges.searched", f"GET {API}/exchanges/{{exchange}}": "exchange.read",
    f"POST {API}/exchanges": "exchange.opened", f"POST {API}/exchanges/{{exchange}}/happenings": "happening.recorded",
    f"POST {API}/exchanges/{{exchange}}/drafts": "exchange.read", f"GET {API}/journal": "journal.exported",
    f"GET {API}/journal/verify": "journal.verified", f"GET {API}/journal/balance": "journal.verified",
    f"GET {API}/statistics/{{family}}": "statistics.read",
    f"GET {API}/statistics/{{family}}/{{figure}}": "statistics.read", f"POST {API}/statistics/{{family}}/records": "figure.recorded",
    f"POST {API}/keys/{{party}}/{{step}}": "key.confirmed", f"POST {API}/acts/{{act}}": "client.added",
    "POST /oauth2/token": "token.issued",
}  # fmt: skip
OFFICE = {
    f"GET {API}/address-book": "address-book.read", f"POST {API}/address-book": "address-book.taken",
    f"POST {API}/broadcasts": "broadcast.ordered", f"POST {API}/partners/reload": "partner.added",
}  # fmt: skip
LOG = {
    f"GET {API}/log/tile/entries/{{index}}": "journal.exported", f"GET {API}/journal/proof/inclusion": "journal.exported",
    f"GET {API}/journal/fsck": "journal.verified",
}  # fmt: skip
ALERTS = {
    f"POST {API}/alerts/searches": "alerts.searched", f"GET {API}/alerts": "alerts.searched",
    f"POST {API}/alerts/checks": "alerts.searched", f"GET {API}/alerts/{{alert}}": "alert.read",
    f"POST {API}/alerts": "alert.entered", f"PATCH {API}/alerts/{{alert}}": "alert.updated",
    f"DELETE {API}/alerts/{{alert}}": "alert.deleted", f"POST {API}/alerts/{{alert}}/extension": "alert.extended",
    f"POST {API}/alerts/{{alert}}/flags": "alert.flagged", f"POST {API}/alerts/{{alert}}/flags/removal": "alert.unflagged",
    f"POST {API}/alerts/{{alert}}/links": "alert.linked", f"POST {API}/alerts/{{alert}}/misused-identity": "alert.misuse-changed",
    f"POST {API}/alerts/{{alert}}/hiding": "alert.ordered", f"POST {API}/alerts/{{alert}}/hits": "alert.hit",
    f"POST {API}/alerts/{{alert}}/happenings": "alert.told",
}  # fmt: skip
ELSEWHERE = {
    f"GET {API}/sheets": "tests/numbers", f"GET {API}/sheets/differences": "tests/numbers",
    f"POST {API}/sheets/differences/settle": "tests/numbers", f"GET {API}/sheets/{{sheet}}": "tests/numbers",
    **dict.fromkeys(
        (
            f"GET {API}/retention/due", f"GET {API}/retention/{{kind}}/{{name}}",
            f"GET {API}/retention/{{kind}}/{{name}}/certificates", f"POST {API}/retention/sweeps",
            f"POST {API}/retention/{{kind}}/{{name}}/confirm", f"POST {API}/retention/{{kind}}/{{name}}/hold",
            f"POST {API}/retention/{{kind}}/{{name}}/lift", f"POST {API}/retention/{{kind}}/{{name}}/order",
            f"POST {API}/retention/{{kind}}/{{name}}/recall",
        ),
        "tests/retention",
    ),
    f"GET {API}/exchanges/{{exchange}}/evidence": "tests/evidence", f"GET {API}/messages/{{envelope}}/evidence": "tests/evidence",
}  # fmt: skip
"""Acts whose entries are shown where their worlds are set up."""


@dataclass
class Acting:
    """Does what a person may do, and looks for the entry that says so."""

    doors: Doors
    expected: dict[str, str]
    done: set[str] = field(default_factory=set)
    keys: Iterator[int] = field(default_factory=itertools.count)

    async def does(self, operation: str, role: str, /, *places: str, **rest: Any) -> Any:
        """One operation with purpose and case; gives its answer."""
        method, _, path = operation.partition(" ")
        for place in places:
            path = re.sub(r"\{\w+\}", place, path, count=1)
        before = (await self.doors.rig.ledger.head())[0]
        headers = {**STATED, "Idempotency-Key": f"key-{next(self.keys)}", **rest.pop("headers", {})}
        query = rest.pop("query", "")
        answer = await self.doors.ask(method, f"{path}{query}", role, headers=headers, **rest)
        assert answer.status < 400, (operation, answer.status, answer.json)
        entries = [read(link.entry) for link in await self.doors.rig.ledger.journal(before, 1000)]
        self.holds(operation, entries, role)
        return answer

    def holds(self, operation: str, entries: list[Entry], role: str) -> None:
        """One of the entries is that of the act, whole."""
        mine = [
            entry for entry in entries if entry.event == self.expected[operation] and entry.actor == f"client:{role}"
        ]
        assert mine, (operation, [(entry.event, entry.actor) for entry in entries])
        assert any(_whole(entry, role) for entry in mine), (operation, mine)
        self.done.add(operation)

    def all_done(self) -> None:
        assert self.done == self.expected.keys()


def _whole(entry: Entry, role: str) -> bool:
    """Whether it says role, purpose and case, in the open or sealed."""
    told, sealed = dict(entry.details), {name for name, _ in entry.commitments}
    stated = (("purpose", PURPOSE), ("case", CASE))
    return told.get("role") == role and all(told.get(name) == words or name in sealed for name, words in stated)


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    async with open_doors(tmp_path) as opened:
        yield opened


async def test_every_operation_is_an_act_or_says_why_not(doors: Doors) -> None:
    app = create_app(doors.rig.gateway, doors.door)
    there = {
        f"{method} {re.sub(r':path}', '}', route.path_format)}"
        for route in described_routes(app)
        for method in route.methods or ()
    }
    tables = (NO_ACT, DESK, OFFICE, LOG, ALERTS, ELSEWHERE)
    assert sum(map(len, tables)) == len(set().union(*tables)), "an operation stands in two tables"
    assert there <= set().union(*tables), f"not told: {sorted(there - set().union(*tables))}"
    assert set().union(*tables) - there <= ELSEWHERE.keys() | NO_ACT.keys(), "told, and not there"


async def test_acts_that_are_shown_elsewhere_hand_on_the_whole_person(doors: Doors) -> None:
    for route in described_routes(create_app(doors.rig.gateway, doors.door)):
        for method in route.methods or ():
            if f"{method} {re.sub(r':path}', '}', route.path_format)}" in ELSEWHERE:
                module = inspect.getsource(sys.modules[route.endpoint.__module__])
                assert "caller.person" in module, route.path_format
                assert "caller.actor" not in inspect.getsource(route.endpoint), route.path_format


async def test_without_a_purpose_no_personal_data_is_read_searched_or_taken_out(doors: Doors) -> None:
    envelope = await doors.rig.arrives(doors.rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))
    exchange = (await doors.rig.row(envelope)).envelope.exchange
    addresses = [
        "/messages", *(f"/messages/{envelope}{part}" for part in ("", "/timeline", "/raw", "/signed")), "/exchanges",
        f"/exchanges/{exchange}", "/alerts", "/alerts/XA-1",
    ]  # fmt: skip
    for address in addresses:
        answer = await doors.ask("GET", f"{API}{address}", "operator", headers={"X-SPOC-Purpose": ""})
        assert (answer.status, answer.json["code"]) in {(400, "purpose.missing"), (503, "alerts.none")}, address


async def test_a_case_that_cannot_be_one_is_refused_and_none_may_be_stated(doors: Doors) -> None:
    long = await doors.ask("GET", f"{API}/messages", "reader", headers={"X-SPOC-Case": "9" * 201})
    assert (long.status, long.json["code"]) == (422, "case.too-long")
    assert (await doors.ask("GET", f"{API}/messages", "reader")).status == 200


async def test_what_people_do_at_the_desk(doors: Doors) -> None:
    act, rig = Acting(doors, DESK), doors.rig
    body = {"grant_type": "client_credentials", "client_id": "operator", "client_secret": "fictitious-secret"}
    await act.does("POST /oauth2/token", "operator", data=body)
    envelope = await rig.arrives(rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))
    sent = (await act.does(f"POST {API}/messages", "submitter", json=ORDER)).json["id"]
    await rig.gateway.quiet()
    await act.does(f"GET {API}/messages", "reader")
    for part in ("", "/timeline", "/raw"):
        await act.does(f"GET {API}/messages/{{envelope}}{part}", "officer", envelope)
    await act.does(f"GET {API}/messages/{{envelope}}/signed", "auditor", sent)
    await _decisions(act)
    await _exchanges(act)
    await act.does(f"GET {API}/journal", "auditor")
    await act.does(f"GET {API}/journal/verify", "auditor")
    await act.does(f"GET {API}/journal/balance", "auditor")
    year = {"from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"}
    await act.does(f"GET {API}/statistics/{{family}}", "reader", "sirene", params=year)
    await act.does(f"GET {API}/statistics/{{family}}/{{figure}}", "reader", "sirene", "forms-sent", params=year)
    record = {"kind": "court-case", "reason": "A ruling."}
    await act.does(f"POST {API}/statistics/{{family}}/records", "officer", "sirene", json=record)
    await act.does(
        f"POST {API}/keys/{{party}}/{{step}}", "operator", "sirene:XA", "confirmed", params={"partner": "sirene:XB"}
    )
    await act.does(f"POST {API}/acts/{{act}}", "operator", "client.added", params={"what": "national-cases: submitter"})
    act.all_done()


async def _decisions(act: Acting) -> None:
    """Three replies are given up on by the wire; one is released, one refused, one sent through again."""
    rig = act.doors.rig
    held = []
    for number in range(3):
        rig.wire.forms["FormM"] = ["refused"]
        key = {"Idempotency-Key": f"held-{number}"}
        made = await act.doors.ask("POST", f"{API}/messages", "submitter", json=ORDER, headers=key)
        await rig.gateway.quiet()
        held.append(made.json["id"])
    reason = {"reason": "Agreed by telephone."}
    await act.does(f"POST {API}/messages/{{envelope}}/release", "officer", held[0], json=reason)
    await act.does(f"POST {API}/messages/{{envelope}}/reject", "officer", held[1], json=reason)
    await act.does(f"POST {API}/messages/{{envelope}}/replay", "operator", held[2], json=reason)
    fax = {
        "form": form_m("By fax?", reference="XB-M-2026-0000099").decode(), "from": "sirene:XB", "how": "fax",
        "received": NOON.isoformat(), "reason": "Network down.",
    }  # fmt: skip
    await act.does(f"POST {API}/messages/by-hand", "officer", json=fax)


async def _exchanges(act: Acting) -> None:
    row = await Story(act.doors.rig).receives(form_m("Is the address still in use?", reference="XB-M-2026-0000098"))
    exchange = row.envelope.exchange
    await act.does(f"GET {API}/exchanges", "reader")
    seen = await act.does(f"GET {API}/exchanges/{{exchange}}", "reader", exchange)
    name = next(iter(seen.json["may_be_recorded"]))
    await act.does(f"POST {API}/exchanges/{{exchange}}/happenings", "officer", exchange, json={"name": name})
    await act.does(f"POST {API}/exchanges/{{exchange}}/drafts", "officer", exchange, json={"letter": "M"})
    await act.does(f"POST {API}/exchanges", "officer", json={"family": "sirene", "reason": "Yearly figures."})


async def test_what_people_do_with_the_office(desk: Desk) -> None:
    act = Acting(desk.doors, OFFICE)
    xml = {"Content-Type": "application/xml"}
    await act.does(
        f"POST {API}/address-book",
        "operator",
        headers=xml,
        data=desk.publisher.signed(book_xml(bureau_xml("XB"), bureau_xml("XD"))),
    )
    await act.does(f"GET {API}/address-book", "reader")
    everybody = {**xml, "X-SPOC-Counterpart": "sirene:ALL"}
    await act.does(f"POST {API}/broadcasts", "submitter", headers=everybody, data=arrest())
    rig = desk.doors.rig
    fewer = [each for each in rig.directory if each.party != "enu:XB"]
    object.__setattr__(desk.doors.door, "read_partners", lambda: fewer)  # as if the file had been changed
    before = (await rig.ledger.head())[0]
    answer = await desk.doors.local("POST", f"{API}/partners/reload", headers=STATED)
    assert answer.status == 200, answer.json
    entries = [read(link.entry) for link in await rig.ledger.journal(before, 100)]
    user = f"user:{pwd.getpwuid(os.geteuid()).pw_name}"
    assert any(
        entry.event == "partner.added" and entry.actor == user and _whole(entry, "operator") for entry in entries
    )
    assert OFFICE.keys() - act.done == {f"POST {API}/partners/reload"}


async def test_what_people_do_with_the_published_log(printing: Doors) -> None:
    act = Acting(printing, LOG)
    await printing.local("GET", f"{API}/messages")
    log = await published(printing)
    size = (await log.figures()).size
    await act.does(f"GET {API}/log/tile/entries/{{index}}", "auditor", f"000.p/{size}")
    await act.does(f"GET {API}/journal/proof/inclusion", "auditor", params={"number": "1"})
    await act.does(f"GET {API}/journal/fsck", "auditor")
    act.all_done()


@pytest.fixture(scope="module")
def central_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with central_system(tmp_path_factory.mktemp("nsis")) as simulated:
        yield simulated


async def test_what_people_do_with_alerts(tmp_path: Path, central_process: Simulated) -> None:
    central_process.reset()
    async with open_doors(tmp_path, AlertRig(tmp_path, central_process.url)) as doors:
        act = Acting(doors, ALERTS)
        alert = (await act.does(f"POST {API}/alerts", "officer", json={"alert": _ending()})).json["alert"]
        own = alert["id"]
        other = (await act.does(f"POST {API}/alerts", "officer", json={"alert": _other()})).json["alert"]["id"]
        await act.does(f"GET {API}/alerts/{{alert}}", "reader", own)
        await act.does(f"GET {API}/alerts", "reader", query="?days=60")
        await act.does(
            f"POST {API}/alerts/searches",
            "reader",
            json={"sought": {"type": "thing", "serial_number": "GUN-TEST-0008"}},
        )
        await act.does(f"POST {API}/alerts/checks", "reader", json={"alert": models.INTENDED})
        await _changes(act, own, other)
        hit_told = {**models.HIT, "at": "2026-11-21T11:40:00Z"}
        await act.does(f"POST {API}/alerts/{{alert}}/hits", "submitter", "XB-ALERT-0002", json=hit_told)
        await doors.rig.gateway.quiet()
        version = await _version(act, own)
        await act.does(
            f"DELETE {API}/alerts/{{alert}}",
            "officer",
            own,
            query="?ground=whereabouts+found",
            headers={"If-Match": version},
        )
        # Hiding needs an arrest alert of ours, and a happening an exchange about one: their worlds are in tests/alerts.
        assert ALERTS.keys() - act.done == {
            f"POST {API}/alerts/{{alert}}/hiding", f"POST {API}/alerts/{{alert}}/happenings",
        }  # fmt: skip


def _ending() -> dict[str, Any]:
    return {**models.INTENDED, "expires_at": "2026-12-24T12:00:00Z"}


def _other() -> dict[str, Any]:
    subject = {**models.INTENDED["subject"], "family_names": ["Andersen-Prøve"], "given_names": ["Anden"]}
    return {**models.INTENDED, "subject": subject}


async def _version(act: Acting, alert: str) -> str:
    return str((await act.doors.ask("GET", f"{API}/alerts/{alert}", "reader")).json["alert"]["version"])


async def _changes(act: Acting, own: str, other: str) -> None:
    innocent = {
        "identity": {"content": {"NAMES": "Uskyldig"}, "consents": [{"category": "NAMES", "given_on": "2026-11-20"}]}
    }
    changes: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("PATCH", "", {"remarks": ["Tell us by telephone."]}),
        ("POST", "/flags", {"state": "sirene:XB", "reason": "Not here.", "requested_by": "XB-F-1"}),
        ("POST", "/flags/removal", {"state": "sirene:XB"}),
        ("POST", "/misused-identity", innocent),
        ("POST", "/links", {"others": [other]}),
        ("POST", "/extension", {"until": (NOON + timedelta(days=90)).isoformat(), "assessment": "Still missing."}),
    )  # fmt: skip
    for method, part, body in changes:
        headers = {"If-Match": await _version(act, own)}
        await act.does(f"{method} {API}/alerts/{{alert}}{part}", "officer", own, json=body, headers=headers)
