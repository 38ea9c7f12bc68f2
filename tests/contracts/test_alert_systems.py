"""What every alert system keeps to: nothing twice, nothing unseen overwritten, and bad manners of the other side.

Alert systems are found by their manifests; each is played against its simulator, a process of its own.
"""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pytest

from gateway.alerts.commands import (
    DeleteAlert,
    ExtendAlert,
    FlagAlert,
    HideAlert,
    LinkAlerts,
    MisuseIdentity,
    UpdateAlert,
)
from gateway.alerts.words import (
    Biometric,
    BiometricKind,
    ChangeKind,
    Consent,
    MisusedIdentity,
    PrintReference,
    Status,
)
from gateway.errors import GatewayError, Misconfigured, Refused, RegisterUnavailable, Unavailable
from gateway.ports import AlertSystem
from gateway.subjects import Document, Person, Thing, Vehicle
from tests.contracts.alert_examples import (
    ALERT_SYSTEMS,
    ARREST,
    CAR,
    TRAILER,
    WANTED,
    asking,
    entering,
    missing_person,
    stolen_trailer,
)
from tests.contracts.rest_examples import SECRET, Found
from tests.contracts.rest_simulators import Simulated, running
from tests.contracts.test_registers import MANIFEST_KEYS
from tests.services.ports import free_port

PERSONAL = ("Exempelsson", "1979-03-02", "Prøvesen", "Testine", "QA12345", "QA 12345", "ZZZTRAILER", SECRET)


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Simulated]]:
    with ExitStack() as stack:
        yield {
            each.name: stack.enter_context(
                running(each.manifest["simulator"], tmp_path_factory.mktemp(each.name), "--token", SECRET)
            )
            for each in ALERT_SYSTEMS
        }


@pytest.fixture(params=ALERT_SYSTEMS, ids=lambda each: each.name)
def each(request: pytest.FixtureRequest) -> Found:
    found: Found = request.param
    return found


@pytest.fixture
def simulator(each: Found, simulators: dict[str, Simulated]) -> Simulated:
    simulated = simulators[each.name]
    simulated.reset()
    return simulated


@pytest.fixture
async def of_state(each: Found, simulator: Simulated) -> AsyncIterator[Any]:
    """`await of_state("XA")`: that state's system, started, with short limits so that slowness shows soon."""
    started: list[Any] = []

    async def opened(state: str, **changes: Any) -> Any:
        limits = {"immediate_seconds": 0.4, "urgent_seconds": 5, "normal_seconds": 8, "poll_seconds": 0.02}
        system = each.build(base_url=f"{simulator.url}/{state}", **{**limits, **changes})
        await system.start()
        started.append(system)
        return system

    yield opened
    for system in started:
        await system.stop()


@pytest.fixture
async def ours(of_state: Any) -> Any:
    return await of_state("XA")


# --- what every adapter keeps to


def test_something_is_found() -> None:
    assert {each.name for each in ALERT_SYSTEMS} >= {"nsis"}


def test_the_manifest_says_what_an_operator_must_know(each: Found) -> None:
    assert each.manifest.keys() == MANIFEST_KEYS
    assert each.name == each.folder.name
    assert set(each.manifest["secrets"]) <= set(each.settings(base_url="https://x.example").__struct_fields__)
    assert (each.folder / "README.md").read_text("utf-8").startswith("# ")


def test_it_is_what_the_core_expects(each: Found) -> None:
    system = each.build(base_url="https://x.example")
    assert isinstance(system, AlertSystem)
    assert system.name == each.name
    assert SECRET not in repr(each.settings(base_url="https://x.example", token=SECRET))


async def test_stopping_is_safe_unstarted_and_twice_and_it_starts_again(each: Found, simulator: Simulated) -> None:
    system = each.build(base_url=f"{simulator.url}/XA")
    await system.stop()
    await system.start()
    await system.probe()
    await system.stop()
    await system.stop()
    await system.start()
    await system.probe()
    await system.stop()
    assert not [entry for entry in simulator.ledger("arrived") if entry["operation"].startswith("alert")]


async def test_settings_that_cannot_work_are_told_at_once(each: Found) -> None:
    for wrong in ({"base_url": "http://nsis.xa.example"}, {"base_url": "https://x.example", "id_pattern": "("}):
        with pytest.raises(Misconfigured):
            each.build(**wrong)


