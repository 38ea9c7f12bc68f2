"""Real conversations with simulated registers, and what is particular to each."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from adapters.registers.cpr.register import CprRegister, CprSettings
from adapters.registers.crm.register import CrmRegister, CrmSettings
from adapters.registers.passports.register import PassportsRegister, PassportsSettings
from adapters.registers.wanted_vehicles.register import WantedVehiclesRegister, WantedVehiclesSettings
from gateway.errors import RegisterUnavailable
from gateway.subjects import Document, Identifier, Person, Vehicle
from tests.contracts.rest_examples import NOW, question
from tests.contracts.rest_simulators import Simulated, running

KINDS: dict[str, tuple[str, Any, Any]] = {
    "cpr": ("cpr", CprRegister, CprSettings),
    "crm": ("crm", CrmRegister, CrmSettings),
    "wanted": ("wanted-vehicles", WantedVehiclesRegister, WantedVehiclesSettings),
    "passports": ("passports", PassportsRegister, PassportsSettings),
}


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Simulated]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(running(simulator, tmp_path_factory.mktemp(name)))
            for name, (simulator, *_) in KINDS.items()
        }


async def started(name: str, simulators: dict[str, Simulated]) -> AsyncIterator[Any]:
    _, adapter, settings = KINDS[name]
    simulators[name].reset()
    register = adapter(settings(base_url=simulators[name].url, token=simulators[name].token))
    await register.start()
    yield register
    await register.stop()


@pytest.fixture
async def cpr(simulators: dict[str, Simulated]) -> AsyncIterator[Any]:
    async for register in started("cpr", simulators):
        yield register


@pytest.fixture
async def crm(simulators: dict[str, Simulated]) -> AsyncIterator[Any]:
    async for register in started("crm", simulators):
        yield register


@pytest.fixture
async def wanted(simulators: dict[str, Simulated]) -> AsyncIterator[Any]:
    async for register in started("wanted", simulators):
        yield register


@pytest.fixture
async def passports(simulators: dict[str, Simulated]) -> AsyncIterator[Any]:
    async for register in started("passports", simulators):
        yield register


def numbered(number: str) -> Person:
    return Person(identifiers=(Identifier(kind="CPR", value=number),))


async def test_a_person_is_found_by_number_and_the_protected_address_is_not_there(cpr: Any) -> None:
    answer = await cpr.ask(question(numbered("710170-0008")), NOW)
    (match,) = answer.matches
    assert (match.record, match.value("names"), match.value("addressProtected"), match.value("address")) == (
        "nr01-rec-0001", '["Testine Prøvesen"]', "true", "",
    )  # fmt: skip


async def test_a_person_is_found_by_name_in_another_spelling(cpr: Any) -> None:
    person = Person(family_names=("Aebeloe-Oester",), given_names=("Aage",), date_of_birth="1965-01-01")
    (match,) = (await cpr.ask(question(person), NOW)).matches
    assert match.score < 1


async def test_an_annulled_number_leads_to_the_record_that_replaces_it(cpr: Any) -> None:
    answer = await cpr.ask(question(numbered("610165-0004")), NOW)
    assert [match.record for match in answer.matches] == ["nr01-rec-0005"]


async def test_a_name_that_many_bear_goes_back_to_the_officer(cpr: Any) -> None:
    person = Person(family_names=("Mange",), given_names=("Ane",), date_of_birth="1980-03-12")
    assert (await cpr.ask(question(person), NOW)).outcome == "TOO_MANY"


@pytest.mark.parametrize(
    ("number", "outcome", "failure"),
    [
        ("640788-0012", "NOT_DISCLOSABLE", "register.disclosure-prohibited"), ("750885-0013", "NOT_DISCLOSABLE", ""),
        ("620982-0014", "WITHHELD_OWNER_CONSENT", ""), ("630303-0003", "NO_MATCH", ""),
    ],
)  # fmt: skip
async def test_reserved_records_say_why(cpr: Any, number: str, outcome: str, failure: str) -> None:
    answer = await cpr.ask(question(numbered(number), channel_origin="INTERPOL"), NOW)
    assert (answer.outcome, answer.failure, answer.matches) == (outcome, failure, ())


async def test_a_record_in_a_merge_is_asked_for_again_later(cpr: Any) -> None:
    with pytest.raises(RegisterUnavailable, match="identity-merge-in-progress"):
        await cpr.ask(question(numbered("850690-0011")), NOW)


async def test_the_stolen_car_is_found_by_its_vin_whatever_plate_it_bears(
    crm: Any, simulators: dict[str, Simulated]
) -> None:
    answer = await crm.ask(question(Vehicle(vin="ZZZTESTV1N0000001", registration_number="XB 77777")), NOW)
    assert [match.value("plate") for match in answer.matches] == ["QQ00001"]
    assert len(simulators["crm"].ledger("arrived")) == 1  # the plate was not needed


async def test_a_vin_that_nobody_knows_leaves_the_plate(crm: Any, simulators: dict[str, Simulated]) -> None:
    asking = question(Vehicle(vin="ZZZTESTV1N9999999", registration_number="QQ00003"))
    answer = await crm.ask(asking, NOW)
    assert {match.record for match in answer.matches} == {"nr10-rec-0003", "nr10-rec-0004"}  # one plate, two vehicles
    assert answer.request_id == asking.context.request_id
    sent = [
        json.loads(entry["payload"]["text"])["context"]["requestId"] for entry in simulators["crm"].ledger("arrived")
    ]
    assert sent == [asking.context.request_id, f"{asking.context.request_id}/2"]


async def test_an_old_feed_makes_the_answer_stale(crm: Any) -> None:
    answer = await crm.ask(question(Vehicle(registration_number="QQ00005")), NOW)
    assert answer.outcome == "STALE"
    assert answer.as_of is not None


async def test_plates_are_found_wanted_although_the_vehicle_is_not(wanted: Any) -> None:
    answer = await wanted.ask(question(Vehicle(vin="ZZZTESTV1N0000009", registration_number="QQ00009")), NOW)
    assert [(match.value("object"), match.value("wantedId")) for match in answer.matches] == [("PLATES", "w-0011")]


async def test_one_entry_found_by_both_numbers_is_one_match(wanted: Any) -> None:
    answer = await wanted.ask(question(Vehicle(vin="ZZZTESTV1N0000001", registration_number="QQ00001")), NOW)
    assert [match.value("reason") for match in answer.matches] == ["STOLEN"]


async def test_one_failing_search_of_two_leaves_no_answer(wanted: Any, simulators: dict[str, Simulated]) -> None:
    refusal = "{ action = 'refuse', status = 503, problem = 'source-unavailable' }"
    simulators["wanted"].script(f"[[rule]]\nwhen = {{ key = 'QQ00001' }}\ndo = {refusal}\n")
    with pytest.raises(RegisterUnavailable, match="source-unavailable"):
        await wanted.ask(question(Vehicle(vin="ZZZTESTV1N0000001", registration_number="QQ00001")), NOW)


async def test_a_stolen_passport_and_the_passports_of_its_holder(passports: Any) -> None:
    answer = await passports.ask(question(Document(kind="PASSPORT", number="000000001")), NOW)
    assert [(match.value("status"), match.value("retentionHold")) for match in answer.matches] == [("STOLEN", "true")]
    held = await passports.ask(question(numbered("710170-0008")), NOW)
    assert {match.value("passportNumber") for match in held.matches} == {"000000001", "000000007"}
