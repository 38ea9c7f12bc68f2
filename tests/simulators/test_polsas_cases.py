"""The case system: what is repeated is done once, and that can be proved from outside."""

import asyncio
import base64
import hashlib
import re
from typing import Any

import pytest

from tests.loop_time import PATIENCE_SECONDS
from tests.simulators.callers import Caller, Calling, CallingOwn, Reply

THEFT, ARCHIVED, MERGING = "9999-99999-00003-26", "9999-99999-00001-25", "9999-99999-00004-26"
PHOTO = b"a photograph"
DIGEST = hashlib.sha256(PHOTO).hexdigest()


async def open_case(polsas: Caller, source: str, *, key: str | None = None, **body: Any) -> Reply:
    headers = {"Idempotency-Key": source if key is None else key}
    return await polsas.post("/cases", {"sourceMessage": source, "title": "Hit on a vehicle", **body}, headers=headers)


async def find(polsas: Caller, **keys: str) -> list[dict[str, Any]]:
    return [match["data"] for match in (await polsas.search("/cases/searches", **keys)).document["matches"]]


async def file(polsas: Caller, case: str, **body: Any) -> Reply:
    return await polsas.post(f"/cases/{case}/documents", {"sourceMessage": "msg-1", "sha256": DIGEST, **body})


async def test_a_case_is_opened_and_can_be_read(calling: Calling) -> None:
    polsas = await calling("polsas")
    persons = [{"role": "SUBJECT", "names": ["Testine Prøvesen"], "birthDate": "1970-01-11"}]
    opened = await open_case(polsas, "msg-1", persons=persons, plates=["qq 00001"])
    number = opened.document["journalNumber"]
    assert (opened.status, opened.document["effect"]) == (201, "CREATED")
    assert re.fullmatch(r"9999-99999-\d{5}-\d{2}", number)
    case = (await polsas.get(f"/cases/{number}")).document["matches"][0]["data"]
    assert (case["sourceMessage"], case["plates"], case["archiveState"]) == ("msg-1", ["QQ00001"], "LIVE")
    assert number in [each["journalNumber"] for each in await find(polsas, plate="QQ00001")]
    assert number in [
        each["journalNumber"] for each in await find(polsas, name="Testine Proevesen", birthDate="1970-01-11")
    ]


async def test_a_repeated_opening_gives_the_first_case(calling: Calling) -> None:
    polsas = await calling("polsas")
    first, second = await open_case(polsas, "msg-1"), await open_case(polsas, "msg-1")
    assert (second.status, second.document["effect"]) == (200, "REPEATED")
    assert second.document["journalNumber"] == first.document["journalNumber"]
    assert len(await find(polsas, sourceMessage="msg-1")) == 1


async def test_twenty_openings_at_once_are_one(calling: Calling) -> None:
    polsas = await calling("polsas")
    replies = await asyncio.gather(*(open_case(polsas, "msg-1") for _ in range(20)))
    assert sorted(reply.document["effect"] for reply in replies) == ["CREATED"] + ["REPEATED"] * 19
    assert len({reply.document["journalNumber"] for reply in replies}) == 1


async def test_the_same_key_with_other_content_is_a_conflict(calling: Calling) -> None:
    polsas = await calling("polsas")
    await open_case(polsas, "msg-1")
    other = await open_case(polsas, "msg-1", title="Something else")
    assert (other.status, other.document["type"]) == (409, "idempotency-conflict")


@pytest.mark.parametrize("key", ["", "msg-2"])
async def test_the_key_must_be_given_and_equal_the_message(calling: Calling, key: str) -> None:
    reply = await open_case(await calling("polsas"), "msg-1", key=key)
    assert (reply.status, reply.document["fields"]) == (400, ["Idempotency-Key", "sourceMessage"])


async def test_a_message_that_opened_nothing_is_not_found(calling: Calling) -> None:
    polsas = await calling("polsas")
    assert (await polsas.search("/cases/searches", sourceMessage="msg-unknown")).document["outcome"] == "NO_MATCH"


async def test_a_message_is_linked_to_a_known_case_once(calling: Calling) -> None:
    polsas = await calling("polsas")
    linked = await open_case(polsas, "msg-5", journalNumber=THEFT)
    assert (linked.status, linked.document["effect"], linked.document["journalNumber"]) == (200, "LINKED", THEFT)
    assert (await open_case(polsas, "msg-5", journalNumber=THEFT)).document["effect"] == "REPEATED"
    assert [case["linkedMessages"] for case in await find(polsas, sourceMessage="msg-5")] == [["msg-5"]]


