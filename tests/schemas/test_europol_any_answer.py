"""Whatever registers answer, the drafted reply can be sent and keeps every condition."""

from __future__ import annotations

import json
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.form import Condition
from gateway.questions import Answer, Match
from schemas.europol import vocabulary as words
from tests.schemas.europol_replies import (
    NOW,
    PERSON,
    VEHICLE,
    asking,
    assert_sendable,
    drafted,
    sample,
    with_handling,
)

KEYS = [*PERSON, *VEHICLE, "deathDate", "passportNumber", "type", "status", "object", "reason", "since", "wantedSince"]
TEXTS = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        ["7101700008", "QQ00001", "true", "false", "1970", "2019-02-30", "[]", '{"street": "x"}', "\x00\x0b", "["]
    ),
    st.lists(st.text(max_size=30), max_size=3).map(json.dumps),
)
MATCHES = st.builds(
    Match,
    record=st.just("rec"),
    kind=st.just("x"),
    score=st.sampled_from([1.0, 0.9, 0.0]),
    data=st.dictionaries(st.sampled_from(KEYS), TEXTS).map(lambda data: tuple(data.items())),
    handling=st.lists(st.sampled_from(["H0", "H1", "H2", "H3", "LOCAL ONLY", "\x01"]), max_size=3).map(tuple),
    disclosable=st.sampled_from(["", "YES", "ASK_CONTROLLER", "NO"]),
)
MOMENTS = st.integers(-(10**9), 10**9).map(lambda seconds: NOW + timedelta(seconds=seconds))
ANSWERS = st.builds(
    Answer,
    register=st.sampled_from(["cpr", "crm", "wanted_vehicles", "passports", "weapons"]),
    request_id=st.just("r"),
    outcome=st.sampled_from(
        [
            "MATCHES",
            "NO_MATCH",
            "TOO_MANY",
            "NOT_DISCLOSABLE",
            "PENDING",
            "WITHHELD_OWNER_CONSENT",
            "STALE",
            "UNANSWERED",
        ]
    ),
    asked_at=MOMENTS,
    answered_at=MOMENTS,
    as_of=st.none() | MOMENTS,
    subject_kind=st.sampled_from(["", "person", "vehicle", "document"]),
    matches=st.lists(MATCHES, max_size=10).map(tuple),
    partial=st.booleans(),
    failure=st.sampled_from(["", "timeout"]),
)
CONDITIONS = st.sampled_from(
    [
        (),
        (Condition(code="H0"),),
        (Condition(code="H1"), Condition(code="H2")),
        (Condition(code="H0"), Condition(code="H3", text="Ask first.")),
    ]
)
ITEMS = st.lists(st.sampled_from(sorted(words.REQUESTED_ITEMS)), max_size=5, unique=True)


@given(answers=st.lists(ANSWERS, max_size=12), conditions=CONDITIONS, items=ITEMS)
def test_every_draft_can_be_sent_and_keeps_every_condition(
    answers: list[Answer], conditions: tuple[Condition, ...], items: list[str]
) -> None:
    asked = with_handling(asking(sample(), *items), *conditions)
    found = drafted(asked, *answers)
    assert_sendable(found)
    kept = {condition.code for condition in found.header.handling}
    needed = {condition.code for condition in conditions} | {c for a in answers for m in a.matches for c in m.handling}
    for code in needed & {"H1", "H2"}:
        assert code in kept
    if "H0" in needed:
        assert kept & {"H0", "H3"}
    for condition in conditions:
        assert condition.code == "H0" or condition in found.header.handling
    assert (found.value("Final") == "true") == (not found.named("NotChecked"))
    if "RESIDENCE" not in items:
        assert all(not person.text("Address") for person in found.named("Person"))
