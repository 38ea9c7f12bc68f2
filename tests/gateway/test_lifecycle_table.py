"""The one table of states: what code, journal and documents rely on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import lifecycle
from gateway.envelope import Direction
from gateway.journal.events import EVENTS
from gateway.lifecycle import ACCOUNTS, STATES, State
from gateway.order import ORDER

ROWS = st.sampled_from(STATES)


@pytest.mark.parametrize("row", STATES, ids=lambda row: f"{row.direction}-{row.name}")
def test_every_state_is_counted_explained_and_has_its_event(row: State) -> None:
    assert row.account in ACCOUNTS
    assert row.meaning.endswith(".")
    assert lifecycle.event(row.name) in EVENTS
    for target in row.leads_to:
        assert lifecycle.state(row.direction, target).name == target


@pytest.mark.parametrize("direction", list(Direction))
def test_the_stages_follow_the_states(direction: Direction) -> None:
    state = lifecycle.state(direction, lifecycle.FIRST)
    for name, _ in ORDER[direction]:
        assert state.next_stage == name
        state = lifecycle.state(direction, state.leads_to[0])
    assert state.final


@pytest.mark.parametrize("direction", list(Direction))
def test_from_every_state_an_end_can_be_reached(direction: Direction) -> None:
    rows = {row.name: row for row in STATES if row.direction is direction}
    ends = {name for name, row in rows.items() if row.final}
    while grown := {name for name, row in rows.items() if set(row.leads_to) & ends} - ends:
        ends |= grown
    assert ends == set(rows)


@given(ROWS, ROWS)
def test_only_listed_steps_and_staying_where_work_goes_on_or_something_is_added_are_allowed(
    before: State, after: State
) -> None:
    if before.direction is not after.direction:
        return
    allowed = lifecycle.allowed(before.direction, before.name, after.name)
    listed = after.name in before.leads_to
    stays = before.name == after.name and bool(before.next_stage or before.amends)
    assert allowed == (listed or stays)


def test_no_state_drops_a_message() -> None:
    for row in STATES:
        if row.account in ("held", "quarantined"):
            assert row.leads_to, f"{row.name} is a dead end for an officer"
        if row.account == "waiting":
            assert row.next_stage, f"{row.name} waits for nobody"


def test_what_is_added_to_an_end_leaves_it_where_it_stands() -> None:
    added = {(row.direction, row.name) for row in STATES if row.amends and row.final}
    assert added == {
        (Direction.OUTBOUND, "confirmed"), (Direction.OUTBOUND, "rejected"), (Direction.INBOUND, "acknowledged"),
    }  # fmt: skip
