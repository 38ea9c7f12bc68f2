"""The watch over legal clocks: looks at every exchange when its time has come, and writes what its clocks ask for.

Nobody polls: each matter says when it must be looked at again, and the watch waits for the nearest of these moments or
for somebody who writes to an exchange. What it writes is decided on a revision of the matter and kept in one write, so
each warning, breach and consequence is written exactly once, however many watches look and whatever dies. An exchange
that cannot be computed is marked and journalled, and never stops the others.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from gateway.clocks.calendar import Calendars
from gateway.dialogues.happened import Happened
from gateway.errors import Unavailable
from gateway.exchanges.marks import Mark, marks_of
from gateway.exchanges.matter import Kept, Matter
from gateway.exchanges.picture import Picture, aside, picture_of
from gateway.exchanges.running import Moment
from gateway.exchanges.unanswered import Unanswered
from gateway.identity import PartyId
from gateway.journal.entry import Entry
from gateway.ledger import Ledger, StaleMove
from gateway.ports import Clock, Formats
from gateway.statements import Statements

LOOK_LIMIT: Final = 256
LOOK_AT_LEAST_EVERY: Final = timedelta(seconds=30)
"""Another front may have written to an exchange."""
AFTER_TROUBLE: Final = timedelta(seconds=1)
TROUBLE_AGAIN: Final = timedelta(hours=1)
"""When a matter that cannot be computed is tried again: somebody may have mended a calendar meanwhile."""
LAG_ALLOWED: Final = timedelta(minutes=5)
ROUNDS: Final = 5
"""What takes effect may start other clocks; more rounds than this would be a circle in the tables."""
MAX_TROUBLE_CHARACTERS: Final = 1000
log = logging.getLogger(__name__)


class Watch:
    """Looks at exchanges. One for each front."""

    def __init__(
        self, ledger: Ledger, formats: Formats, own: frozenset[PartyId], clock: Clock, calendars: Calendars,
        statements: Statements,
    ) -> None:  # fmt: skip
        self._unanswered = Unanswered(ledger, statements, own)
        self._ledger, self._formats, self._own = ledger, formats, own
        self._clock, self._calendars = clock, calendars
        self._changed = asyncio.Event()
        self._looking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._resting: dict[str, datetime] = {}
        self.written: Counter[str] = Counter()
        """How many marks were written since the start, by event."""

    def start(self) -> None:
        """Begin to look."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="clock-watch")

    async def stop(self) -> None:
        """Stop at once; the next start goes on from what is due."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def look(self) -> None:
        """Somebody has written to an exchange."""
        self._changed.set()

    async def quiet(self) -> None:
        """Return when nothing is due. For tests and for draining."""
        while await self._round():
            pass

    async def probe(self) -> None:
        """Raise `Unavailable` when exchanges have waited too long to be looked at: warnings would come late."""
        lag = await self.lag()
        if lag > LAG_ALLOWED:
            minutes = int(lag.total_seconds() // 60)
            words = f"Exchanges have waited {minutes} minutes to be looked at; warnings of legal limits come late."
            raise Unavailable("clocks.late", words)

    async def lag(self) -> timedelta:
        """For how long the matter that waits longest has been due."""
        first = await self._ledger.next_look()
        return max(timedelta(0), self._clock.now() - first) if first else timedelta(0)

    def picture(self, kept: Kept, also: Sequence[Happened] = ()) -> Picture:
        """The exchange as it stands now."""
        family = self._formats.family(f"{kept.matter.family}/" if kept.matter else "")
        return picture_of(family, kept, self._own, Moment(self._clock.now(), self._calendars), also)

    # --- looking

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            now = self._clock.now()
            until = now + LOOK_AT_LEAST_EVERY
            try:
                if await self._round():
                    continue
                following = await self._ledger.next_look()
                until = min(until, following) if following else until
                until = max(until, now + AFTER_TROUBLE) if self._resting else until
            except Unavailable as error:
                log.warning("clock watch: %s", error.code)
                until = now + AFTER_TROUBLE
            await self._wait(max(until, now + timedelta(milliseconds=10)))

    async def _round(self) -> bool:
        """Look at what is due now; whether there was anything."""
        async with self._looking:
            now = self._clock.now()
            self._resting = {exchange: until for exchange, until in self._resting.items() if until > now}
            found = await self._ledger.matters_due(now, LOOK_LIMIT + len(self._resting))
            due = [exchange for exchange in found if exchange not in self._resting]
            for exchange in due:
                await self._safely(exchange)
            return bool(due)

    async def _safely(self, exchange: str) -> None:
        """Whatever is wrong with one exchange, the others are looked at."""
        try:
            await self._see(exchange)
        except Unavailable:
            raise
        except Exception as error:
            log.exception("cannot even be marked, exchange=%s kind=%s", exchange, type(error).__name__)
            self._resting[exchange] = self._clock.now() + TROUBLE_AGAIN

    async def _see(self, exchange: str) -> None:
        kept = await self._ledger.exchange(exchange)
        if kept.matter is None:
            return
        try:
            matter = kept.matter
            marks, picture = await aside(len(kept.steps), lambda: self._marks(matter, kept))
            marks = await self._unanswered.stated(matter, marks, self._clock.now())
            await self._conclude(matter, marks, picture)
        except StaleMove:
            log.info("written to by somebody else meanwhile, exchange=%s", exchange)
        except Unavailable:
            raise
        except Exception as error:
            log.exception("the clocks cannot be computed, exchange=%s kind=%s", exchange, type(error).__name__)
            await self._give_up(kept.matter, f"our own fault: {type(error).__name__}")

    def _marks(self, matter: Matter, kept: Kept) -> tuple[list[Mark], Picture]:
        """Everything to be written, and the exchange as it stands with it."""
        marks: list[Mark] = []
        known = set(matter.marks)
        now = self._clock.now()
        for _ in range(ROUNDS):
            picture = self.picture(kept, [mark.happened for mark in marks if mark.happened])
            fresh = [mark for run in picture.runs for mark in marks_of(run, matter.exchange, now, known)]
            marks += fresh
            known |= {mark.name for mark in fresh}
            if not any(mark.happened for mark in fresh):
                break
        return marks, picture

    async def _conclude(self, matter: Matter, marks: Sequence[Mark], picture: Picture) -> None:
        now = self._clock.now()
        trouble = picture.trouble[:MAX_TROUBLE_CHARACTERS]
        looks = [picture.next_look_at, now + TROUBLE_AGAIN if trouble else None]
        entries = [mark.entry for mark in marks]
        if trouble and trouble != matter.trouble:
            entries.append(_trouble(matter, trouble, now))
        courses = picture.standing.courses
        open_still = any(run.keeps_open or (run.forbids and run.bound in self._own) for run in picture.runs)
        after = replace(
            matter,
            dialogues=tuple((course.dialogue, course.state) for course in courses),
            closed=bool(courses) and picture.standing.closed and not open_still,
            overdue=any(run.overdue for run in picture.runs),
            overdue_by=picture.overdue_by,
            due=picture.due,
            running=sum(run.live for run in picture.runs),
            owed_by_us=picture.owed_by(self._own),
            marks=(*matter.marks, *(mark.name for mark in marks)),
            trouble=trouble,
            next_look_at=min((look for look in looks if look), default=None),
            updated_at=now if entries else matter.updated_at,
        )
        happened = [mark.happened for mark in marks if mark.happened]
        await self._ledger.conclude(after, happened, entries, matter.revision)
        self.written.update(entry.event for entry in entries)

    async def _give_up(self, matter: Matter, trouble: str) -> None:
        """Mark what cannot be computed, so that a person sees it and the others go on."""
        now = self._clock.now()
        entries = [_trouble(matter, trouble, now)] if trouble != matter.trouble else []
        after = replace(matter, trouble=trouble, next_look_at=now + TROUBLE_AGAIN)
        try:
            await self._ledger.conclude(after, [], entries, matter.revision)
        except StaleMove:
            return
        self.written.update(entry.event for entry in entries)

    async def _wait(self, until: datetime) -> None:
        changed = asyncio.create_task(self._changed.wait())
        timer = asyncio.create_task(self._clock.wait_until(until))
        try:
            await asyncio.wait({changed, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            timer.cancel()
        await asyncio.gather(changed, timer, return_exceptions=True)


def _trouble(matter: Matter, trouble: str, now: datetime) -> Entry:
    details = (("exchange", matter.exchange), ("why", trouble))
    return Entry(event="clock.trouble", at=now, reason="clocks.trouble", details=details)
