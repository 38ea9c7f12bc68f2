"""A worker process killed between any two stages: the message goes on to its right end, or is set aside when it kills again."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.envelope import Claim
from gateway.workers import WorkerPool
from tests.crash.dying_worker import DEADLY
from tests.gateway.rig import TurnedClock
from tests.journeys.worlds import ADDRESS, PHOTO, World, opened, other_hit

INBOUND, OUTBOUND = "inbound", "outbound"
PLACES = [
    *[(INBOUND, stage, "before") for stage in ("identify", "verify", "decode", "check")],
    (INBOUND, "check", "after"),
    *[(OUTBOUND, stage, "before") for stage in ("check", "encode", "sign")],
    (OUTBOUND, "sign", "after"),
]
pytestmark = pytest.mark.xdist_group("dying-workers")


class Plan:
    """Where the next worker dies."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.at(INBOUND, "identify", "before", 0)

    def at(self, direction: str, stage: str, when: str, times: int) -> None:
        self._file.write_text(json.dumps({"direction": direction, "stage": stage, "when": when, "times": times}))

    @property
    def left(self) -> int:
        return int(json.loads(self._file.read_text())["times"])


@pytest.fixture
async def dying(tmp_path: Path) -> AsyncIterator[tuple[World, Plan]]:
    clock = TurnedClock()
    pool = WorkerPool([sys.executable, "-m", "tests.crash.dying_worker", str(tmp_path)], 1)
    world = World(tmp_path, opened("sqlite", tmp_path, clock), clock, compute=pool)
    known = (world.office.parties, tuple(world.directory), world.signing)
    (tmp_path / "knowledge.pickle").write_bytes(pickle.dumps(known))
    plan = Plan(tmp_path / "plan.json")
    async with world:
        yield world, plan
        await world.sound()


async def deadly(world: World, number: int) -> str:
    """The message over which a worker may die comes in."""
    payload = world.bureaux["sirene:XB"].signed(other_hit(number), (PHOTO,))
    claim = Claim(sender=ADDRESS["sirene:XB"], recipients=("sirene@xa.spoc.example",), reference=DEADLY)
    accepted = await world.gateway.intake.take("wire", payload, claim)
    await world.gateway.engine.quiet()
    return accepted.envelope


async def test_a_worker_that_dies_once_between_any_two_stages_costs_nothing(dying: tuple[World, Plan]) -> None:
    world, plan = dying
    for number, place in enumerate(PLACES, 1):
        plan.at(*place, times=1)
        envelope = await deadly(world, number)
        assert plan.left == 0, f"nobody died at {place}"
        assert (await world.stands(envelope))[0] == "acknowledged", place
        reply = await world.reply_to(envelope)
        assert reply.state == "transmitted", place
        broken = envelope if place[0] == INBOUND else reply.id
        assert (await world.events(broken)).count("worker.broke") == 1
        assert {receipt.state for receipt in await world.children(envelope, "receipt")} == {"confirmed"}
    assert len(world.cases.opened) == len(PLACES)
    assert world.sent_times("FormP") == len(PLACES)


@pytest.mark.parametrize("place", [PLACES[0], PLACES[4], PLACES[8]], ids="-".join)
async def test_a_message_that_kills_every_worker_is_set_aside_and_others_go_on(
    dying: tuple[World, Plan], place: tuple[str, str, str]
) -> None:
    world, plan = dying
    plan.at(*place, times=1000)
    envelope = await deadly(world, 1)
    assert plan.left == 998, "two workers, not more"
    victim = envelope if place[0] == INBOUND else (await world.reply_to(envelope)).id
    assert await world.stands(victim) == ("quarantined", "gateway.fault")
    row = await world.row(victim)
    assert row.envelope.payload.content
    assert row.breaks == 2
    other = await world.other_hit_arrives(50)
    assert (await world.stands(other))[0] == "acknowledged"

    plan.at(*place, times=0)
    await world.gateway.desk.replay(victim, "user:officer", "The fault is mended.")
    await world.gateway.engine.quiet()
    assert (await world.stands(envelope))[0] == "acknowledged"
    assert (await world.reply_to(envelope)).state in ("transmitted", "held")
    assert envelope in world.cases.opened
