"""Answers as a register may send them, read without a wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.rest.settings import RestSettings
from adapters.rest.words import Asked, answer_of, context_document, joined, read_answer
from gateway.errors import RegisterUnavailable
from gateway.identity import digest
from tests.contracts.rest_examples import NOW, context

ASKED = Asked(name="cpr", register_id="NR-01", context=context(request_id="req-1"), subject_kind="person")
RECORD = {
    "recordRef": "nr01-rec-0001", "matchType": "EXACT_KEY", "score": 1.0, "personRole": "SUBJECT",
    "specialCategories": [],
    "data": {"cpr": "7101700008", "names": ["Testine Prøvesen"], "addressProtected": True, "address": None, "n": 1.5},
    "handling": ["H1"], "disclosable": "ASK_CONTROLLER", "retention": {"ruleId": "RR-076", "dueOn": None},
}  # fmt: skip


def document(**changes: Any) -> dict[str, Any]:
    return {
        "requestId": "req-1", "correlationId": "case-2026-000042", "registerId": "NR-01",
        "asOf": "2026-03-01T11:15:00+01:00", "outcome": "MATCHES", "matches": [RECORD], "partial": False,
        "unavailableSources": [], "next": None, **changes,
    }  # fmt: skip


def answer(**changes: Any) -> Any:
    body = json.dumps(document(**changes)).encode()
    return answer_of(read_answer(body, ASKED), body, ASKED, NOW, NOW)


def test_a_record_keeps_the_register_s_names_and_nested_values_are_json() -> None:
    said = answer()
    (match,) = said.matches
    assert dict(match.data) == {
        "cpr": "7101700008", "names": '["Testine Prøvesen"]', "addressProtected": "true", "n": "1.5",
    }  # fmt: skip
    assert (match.record, match.kind, match.handling, match.disclosable) == (
        "nr01-rec-0001", "person", ("H1",), "ASK_CONTROLLER",
    )  # fmt: skip
    assert said.as_of == datetime(2026, 3, 1, 10, 15, tzinfo=UTC)
    assert said.digest == digest(json.dumps(document()).encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"requestId": "req-2"}, {"correlationId": "another"}, {"registerId": "NR-02"}, {"outcome": "PERHAPS"},
        {"outcome": "NO_MATCH"}, {"outcome": "TOO_MANY"}, {"matches": []}, {"matches": [RECORD] * 201},
        {"matches": None}, {"matches": [{**RECORD, "data": "x"}]}, {"partial": "no"},
        {"asOf": "2026-03-01T11:15:00"}, {"asOf": "yesterday"},
        {"matches": [{**RECORD, "recordRef": 7}]}, {"matches": [{**RECORD, "score": "high"}]},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_no_answer(changes: dict[str, Any]) -> None:
    with pytest.raises(RegisterUnavailable, match=r"register\.unreadable"):
        answer(**changes)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"[" * 100_000, b"\xff\xfe", b'{"requestId":"req-1"}'])
def test_no_bytes_break_the_reader(body: bytes) -> None:
    with pytest.raises(RegisterUnavailable):
        read_answer(body, ASKED)


@given(st.binary(max_size=200))
def test_random_bytes_break_nothing(body: bytes) -> None:
    with pytest.raises(RegisterUnavailable):
        read_answer(body, ASKED)


def test_more_pages_and_missing_sources_make_an_answer_partial() -> None:
    assert not answer().partial
    assert answer(next="/page/2").partial
    assert answer(unavailableSources=["NR-11"]).partial
    assert answer(partial=True).partial


def test_of_several_searches_the_most_reserved_outcome_stands() -> None:
    match, nothing, many = answer(), answer(outcome="NO_MATCH", matches=[]), answer(outcome="TOO_MANY", matches=[])
    stale = answer(outcome="STALE", asOf="2026-02-01T00:00:00Z")
    assert joined([nothing, match], "req-1").outcome == "MATCHES"
    assert joined([match, stale], "req-1").outcome == "STALE"
    assert joined([match, stale], "req-1").as_of == stale.as_of
    assert joined([nothing, nothing], "req-1").outcome == "NO_MATCH"
    reserved = joined([match, many], "req-1")
    assert (reserved.outcome, reserved.matches) == ("TOO_MANY", ())
    assert joined([match], "req-1") == match
    assert joined([match, nothing], "req-1").digest == digest((match.digest + nothing.digest).encode())


def test_the_context_names_who_asks_for_whom_and_why() -> None:
    settings = RestSettings(base_url="https://cpr.xa.example", token="x", role="SIRENE_OFFICER")
    assert context_document(context(urgency="URGENT", request_id="req-9"), settings) == {
        "correlationId": "case-2026-000042", "requestId": "req-9", "purpose": "INVESTIGATE", "legalBasis": "LG-01",
        "caseRef": {"gatewayCase": "case-2026-000042", "journalNumber": None},
        "requester": {"userId": "gateway", "role": "SIRENE_OFFICER", "desk": "SIRENE", "onBehalfOf": "sirene:XB"},
        "channelOrigin": "SIRENE", "urgency": "URGENT", "specialCategoryNeed": "NONE", "maxAge": 0,
    }  # fmt: skip
