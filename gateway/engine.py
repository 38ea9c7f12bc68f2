"""Keeps envelopes moving: takes up what is offered, and sweeps the ledger for what is due. Recovery is the same
sweep; there is no repair step.

Several envelopes move at once, each by one driver at a time, in the order of the lanes (`gateway.lanes`). Whoever waits for somebody outside
(a register, a counterpart) stands there and leaves its driver to others. A driver that fails leaves its envelope to the next sweep.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from gateway import lifecycle
from gateway.envelope import Envelope
from gateway.errors import Unavailable
from gateway.lanes import Lanes, Place, Room, needing
from gateway.ledger import Ledger, Row, StaleMove, Waiting
from gateway.lines import Lines
from gateway.partners import Directory
from gateway.pipeline import BREAKS_BEFORE_QUARANTINE, Pipeline
from gateway.places import Places, needs_of
from gateway.ports import Clock
from gateway.turns import Turns

SWEEP_EACH: Final = 64
"""New, and repeated, ones of each office and urgency that a sweep takes up."""
MOST_OF_AN_OFFICE: Final = 1_000
"""In hand at once; what an office sends beyond that is in the ledger and waits for a sweep."""
MOST_WAITING: Final = 256
"""While so many wait for a driver, nobody else is looked for."""
SWEEP_AT_LEAST_EVERY: Final = timedelta(seconds=30)
AFTER_TROUBLE: Final = timedelta(seconds=1)
DRIVERS: Final = 32
RESERVED_DRIVERS: Final = 4
"""Of these, for urgent messages."""
STALE_TRIES: Final = 5
log = logging.getLogger(__name__)


def ready(row: Row, now: datetime) -> bool:
    """Whether a stage may take this row now."""
    working = bool(lifecycle.state(row.envelope.direction, row.state).next_stage)
    return working and (row.due is None or row.due <= now)


class Engine:
    """Drives envelopes through the pipeline until each waits, is held or has ended."""

    def __init__(
        self, pipeline: Pipeline, ledger: Ledger, clock: Clock, places: Places | None = None, drivers: int = DRIVERS
    ) -> None:
        self._pipeline, self._ledger, self._clock = pipeline, ledger, clock
        self._places = places or Places(Directory())
        self._drivers = Turns(Lanes(Room.of(drivers, RESERVED_DRIVERS)))
        self._outside = Turns(Lanes(rooms=self._places.room))
        self._in_hand: dict[str, asyncio.Task[None]] = {}
        self._of_office: Counter[str] = Counter()
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
            self._take_up(None, envelope)

    def came(self, envelope: Envelope) -> None:
        """Take up what was just taken in."""
        place = self._places.of(envelope)
        if self._sweeper is not None and self._of_office[place.office] < MOST_OF_AN_OFFICE:
            self._take_up(place, envelope.id)

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
            self._take_up_all(due)

    def _take_up_all(self, due: list[Waiting]) -> None:
        for one in sorted(due, key=lambda each: not each.urgent):
            office = self._places.known(one.counterpart) or one.counterpart
            if self._of_office[office] < MOST_OF_AN_OFFICE:
                self._take_up(Place(office=office, urgent=one.urgent, again=one.again), one.id)

    def _take_up(self, place: Place | None, *envelopes: str) -> None:
        """Drive these one after the other, so that a receipt `VALID` does not overtake its `RECEIVED`. Without a place it is looked up."""
        fresh = [envelope for envelope in envelopes if envelope not in self._in_hand]
        if not fresh:
            return
        task = asyncio.create_task(self._drive_all(place, fresh), name=f"drive-{fresh[0]}")
        office = place.office if place else ""
        self._of_office[office] += len(fresh)
        for envelope in fresh:
            self._in_hand[envelope] = task
        task.add_done_callback(lambda _: self._done(office, fresh))

    def _done(self, office: str, envelopes: list[str]) -> None:
        for envelope in envelopes:
            self._in_hand.pop(envelope, None)
        self._of_office[office] -= len(envelopes)
        if self._of_office[office] <= 0:
            del self._of_office[office]
        self._changed.set()

    async def _drive_all(self, place: Place | None, envelopes: list[str]) -> None:
        for envelope in envelopes:
            await self._drive(place, envelope)

    async def _drive(self, place: Place | None, envelope: str) -> None:
        try:
            if place is None:
                row = await self._ledger.get(envelope)
                place = self._places.of(row.envelope) if row else Place()
            await self._move(place, envelope)
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

    async def _move(self, place: Place, envelope: str) -> None:
        """Step until it waits or ends. Another's write in between is no trouble: read again, in the line of its exchange where that
        was the reason; only a steady quarrel has to rest.
        """
        for _ in range(STALE_TRIES):
            if not self._lines.my_turn(envelope):
                self._resting[envelope] = self._clock.now() + SWEEP_AT_LEAST_EVERY  # it is called before that
                return
            lost: StaleMove | None = None
            try:
                await self._go(place, envelope)
            except StaleMove as stale:
                log.info("moved by somebody else meanwhile, envelope=%s", envelope)
                lost = stale
            finally:
                self._left(envelope)
            if lost is None:
                return
            self._lines.send(envelope, lost.exchange)
        self._resting[envelope] = self._clock.now() + AFTER_TROUBLE

    async def _go(self, place: Place, envelope: str) -> None:
        """With a driver through our own stages, and without one wherever it waits for somebody outside."""
        row: Row | None = None
        needs: tuple[str, ...] = ()
        while True:
            turns = self._outside if needs else self._drivers
            turn = turns.ask(needing(place, *needs))
            try:
                if not turn.done():
                    row = None  # many may wait, and none of them keeps its content in memory
                    await turn
                row = await self._steps(place, row or await self._ledger.get(envelope), needs)
            finally:
                turns.leave(turn)
            if row is None:
                return
            place, needs = self._places.of(row.envelope, again=place.again), needs_of(row)

    async def _steps(self, place: Place, row: Row | None, needs: tuple[str, ...]) -> Row | None:
        """Step as far as this turn goes: the row where another turn is needed, None where it waits or has ended."""
        while row is not None and ready(row, self._clock.now()):
            if needs_of(row) != needs:
                return row
            envelope = row.envelope.id
            stepped = await self._pipeline.step(row)
            self._left(envelope)
            self._take_up(place, *stepped.wake)
            row = stepped.row
        return None

    def _left(self, envelope: str) -> None:
        """The envelope has had its turn in the line of its exchange, if it stood in one; the next one is called."""
        following = self._lines.left(envelope)
        if following:
            self._resting.pop(following, None)
            self.offer(following)

    async def _due(self, now: datetime) -> list[Waiting]:
        """What is due, without what is in hand or rests after trouble."""
        self._resting = {envelope: until for envelope, until in self._resting.items() if until > now}
        busiest = max(self._of_office.values(), default=0)
        due = await self._ledger.waiting(now, SWEEP_EACH + min(busiest, MOST_OF_AN_OFFICE) + len(self._resting))
        return [each for each in due if each.id not in self._in_hand and each.id not in self._resting]

    async def _sweep(self) -> None:
        until = self._clock.now()
        while True:
            self._changed.clear()
            now = self._clock.now()
            if self._drivers.lanes.waiting < MOST_WAITING or now >= until:
                until = await self._look(now)
            await self._wait(max(until, now + timedelta(milliseconds=10)))

    async def _look(self, now: datetime) -> datetime:
        """Take up what is due; when to look again."""
        try:
            self._take_up_all(await self._due(now))
            waits = [moment for moment in (await self._ledger.next_due(), *self._resting.values()) if moment]
        except Unavailable as error:
            log.warning("sweep: %s", error.code)
            return now + AFTER_TROUBLE
        return min(now + SWEEP_AT_LEAST_EVERY, *waits) if waits else now + SWEEP_AT_LEAST_EVERY

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
