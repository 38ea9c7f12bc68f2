"""A person whose name is written otherwise abroad: a register is asked by few forms, and each record says why it is the one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from adapters.registers.contract import MAX_NAME, spelled
from adapters.registers.cpr.register import CprRegister, CprSettings
from gateway.names.spelling import MAX_SPELLINGS, spellings_of
from gateway.names.written import written
from gateway.questions import Answer
from gateway.subjects import Identifier, Person
from tests.contracts.rest_examples import NOW, question
from tests.contracts.rest_simulators import Simulated, running


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with running("cpr", tmp_path_factory.mktemp("cpr")) as started:
        yield started


@pytest.fixture
async def cpr(simulator: Simulated) -> AsyncIterator[CprRegister]:
    simulator.reset()
    register = CprRegister(CprSettings(base_url=simulator.url, token=simulator.token))
    await register.start()
    yield register
    await register.stop()


async def asked(cpr: CprRegister, person: Person) -> Answer:
    return await cpr.ask(msgspec.structs.replace(question(person), spellings=spellings_of(person)), NOW)


def names_asked(simulator: Simulated) -> list[str]:
    return [json.loads(entry["payload"]["text"])["keys"]["name"] for entry in simulator.ledger("arrived")]


async def test_a_name_in_another_script_is_found_by_its_conversion(cpr: CprRegister, simulator: Simulated) -> None:
    person = Person(family_names=("Гамлебы",), given_names=("Фиктива",), date_of_birth="1937-02-15")

    (match,) = (await asked(cpr, person)).matches

    assert names_asked(simulator) == ["Фиктива Гамлебы", "FIKTIVA GAMLEBY"]
    assert match.name_rule == "same-conversion (cyrillic-ru / ascii)"


async def test_a_name_that_nobody_bears_costs_a_bounded_number_of_calls(cpr: CprRegister, simulator: Simulated) -> None:
    person = Person(family_names=("Щехов-Ñandu",), given_names=("Жö",), date_of_birth="1937-02-15")

    assert (await asked(cpr, person)).outcome == "NO_MATCH"
    assert len(names_asked(simulator)) == 1 + MAX_SPELLINGS
    assert len(set(names_asked(simulator))) == 1 + MAX_SPELLINGS


async def test_an_original_beside_the_name_finds_what_the_name_does_not(cpr: CprRegister, simulator: Simulated) -> None:
    original = written("Тестине Проевесен", "ru")
    person = Person(
        family_names=("Unlike",), given_names=("Quite",), date_of_birth="1970-01-11", written_names=(original,)
    )

    (match,) = (await asked(cpr, person)).matches

    assert names_asked(simulator) == ["Quite Unlike", "TESTINE PROEVESEN"]
    assert match.name_rule == "same-conversion (cyrillic-ru / latin)"


async def test_a_name_that_is_found_as_written_costs_one_call(cpr: CprRegister, simulator: Simulated) -> None:
    person = Person(family_names=("Prøvesen",), given_names=("Testine",), date_of_birth="1970-01-11")

    (match,) = (await asked(cpr, person)).matches

    assert names_asked(simulator) == ["Testine Prøvesen"]
    assert match.name_rule == "exact"


async def test_a_record_found_by_number_says_when_it_bears_another_name(cpr: CprRegister) -> None:
    number = Identifier(kind="CPR", value="710170-0008")

    other = Person(family_names=("Unlike",), identifiers=(number,))
    likely = Person(family_names=("Provesen",), given_names=("Testine", "Anna"), identifiers=(number,))
    nameless = Person(identifiers=(number,))

    rules = [match.name_rule for person in (other, likely, nameless) for match in (await asked(cpr, person)).matches]
    assert rules == ["none", "part-missing (ascii / latin-plain)", "none"]


def test_only_searches_by_name_are_repeated_and_never_with_more_than_a_few_forms() -> None:
    forms = [f"FORM {letter}" for letter in "ABCDEFGH"]
    by_name = {"name": "Form", "birthDate": "1970-01-11"}

    found = spelled(({"cpr": "7101700008"}, by_name), [*forms[:1], "A" * (MAX_NAME + 1), *forms[1:]])

    assert found[:3] == [{"cpr": "7101700008"}, by_name, {**by_name, "name": "FORM A"}]
    assert len(found) <= 2 + MAX_SPELLINGS
    assert spelled(({"cpr": "7101700008"},), forms) == [{"cpr": "7101700008"}]
