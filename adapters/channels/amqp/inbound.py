"""The way in: reads queues and acknowledges only what intake has.

It keeps one connection open with a loop of its own. aio-pika's robust connection would reconnect too, but it pauses on
the machine's clock, passes over a consumer that the broker cancelled for another five seconds, and tells nobody why it
cannot come back; here the pause is on the clock that is passed in, every connection begins with a look at the queues,
and `probe` knows the reason.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Final

from aio_pika import Message
from aio_pika.exceptions import DeliveryError

from adapters.channels.amqp import broker
from adapters.channels.amqp.consuming import Consuming
from adapters.channels.amqp.door import Door
from adapters.channels.amqp.settings import AmqpSettings, check_settings
from gateway.errors import GatewayError, Unavailable
from gateway.ports import Clock, Intake

DOUBLINGS: Final = 16
_log = logging.getLogger(__name__)


class AmqpInbound:
    """Queues on which partners and national systems write to us."""

    def __init__(self, name: str, settings: AmqpSettings, clock: Clock) -> None:
        self.name = name
        self._settings, self._clock = settings, clock
        self._door = Door(name, settings, clock)
        self._keeper: asyncio.Task[None] | None = None
        self._consuming: Consuming | None = None
        self._trouble: GatewayError | None = None

    async def start(self, intake: Intake) -> None:
        """Begin to read; raises `Misconfigured`.

        A broker that is away does not keep the gateway from starting: `probe` says so, and reading begins when it is
        back.
        """
        if self._keeper is not None:
            return
        check_settings(self._settings)
        self._door.intake = intake
        if self._settings.queues:
            try:
                self._consuming = await self._open(careful=False)
            except Unavailable as error:
                self._noted(error)
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Close. What was not acknowledged is delivered again, to whoever reads next."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait({keeper})
        consuming, self._consuming = self._consuming, None
        if consuming is not None:
            await consuming.close()

    async def probe(self) -> None:
        """Raise `Unavailable` when nothing can come in now."""
        if self._keeper is None:
            raise Unavailable("amqp.closed", "The queues are not read.")
        if self._settings.queues and (self._consuming is None or not self._consuming.is_open):
            why = self._trouble.operator if self._trouble else "the connection to the broker ended"
            raise Unavailable("amqp.closed", "The queues are not read.", operator=why)

    async def send_to_self(self, mail: bytes, reference: str) -> None:
        """Lay a test message of our own into the first queue that is read; raises `Unavailable` when the broker does not take it."""
        queues = [queue for queue in self._settings.queues if queue != self._settings.submission_queue]
        if not queues:
            raise Unavailable("amqp.no-queue", "No queue of partners is read.")
        connection = await broker.connect(self._settings, f"{self.name} test")
        message = Message(mail, content_type="message/rfc822", message_id=reference)
        try:
            with broker.lost_to():
                async with asyncio.timeout(self._settings.answer_seconds):
                    channel = await connection.channel()
                    await channel.default_exchange.publish(message, queues[0], mandatory=True)
        except (*broker.TROUBLE, DeliveryError) as error:
            raise Unavailable("amqp.test-not-taken", "The broker did not take a test message.") from error
        finally:
            await broker.close(connection)

    async def _keep(self) -> None:
        """Whenever a connection ends, open another, with growing pauses while none can be opened."""
        failures, broken = 0, False
        while self._settings.queues:
            if (consuming := self._consuming) is not None:
                await consuming.ended.wait()
                _log.warning("the connection to the broker ended")
                await consuming.close()
                self._consuming, failures, broken = None, 0, True
            await self._clock.wait_until(self._clock.now() + self._pause(failures))
            try:
                self._consuming = await self._open(careful=broken)
            except GatewayError as error:
                failures += 1
                self._noted(error)
            except Exception as error:  # noqa: BLE001  # whatever it was, reading must not end for good
                failures += 1
                what = type(error).__name__
                self._noted(Unavailable("amqp.unforeseen", "The broker cannot be reached.", operator=what))

    async def _open(self, *, careful: bool) -> Consuming:
        consuming = await Consuming.open(self.name, self._settings, self._door, careful=careful)
        self._trouble = None
        return consuming

    def _noted(self, error: GatewayError) -> None:
        self._trouble = error
        _log.warning("the queues cannot be read now: %s", error)

    def _pause(self, failures: int) -> timedelta:
        seconds = self._settings.reconnect_seconds * 2 ** min(failures, DOUBLINGS)
        return timedelta(seconds=min(seconds, self._settings.longest_reconnect_seconds))
