"""Opening a case in POLSAS exactly once, whatever is lost or repeated."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from adapters.casesystems.polsas.casesystem import Polsas
from adapters.casesystems.polsas.settings import PolsasSettings
from adapters.casesystems.polsas.translate import case_number, opening
from gateway.errors import Ambiguous, RegisterUnavailable
from gateway.names.written import written
from gateway.subjects import Identifier, Person, Subject, Vehicle
from tests.adapters.rest.unfriendly import answer_to, answering
from tests.contracts.rest_examples import NOW, case_request, context
from tests.contracts.rest_simulators import Simulated, running

_keys = itertools.count(1)


def new_key() -> str:
    return f"01890000-0000-7000-8000-{next(_keys):012d}"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with running("polsas", tmp_path_factory.mktemp("polsas")) as simulated:
        yield simulated


@pytest.fixture
async def polsas(simulator: Simulated) -> AsyncIterator[Polsas]:
    simulator.reset()
    adapter = Polsas(PolsasSettings(base_url=simulator.url, token=simulator.token, urgent_seconds=1))
    await adapter.start()
    yield adapter
    await adapter.stop()


def arrivals(simulator: Simulated, operation: str) -> list[dict[str, object]]:
    return [
        {**entry, "body": json.loads(entry["payload"]["text"])}
        for entry in simulator.ledger("arrived")
        if entry["operation"] == operation
    ]


async def test_a_case_is_opened_with_its_subjects_and_the_message_is_filed(
    polsas: Polsas, simulator: Simulated
) -> None:
    key = new_key()
    reference = await polsas.open_case(case_request(key), NOW)
    assert (reference.case_system, reference.opened, reference.idempotency_key) == ("polsas", True, key)
    assert case_number(reference.reference)
    (opened,) = arrivals(simulator, "case-open")
    assert opened["headers"]["Idempotency-Key"] == key  # type: ignore[index]  # a table
    body = opened["body"]
    assert isinstance(body, dict)
    assert body["plates"] == ["QQ00001"]
    assert body["persons"] == [
        {"role": "SUBJECT", "names": ["Testine Prøvesen"], "birthDate": "1970-01-11",
         "identifier": {"kind": "CPR", "value": "7101700008"}},
    ]  # fmt: skip
    (filed,) = arrivals(simulator, "document-write")
    assert isinstance(filed["body"], dict)
    assert filed["body"]["sha256"] == "ab" * 32
    assert filed["body"]["handling"] == ["SIRENE-SUPPLEMENTARY"]


async def test_repeating_finds_the_same_case_and_proves_it(polsas: Polsas) -> None:
    key = new_key()
    assert await polsas.find(key, NOW) is None
    first = await polsas.open_case(case_request(key), NOW)
    # Another request id, as after a crash that lost everything but the envelope.
    again = await polsas.open_case(case_request(key, context=context()), NOW)
    assert (again.reference, again.opened) == (first.reference, False)
    proof = await polsas.find(key, NOW.replace(minute=20))
    assert proof is not None
    assert proof.reference == first.reference


def twice(operation: str, do: str) -> str:
    """A rule that also spoils the repetition that follows a broken connection at once."""
    return f"[[rule]]\nwhen = {{ operation = '{operation}', count = 2 }}\ndo = {{ {do} }}\n"


LOST = {
    "the answer is lost": twice("case-open", "action = 'drop', at = 'after-work'"),
    "the answer is cut": twice("case-open", "action = 'drop', at = 'mid-answer'"),
    "the answer is garbage": twice("case-open", "action = 'corrupt', how = 'garbage'"),
    "filing is lost": twice("document-write", "action = 'drop', at = 'after-work'"),
}


@pytest.mark.parametrize("how", LOST)
async def test_a_lost_answer_leads_to_one_case_and_one_document(how: str, polsas: Polsas, simulator: Simulated) -> None:
    key = new_key()
    request = case_request(key)
    simulator.script(LOST[how])
    with pytest.raises(RegisterUnavailable):
        await polsas.open_case(request, NOW)
    simulator.script()
    reference = await polsas.open_case(request, NOW)
    proof = await polsas.find(key, NOW)
    assert proof is not None
    assert proof.reference == reference.reference
    found = json.loads(simulator.ledger("answered")[-1]["payload"]["text"])
    assert found["outcome"] == "MATCHES"
    assert len(found["matches"]) == 1
    assert len(found["matches"][0]["data"]["documents"]) == 1


async def test_the_same_key_with_other_content_finds_the_case_that_exists(polsas: Polsas) -> None:
    key = new_key()
    first = await polsas.open_case(case_request(key), NOW)
    other = await polsas.open_case(case_request(key, title="Another title", context=context()), NOW)
    assert (other.reference, other.opened) == (first.reference, False)


async def test_a_slow_case_system_is_asked_again_later(polsas: Polsas, simulator: Simulated) -> None:
    simulator.script("[[rule]]\nwhen = { operation = 'case-open' }\ndo = { action = 'delay', seconds = 3 }\n")
    with pytest.raises(RegisterUnavailable, match="too-slow"):
        await polsas.open_case(case_request(new_key(), context=context(urgency="URGENT")), NOW)


async def test_two_cases_for_one_envelope_are_never_passed_over() -> None:
    def several(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        numbers = ("9999-99999-00101-26", "9999-99999-00102-26")
        matches = [{"recordRef": number, "data": {"journalNumber": number}} for number in numbers]
        return 200, answer_to(request, "CA-02", matches=matches)

    async with answering(several) as url:
        adapter = Polsas(PolsasSettings(base_url=url, token="t"))
        await adapter.start()
        with pytest.raises(Ambiguous, match="several cases bear the key"):
            await adapter.find(new_key(), NOW)
        await adapter.stop()


async def test_a_proof_that_is_withheld_is_no_proof(polsas: Polsas, simulator: Simulated) -> None:
    simulator.script("[[rule]]\nwhen = { operation = 'case-search' }\ndo = 'too-many'\n")
    with pytest.raises(RegisterUnavailable, match="TOO_MANY"):
        await polsas.find(new_key(), NOW)


@pytest.mark.parametrize(
    ("role", "filed"),
    [
        ("", "SUBJECT"),
        ("WITNESS", "WITNESS"),
        ("victim", "VICTIM"),
        ("OWNER", "HOLDER"),
        ("INFORMANT", ""),
        ("CONTACT", ""),
    ],
)
def test_a_person_is_filed_in_its_own_role_or_not_at_all(role: str, filed: str) -> None:
    person = Person(family_names=("Prøvesen",), role=role)
    persons = opening(case_request("k", subjects=(person,)))["persons"]
    assert [each["role"] for each in persons] == ([filed] if filed else [])


def test_the_original_of_a_name_is_filed_with_the_letters_that_it_is_searched_by() -> None:
    names = (written("Щан Проб", "bg"), written("Їма", "uk"))
    person = Person(family_names=("Prob",), given_names=("Shtan",), written_names=names)

    (filed,) = opening(case_request("k", subjects=(person,)))["persons"]

    assert filed["names"] == ["Shtan Prob", "Щан Проб", "SHTAN PROB", "Їма"]


def test_only_numbers_that_polsas_knows_are_filed() -> None:
    subjects: tuple[Subject, ...] = (
        Person(
            identifiers=(Identifier(kind="PASSPORT", value="000000001"), Identifier(kind="ENR", value="710170aaaa"))
        ),
        Person(date_of_birth="1970", identifiers=(Identifier(kind="CPR", value="12"),)),
        Vehicle(registration_number="QQ 00001"),
        Vehicle(registration_number="qq00001"),
        Vehicle(vin="ZZZTESTV1N0000001"),
    )
    body = opening(case_request("k", subjects=subjects, title="T" * 500))
    assert [each["identifier"] for each in body["persons"]] == [{"kind": "ENR", "value": "710170AAAA"}, None]
    assert [each["birthDate"] for each in body["persons"]] == [None, None]
    assert body["plates"] == ["QQ00001"]
    assert len(body["title"]) == 200


def test_a_case_number_can_stand_in_a_path_or_is_none() -> None:
    assert case_number("9999-99999-00101-26") == "9999-99999-00101-26"
    assert [case_number(bad) for bad in ("../x", "", None, "a/b", "x" * 65)] == [""] * 5
