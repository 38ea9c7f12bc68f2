"""What every register and case system keeps to: life-cycle, secrets, context, and bad manners of the other side.

Registers and case systems are found by their manifests; each is played against its simulator, a process of its own.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest
from rich.pretty import pretty_repr

from gateway.errors import GatewayError, Misconfigured, Refused, RegisterUnavailable, Unavailable
from gateway.ports import CaseSystem, Register
from gateway.questions import NOT_DISCLOSABLE, TOO_MANY, WITHHELD
from tests.contracts.rest_examples import (
    CASE_SYSTEMS,
    NOW,
    REGISTERS,
    SECRET,
    STOLEN_CAR,
    SUBJECTS,
    TESTINE,
    Found,
    case_request,
    question,
)
from tests.contracts.rest_simulators import Simulated, running
from tests.loop_time import PATIENCE_SECONDS
from tests.services.ports import free_port

IMPATIENCE_SECONDS = 0.4
"""How long is waited for an answer that does not come."""
EVERYONE = [*REGISTERS, *CASE_SYSTEMS]
PERSONAL = ("7101700008", "710170-0008", "Prøvesen", "Testine", "QQ00001", "ZZZTESTV1N", "000000001", SECRET)
MANIFEST_KEYS = {
    "name", "kind", "summary", "parts", "owner", "readiness", "secrets", "personal_data", "simulator",
}  # fmt: skip


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Simulated]]:
    with ExitStack() as stack:
        yield {
            each.name: stack.enter_context(
                running(each.manifest["simulator"], tmp_path_factory.mktemp(each.name), "--token", SECRET)
            )
            for each in EVERYONE
        }


@pytest.fixture(params=EVERYONE, ids=lambda each: each.name)
def each(request: pytest.FixtureRequest) -> Found:
    found: Found = request.param
    return found


@pytest.fixture(params=REGISTERS, ids=lambda each: each.name)
def register(request: pytest.FixtureRequest) -> Found:
    found: Found = request.param
    return found


@pytest.fixture
def simulator(request: pytest.FixtureRequest, simulators: dict[str, Simulated]) -> Simulated:
    name = "register" if "register" in request.fixturenames else "each"
    simulated = simulators[request.getfixturevalue(name).name]
    simulated.reset()
    return simulated


@pytest.fixture
async def asked(register: Found, simulator: Simulated) -> AsyncIterator[Any]:
    """The register, started; its limits are long, so that a busy machine is not taken for a slow register."""
    async with patient(register, simulator, PATIENCE_SECONDS) as adapter:
        yield adapter


@asynccontextmanager
async def patient(register: Found, simulator: Simulated, seconds: float) -> AsyncIterator[Any]:
    """The register, started, that waits so long for an answer."""
    limits = dict.fromkeys(("immediate_seconds", "urgent_seconds", "normal_seconds"), seconds)
    adapter = register.build(base_url=simulator.url, poll_seconds=0.02, **limits)
    await adapter.start()
    yield adapter
    await adapter.stop()


def test_something_is_found() -> None:
    assert {each.name for each in REGISTERS} >= {"cpr", "crm", "wanted_vehicles", "passports"}
    assert {each.name for each in CASE_SYSTEMS} >= {"polsas"}


def test_the_manifest_says_what_an_operator_must_know(each: Found) -> None:
    assert each.manifest.keys() == MANIFEST_KEYS
    assert each.name == each.folder.name
    assert set(each.manifest["secrets"]) <= set(each.settings(base_url="https://x.example").__struct_fields__)
    assert (each.folder / "README.md").read_text("utf-8").startswith("# ")


def test_it_is_what_the_core_expects(each: Found) -> None:
    adapter = each.build(base_url="https://x.example")
    assert isinstance(adapter, Register if each in REGISTERS else CaseSystem)
    assert adapter.name == each.name


def test_creating_does_no_io(each: Found) -> None:
    built = each.build(base_url="https://nobody.example", token="", token_file="no/such/file", ca_file="no/such/file")
    assert built.name == each.name


async def test_a_missing_key_file_is_reported_when_it_starts(each: Found) -> None:
    adapter = each.build(base_url="https://nobody.example", token="", token_file="no/such/file")
    with pytest.raises(Misconfigured, match="token_file"):
        await adapter.start()
    await adapter.stop()


async def test_stopping_is_safe_unstarted_and_twice_and_it_starts_again(each: Found, simulator: Simulated) -> None:
    adapter = each.build(base_url=simulator.url)
    await adapter.stop()
    for _ in range(2):
        await adapter.start()
        await adapter.start()
        await adapter.probe()
        await adapter.stop()
        await adapter.stop()
    with pytest.raises(RegisterUnavailable, match="not-started"):
        await adapter.probe()


async def test_a_probe_moves_nothing(each: Found, simulator: Simulated) -> None:
    adapter = each.build(base_url=simulator.url)
    await adapter.start()
    await adapter.probe()
    await adapter.stop()
    (arrived,) = simulator.ledger("arrived")
    assert (arrived["method"], arrived["path"], arrived["payload"]["bytes"]) == ("GET", "/", 0)


async def test_a_probe_tells_when_nobody_is_there(each: Found) -> None:
    adapter = each.build(base_url=f"http://127.0.0.1:{free_port()}")
    await adapter.start()
    with pytest.raises(Unavailable, match="unreachable") as error:
        await adapter.probe()
    await adapter.stop()
    assert error.value.__cause__ is not None


async def test_a_probe_tells_when_we_are_not_known(each: Found, simulator: Simulated) -> None:
    adapter = each.build(base_url=simulator.url, token="another-token")
    await adapter.start()
    with pytest.raises(RegisterUnavailable, match="caller-unknown"):
        await adapter.probe()
    await adapter.stop()


def test_settings_never_show_the_token(each: Found) -> None:
    settings = each.settings(base_url="https://x.example", token=SECRET)
    assert SECRET not in f"{settings!r} {settings} {[settings]}"
    assert "token='(redacted)'" in repr(settings)
    assert SECRET not in pretty_repr(settings)
    with pytest.raises(Misconfigured) as error:
        each.build(base_url="ftp://x.example", token=SECRET + " \n")
    assert SECRET not in f"{error.value} {error.value.operator}"


def test_everything_that_is_wrong_with_the_settings_is_told_at_once(each: Found) -> None:
    with pytest.raises(Misconfigured) as error:
        each.build(
            base_url="http://register.example/?x=1", token="", client_key="k.pem", call_seconds=0, answer_octets=-1
        )
    told = error.value.operator.splitlines()
    settings = [line.partition(":")[0] for line in told]
    assert settings == [
        "base_url", "base_url", "client_certificate, client_key", "token_file", "call_seconds", "answer_octets",
    ]  # fmt: skip


async def test_every_call_carries_the_whole_context_and_nothing_but_keys(
    register: Found, simulator: Simulated, asked: Any
) -> None:
    answer = await asked.ask(question(SUBJECTS[register.name]), NOW)
    assert answer.outcome == "MATCHES"
    assert answer.matches
    assert answer.as_of is not None
    assert len(answer.digest) == 64
    for arrived in simulator.ledger("arrived"):
        assert (arrived["method"], "?" in arrived["path"]) == ("POST", False)
        body = json.loads(arrived["payload"]["text"])
        assert body.keys() == {"context", "keys"}
        assert len(body["keys"]) == 1  # never more keys than one combination needs
        assert body["context"]["requester"] == {
            "userId": "gateway", "role": "SPOC_OFFICER", "desk": "SIRENE", "onBehalfOf": "sirene:XB",
        }  # fmt: skip
        assert (body["context"]["purpose"], body["context"]["legalBasis"]) == ("INVESTIGATE", "LG-01")


async def test_the_same_question_gets_the_same_answer(register: Found, asked: Any) -> None:
    asking = question(SUBJECTS[register.name])
    first, again = await asked.ask(asking, NOW), await asked.ask(asking, NOW)
    assert (first.digest, first.matches) == (again.digest, again.matches)


def test_a_subject_without_a_key_is_not_asked_about(register: Found) -> None:
    adapter = register.build(base_url="https://x.example")
    other = TESTINE if register.name in ("crm", "wanted_vehicles") else STOLEN_CAR
    assert not adapter.accepts(question(other))
    assert adapter.accepts(question(SUBJECTS[register.name]))


def rule(do: str, when: str = "") -> str:
    return f"[[rule]]\nwhen = {{ operation = '*-search'{when} }}\ndo = {do}\n"


FAILURES = {
    "it is stopped": ("{ action = 'refuse', status = 503, problem = 'source-unavailable' }", "source-unavailable"),
    "its source is slow": ("{ action = 'refuse', status = 504, problem = 'source-timeout' }", "source-timeout"),
    "the quota is used up": ("{ action = 'refuse', status = 429, problem = 'rate-limited' }", "rate-limited"),
    "it is locked": ("{ action = 'refuse', status = 409, problem = 'identity-merge-in-progress' }", "merge"),
    "it drops before work": ("{ action = 'drop', at = 'before-work' }", "dropped"),
    "it drops after work": ("{ action = 'drop', at = 'after-work' }", "dropped"),
    "it drops in the middle": ("{ action = 'drop', at = 'mid-answer' }", "unreadable"),
    "it speaks no JSON": ("{ action = 'corrupt', how = 'garbage' }", "unreadable"),
    "it turns a bit": ("{ action = 'corrupt', how = 'flip' }", "unreadable"),
    "it cuts its answer": ("{ action = 'corrupt', how = 'truncate' }", "unreadable"),
    "it is slower than allowed": ("{ action = 'delay', seconds = 5 }", "too-slow"),
    "it is silent": ("'silent'", "too-slow"),
    "it drips": ("{ action = 'slow-drip', chunk_bytes = 4, pause_seconds = 0.3 }", "too-slow"),
    "it prepares for too long": ("{ action = 'pending', polls = 1000000 }", "too-slow"),
}


@pytest.mark.parametrize("how", FAILURES)
async def test_a_failure_becomes_ours_and_says_nothing_personal(
    how: str, register: Found, simulator: Simulated
) -> None:
    do, code = FAILURES[how]
    simulator.script(rule(do))
    seconds = IMPATIENCE_SECONDS if code == "too-slow" else PATIENCE_SECONDS
    async with patient(register, simulator, seconds) as asked:
        with pytest.raises(RegisterUnavailable) as error:
            await asked.ask(question(SUBJECTS[register.name], urgency="IMMEDIATE"), NOW)
    assert code in error.value.code
    assert error.value.temporary
    assert_nothing_personal(error.value)


REFUSALS = ["schema-invalid", "purpose-not-allowed", "role-not-allowed", "key-format", "record-shredded"]


@pytest.mark.parametrize("problem", REFUSALS)
async def test_a_refusal_for_good_is_not_tried_again(
    problem: str, register: Found, simulator: Simulated, asked: Any
) -> None:
    simulator.script(rule(f"{{ action = 'refuse', status = 422, problem = '{problem}' }}"))
    with pytest.raises(Refused) as error:
        await asked.ask(question(SUBJECTS[register.name]), NOW)
    assert error.value.code == f"register.{problem}"
    assert len(simulator.ledger("arrived")) == 1
    assert_nothing_personal(error.value)


def assert_nothing_personal(error: GatewayError) -> None:
    words = "".join(traceback.format_exception(error, chain=False)) + error.public + error.operator
    cause = error.__cause__
    while cause is not None:
        words += str(cause)
        cause = cause.__cause__
    assert [word for word in PERSONAL if word in words] == []


@pytest.mark.parametrize(
    ("do", "outcome"), [("'too-many'", TOO_MANY), ("'not-disclosable'", NOT_DISCLOSABLE), ("'withheld'", WITHHELD)]
)
async def test_a_reserved_outcome_comes_without_records(
    do: str, outcome: str, register: Found, simulator: Simulated, asked: Any
) -> None:
    simulator.script(rule(do))
    answer = await asked.ask(question(SUBJECTS[register.name]), NOW)
    assert (answer.outcome, answer.matches) == (outcome, ())


async def test_what_the_law_forbids_is_never_no_match(register: Found, simulator: Simulated, asked: Any) -> None:
    simulator.script(rule("{ action = 'refuse', status = 451, problem = 'disclosure-prohibited' }"))
    answer = await asked.ask(question(SUBJECTS[register.name]), NOW)
    assert (answer.outcome, answer.failure) == (NOT_DISCLOSABLE, "register.disclosure-prohibited")


async def test_a_prepared_answer_is_waited_for(register: Found, simulator: Simulated, asked: Any) -> None:
    simulator.script(rule("{ action = 'pending', polls = 3 }"))
    answer = await asked.ask(question(SUBJECTS[register.name]), NOW)
    assert answer.outcome == "MATCHES"
    polled = [entry for entry in simulator.ledger("arrived") if entry["operation"] == "pending-status"]
    assert len(polled) >= 4
    assert all("X-Request-Context" in entry["headers"] for entry in polled)


async def test_a_stale_answer_says_how_old_it_is(register: Found, simulator: Simulated, asked: Any) -> None:
    simulator.script(rule("{ action = 'stale', hours = 72 }"))
    answer = await asked.ask(question(SUBJECTS[register.name]), NOW)
    assert answer.outcome == "STALE"
    assert answer.matches


async def test_a_partial_answer_says_so(register: Found, simulator: Simulated, asked: Any) -> None:
    simulator.script(rule("{ action = 'partial', source = 'NR-11' }"))
    assert (await asked.ask(question(SUBJECTS[register.name]), NOW)).partial


async def test_the_same_record_twice_is_one_record(register: Found, simulator: Simulated, asked: Any) -> None:
    plain = await asked.ask(question(SUBJECTS[register.name]), NOW)
    simulator.script(rule("{ action = 'duplicate', times = 3 }"))
    assert len((await asked.ask(question(SUBJECTS[register.name]), NOW)).matches) == len(plain.matches)


async def test_a_connection_that_breaks_once_is_tried_again_at_once(
    register: Found, simulator: Simulated, asked: Any
) -> None:
    simulator.script(rule("{ action = 'drop', at = 'after-work' }", ", nth = 1"))
    assert (await asked.ask(question(SUBJECTS[register.name]), NOW)).outcome == "MATCHES"


async def test_an_answer_that_is_too_long_is_not_read(register: Found, simulator: Simulated) -> None:
    adapter = register.build(base_url=simulator.url, answer_octets=100)
    await adapter.start()
    with pytest.raises(RegisterUnavailable, match="too-long"):
        await adapter.ask(question(SUBJECTS[register.name]), NOW)
    await adapter.stop()


async def test_a_case_system_that_refuses_lets_the_message_wait(simulators: dict[str, Simulated]) -> None:
    for found in CASE_SYSTEMS:
        simulated = simulators[found.name]
        simulated.reset()
        simulated.script("[[rule]]\ndo = { action = 'refuse', status = 403, problem = 'role-not-allowed' }\n")
        adapter = found.build(base_url=simulated.url)
        await adapter.start()
        with pytest.raises(RegisterUnavailable, match="role-not-allowed") as error:
            await adapter.open_case(case_request("01890000-0000-7000-8000-0000000000f1"), NOW)
        await adapter.stop()
        assert_nothing_personal(error.value)
