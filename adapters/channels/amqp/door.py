"""What becomes of one delivery: taken in and acknowledged, put aside with a reason, or given back. No wire here.

A message that cannot be kept *now* stays with us unanswered and is tried again after a pause. Giving it back at once
would make the broker deliver it in a circle, and every round counts towards the delivery limit, which exists for
messages that break whoever reads them.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from enum import Enum

from aiormq.abc import DeliveredMessage

from adapters.channels.amqp.reading import Order, claim_of, read
from adapters.channels.amqp.settings import AmqpSettings
from gateway.errors import GatewayError, Refused, Unavailable
from gateway.handover import Accepted
from gateway.ports import Clock, Intake

_log = logging.getLogger(__name__)


class Fate(Enum):
    """What the broker is told."""

    KEPT = "acknowledge"
    ASIDE = "reject, to the dead-letter queue"
    BACK = "reject, to its queue"


class Door:
    """The decisions of one way in."""

    def __init__(self, name: str, settings: AmqpSettings, clock: Clock) -> None:
        self._name, self._settings, self._clock = name, settings, clock
        self._taking: set[asyncio.Task[Accepted]] = set()
        self.intake: Intake | None = None

    async def decide(self, delivery: DeliveredMessage, queue: str, ended: asyncio.Event) -> Fate:
        """Hand over to intake and say what follows. Raises nothing but for a cancelled task."""
        until = self._clock.now() + timedelta(seconds=self._settings.hold_seconds)
        while True:
            try:
                return await self._try(delivery, queue)
            except (Unavailable, TimeoutError) as error:
                _log.warning("a message cannot be kept now: %s", getattr(error, "code", "amqp.take-seconds"))
                last = self._clock.now() >= until
            except Exception as error:  # noqa: BLE001  # our own fault: after some deliveries the broker puts it aside
                _log.error("a message was not kept: %s", type(error).__name__)  # its text may hold content
                last = True
            if not await self._pause(ended) or last:
                return Fate.BACK

    async def _try(self, delivery: DeliveredMessage, queue: str) -> Fate:
        try:
            await self._take(read(delivery, queue, self._settings))
        except Refused as refusal:
            # Journalled first: nothing goes aside that the journal does not know.
            await self._turn_away(delivery, queue, refusal)
            return Fate.ASIDE
        return Fate.KEPT

    async def _take(self, order: Order) -> None:
        assert self.intake is not None
        task = asyncio.create_task(
            self.intake.submit(self._name, order.payload, order.claim, order.counterpart)
            if order.counterpart
            else self.intake.take(self._name, order.payload, order.claim)
        )
        # Kept on when time is up: then the copy that follows is known by its message id.
        self._taking.add(task)
        task.add_done_callback(self._taken)
        async with asyncio.timeout(self._settings.take_seconds):
            await asyncio.shield(task)

    def _taken(self, task: asyncio.Task[Accepted]) -> None:
        self._taking.discard(task)
        if not task.cancelled():
            task.exception()  # seen by whoever waits, or nobody waits for it any more

    async def _turn_away(self, delivery: DeliveredMessage, queue: str, refusal: GatewayError) -> None:
        assert self.intake is not None
        claim = claim_of(delivery, queue, self._settings)
        # so that a person finds it among the dead letters
        text = f"{refusal.public} (queue {queue}, message id {claim.reference or 'none'})"
        async with asyncio.timeout(self._settings.take_seconds):
            await self.intake.turned_away(self._name, claim, refusal.code, text)

    async def _pause(self, ended: asyncio.Event) -> bool:
        """Wait a while; False as soon as the connection has ended, since the broker then delivers again."""
        moment = self._clock.now() + timedelta(seconds=self._settings.retry_seconds)
        waits = {asyncio.create_task(self._clock.wait_until(moment)), asyncio.create_task(_true(ended))}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return not ended.is_set()


async def _true(event: asyncio.Event) -> None:
    await event.wait()