@pytest.mark.parametrize(
    ("number", "status", "problem"),
    [
        (ARCHIVED, 410, "case-closed-archived"),
        (MERGING, 409, "identity-merge-in-progress"),
        ("9999-99999-00099-20", 410, "record-shredded"),
        ("9999-99999-77777-26", 404, "record-unknown"),
        ("case-1", 422, "key-format"),
    ],
)
async def test_some_cases_take_nothing_more(calling: Calling, number: str, status: int, problem: str) -> None:
    polsas = await calling("polsas")
    for reply in (await open_case(polsas, "msg-6", journalNumber=number), await file(polsas, number)):
        assert (reply.status, reply.document["type"]) == (status, problem)
    assert (await polsas.search("/cases/searches", sourceMessage="msg-6")).document["outcome"] == "NO_MATCH"


async def test_a_document_is_written_once_per_message_and_digest(calling: Calling) -> None:
    polsas = await calling("polsas")
    body = {
        "content": base64.b64encode(PHOTO).decode(),
        "mediaType": "image/jpeg",
        "handling": ["SIRENE-SUPPLEMENTARY"],
    }
    first, again = await file(polsas, THEFT, **body), await file(polsas, THEFT, **body)
    assert [(reply.status, reply.document["effect"]) for reply in (first, again)] == [
        (201, "CREATED"),
        (200, "REPEATED"),
    ]
    assert first.document["documentRef"] == again.document["documentRef"]
    await file(polsas, THEFT, sourceMessage="msg-2", **body)
    documents = (await find(polsas, journalNumber=THEFT))[0]["documents"]
    assert [(each["sourceMessage"], each["sha256"], each["bytes"]) for each in documents] == [
        ("msg-1", DIGEST, len(PHOTO)),
        ("msg-2", DIGEST, len(PHOTO)),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"sha256": "e3b0"},
        {"sha256": DIGEST.upper()},
        {"content": base64.b64encode(b"another photograph").decode()},
        {"content": "!!"},
        {"content": 7},
        {"handling": "secret"},
        {"sourceMessage": ""},
    ],
)
async def test_a_document_with_an_untrue_digest_or_shape_is_refused(calling: Calling, body: dict[str, Any]) -> None:
    polsas = await calling("polsas")
    reply = await file(polsas, THEFT, **body)
    assert (reply.status, reply.document["type"]) == (400, "schema-invalid")
    assert (await find(polsas, journalNumber=THEFT))[0]["documents"] == []


async def test_a_person_needs_a_role(calling: Calling) -> None:
    polsas = await calling("polsas")
    person = {"names": ["Fiktiva Gamleby"]}
    refused = await polsas.post(f"/cases/{THEFT}/persons", person)
    assert (refused.status, refused.document["type"]) == (422, "role-required")
    assert (await open_case(polsas, "msg-1", persons=[person])).document["type"] == "role-required"
    assert (await polsas.search("/cases/searches", sourceMessage="msg-1")).document["outcome"] == "NO_MATCH"


async def test_a_person_with_a_number_is_filed_once_per_role(calling: Calling) -> None:
    polsas = await calling("polsas")
    person = {"role": "WITNESS", "names": ["Åge Æbelø-Øster"], "identifier": {"kind": "CPR", "value": "610165-0000"}}
    effects = [(await polsas.post(f"/cases/{THEFT}/persons", person)).document["effect"] for _ in range(2)]
    assert effects == ["CREATED", "REPEATED"]
    assert THEFT in [case["journalNumber"] for case in await find(polsas, cpr="6101650000")]


async def test_substitute_and_journal_numbers_are_never_reused(calling: Calling) -> None:
    polsas = await calling("polsas")
    seen: list[tuple[str, str]] = []
    for _ in range(2):
        opened = await open_case(polsas, "msg-1", persons=[{"role": "SUBJECT"}])
        case = opened.document["matches"][0]["data"]
        assert case["persons"][0]["identifier"]["kind"] == "ENR"
        seen.append((case["journalNumber"], case["persons"][0]["identifier"]["value"]))
        await polsas.reset()
    assert len(set(seen)) == len({number for number, _ in seen}) == len({value for _, value in seen}) == 2


async def test_kept_cases_outlive_the_process(calling_own: CallingOwn) -> None:
    before = calling_own("polsas", "--set", "keep=yes")
    first = await open_case(before, "msg-1", persons=[{"role": "SUBJECT"}])
    before.simulator.process.kill()
    before.simulator.process.wait(PATIENCE_SECONDS)
    after = calling_own("polsas", "--set", "keep=yes")
    again = await open_case(after, "msg-1", persons=[{"role": "SUBJECT"}])
    assert (again.document["effect"], again.document["journalNumber"]) == ("REPEATED", first.document["journalNumber"])
    other = await open_case(after, "msg-2")
    assert other.document["journalNumber"] > first.document["journalNumber"]