async def test_nobody_there_is_said_so(each: Found) -> None:
    system = each.build(base_url=f"http://127.0.0.1:{free_port()}/XA")
    await system.start()
    with pytest.raises(RegisterUnavailable):
        await system.get(ARREST, asking())
    with pytest.raises(Unavailable):
        await system.probe()
    await system.stop()


@pytest.mark.parametrize(
    "misconduct",
    [
        'action = "refuse"\nstatus = 503\nproblem = "source-unavailable"',
        'action = "silent"',
        'action = "drop"\nat = "mid-answer"',
        'action = "corrupt"\nhow = "garbage"',
        'action = "corrupt"\nhow = "truncate"',
        'action = "too-many"',
    ],
)
async def test_bad_manners_become_words_of_ours_without_personal_data(
    of_state: Any, simulator: Simulated, misconduct: str
) -> None:
    ours = await of_state("XA", call_seconds=0.4)
    simulator.script(f"[[rule]]\ndo.{misconduct.replace(chr(10), chr(10) + 'do.')}")
    with pytest.raises(GatewayError) as caught:
        await ours.enter(entering(missing_person()), asking())
    assert isinstance(caught.value, RegisterUnavailable)
    told = "".join(traceback.format_exception(caught.value))
    assert not [word for word in PERSONAL if word in told]


async def test_a_lost_answer_enters_one_alert(ours: Any, simulator: Simulated) -> None:
    simulator.script(
        '[[rule]]\nwhen = { operation = "alert-enter", nth = 1 }\ndo = { action = "drop", at = "after-work" }'
    )
    alert = await ours.enter(entering(stolen_trailer()), asking())
    found = await ours.search(TRAILER, asking())
    assert [each.id for each in found.alerts] == [alert.id]


async def test_the_same_key_enters_one_alert_and_another_content_is_refused(ours: Any) -> None:
    first = await ours.enter(entering(stolen_trailer(), "key-a"), asking())
    again = await ours.enter(entering(stolen_trailer(), "key-a"), asking())
    assert again.id == first.id
    with pytest.raises(Refused, match=r"idempotency\.conflict"):
        await ours.enter(entering(stolen_trailer(reason="LOST"), "key-a"), asking())


async def test_a_repeated_answer_is_one_alert(ours: Any, simulator: Simulated) -> None:
    simulator.script('[[rule]]\ndo = { action = "duplicate", times = 3 }')
    assert len((await ours.search(WANTED, asking())).alerts) == 1
    page = await ours.changes("", asking())
    assert len({change.number for change in page.changes}) == len(page.changes)


async def test_an_answer_that_is_prepared_is_waited_for(ours: Any, simulator: Simulated) -> None:
    simulator.script('[[rule]]\nwhen = { operation = "alert-search" }\ndo = { action = "pending", polls = 2 }')
    assert (await ours.search(WANTED, asking())).alerts[0].id == ARREST


# --- what is told and found


async def test_an_alert_comes_back_as_it_was_entered(ours: Any) -> None:
    prints = (Biometric(kind=BiometricKind.ROLLED_PRINTS, reference="XA-PRINTS-1", count=10),)
    intended = missing_person(
        particulars=(("place_of_birth", "Eksempelkøbing"),), biometrics=prints, remarks=("Tell us day and night.",)
    )
    entered = await ours.enter(entering(intended), asking())
    assert entered.id
    assert entered.version
    assert entered.issuer == "sirene:XA"
    assert entered.status is Status.ACTIVE
    for name in ("subject", "action", "reason", "authority", "decision", "particulars", "biometrics", "remarks"):
        assert getattr(entered, name) == getattr(intended, name), name
    assert await ours.get(entered.id, asking()) == entered


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        (WANTED, "XB-ALERT-0001"),
        (Person(family_names=("Provsson",), given_names=("Testo",), date_of_birth="1979-03-02"), "XB-ALERT-0001"),
        (Vehicle(registration_number="QB 00009", registration_country="XB"), CAR),
        (Vehicle(vin="ZZZTESTV1N0000009"), CAR),
        (Document(number="000000077", issuing_country="XB"), "XB-ALERT-0007"),
        (Thing(kind="FIREARM", serial_number="GUN-TEST-0008"), "XC-ALERT-0008"),
        (PrintReference(reference="XC-LATENT-0005"), "XC-ALERT-0005"),
    ],
)
async def test_alerts_are_found_by_person_document_vehicle_object_and_prints(
    ours: Any, sought: Any, found: str
) -> None:
    assert [alert.id for alert in (await ours.search(sought, asking())).alerts] == [found]


