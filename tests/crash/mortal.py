"""A gateway in this process that dies right before or right after any write, and a successor over what was kept.

Every stage is a write of its own here, so that every state of the table is one in which somebody can die. Dying means that nothing
goes on: the ledger of the dead answers nobody any more, and every task is gone. What is outside (partner, registers, case system) lives on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from adapters.stores.memory.ledger import MemoryLedger
from gateway.envelope import Direction, Envelope
from gateway.judging import Trail
from gateway.ledger import Query
from gateway.stages.line_up import judging
from gateway.workers import InlineCompute
from tests.gateway.rig import TurnedClock
from tests.journeys.worlds import World

WRITES: Final = frozenset({"accept", "commit", "record", "record_happened", "conclude"})


class OneStage(InlineCompute):
    """Judges one stage for each write."""

    async def judge(self, envelope: Envelope, state: str, now: datetime) -> Trail:
        trail = await super().judge(envelope, state, now)
        if len(trail.judged) > 1:
            return Trail(judged=trail.judged[:1])
        return trail


class Fate:
    """When the gateway that lives now dies."""

    def __init__(self) -> None:
        self.died = asyncio.Event()
        self.writes = 0
        self.dies_at, self.after = 0, False
        self.last = ""

    def doom(self, writes: int, *, after: bool) -> None:
        """Die at the write that comes so many from now."""
        self.dies_at, self.after = self.writes + writes, after

    async def meets(self, name: str, *, after: bool) -> None:
        """Called around each write; does not return to the dead."""
        if not after:
            self.writes += 1
        if self.died.is_set() or (self.writes == self.dies_at and after == self.after):
            self.last = name
            self.died.set()
            await asyncio.Event().wait()


class Kept:
    """A ledger as one gateway sees it; what it keeps outlives the gateway."""

    def __init__(self, ledger: MemoryLedger, fate: Fate) -> None:
        self._ledger, self._fate, self.name = ledger, fate, ledger.name

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._ledger, name)
        if not asyncio.iscoroutinefunction(method):
            return method

        async def called(*args: Any, **named: Any) -> Any:
            if name in WRITES:
                await self._fate.meets(name, after=False)
            elif self._fate.died.is_set():
                await asyncio.Event().wait()
            answer = await method(*args, **named)
            if name in WRITES:
                await self._fate.meets(name, after=True)
            return answer

        return called


class Mortal:
    """A world whose gateway can die; `world` is its present life."""

    def __init__(self, folder: Path) -> None:
        self.clock = TurnedClock()
        self.kept = MemoryLedger(self.clock)
        self.world = World(folder, self.kept, self.clock)
        self.fate = Fate()
        self.lives = 0
        self.found: set[tuple[Direction, str]] = set()
        """The states in which envelopes stood when somebody died."""
        self._compute = OneStage({(stage.direction, stage.name): stage for stage in judging(self.world.knowledge)})

    async def rise(self) -> None:
        """A gateway over what was kept; it takes up what it finds."""
        if not self.lives:
            await self.kept.start()
        self.fate = Fate()
        self.world.ledger = Kept(self.kept, self.fate)
        self.world.gateway = self.world.joined(self._compute)
        await self.world.gateway.start()
        self.lives += 1

    async def outlives(self, deed: Coroutine[Any, Any, Any]) -> bool:
        """Do this; whether the gateway lived through it. A dead one is followed by the next at once."""
        doing, dying = asyncio.ensure_future(deed), asyncio.ensure_future(self.fate.died.wait())
        await asyncio.wait({doing, dying}, return_when=asyncio.FIRST_COMPLETED)
        lived = not self.fate.died.is_set()
        dying.cancel()
        if lived:
            await doing
        else:
            await self.bury()
            await self.rise()
        return lived

    async def bury(self) -> None:
        """Nothing of the dead goes on."""
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self.found |= {(each.direction, each.state) for each in await self.kept.find(Query(limit=500))}
