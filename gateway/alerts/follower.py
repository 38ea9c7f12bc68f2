"""Reads the notices of the alert system in the background and tells the exchanges about each alert.

The one idea: what is read is told first, and only then is the place kept; a notice that comes twice tells nothing new.
An alert system that is away is asked again after a growing pause, and nothing else waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from gateway.alerts.commands import Asking
from gateway.alerts.cursor import Cursor
from gateway.alerts.lookup import LiveLookup
from gateway.alerts.matters import AlertMatters
from gateway.alerts.words import Alert, Changes
from gateway.errors import GatewayError, Refused
from gateway.ports import AlertSystem, Clock, IdSource

MOST_PAGES: Final = 1000
"""In one look; what is left is read by the next."""
LONGEST_PAUSE: Final = timedelta(minutes=10)
MOST_ACQUAINTED: Final = 5000
MOST_FAILURES: Final = 5
"""Alerts that the system cannot tell of in one look, before it counts as away."""
PURPOSE: Final = "following the notices of the alert system"
log = logging.getLogger(__name__)


class Follower:
    """Follows one alert system."""

    def __init__(  # noqa: PLR0913  one keyword for each part it stands on
        self,
        *,
        system: AlertSystem,
        matters: AlertMatters,
        lookup: LiveLookup,
        cursor: Cursor,
        clock: Clock,
        ids: IdSource,
        pause: timedelta,
    ) -> None:
        self._system, self._matters, self._lookup, self._cursor = system, matters, lookup, cursor
        self._clock, self._ids, self._pause = clock, ids, pause
        self._failures = 0
        self._acquainted: OrderedDict[str, None] = OrderedDict()
        self._task: asyncio.Task[None] | None = None
        self.followed_at: datetime | None = None
        """When the notices were last read to their end; None for never."""
        self.trouble = ""
        """Code of the reason why they cannot be read now; empty when they can."""

    def start(self) -> None:
        """Begin to follow; a pause of 0 follows nothing by itself."""
        if self._task is None and self._pause:
            self._task = asyncio.create_task(self._follow(), name=f"follow-{self._system.name}")

    async def stop(self) -> None:
        """Stop at once; safe unstarted and twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def look(self) -> int:
        """Read the notices to their end and tell the exchanges; how many notices there were. Raises `GatewayError`."""
        told = 0
        for _ in range(MOST_PAGES):
            before = self._cursor.read()
            page = await self._system.changes(before, self._asking())
            told += await self._tell(page)
            if page.cursor != before:
                await asyncio.to_thread(self._cursor.keep, page.cursor)  # it waits for the disk
            if not page.more or page.cursor == before:
                break
        await self._acquaint()
        self.followed_at, self.trouble = self._clock.now(), ""
        return told

    async def _tell(self, page: Changes) -> int:
        for change in page.changes:
            self._lookup.forget(change.alert)
            await self._matters.tell(change, "gateway")
        return len(page.changes)

    async def _acquaint(self) -> None:
        """Exchanges that began after their alert was entered, or deleted, learn of that once."""
        failures = 0
        for matter in await self._matters.newest():
            if not matter.key or matter.exchange in self._acquainted:
                continue
            try:
                alert = await self._known(matter.key)
            except GatewayError as error:
                # The key is a partner's word: what the system cannot say of one alert must not keep the others waiting.
                failures += 1
                if failures == MOST_FAILURES:
                    raise
                log.warning("an alert cannot be looked up, exchange=%s: %s", matter.exchange, error.code)
                continue
            if alert is not None:
                await self._matters.acquaint(matter, alert)
            self._acquainted[matter.exchange] = None
            if len(self._acquainted) > MOST_ACQUAINTED:
                self._acquainted.popitem(last=False)

    async def _known(self, key: str) -> Alert | None:
        """The alert; None for a key that the system does not take for an id."""
        try:
            return await self._system.get(key, self._asking())
        except Refused:
            return None

    async def _follow(self) -> None:
        while True:
            try:
                await self.look()
                self._failures = 0
            except GatewayError as error:
                self._note(error.code)
            except Exception as error:
                log.exception("following the alert system failed, kind=%s", type(error).__name__)
                self._note("gateway.fault")
            pause = min(self._pause * 2 ** min(self._failures, 10), max(LONGEST_PAUSE, self._pause))
            await self._clock.wait_until(self._clock.now() + pause)

    def _note(self, code: str) -> None:
        self._failures += 1
        self.trouble = code
        log.warning("the notices of the alert system cannot be read: %s", code)

    def _asking(self) -> Asking:
        return Asking(actor="gateway", purpose=PURPOSE, request_id=self._ids.new(), at=self._clock.now())
