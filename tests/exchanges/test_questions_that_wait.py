"""A question outside every dialogue, or one with a day for its answer, waits until who was asked answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.dialogues.standing import Course, Fit, Standing
from gateway.dialogues.step import Step
from gateway.exchanges.waiting import waiting

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def step(number: int, sender: str, to: str, *, asks: bool = False, deadline: str = "", **more: Any) -> Step:
    facts = (("asks", "yes"),) * asks + ((("deadline", deadline),) if deadline else ())
    known: dict[str, Any] = {
        "envelope": f"0193a5c0-7d10-7a01-8b3c-5e0f9a1c00{number:02}", "exchange": "e", "format": "interpol/VehicleQuery@1",
        "sender": sender, "to": (to,), "message_id": f"m{number}", "reference": f"{sender}-{number}", "sent": NOON, "known_at": NOON,
        "facts": facts,
    }  # fmt: skip
    return Step(**{**known, **more})


QUESTION = step(1, "ncb:XB", "ncb:XA", asks=True, deadline="2026-11-22T12:00:00+00:00")


def test_a_question_waits_until_who_was_asked_answers() -> None:
    (open_one,) = waiting([QUESTION], Standing())
    assert (open_one.waits_for, open_one.reference, open_one.asked_by) == (("ncb:XA",), "ncb:XB-1", "ncb:XB")
    assert not open_one.late(NOON)
    assert open_one.late(NOON + timedelta(days=1))
    by_id = step(2, "ncb:XA", "ncb:XB", in_reply_to="m1")
    by_reference = step(2, "ncb:XA", "ncb:XB", your_references=("ncb:XB-1",))
    for answer in (by_id, by_reference):
        assert waiting([QUESTION, answer], Standing()) == []


def test_others_and_what_counts_for_nothing_answer_nothing() -> None:
    stranger = step(2, "ncb:XC", "ncb:XB", in_reply_to="m1")
    given_up = step(2, "ncb:XA", "ncb:XB", in_reply_to="m1", void=True)
    for other in (stranger, given_up, step(2, "ncb:XA", "ncb:XB")):
        assert [each.message_id for each in waiting([QUESTION, other], Standing())] == ["m1"]


def test_what_belongs_to_a_dialogue_is_told_there() -> None:
    placed = Fit(envelope=QUESTION.envelope, dialogue="supplementary-information", about="m1", before="", after="asked")
    undated = step(1, "ncb:XB", "ncb:XA", asks=True)
    assert waiting([undated], Standing(fits=(placed,))) == []


def test_the_day_that_an_asker_named_is_told_while_the_dialogue_is_open() -> None:
    placed = Fit(envelope=QUESTION.envelope, dialogue="vehicle", about="m1", before="", after="asked")
    (open_one,) = waiting([QUESTION], Standing(fits=(placed,)))
    assert open_one.late(NOON + timedelta(days=1))
    course = Course(
        dialogue="vehicle", title="", about="m1", state="ended", meaning="", closed=True, opened_at=NOON, changed_at=NOON, roles=(),
        steps=(QUESTION.envelope,), next=(),
    )  # fmt: skip
    assert waiting([QUESTION], Standing(fits=(placed,), courses=(course,))) == []


def test_a_time_that_is_none_is_no_deadline() -> None:
    (open_one,) = waiting([step(1, "ncb:XB", "ncb:XA", asks=True, deadline="soon")], Standing())
    assert open_one.deadline is None
