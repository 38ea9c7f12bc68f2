"""The watch over the flow: reads the figures every few seconds, tells the doors, and writes each change down once.

A kill forgets nothing that matters: the figures are there again at the next look, and a door that should be closed is closed then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from gateway.errors import Unavailable
from gateway.flow.canary import Canary
from gateway.flow.doors import Doors
from gateway.flow.gauges import Reading
from gateway.flow.marks import Level, Watermarks, levels
from gateway.journal.entry import Entry
from gateway.ledger import Ledger
from gateway.ports import Clock

LOOK_EVERY: Final = timedelta(seconds=2)
EVENTS: Final = {Level.SHED: "door.shedding", Level.STOP: "door.stopped"}
Read = Callable[[datetime], Awaitable[Reading]]
Look = Callable[[datetime], Awaitable[Mapping[str, str]]]
"""Another look: what stands still, by name, in words."""
log = logging.getLogger(__name__)


class FlowWatch:
    """One for each front."""

    def __init__(
        self, ledger: Ledger, clock: Clock, doors: Doors, read: Read, marks: Watermarks, looks: tuple[Look, ...] = ()
    ) -> None:
        self._ledger, self._clock, self._doors, self._read = ledger, clock, doors, read
        self._marks, self._looks = marks, looks
        self.canary: Canary | None = None
        """Stopped with the watch; it is one of the looks."""
        self.levels: dict[str, Level] = {}
        self.reading = Reading(figures={})
        self.alarms: dict[str, str] = {}
        """What stands still now, and what that means."""
        self._told = Level.OPEN
        self._told_alarms: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="flow-watch")

    async def stop(self) -> None:
        """Stop at once."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self.canary:
            await self.canary.stop()

    async def probe(self) -> None:
        """Raise `Unavailable` while the doors do not take everything. What only needs a person stands in `alarms`."""
        if self._doors.level >= Level.SHED:
            what = "only urgent messages are taken" if self._doors.level is Level.SHED else "nothing is taken"
            raise Unavailable("door.pressed", f"{what}: {self.words()}.")

    def words(self) -> str:
        """The figures that passed a mark."""
        passed = {name: level for name, level in self.levels.items() if level > Level.OPEN}
        return ", ".join(
            f"{name} {self.reading.figures[name]:.0f} ({level.name.lower()})" for name, level in passed.items()
        )

    async def look(self) -> None:
        """Look once; raises `Unavailable` when a change cannot be journalled, and tries again at the next look."""
        now = self._clock.now()
        self.reading = await self._read(now)
        self.levels = levels(self._marks, self.reading.figures, self.levels)
        self._doors.level = max(self.levels.values(), default=Level.OPEN)
        self.alarms = await self._standing(now)
        await self._tell(now)

    async def _standing(self, now: datetime) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, level in self.levels.items():
            if level > Level.OPEN:
                found[name] = f"The watermark of {name} was passed."
        for look in self._looks:
            found |= await look(now)
        return found

    async def _tell(self, now: datetime) -> None:
        """Doors first; each change once."""
        level = self._doors.level if self._doors.level >= Level.SHED else Level.OPEN
        if level is not self._told:
            event = EVENTS.get(level, "door.open-again")
            await self._write(event, now, (("figures", self.words()),) if level else ())
            log.log(logging.ERROR if level else logging.WARNING, "%s: %s", event, self.words())
            self._told = level
        for name in sorted(self.alarms.keys() - self._told_alarms):
            await self._write("flow.alarm", now, (("what", name), ("text", self.alarms[name])))
            log.error("alarm: %s", name)
            self._told_alarms.add(name)
        for name in sorted(self._told_alarms - self.alarms.keys()):
            await self._write("flow.settled", now, (("what", name),))
            self._told_alarms.discard(name)

    async def _write(self, event: str, now: datetime, details: tuple[tuple[str, str], ...]) -> None:
        await self._ledger.record([Entry(event=event, at=now, details=details)])

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Unavailable as error:
                log.warning("flow watch: %s", error.code)
            except Exception as error:
                log.exception("flow watch failed, kind=%s", type(error).__name__)
            await self._clock.wait_until(self._clock.now() + LOOK_EVERY)
