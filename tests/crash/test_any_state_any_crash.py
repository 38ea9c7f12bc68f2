"""The table of states walked with a death right before and after every write, and then at random: the next start leads where the table says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway import lifecycle
from gateway.envelope import Direction, Payload
from gateway.errors import Refused
from gateway.journal import entry as entries
from gateway.journal import rows
from gateway.ledger import Query
from gateway.lifecycle import STATES
from tests.crash.mortal import Mortal
from tests.gateway.rig import root_of
from tests.journeys.worlds import PHOTO, World, hit, other_hit, prove, receipt_about

BUREAU = "sirene:XB"
TURN = timedelta(minutes=10)
MAX_WRITES = 200
WORKING = {(row.direction, row.name) for row in STATES if row.next_stage}


async def story(mortal: Mortal) -> None:
    """A hit comes in and is answered, a question of ours goes out, both sides receipt; whoever was not told that it was kept sends again."""
    await delivered(mortal, mortal.world.bureaux[BUREAU].signed(hit(), (PHOTO,)))
    for _ in range(3):
        await passing(mortal, TURN)
    for out in tuple(mortal.world.wire.sent):
        if root_of(out) == "FormP":
            await delivered(
                mortal,
                mortal.world.bureaux[BUREAU].signed(
                    receipt_about(out.message_id, "RECEIVED", 1), (), mortal.clock.now()
                ),
            )
    await passing(mortal, TURN)


async def delivered(mortal: Mortal, payload: Payload) -> None:
    """A mail server brings this until it is told that it was kept; then all that follows at once has happened."""
    while not await mortal.outlives(mortal.world.gateway.intake.take("wire", payload, World.claim(BUREAU))):
        pass
    await settled(mortal)


async def settled(mortal: Mortal) -> None:
    """All that follows at once has happened, whoever dies meanwhile."""
    while not await mortal.outlives(mortal.world.gateway.quiet()):
        pass


async def passing(mortal: Mortal, by: timedelta) -> None:
    """Time passes and what became due has happened."""
    mortal.clock.turn(by)
    await settled(mortal)


async def sound(mortal: Mortal) -> None:
    """What must hold at any moment of rest."""
    await prove(mortal.kept)
    assert [fault async for fault in rows.row_faults(mortal.kept, (await mortal.kept.head())[0])] == []
    for summary in await mortal.kept.find(Query(limit=500)):
        told = [entries.read(link.entry) for link in await mortal.kept.timeline(summary.id)]
        path = [state for each in told if each.envelope == summary.id and (state := rows.reached_by(each))]
        for here, there in pairwise(path):
            assert lifecycle.allowed(Direction(summary.direction), here, there), path
    assert len({reference.reference for reference in mortal.world.cases.opened.values()}) == len(
        mortal.world.cases.opened
    )
    once: dict[str, set[str]] = {}
    for out in mortal.world.wire.sent:
        once.setdefault(out.message_id, set()).add(out.payload.digest)
    assert all(len(digests) == 1 for digests in once.values()), "every resend is the same bytes"


@pytest.fixture(scope="module")
def folder() -> Any:
    with TemporaryDirectory() as place:
        yield Path(place)


async def told(mortal: Mortal) -> list[tuple[str, str, str]]:
    """Every envelope with where it stands, without ids."""
    return sorted((each.direction.value, each.kind, each.state) for each in await mortal.kept.find(Query(limit=500)))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_death_at_any_write_of_a_story_leads_to_the_end_that_the_table_has(folder: Path, after: bool) -> None:
    whole = Mortal(folder)
    await whole.rise()
    await story(whole)
    writes, expected = whole.fate.writes, await told(whole)
    await whole.bury()
    died_in: set[tuple[Direction, str]] = set()
    for number in range(2, writes + 1):
        mortal = Mortal(folder)
        await mortal.rise()
        mortal.fate.doom(number - mortal.fate.writes, after=after)
        await story(mortal)
        assert mortal.lives == 2, f"nobody died at write {number}"
        died_in |= mortal.found
        await sound(mortal)
        found = await told(mortal)
        reply = [state for direction, kind, state in found if kind == "reply"]
        assert reply in (["confirmed"], ["ambiguous"]), found
        if reply == ["confirmed"]:
            assert [each for each in found if each[2] != "repeated" and each[1] != "repeat"] == expected, number
        await mortal.bury()
    assert writes < MAX_WRITES
    if after:
        told_states = {("inbound", "received"), ("outbound", "signed"), ("outbound", "transmitted")}
        assert told_states <= {(direction.value, name) for direction, name in died_in}
        assert {state for state in WORKING if state not in died_in} == set()


class AnythingDies(RuleBasedStateMachine):
    """Messages, answers of the other side, officers, time; and somebody may die at any write of any of it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.place = TemporaryDirectory()
        self.mortal = Mortal(Path(self.place.name))
        self.number = 0
        self.letters: list[Payload] = []

    def teardown(self) -> None:
        self._do(self._rest())
        self.loop.close()
        self.place.cleanup()

    def _do(self, deed: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(deed)

    async def _rest(self) -> None:
        for _ in range(3):
            await passing(self.mortal, TURN)
        await sound(self.mortal)
        await self.mortal.bury()

    @initialize()
    def begin(self) -> None:
        self._do(self.mortal.rise())

    @rule(writes=st.integers(1, 12), after=st.booleans())
    def somebody_will_die(self, writes: int, after: bool) -> None:
        self.mortal.fate.doom(writes, after=after)

    @rule(breaks=st.sampled_from(["", "SchengenId", "signature", "bytes"]))
    def a_hit_comes_in(self, breaks: str) -> None:
        self.number += 1
        form = other_hit(self.number)
        if breaks == "SchengenId":
            form = form.replace(b"<SchengenId", b"<SchengenIdentity").replace(b"</SchengenId>", b"</SchengenIdentity>")
        payload = self.mortal.world.bureaux[BUREAU].signed(form, (PHOTO,))
        if breaks == "signature":
            payload = Payload.of(payload.content.replace(b"XB", b"XC"), payload.media_type)
        if breaks == "bytes":
            payload = Payload.of(payload.content[: len(payload.content) // 2], payload.media_type)
        self.letters.append(payload)
        self._do(delivered(self.mortal, payload))

    @rule(which=st.integers(0, 50))
    def one_comes_again(self, which: int) -> None:
        if self.letters:
            self._do(delivered(self.mortal, self.letters[which % len(self.letters)]))

    @rule(stage=st.sampled_from(["RECEIVED", "VALID"]), which=st.integers(0, 50))
    def a_receipt_comes(self, stage: str, which: int) -> None:
        forms = [out for out in self.mortal.world.wire.sent if not root_of(out).startswith("Receipt")]
        if forms:
            self.number += 1
            xml = receipt_about(forms[which % len(forms)].message_id, stage, self.number)
            self._do(delivered(self.mortal, self.mortal.world.bureaux[BUREAU].signed(xml, (), self.mortal.clock.now())))

    @rule(outcomes=st.lists(st.sampled_from(["taken", "unavailable", "ambiguous", "refused"]), max_size=3))
    def the_other_side_answers(self, outcomes: list[str]) -> None:
        self.mortal.world.wire.outcomes[:] = outcomes

    @rule(times=st.integers(0, 3), name=st.sampled_from(["crm", "wanted_vehicles"]))
    def a_register_is_away(self, times: int, name: str) -> None:
        self.mortal.world.shelves[name].away = times

    @rule(minutes=st.sampled_from([1, 10, 60, 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self._do(passing(self.mortal, timedelta(minutes=minutes)))

    @rule(what=st.sampled_from(["release", "reject", "replay"]), which=st.integers(0, 50))
    def an_officer_decides(self, what: str, which: int) -> None:
        self._do(self._decide(what, which))

    async def _decide(self, what: str, which: int) -> None:
        waiting = await self.mortal.kept.find(Query(states=("held", "ambiguous", "quarantined"), limit=100))
        if not waiting:
            return
        deed = getattr(self.mortal.world.gateway.desk, what)
        with contextlib.suppress(Refused):
            await self.mortal.outlives(deed(waiting[which % len(waiting)].id, "user:officer", "looked at it"))
        await settled(self.mortal)

    @invariant()
    def nothing_is_lost(self) -> None:
        if self.mortal.lives:
            self._do(sound(self.mortal))


AnythingDies.TestCase.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
test_nothing_is_lost_whoever_dies_whenever = AnythingDies.TestCase
