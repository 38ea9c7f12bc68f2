"""What rules need to know of an alert, or nothing: a message never waits long for the alert system.

The one idea: an answer is kept for a minute, and a system that did not answer is left alone for a while, so that its
absence costs one message a few seconds and not every message.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final

from gateway.alerts.commands import Asking
from gateway.dialogues.story import AlertFacts
from gateway.errors import GatewayError
from gateway.ports import AlertSystem, Clock, IdSource

LIMIT_SECONDS: Final = 5.0
KEPT_FOR: Final = timedelta(seconds=60)
LEFT_ALONE_FOR: Final = timedelta(seconds=10)
MOST_KEPT: Final = 1000
PURPOSE: Final = "checking a message about the alert"
log = logging.getLogger(__name__)


class LiveLookup:
    """`gateway.ports.AlertLookup` over an alert system."""

    def __init__(self, system: AlertSystem, clock: Clock, ids: IdSource, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._system, self._clock, self._ids, self._limit = system, clock, ids, limit_seconds
        self._kept: dict[str, tuple[datetime, AlertFacts | None]] = {}
        self._not_before: datetime | None = None

    async def look_up(self, alert: str) -> AlertFacts | None:
        """The facts, or None where there is no such alert or the system cannot be asked now. Never raises."""
        now = self._clock.now()
        kept = self._kept.get(alert)
        if kept is not None and kept[0] > now:
            return kept[1]
        if self._not_before is not None and now < self._not_before:
            return None
        try:
            async with asyncio.timeout(self._limit):
                found = await self._system.get(alert, self._asking(now))
        except GatewayError as error:
            # A refusal concerns this alert only; a system that is away is left alone.
            self._not_before = now + LEFT_ALONE_FOR if error.temporary else self._not_before
            log.warning("an alert was not looked up: %s", error.code)
            return None
        except TimeoutError:
            self._not_before = now + LEFT_ALONE_FOR
            log.warning("an alert was not looked up: no answer within %g s", self._limit)
            return None
        facts = found.facts() if found else None
        self._keep(alert, now, facts)
        return facts

    def forget(self, alert: str) -> None:
        """Ask again the next time: something happened to the alert."""
        self._kept.pop(alert, None)

    def _keep(self, alert: str, now: datetime, facts: AlertFacts | None) -> None:
        if len(self._kept) >= MOST_KEPT:
            self._kept = {name: kept for name, kept in self._kept.items() if kept[0] > now}
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[alert] = (now + KEPT_FOR, facts)

    def _asking(self, now: datetime) -> Asking:
        return Asking(actor="gateway", purpose=PURPOSE, request_id=self._ids.new(), at=now, urgency="IMMEDIATE")
