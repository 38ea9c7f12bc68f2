"""The engine under more than it can do at once: offices in turn, urgent first, and what hangs outside blocks nobody else."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from gateway import engine
from gateway.engine import DRIVERS
from gateway.envelope import Claim, Envelope
from gateway.handover import Outgoing
from gateway.judging import Trail
from gateway.stages.line_up import judging
from gateway.workers import InlineCompute
from tests.exchanges.stories import form_m
from tests.gateway.rig import Rig

FLOOD = 320
"""Ten times as many as there are drivers."""
MOST = 60


class OneByOne:
    """A compute that judges one at a time, and remembers in which order first runs began."""

    def __init__(self, rig: Rig) -> None:
        table = {(stage.direction, stage.name): stage for stage in judging(rig.knowledge)}
        self._inline, self._one = InlineCompute(table), asyncio.Semaphore(1)
        self.order: list[str] = []

    async def judge(self, envelope: Envelope, state: str, now: datetime) -> Trail:
        async with self._one:
            if state == "received" and envelope.inbound:
                self.order.append(envelope.id)
            await asyncio.sleep(0)
            return await self._inline.judge(envelope, state, now)


def _rig(folder: Path) -> tuple[Rig, OneByOne]:
    rig = Rig(folder)
    compute = OneByOne(rig)
    rig.gateway = rig.joined(compute)
    return rig, compute


async def _taken(rig: Rig, office: str, number: int, *, urgent: bool = False) -> str:
    bureau = rig.bureaux[office]
    content = form_m("For your information.", reference=f"XB-M-2026-{number:07}")
    content = content.replace(b"NORMAL<", b"URGENT<") if urgent else content
    claim = Claim(sender=bureau.address, recipients=("sirene@xa.spoc.example",))
    accepted = await rig.gateway.intake.take("wire", rig.bureaux["sirene:XB"].signed(content), claim)
    return accepted.envelope


async def test_one_message_of_another_office_overtakes_a_flood(tmp_path: Path) -> None:
    rig, compute = _rig(tmp_path / "rig")
    async with rig:
        flood = [await _taken(rig, "sirene:XB", number) for number in range(FLOOD // 3)]
        alone = await _taken(rig, "ncb:XB", FLOOD)
        behind = len(compute.order)
        await rig.gateway.quiet()
        assert compute.order.index(alone) <= behind + DRIVERS + 2
        assert sorted(compute.order) == sorted([*flood, alone])


async def test_urgent_ones_overtake_ten_times_as_much_as_can_be_done(tmp_path: Path) -> None:
    rig, compute = _rig(tmp_path / "rig")
    async with rig:
        for number in range(FLOOD):
            await _taken(rig, "sirene:XB", number)
        behind = len(compute.order)
        urgent = [await _taken(rig, "sirene:XB", FLOOD + number, urgent=True) for number in range(5)]
        await rig.gateway.quiet()
        assert max(compute.order.index(each) for each in urgent) <= behind + DRIVERS + 2 * len(urgent)


async def test_what_is_more_than_an_office_may_have_in_hand_waits_in_the_ledger_and_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MOST_OF_AN_OFFICE", MOST)
    rig, compute = _rig(tmp_path / "rig")
    async with rig:
        taken = [await _taken(rig, "sirene:XB", number) for number in range(MOST + 50)]
        assert rig.gateway.engine.in_hand <= MOST + DRIVERS
        alone = await _taken(rig, "ncb:XB", len(taken))
        await rig.gateway.quiet()
        assert sorted(compute.order) == sorted([*taken, alone])
        assert compute.order.index(alone) < MOST + DRIVERS
        assert sum((await rig.ledger.counts()).values()) == await rig.ledger.accepted()


async def test_a_counterpart_that_hangs_keeps_no_driver_and_blocks_no_other(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        hangs, reached = asyncio.Event(), []

        async def meanwhile(out: Outgoing) -> None:
            if out.leg.counterpart == "sirene:XB":
                await hangs.wait()
            reached.append(out.leg.counterpart)

        rig.wire.meanwhile = meanwhile
        for number in range(3 * DRIVERS):
            await _taken(rig, "sirene:XB", number)
        await _taken(rig, "ncb:XB", 3 * DRIVERS)  # signed by another office: it is told so at once
        for _ in range(100_000):
            if reached:
                break
            await asyncio.sleep(0)
        assert reached == ["ncb:XB"]
        hangs.set()
        await rig.gateway.quiet()
        assert len(reached) > 3 * DRIVERS