@pytest.mark.parametrize(
    ("entered", "sought"),
    [
        (Thing(kind="AIRCRAFT", serial_number="SN1", details=(("IcaoRegistration", "XA-TST"),)), {"IcaoRegistration": "XATST"}),
        (Thing(kind="BOAT", details=(("ExternalId", "XA 77"),)), {"ExternalId": "XA77"}),
        (Thing(kind="CONTAINER", details=(("BicNumber", "TSTU0000010"),)), {"BicNumber": "TSTU 000001 0"}),
        (Thing(kind="CONTAINER", serial_number="TSTU0000010"), {"BicNumber": "TSTU0000010"}),
    ],
)  # fmt: skip
async def test_an_object_is_found_by_the_key_of_its_kind(ours: Any, entered: Thing, sought: dict[str, str]) -> None:
    alert = await ours.enter(entering(stolen_trailer(subject=entered)), asking())
    found = await ours.search(Thing(details=tuple(sought.items())), asking())
    assert [each.id for each in found.alerts] == [alert.id]
    other = await ours.search(Thing(details=tuple((name, "ZZ-0") for name in sought)), asking())
    assert other.alerts == ()


async def test_a_name_alone_is_never_sent(ours: Any, simulator: Simulated) -> None:
    with pytest.raises(Refused, match=r"alerts\.no-key"):
        await ours.search(Person(family_names=("Exempelsson",), date_of_birth="1979"), asking())
    assert simulator.ledger("arrived") == []


async def test_what_one_state_enters_the_others_find(of_state: Any) -> None:
    ours, theirs = await of_state("XA"), await of_state("XB")
    entered = await theirs.enter(entering(stolen_trailer()), asking())
    (seen,) = (await ours.search(TRAILER, asking())).alerts
    assert (seen.id, seen.issuer) == (entered.id, "sirene:XB")


async def test_an_unknown_id_is_none_and_no_id_is_asked_for_that_cannot_be_one(ours: Any, simulator: Simulated) -> None:
    assert await ours.get("NOBODY-KNOWS-ME", asking()) is None
    asked = len(simulator.ledger("arrived"))
    with pytest.raises(Refused, match=r"alert\.id"):
        await ours.get("../cpr persons", asking())
    assert len(simulator.ledger("arrived")) == asked


# --- changes


async def test_a_change_is_made_on_the_version_that_was_read(ours: Any) -> None:
    entered = await ours.enter(entering(stolen_trailer()), asking())
    changed = await ours.change(
        UpdateAlert(alert=entered.id, version=entered.version, remarks=("Suspicion of clone",)), asking()
    )
    assert changed.remarks == ("Suspicion of clone",)
    assert changed.reason == entered.reason
    with pytest.raises(Refused, match=r"alert\.version"):
        await ours.change(UpdateAlert(alert=entered.id, version=entered.version, reason="LOST"), asking())


async def test_only_the_issuer_changes_an_alert(ours: Any) -> None:
    foreign = await ours.get(ARREST, asking())
    with pytest.raises(Refused, match=r"alert\.owner"):
        await ours.change(DeleteAlert(alert=ARREST, version=foreign.version, ground="decision revoked"), asking())


