"""When the fault is ours: the ledger is away, somebody else writes in between, a stage breaks. Nothing is lost and others go on."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.stores.memory.ledger import MemoryLedger
from gateway import order
from gateway.envelope import Direction
from gateway.errors import Unavailable
from gateway.ledger import Committed, Move, StaleMove
from gateway.workers import InlineCompute
from tests.gateway.rig import TurnedClock, root_of
from tests.journeys.worlds import PHOTO, World, hit, sample

SECOND = timedelta(seconds=1)
OFFICER = "user:officer"


class Moody(MemoryLedger):
    """A ledger that refuses by plan: `away` while true, `stale` says which commits come too late."""

    def __init__(self, clock: TurnedClock) -> None:
        super().__init__(clock)
        self.away = False
        self.stale: set[int] = set()
        self._commits = itertools.count()

    async def probe(self) -> None:
        if self.away:
            raise Unavailable("ledger.away", "The gateway cannot keep anything now.")
        await super().probe()

    async def commit(self, moves: Sequence[Move]) -> Committed:
        if next(self._commits) in self.stale:
            raise StaleMove
        return await super().commit(moves)


@pytest.fixture
async def moody(tmp_path: Path) -> AsyncIterator[World]:
    clock = TurnedClock()
    async with World(tmp_path, Moody(clock), clock) as made:
        yield made
        await made.sound()


def ledger_of(world: World) -> Moody:
    assert isinstance(world.ledger, Moody)
    return world.ledger


# --- the ledger


async def test_nothing_is_acknowledged_while_nothing_can_be_kept(moody: World) -> None:
    ledger_of(moody).away = True
    with pytest.raises(Unavailable):
        await moody.gateway.intake.take(
            "wire", moody.bureaux["sirene:XB"].signed(hit(), (PHOTO,)), moody.claim("sirene:XB")
        )
    ledger_of(moody).away = False
    assert await moody.ledger.accepted() == 0


async def test_a_ledger_that_was_away_for_a_while_costs_nothing(moody: World) -> None:
    ledger = ledger_of(moody)
    real, calls = moody.cases.open_case, []

    async def open_case(request: Any, at: Any) -> Any:
        calls.append(request.idempotency_key)
        ledger.away = len(calls) == 1  # the case is opened, and then we cannot write it down
        return await real(request, at)

    moody.cases.open_case = open_case  # type: ignore[method-assign]  # a case system that is quicker than our disk
    accepted = await moody.gateway.intake.take(
        "wire", moody.bureaux["sirene:XB"].signed(hit(), (PHOTO,)), moody.claim("sirene:XB")
    )
    with pytest.raises(Unavailable):
        await moody.gateway.engine.quiet()
    ledger.away = False
    for _ in range(5):
        await moody.later(2 * SECOND)
    assert (await moody.stands(accepted.envelope))[0] == "acknowledged"
    assert len(moody.cases.opened) == 1
    assert len(calls) == 2, "asked again under the same key"
    assert moody.sent_times("FormP") == 1


@pytest.mark.parametrize("commit", range(14))
async def test_a_write_that_comes_too_late_is_decided_again(moody: World, commit: int) -> None:
    ledger_of(moody).stale = {commit}
    envelope = await moody.hit_arrives()
    for _ in range(3):
        await moody.later(2 * SECOND)
    assert (await moody.stands(envelope))[0] == "acknowledged"
    assert len(moody.cases.opened) == 1
    reply = await moody.reply_to(envelope)
    assert reply.state in ("transmitted", "ambiguous")
    assert moody.sent_times("FormP") == 1, "what may be out is not sent a second time"


# --- stages that break


class Breaks:
    """A judging stage that raises what nobody foresaw while `broken`."""

    def __init__(self, stage: Any) -> None:
        self._stage, self.broken = stage, True
        self.name, self.direction, self.needs, self.adds = stage.name, stage.direction, stage.needs, stage.adds

    def judge(self, envelope: Any, now: Any) -> Any:
        self._break(envelope)
        return self._stage.judge(envelope, now)

    def _break(self, envelope: Any) -> None:
        if self.broken and envelope.kind == "message":
            raise ZeroDivisionError("secret value 7101700008")


class BreaksOutside:
    """The same for a stage that asks the outside."""

    def __init__(self, stage: Any) -> None:
        self._inner = Breaks(stage)
        self.name, self.direction, self.needs, self.adds = stage.name, stage.direction, stage.needs, stage.adds

    async def perform(self, row: Any, now: Any) -> Any:
        self._inner._break(row.envelope)
        return await self._inner._stage.perform(row, now)


def break_stage(world: World, name: str) -> Breaks:
    """Break one inbound stage of this world."""
    pipeline = world.gateway.engine._pipeline
    stage: Any = pipeline._table[(Direction.INBOUND, name)]
    bad = Breaks(stage) if hasattr(stage, "judge") else BreaksOutside(stage)
    table: Any = dict(pipeline._table) | {(Direction.INBOUND, name): bad}
    pipeline._table = table
    assert isinstance(pipeline._compute, InlineCompute)
    pipeline._compute._table = table
    return bad if isinstance(bad, Breaks) else bad._inner


INBOUND = [name for name, _ in order.ORDER[Direction.INBOUND]]


@pytest.mark.parametrize("stage", INBOUND)
async def test_a_stage_that_breaks_sets_the_message_aside_with_its_bytes(world: World, stage: str) -> None:
    payload = world.bureaux["sirene:XB"].signed(hit(), (PHOTO,))
    fault = break_stage(world, stage)
    envelope = await world.arrives(payload)
    row = await world.row(envelope)
    assert (row.state, row.reason.code if row.reason else "") == ("quarantined", "gateway.fault")
    assert row.envelope.payload.content == payload.content
    assert row.reason is not None
    assert "7101700008" not in row.reason.operator + row.reason.public, "where it broke, never what it broke on"
    assert "ZeroDivisionError" in row.reason.operator
    journal = b"".join(link.entry for link in await world.ledger.timeline(envelope))
    assert b"7101700008" not in journal
    assert b"envelope.quarantined" in journal

    fault.broken = False
    await world.gateway.desk.replay(envelope, OFFICER, "The fault is mended.")
    await world.gateway.engine.quiet()
    assert (await world.stands(envelope))[0] == "acknowledged"
    assert len(world.cases.opened) == 1
    assert sorted(world.told()) == ["FormP", "Receipt RECEIVED", "Receipt VALID"], "everybody is told once"


async def test_a_message_that_breaks_does_not_stop_the_next(world: World) -> None:
    fault = break_stage(world, "deliver")
    bad = await world.hit_arrives()
    fault.broken = False
    good = await world.other_hit_arrives(9)
    assert (await world.stands(bad))[0] == "quarantined"
    assert (await world.stands(good))[0] == "acknowledged"


async def test_a_quarantined_message_may_be_given_up(world: World) -> None:
    break_stage(world, "check")
    envelope = await world.hit_arrives()
    await world.gateway.desk.reject(envelope, OFFICER, "Please send it again.")
    await world.gateway.engine.quiet()
    assert await world.stands(envelope) == ("rejected", "officer.rejected")
    assert world.told()[-1] == "Receipt INVALID"


async def test_a_channel_that_breaks_leaves_the_message_in_doubt_and_never_sends_it_again(world: World) -> None:
    async def breaks(parcel: Any) -> None:
        if root_of(parcel) == "FormP":
            raise ZeroDivisionError

    world.wire.meanwhile = breaks
    reply = await world.reply_to(await world.hit_arrives())
    world.wire.meanwhile = None
    assert (await world.stands(reply.id))[0] in ("quarantined", "ambiguous")
    await world.later(timedelta(days=2))
    assert world.sent_times("FormP") == 1


async def test_a_case_system_that_breaks_sets_only_its_message_aside(world: World) -> None:
    async def breaks(request: Any, at: Any) -> Any:
        raise KeyError("7101700008")

    real, world.cases.open_case = world.cases.open_case, breaks  # type: ignore[method-assign]  # an adapter with a fault
    envelope = await world.hit_arrives()
    assert await world.stands(envelope) == ("quarantined", "gateway.fault")
    world.cases.open_case = real  # type: ignore[method-assign]  # mended
    query = await world.letter("ncb:XB", sample("interpol/TravelDocumentQuery"))
    assert (await world.stands(query))[0] == "acknowledged"
