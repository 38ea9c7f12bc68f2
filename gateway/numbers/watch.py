"""The watch over running numbers: a number that does not come becomes a task, and each day that has ended its sheet.

It looks when numbers were written, when a number has been awaited long enough, when a day ends, and at the latest every few
minutes. Whatever it finds is read from the store, so that a kill forgets nothing; only how far a series is whole is remembered,
to keep each look short.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import Unavailable
from gateway.journal.entry import Entry
from gateway.ledger import Ledger, StaleMove
from gateway.numbers.daily import Daily
from gateway.numbers.gaps import DONE, TOLERANCE, Gaps, found_again, twice
from gateway.numbers.reading import everything, known_of, tasks
from gateway.numbers.series import COME, DIFFERENCES, MISSING, SETTLED, TOLD, VOID, Numbered, NumberQuery
from gateway.ports import Clock

LOOK_AT_LEAST_EVERY: Final = timedelta(minutes=5)
TOLD_FOR: Final = timedelta(days=7)
"""What a sheet told becomes a task within hours; a gateway that was away for longer than this starts with the next sheet."""
PAUSE: Final = timedelta(seconds=1)
AFTER_TROUBLE: Final = timedelta(seconds=10)
MAX_WAITING: Final = 10_000
"""Numbers that were written and not looked at yet; of more, only the series is remembered and the sheet finds the rest."""
MAX_OPEN: Final = 10_000
"""Open differences of one series: whoever brings about more has lost its count altogether, and that is told often enough."""
EVIDENCE: Final = (COME, TOLD, VOID, MISSING, SETTLED)
log = logging.getLogger(__name__)
Pair = tuple[str, str]


class Looked(Struct, frozen=True, kw_only=True):
    """What a look at one series found."""

    since: dict[int, datetime] = {}
    """Numbers with which nothing has come, a task already or still awaited, and since when it is known that they exist."""
    next_at: datetime | None = None


class NumberWatch:
    """Looks at series and sends sheets. One for each front."""

    def __init__(self, ledger: Ledger, clock: Clock, own: Sequence[str], daily: Daily) -> None:
        self._ledger, self._clock, self._own, self._daily = ledger, clock, frozenset(own), daily
        self._gaps: dict[Pair, Gaps] = {}
        self._fresh: list[Numbered] = []
        self._changed = asyncio.Event()
        self._looking = asyncio.Lock()
        self._sheets_at: datetime | None = None
        self.open: dict[str, int] = {}
        """Open differences by kind, as of the last look."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="number-watch")

    async def stop(self) -> None:
        """Stop at once; the next start finds everything in the store."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def numbered(self, numbers: Sequence[Numbered]) -> None:
        """These were written just now."""
        came = [row for row in numbers if row.kind in (COME, TOLD, VOID)]
        if came and len(self._fresh) < MAX_WAITING:
            self._fresh += came
        if came:
            self._changed.set()

    async def look(self) -> datetime:
        """Look at every series now; when to look again."""
        async with self._looking:
            now = self._clock.now()
            fresh, self._fresh = self._fresh, []
            looked = await self._look_at_series(now, fresh)
            if self._sheets_at is None or now >= self._sheets_at:
                following = await self._daily.send(now, {pair: each.since for pair, each in looked.items()})
                self._sheets_at = min(following, now + LOOK_AT_LEAST_EVERY)  # a partner may want some from now on
            waits = [each.next_at for each in looked.values() if each.next_at]
            return min(now + LOOK_AT_LEAST_EVERY, self._sheets_at, *waits)

    async def _look_at_series(self, now: datetime, fresh: Sequence[Numbered]) -> dict[Pair, Looked]:
        looked: dict[Pair, Looked] = {}
        opened: Counter[str] = Counter(dict.fromkeys(DIFFERENCES, 0))
        for pair in await self._ledger.series():
            opened.update(row.kind for row in await tasks(self._ledger, pair))
            if pair[1] not in self._own:
                continue
            own = [row for row in fresh if row.series == pair]
            try:
                looked[pair] = await self._look_at(pair, own, now)
            except StaleMove:
                log.info("a series was written to meanwhile, sender=%s", pair[0])
        self.open = dict(opened)
        return looked

    async def _look_at(self, pair: Pair, fresh: Sequence[Numbered], now: datetime) -> Looked:
        before = self._gaps.get(pair) or Gaps()
        asked = NumberQuery(sender=pair[0], receiver=pair[1], kinds=EVIDENCE, least=before.whole_to + 1)
        gaps = before.seen(await everything(self._ledger, asked))
        gaps = replace(gaps, since=gaps.since | await self._told_below(pair, before.whole_to, now))
        room = MAX_OPEN - len(await tasks(self._ledger, pair))
        await self._keep(gaps.overdue(pair, now)[: max(room, 0)], "number.missing", now)
        opened = {row.number for row in await tasks(self._ledger, pair) if row.kind == MISSING}
        known = await known_of(self._ledger, pair, {*opened, *(row.number for row in fresh)})
        await self._keep(twice(known, now), "number.twice", now)
        found = found_again(known, now)
        await self._keep(found, "number.settled", now)
        self._gaps[pair] = gaps
        still = opened - {row.number for row in found}
        awaited = {row.number: row.at - TOLERANCE for number in still for row in known[number] if row.kind == MISSING}
        since = awaited | gaps.since
        return Looked(since=since, next_at=gaps.next_at(now))

    async def _told_below(self, pair: Pair, whole_to: int, now: datetime) -> dict[int, datetime]:
        """Numbers from before the first that came here, which a sheet has told of: nothing else shows that they exist."""
        asked = NumberQuery(
            sender=pair[0], receiver=pair[1], kinds=(TOLD,), most=whole_to, since=now - TOLD_FOR
        )  # fmt: skip
        told = {row.number: row.at for row in reversed(await everything(self._ledger, asked))} if whole_to else {}
        known = await known_of(self._ledger, pair, told)
        return {number: at for number, at in told.items() if not any(row.kind in DONE for row in known[number])}

    async def _keep(self, rows: Sequence[Numbered], event: str, now: datetime) -> None:
        if not rows:
            return
        if event != "number.settled":
            log.error("alarm: %s, sender=%s numbers=%d", event, rows[0].sender, len(rows))
        entries = [Entry(event=event, at=now, details=_about(row)) for row in rows]
        await self._ledger.record_numbers(rows, entries)

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            now = self._clock.now()
            try:
                until = await self.look()
            except Unavailable as error:
                log.warning("number watch: %s", error.code)
                until = now + AFTER_TROUBLE
            except Exception as error:
                log.exception("number watch failed, kind=%s", type(error).__name__)
                until = now + LOOK_AT_LEAST_EVERY
            await self._clock.wait_until(now + PAUSE)  # much may come at once, and one look sees it all
            await self._wait(until)

    async def _wait(self, until: datetime) -> None:
        changed = asyncio.create_task(self._changed.wait())
        timer = asyncio.create_task(self._clock.wait_until(until))
        try:
            await asyncio.wait({changed, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            timer.cancel()
        await asyncio.gather(changed, timer, return_exceptions=True)


def _about(row: Numbered) -> tuple[tuple[str, str], ...]:
    told = (("sender", row.sender), ("receiver", row.receiver), ("number", str(row.number)))
    return (*told, *((name, value) for name, value in (("about", row.about), ("note", row.note)) if value))
