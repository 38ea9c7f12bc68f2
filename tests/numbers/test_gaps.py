"""Whatever order numbers come in, a gap is told exactly where one is. The same found by counting on one's fingers."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.numbers.gaps import NEAR_THE_BEGINNING, TOLERANCE, Gaps
from gateway.numbers.series import COME, Numbered
from gateway.numbers.sheets import Line, Sheet, in_parts
from tests.gateway.rig import NOON
from tests.numbers.pair import THEIRS


def come(number: int, minute: int = 0) -> Numbered:
    return Numbered(
        sender=THEIRS[0], receiver=THEIRS[1], number=number, kind=COME, about=f"e{number}", at=NOON + timedelta(minutes=minute)
    )  # fmt: skip


@given(st.sets(st.integers(1, 60), min_size=1), st.randoms(use_true_random=False))
def test_what_is_awaited_is_what_lies_between_and_never_came(numbers: set[int], order: object) -> None:
    arriving = sorted(numbers)
    order.shuffle(arriving)  # type: ignore[attr-defined]  # random.Random
    found = Gaps().seen([come(number, minute) for minute, number in enumerate(arriving)])
    first = 1 if min(numbers) <= NEAR_THE_BEGINNING else min(numbers)
    assert set(found.since) == set(range(first, max(numbers))) - numbers
    assert {row.number for row in found.overdue(THEIRS, NOON + timedelta(days=1))} == set(found.since)


@given(st.lists(st.integers(1, NEAR_THE_BEGINNING), min_size=1, max_size=40))
def test_looking_again_and_again_finds_what_one_look_at_the_end_finds(arriving: list[int]) -> None:
    stepwise = Gaps()
    rows: list[Numbered] = []
    for minute, number in enumerate(arriving):
        rows.append(come(number, minute))
        stepwise = stepwise.seen([row for row in rows if row.number > stepwise.whole_to])
    assert set(stepwise.since) == set(Gaps().seen(rows).since)


def test_a_gap_is_due_by_the_earliest_thing_above_it() -> None:
    found = Gaps().seen([come(1), come(5, 10), come(3, 20)])
    assert found.next_at(NOON) == NOON + timedelta(minutes=10) + TOLERANCE
    assert found.overdue(THEIRS, NOON + TOLERANCE) == []
    assert [row.number for row in found.overdue(THEIRS, NOON + TOLERANCE + timedelta(minutes=10))] == [2, 4]


@given(st.integers(0, 23), st.integers(0, 23), st.integers(1, 7))
def test_a_long_day_is_told_whole_in_parts(sent: int, received: int, most: int) -> None:
    lines = tuple(Line(number=each, state="sent") for each in range(1, 24))
    whole = Sheet(
        sender="sirene:XA", receiver="sirene:XB", day=NOON.date(), begins=NOON, ends=NOON, sent=lines[:sent],
        received=lines[:received],
    )  # fmt: skip
    parts = in_parts(whole, most)
    assert tuple(line for part in parts for line in part.sent) == whole.sent
    assert tuple(line for part in parts for line in part.received) == whole.received
    assert all(max(len(part.sent), len(part.received)) <= most for part in parts)
    assert [(part.part, part.parts) for part in parts] == [(each, len(parts)) for each in range(1, len(parts) + 1)]
