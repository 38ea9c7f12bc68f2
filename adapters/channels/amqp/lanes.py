"""Channels to the broker, each for one message at a time, over one connection.

A broker closes a whole channel when it refuses what was published there, and says nothing about the other messages on
it. With one message on a channel, whatever happens to the channel is about that message.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from aio_pika.abc import AbstractChannel, AbstractConnection

from adapters.channels.amqp import broker
from adapters.channels.amqp.broker import TROUBLE, lost_to, words_of
from adapters.channels.amqp.settings import AmqpSettings
from gateway.errors import Unavailable
from gateway.ports import Clock


@dataclass
class Lane:
    """A channel in use."""

    channel: AbstractChannel
    answered: bool = False
    """Whether the broker has answered for the message; else the channel is not used again."""


class Lanes:
    """Opens channels when they are needed and keeps those that are in order."""

    def __init__(self, name: str, settings: AmqpSettings, clock: Clock) -> None:
        self._name, self._settings, self._clock = name, settings, clock
        self._connection: AbstractConnection | None = None
        self._connecting = asyncio.Lock()
        self._window = asyncio.Semaphore(settings.confirm_window)
        self._idle: list[tuple[AbstractChannel, datetime]] = []
        self._leaving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def lane(self) -> AsyncIterator[Lane]:
        """A channel that works, for one message; raises `Misconfigured` or `Unavailable` before anything is sent."""
        async with self._window:
            await self._unblocked(await self.connected())
            lane = Lane(self._kept() or await self._opened())
            try:
                yield lane
            finally:
                if lane.answered and not lane.channel.is_closed:
                    self._idle.append((lane.channel, self._clock.now()))
                else:
                    self._let_go(lane.channel)

    async def connected(self) -> AbstractConnection:
        """The connection, made if need be; raises `Misconfigured` or `Unavailable`."""
        async with self._connecting:
            if self._connection is None or self._connection.is_closed or not self._connection.connected.is_set():
                await self._drop()
                self._connection = await broker.connect(self._settings, f"{self._name} out")
            return self._connection

    async def close(self) -> None:
        """Leave."""
        async with self._connecting:
            await self._drop()
        for task in self._leaving:
            task.cancel()

    async def _unblocked(self, connection: AbstractConnection) -> None:
        """A broker that is short of memory or disk says so and stops reading: what is published then is ambiguous."""
        transport = connection.transport
        if transport is not None:
            try:
                with lost_to():
                    async with asyncio.timeout(self._settings.answer_seconds):
                        await transport.ready()
            except TROUBLE as error:
                raise Unavailable("amqp.blocked", "The broker takes no messages now.") from error

    def _kept(self) -> AbstractChannel | None:
        """An idle channel that was used a short while ago. An older one may belong to a connection that died unseen."""
        oldest = self._clock.now() - timedelta(seconds=self._settings.idle_seconds)
        while self._idle:
            channel, used = self._idle.pop()
            if used >= oldest and not channel.is_closed:
                return channel
            self._let_go(channel)
        return None

    async def _opened(self) -> AbstractChannel:
        """A new channel. Its opening is answered by the broker, which shows a connection that died unseen."""
        connection = await self.connected()
        try:
            return await self.open_channel(connection)
        except Unavailable:
            if self._connection is connection:
                await self._drop()
        return await self.open_channel(await self.connected())

    async def open_channel(self, connection: AbstractConnection) -> AbstractChannel:
        """A channel with confirmations, on which what cannot be routed comes back; raises `Unavailable`."""
        try:
            with lost_to():
                async with asyncio.timeout(self._settings.answer_seconds):
                    return await connection.channel(publisher_confirms=True, on_return_raises=True)
        except TROUBLE as error:
            raise Unavailable("amqp.unreachable", "The broker does not answer.", operator=words_of(error)) from error

    def _let_go(self, channel: AbstractChannel) -> None:
        if not channel.is_closed:
            task = asyncio.create_task(_closed(channel))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._idle.clear()
        await broker.close(connection)


async def _closed(channel: AbstractChannel) -> None:
    with suppress(*TROUBLE), lost_to():
        async with asyncio.timeout(broker.CLOSE_SECONDS):
            await channel.close()
