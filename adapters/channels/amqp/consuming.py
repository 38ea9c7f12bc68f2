"""One connection of the way in, from its opening to its end. What comes after is another one.

Deliveries are read from aiormq's channel. aio-pika converts every property first; where one cannot be converted it
raises before anything of ours runs, and the message would lie there unanswered for ever.

A message that breaks the reading of the connection itself comes again with the next one, until the delivery limit puts
it aside. Its neighbours must not be counted out with it: after a connection that broke, messages are asked for one by
one until as many have been settled as may have been on that connection.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any, Final

from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel, DeliveredMessage

from adapters.channels.amqp import broker, topology
from adapters.channels.amqp.broker import DEFINITE, TROUBLE, lost_to, words_of
from adapters.channels.amqp.door import Door, Fate
from adapters.channels.amqp.settings import AmqpSettings
from gateway.errors import Misconfigured, Unavailable

ONE_BY_ONE: Final = 1
_log = logging.getLogger(__name__)


class Consuming:
    """Reads our queues until the connection, the channel or a consumer ends."""

    def __init__(self, settings: AmqpSettings, door: Door, connection: AbstractConnection) -> None:
        self._settings, self._door, self._connection = settings, door, connection
        self._channel: AbstractChannel | None = None
        self._window = 0
        self._tags: list[str] = []
        self._changing = asyncio.Lock()
        self._running: set[asyncio.Task[None]] = set()
        self.ended = asyncio.Event()
        self._suspects = settings.prefetch * len(settings.queues)

    @classmethod
    async def open(cls, name: str, settings: AmqpSettings, door: Door, *, careful: bool) -> Consuming:
        """Connect, see to the queues and begin to read; raises `Misconfigured` or `Unavailable`."""
        connection = await broker.connect(settings, f"{name} in")
        consuming = cls(settings, door, connection)
        try:
            await topology.prepare(connection, settings)
            await consuming._begin(ONE_BY_ONE if careful else settings.prefetch)
        except BaseException:
            await consuming.close()
            raise
        return consuming

    async def _begin(self, window: int) -> None:
        try:
            with lost_to():
                async with asyncio.timeout(self._settings.answer_seconds):
                    channel = await self._connection.channel(publisher_confirms=False)
                    self._channel = await channel.get_underlay_channel()
                    self._channel.closing.add_done_callback(self._end)
                    self._channel.on_consumer_cancel_callbacks.add(self._end)
                    await self._consume(window)
        except DEFINITE as error:
            raise Misconfigured("amqp.queue", "A queue cannot be read.", operator=words_of(error)) from error
        except TROUBLE as error:
            raise Unavailable("amqp.unreachable", "The broker does not answer.", operator=words_of(error)) from error

    async def _consume(self, window: int) -> None:
        assert self._channel is not None
        async with self._changing:
            await self._cancel()
            self._window = window
            await self._channel.basic_qos(prefetch_count=window)
            for queue in self._settings.queues:
                begun = await self._channel.basic_consume(queue, partial(self._arrived, queue))
                self._tags.append(str(begun.consumer_tag))

    def _end(self, *_: Any) -> None:
        self.ended.set()

    async def _arrived(self, queue: str, delivery: DeliveredMessage) -> None:
        if not self.ended.is_set():
            # A task of our own: aiormq cancels its tasks when the channel ends, and taking in is not cut short.
            task = asyncio.create_task(self._settle(queue, delivery))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _settle(self, queue: str, delivery: DeliveredMessage) -> None:
        fate = await self._door.decide(delivery, queue, self.ended)
        try:
            with lost_to():
                await self._answer(fate, delivery.delivery_tag or 0)
        except TROUBLE as error:
            _log.info("a delivery was not answered and comes again: %s", type(error).__name__)
            return
        self._suspects -= fate is not Fate.BACK
        if self._window < self._settings.prefetch and self._suspects <= 0 and self.is_open:
            await self._widen()

    async def _answer(self, fate: Fate, tag: int) -> None:
        assert self._channel is not None
        if fate is Fate.KEPT:
            await self._channel.basic_ack(tag)
        else:
            await self._channel.basic_reject(tag, requeue=fate is Fate.BACK)

    async def _widen(self) -> None:
        """From one by one to all that the settings allow: RabbitMQ applies a prefetch to new consumers only."""
        self._window = self._settings.prefetch  # at once, so that this is done once
        try:
            with lost_to():
                async with asyncio.timeout(self._settings.answer_seconds):
                    await self._consume(self._window)
        except TROUBLE:
            self.ended.set()

    async def _cancel(self) -> None:
        assert self._channel is not None
        tags, self._tags = self._tags, []
        for tag in tags:
            await self._channel.basic_cancel(tag)

    async def close(self) -> None:
        """Take nothing more, let go on for a while what is being taken, and leave."""
        if not self.ended.is_set() and self._channel is not None:
            try:
                with lost_to():
                    async with asyncio.timeout(self._settings.answer_seconds):
                        async with self._changing:
                            await self._cancel()
            except TROUBLE as error:
                _log.info("the broker did not hear that we stop reading: %s", type(error).__name__)
        self.ended.set()
        if self._running:
            await asyncio.wait(self._running, timeout=self._settings.stop_seconds)
        for task in self._running:
            task.cancel()
        await broker.close(self._connection)

    @property
    def is_open(self) -> bool:
        """Whether deliveries can come."""
        return not self.ended.is_set()
