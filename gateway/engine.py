"""Keeps envelopes moving: takes up what is offered, and sweeps the ledger for what is due. Recovery is the same
sweep; there is no repair step.

Several envelopes move at once, each by one driver at a time. A driver that fails leaves its envelope to the next sweep.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from gateway import lifecycle
from gateway.errors import Unavailable
from gateway.ledger import Ledger, Row, StaleMove
from gateway.lines import Lines
from gateway.pipeline import BREAKS_BEFORE_QUARANTINE, Pipeline
from gateway.ports import Clock

SWEEP_LIMIT: Final = 256
SWEEP_AT_LEAST_EVERY: Final = timedelta(seconds=30)
AFTER_TROUBLE: Final = timedelta(seconds=1)
DRIVERS: Final = 32
STALE_TRIES: Final = 5
log = logging.getLogger(__name__)


def ready(row: Row, now: datetime) -> bool:
    """Whether a stage may take this row now."""
    working = bool(lifecycle.state(row.envelope.direction, row.state).next_stage)
    return working and (row.due is None or row.due <= now)


class Engine:
    """Drives envelopes through the pipeline until each waits, is held or has ended."""

    def __init__(self, pipeline: Pipeline, ledger: Ledger, clock: Clock, drivers: int = DRIVERS) -> None:
        self._pipeline, self._ledger, self._clock = pipeline, ledger, clock
        self._slots = asyncio.Semaphore(drivers)
        self._in_hand: dict[str, asyncio.Task[None]] = {}
        self._resting: dict[str, datetime] = {}
        self._failures: Counter[str] = Counter()
        self._lines = Lines()
        self._changed = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to sweep."""
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep(), name="engine-sweeper")

    async def stop(self) -> None:
        """Stop at once; whatever was under way is found again by the next start."""
        tasks = [*self._in_hand.values(), *([self._sweeper] if self._sweeper else [])]
        self._sweeper = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._in_hand.clear()
        self._lines.forget()

    def offer(self, envelope: str) -> None:
        """Take up this envelope soon."""
        if self._sweeper is not None:
            self._take_up(envelope)

    def look(self) -> None:
        """Something changed that a sweep should see."""
        self._changed.set()

    @property
    def in_hand(self) -> int:
        """How many envelopes are being moved right now."""
        return len(self._in_hand)

    async def quiet(self) -> None:
        """Return when nothing is in hand and nothing is due. For tests and for draining."""
        while True:
            if self._in_hand:
                await asyncio.gather(*self._in_hand.values(), return_exceptions=True)
                continue
            due = await self._due(self._clock.now())
            if not due and not self._in_hand:
                return
            for envelope in due:
                self.offer(envelope)

    def _take_up(self, *envelopes: str) -> None:
        """Drive these one after the other, so that a receipt `VALID` does not overtake its `RECEIVED`."""
        fresh = [envelope for envelope in envelopes if envelope not in self._in_hand]
        if not fresh:
            return
        task = asyncio.create_task(self._drive_all(fresh), name=f"drive-{fresh[0]}")
        for envelope in fresh:
            self._in_hand[envelope] = task
        task.add_done_callback(lambda _: self._done(fresh))

    def _done(self, envelopes: list[str]) -> None:
        for envelope in envelopes:
            self._in_hand.pop(envelope, None)
        self._changed.set()

    async def _drive_all(self, envelopes: list[str]) -> None:
        for envelope in envelopes:
            await self._drive(envelope)

    async def _drive(self, envelope: str) -> None:
        async with self._slots:
            try:
                await self._move(envelope)
            except Unavailable as error:
                log.warning("the ledger cannot keep anything now: %s", error.code)
                self._resting[envelope] = self._clock.now() + AFTER_TROUBLE
            except Exception as error:
                # The pipeline turns faults of stages into quarantine; what arrives here is a fault of the pipeline itself.
                log.exception("driver failed, envelope=%s kind=%s", envelope, type(error).__name__)
                await self._failed(envelope, error)

    async def _failed(self, envelope: str, error: Exception) -> None:
        """Once may be an accident; twice over the same envelope sets it aside."""
        self._failures[envelope] += 1
        self._resting[envelope] = self._clock.now() + SWEEP_AT_LEAST_EVERY
        if self._failures[envelope] < BREAKS_BEFORE_QUARANTINE:
            return
        try:
            await self._pipeline.set_aside(envelope, error)
        except Exception as again:
            log.exception("cannot be set aside, envelope=%s kind=%s", envelope, type(again).__name__)
        else:
            del self._failures[envelope]

    async def _move(self, envelope: str) -> None:
        """Step until it waits or ends. Another's write in between is no trouble: read again, in the line of its exchange where that
        was the reason; only a steady quarrel has to rest.
        """
        for _ in range(STALE_TRIES):
            if not self._lines.my_turn(envelope):
                self._resting[envelope] = self._clock.now() + SWEEP_AT_LEAST_EVERY  # it is called before that
                return
            lost: StaleMove | None = None
            try:
                row = await self._ledger.get(envelope)
                while row is not None and ready(row, self._clock.now()):
                    stepped = await self._pipeline.step(row)
                    self._left(envelope)
                    self._take_up(*stepped.wake)
                    row = stepped.row
            except StaleMove as stale:
                log.info("moved by somebody else meanwhile, envelope=%s", envelope)
                lost = stale
            finally:
                self._left(envelope)
            if lost is None:
                return
            self._lines.send(envelope, lost.exchange)
        self._resting[envelope] = self._clock.now() + AFTER_TROUBLE

    def _left(self, envelope: str) -> None:
        """The envelope has had its turn in the line of its exchange, if it stood in one; the next one is called."""
        following = self._lines.left(envelope)
        if following:
            self._resting.pop(following, None)
            self.offer(following)

    async def _due(self, now: datetime) -> list[str]:
        """What is due, without what is in hand or rests after trouble."""
        self._resting = {envelope: until for envelope, until in self._resting.items() if until > now}
        due = await self._ledger.due(now, SWEEP_LIMIT + len(self._in_hand) + len(self._resting))
        return [envelope for envelope in due if envelope not in self._in_hand and envelope not in self._resting]

    async def _sweep(self) -> None:
        while True:
            self._changed.clear()
            now = self._clock.now()
            until = now + SWEEP_AT_LEAST_EVERY
            try:
                for envelope in await self._due(now):
                    self._take_up(envelope)
                waits = [moment for moment in (await self._ledger.next_due(), *self._resting.values()) if moment]
                until = min(until, *waits) if waits else until
            except Unavailable as error:
                log.warning("sweep: %s", error.code)
                until = now + AFTER_TROUBLE
            await self._wait(max(until, now + timedelta(milliseconds=10)))

    async def _wait(self, until: datetime) -> None:
        changed = asyncio.create_task(self._changed.wait())
        timer = asyncio.create_task(self._clock.wait_until(until))
        try:
            await asyncio.wait({changed, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Also when the sweeper itself is stopped: nothing of it may outlive it.
            changed.cancel()
            timer.cancel()
        await asyncio.gather(changed, timer, return_exceptions=True)
