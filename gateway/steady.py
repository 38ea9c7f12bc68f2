"""The watch over the machine's own clock: how far it was put forward or back, beside a count of seconds that nobody sets.

A clock that jumped is not believed at once. While it is in doubt messages are taken in and go on; only what cannot be taken back waits: a
refusal that rests on the time is tried again, and nothing is destroyed. A jump of less than a day is believed after an hour, because
then somebody has seen the alarm and left it; a larger one until the clock is put right, or a person starts the gateway anew. What was told to
wait until a moment by a clock that was ahead is called again as soon as the clock is right.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from gateway import lifecycle
from gateway.errors import Unavailable
from gateway.journal.entry import Entry
from gateway.judging import Trail
from gateway.ledger import Ledger, Query, StaleMove
from gateway.moves import Writing
from gateway.ports import Clock
from gateway.verdict import Reason, Reject, Retry

TOLERANCE: Final = timedelta(seconds=60)
"""As far as a clock may be from a time-stamp authority's."""
ABSORBED: Final = timedelta(seconds=1)
"""What is corrected in small steps is no jump."""
BELIEVED_AFTER: Final = timedelta(hours=1)
NEVER_BELIEVED: Final = timedelta(days=1)
LOOK_EVERY: Final = timedelta(seconds=5)
AGAIN_AFTER: Final = timedelta(minutes=1)
WORKING: Final = tuple(sorted({each.name for each in lifecycle.STATES if each.next_stage}))
PAGE: Final = 200
IN_DOUBT: Final = "time.in-doubt"
BY_THE_TIME: Final = frozenset({
    "signature.expired", "signature.not-yet-valid", "signature.authority-expired", "signature.time-future",
    "signature.time-before-certificate", "signature.key-ended", "signature.algorithm-ended", "smime.certificate", "smime.time",
})  # fmt: skip
"""Refusals that another time would not have brought about."""
log = logging.getLogger(__name__)


def machine_seconds() -> float:
    """Seconds since the machine was started, also those that it slept: no time server and no person sets them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ClockWatch:
    """Looks every few seconds, and whenever a verdict rests on the time."""

    def __init__(self, ledger: Ledger, clock: Clock, seconds: Callable[[], float] = machine_seconds) -> None:
        self._ledger, self._clock, self._seconds = ledger, clock, seconds
        self._then, self._counted = clock.now(), seconds()
        self._since: float | None = None
        """When the jump was seen, by the count."""
        self.difference = timedelta(0)
        """How far the clock is from where it should be; negative for behind."""
        self._told = False
        self._recalled = False
        self.called: Callable[[], None] = lambda: None
        """Told when messages wait no longer."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="clock-watch")

    async def stop(self) -> None:
        """Stop at once."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def in_doubt(self) -> bool:
        """Whether the clock has jumped and is not believed yet."""
        self._measure()
        return self._since is not None

    async def probe(self) -> None:
        """Raise `Unavailable` while the clock is in doubt."""
        if self.in_doubt:
            raise Unavailable(IN_DOUBT, f"The clock of this machine was put {self.way} by {self.seconds} seconds.")

    @property
    def way(self) -> str:
        """Forward or back."""
        return "forward" if self.difference > timedelta(0) else "back"

    @property
    def seconds(self) -> int:
        """How far it jumped."""
        return round(abs(self.difference).total_seconds())

    def tempered(self, trail: Trail, now: datetime) -> Trail:
        """The trail, with a refusal that rests on a time in doubt put off."""
        last = trail.judged[-1] if trail.judged else None
        refused = last.verdict if last else None
        if (
            last is None
            or not isinstance(refused, Reject)
            or refused.reason.code not in BY_THE_TIME
            or not self.in_doubt
        ):
            return trail
        words = f"The clock of this machine is in doubt, and {refused.reason.code} rests on it."
        reason = Reason(code=IN_DOUBT, public="It is not settled yet whether the message can be taken.", operator=words)
        waiting = Retry(envelope=refused.envelope, reason=reason, at=now + AGAIN_AFTER)
        return Trail(judged=(*trail.judged[:-1], replace(last, verdict=waiting)))

    async def look(self) -> None:
        """Look once; raises `Unavailable` when nothing can be journalled."""
        self._measure()
        if self._since is not None and not self._told:
            await self._write("time.jumped")
            log.error("the clock was put %s by %s seconds", self.way, self.seconds)
            self._told = True
        elif self._since is None and self._told:
            await self._write("time.settled")
            self._told = self._recalled = False
        if self._since is None and not self._recalled:
            await self._recall()
            self._recalled = True

    def _measure(self) -> None:
        now, counted = self._clock.now(), self._seconds()
        self.difference = (now - self._then) - timedelta(seconds=counted - self._counted)
        if abs(self.difference) < TOLERANCE:
            self._since = None
            if abs(self.difference) < ABSORBED:
                self._then, self._counted = now, counted
            return
        if self._since is None:
            self._since = counted
        waited = timedelta(seconds=counted - self._since)
        if waited >= BELIEVED_AFTER and abs(self.difference) < NEVER_BELIEVED:
            self._then, self._counted, self._since = now, counted, None

    async def _recall(self) -> None:
        """Call again what was written by a clock that was ahead: what it waits for would come too late. Also after a start."""
        now, last, count = self._clock.now(), "", 0
        while found := await self._ledger.find(Query(states=WORKING, before_id=last, limit=PAGE)):
            last = found[-1].id
            for each in found:
                if each.due is not None and each.due > now and each.updated_at > now + TOLERANCE:
                    count += await self._call(each.id, now)
        if count:
            log.warning("%s messages waited by a clock that was ahead", count)
            self.called()

    async def _call(self, envelope: str, now: datetime) -> int:
        row = await self._ledger.get(envelope)
        if row is None or row.due is None:
            return 0
        writing = Writing(row, now)
        writing.reason, writing.attempts = row.reason, row.attempts
        writing.entry("time.recalled", (("until", row.due.isoformat()),))
        try:
            await self._ledger.commit([writing.move()])
        except StaleMove:
            return 0  # it has moved meanwhile
        return 1

    async def _write(self, event: str) -> None:
        details = (("way", self.way), ("seconds", str(self.seconds)))
        await self._ledger.record([Entry(event=event, at=self._clock.now(), details=details)])

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Unavailable as error:
                log.warning("clock watch: %s", error.code)
            # From the earlier of the two: a clock that is put back meanwhile makes nobody wait until it is there again.
            await self._clock.wait_until(self._clock.now() + LOOK_EVERY)