async def test_extend_flag_unflag_link_and_delete(ours: Any) -> None:
    alert = await ours.enter(entering(missing_person()), asking())
    car = await ours.enter(entering(stolen_trailer()), asking())
    until = alert.expires_at - timedelta(days=1)
    alert = await ours.change(
        ExtendAlert(alert=alert.id, version=alert.version, until=until, assessment="Still missing."), asking()
    )
    assert alert.expires_at == until
    flag = FlagAlert(
        alert=alert.id, version=alert.version, state="sirene:XC", reason="Not here.", requested_by="XC-F-1"
    )
    alert = await ours.change(flag, asking())
    assert alert.flagged_for == ("sirene:XC",)
    again = FlagAlert(alert=alert.id, version=alert.version, state="sirene:XC", reason="Not here.")
    with pytest.raises(Refused, match=r"alert\.flagged"):
        await ours.change(again, asking())
    alert = await ours.change(
        FlagAlert(alert=alert.id, version=alert.version, state="sirene:XC", remove=True), asking()
    )
    assert alert.flags == ()
    alert = await ours.change(LinkAlerts(alert=alert.id, version=alert.version, others=(car.id,)), asking())
    assert alert.links == (car.id,)
    assert (await ours.get(car.id, asking())).links == (alert.id,)
    alert = await ours.change(DeleteAlert(alert=alert.id, version=alert.version, ground="whereabouts found"), asking())
    assert (alert.status, alert.subject, alert.reason) == (Status.DELETED, None, "")
    assert alert.deleted_at is not None
    assert (await ours.get(alert.id, asking())).status is Status.DELETED
    assert (await ours.get(car.id, asking())).links == ()


async def test_data_of_an_innocent_person_come_with_consent_and_go_with_it(ours: Any) -> None:
    alert = await ours.enter(entering(missing_person()), asking())
    identity = MisusedIdentity(
        alias_number="2", content=(("NAMES", "Uskyldig Eksempel"),),
        consents=(Consent(category="NAMES", given_on=date(2026, 11, 20)),),
    )  # fmt: skip
    alert = await ours.change(MisuseIdentity(alert=alert.id, version=alert.version, identity=identity), asking())
    assert alert.misused_identity == identity
    without = MisusedIdentity(content=(("NAMES", "Uskyldig Eksempel"),))
    with pytest.raises(Refused, match=r"alert\.quality"):
        await ours.change(MisuseIdentity(alert=alert.id, version=alert.version, identity=without), asking())
    alert = await ours.change(MisuseIdentity(alert=alert.id, version=alert.version, identity=None), asking())
    assert alert.misused_identity is None


async def test_a_hidden_alert_is_seen_by_sirene_only(of_state: Any) -> None:
    theirs, ours = await of_state("XB"), await of_state("XA")
    users = await of_state("XA", role="END_USER")
    alert = await theirs.get(ARREST, asking())
    until = (await theirs.search(WANTED, asking())).as_of + timedelta(hours=24)
    hidden = await theirs.change(
        HideAlert(alert=ARREST, version=alert.version, until=until, authorisation="Court of Examplestad 7"), asking()
    )
    assert hidden.status is Status.HIDDEN
    assert len((await ours.search(WANTED, asking())).alerts) == 1
    assert (await users.search(WANTED, asking())).alerts == ()
    assert await users.get(ARREST, asking()) is None


# --- notices


async def test_notices_tell_what_happened_and_go_on_where_they_ended(of_state: Any) -> None:
    ours, theirs = await of_state("XA"), await of_state("XB")
    page = await ours.changes("", asking())
    while page.more:
        page = await ours.changes(page.cursor, asking())
    alert = await theirs.get(CAR, asking())
    await theirs.change(DeleteAlert(alert=CAR, version=alert.version, ground="seized"), asking())
    after = await ours.changes(page.cursor, asking())
    assert [(each.kind, each.alert, each.issuer) for each in after.changes] == [(ChangeKind.DELETED, CAR, "sirene:XB")]
    assert (await ours.changes(after.cursor, asking())).changes == ()


async def test_a_cursor_of_another_life_begins_again(ours: Any, simulator: Simulated) -> None:
    page = await ours.changes("", asking())
    simulator.reset()
    assert len((await ours.changes(page.cursor, asking())).changes) == len(page.changes)


async def test_own_alerts_that_end_soon_are_listed(ours: Any) -> None:
    soon = missing_person(expires_at=(await ours.search(WANTED, asking())).as_of + timedelta(days=30))
    alert = await ours.enter(entering(soon), asking())
    assert [each.id for each in await ours.expiring(60, asking())] == [alert.id]
    assert await ours.expiring(20, asking()) == ()
    assert (ChangeKind.EXPIRY_WARNING, alert.id) in {
        (each.kind, each.alert) for each in (await ours.changes("", asking())).changes
    }
