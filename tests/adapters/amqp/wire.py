"""What the queue tests share: a wire that can be cut or made deaf, an intake that can be waited for, a clock in steps."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import pamqp.frame
from aio_pika.abc import AbstractIncomingMessage
from aiormq import spec
from aiormq.abc import ChannelFrame
from pamqp.base import Frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from adapters.channels.amqp import topology
from adapters.channels.amqp.settings import AmqpSettings
from gateway.envelope import Claim, Leg, Payload
from gateway.handover import Accepted, Outgoing
from gateway.identity import PartyId
from gateway.partners import Partner, QueueLeg, SignaturePolicy
from tests.loop_time import PATIENCE_SECONDS
from tests.services.ports import free_port

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MESSAGE = "01890a5d-ac96-774b-bcce-0000000000aa"
ENVELOPE = "01890a5d-ac96-774b-bcce-b302099a8057"


class Wire:
    """Passes bytes on between the gateway and the broker, until the test wants otherwise."""

    def __init__(self, url: str) -> None:
        self._broker = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._clients: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.port = free_port()
        self.deaf = False
        """Whether what the broker says is swallowed."""
        self.swallowed = asyncio.Event()
        self.scheme = "amqp"

    @property
    def url(self) -> str:
        login = self._broker.netloc.rpartition("@")[0]
        return f"{self.scheme}://{login}@127.0.0.1:{self.port}{self._broker.path}"

    async def open(self, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.scheme = "amqps" if tls else "amqp"

    def say(self, frame: Frame) -> None:
        """Something in the broker's name."""
        for end in self._clients:
            end.write(pamqp.frame.marshal(frame, 0))

    def cut(self) -> None:
        """Break every connection without a word."""
        for end in self._ends:
            end.transport.abort()

    async def close(self) -> None:
        """Cut, and let nobody connect again."""
        if self._server:
            self._server.close()
        self.cut()
        if self._passing:
            await asyncio.wait(self._passing)
        self._server = None

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._broker.hostname, self._broker.port)
        self.connections += 1
        self._ends |= {writer, back}
        self._clients.add(writer)
        for source, sink, from_broker in ((reader, back, False), (there, writer, True)):
            task = asyncio.create_task(self._pass_on(source, sink, from_broker=from_broker))
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, from_broker: bool) -> None:
        with suppress(ConnectionError):
            while octets := await source.read(65536):
                if from_broker and self.deaf:
                    self.swallowed.set()
                else:
                    sink.write(octets)
                    await sink.drain()
        sink.close()
        self._ends.discard(sink)
        self._clients.discard(sink)


class StepClock:
    """Time stands until the test lets it reach what is waited for."""

    def __init__(self) -> None:
        self.moment = NOON
        self._waiting: list[tuple[datetime, asyncio.Future[None]]] = []
        self._asked = asyncio.Event()

    def now(self) -> datetime:
        return self.moment

    async def wait_until(self, moment: datetime) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((moment, future))
        self._asked.set()
        await future

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        """Time goes on: whatever is waited for comes at once, as often as a broker that is busy has to be asked."""

        async def on() -> None:
            while True:
                await self.step()

        task = asyncio.create_task(on())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def step(self, *, within: float = 3600.0) -> float:
        """Wait until somebody waits for a moment that is near, and let it come; how far off it was, in seconds."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (waiting := self._near(within)):
                self._asked.clear()
                await self._asked.wait()
        moment, future = min(waiting, key=lambda one: one[0])
        seconds = (moment - self.moment).total_seconds()
        self.moment = max(self.moment, moment)
        future.set_result(None)
        return seconds

    def _near(self, seconds: float) -> list[tuple[datetime, asyncio.Future[None]]]:
        return [
            one for one in self._waiting if not one[1].done() and one[0] <= self.moment + timedelta(seconds=seconds)
        ]


@dataclass
class Kept:
    """An intake that keeps everything in memory. Each of `troubles` is raised once; `gate` holds it up."""

    taken: list[tuple[Payload, Claim, PartyId]] = field(default_factory=list)
    away: list[tuple[Claim, str, str]] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)
    journal_troubles: list[Exception] = field(default_factory=list)
    always: Exception | None = None
    gate: asyncio.Event | None = None
    asked: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, channel: str, payload: Payload, claim: Claim) -> Accepted:
        return await self.submit(channel, payload, claim, "")

    async def submit(self, channel: str, payload: Payload, claim: Claim, counterpart: PartyId) -> Accepted:
        self.asked += 1
        self.changed.set()
        if self.gate:
            await self.gate.wait()
        if self.troubles or self.always:
            raise self.troubles.pop(0) if self.troubles else self.always  # type: ignore[misc]  # one of them is set
        self.taken.append((payload, claim, counterpart))
        self.changed.set()
        return Accepted(envelope=ENVELOPE)

    async def turned_away(self, channel: str, claim: Claim, code: str, text: str) -> None:
        if self.journal_troubles:
            raise self.journal_troubles.pop(0)
        self.away.append((claim, code, text))
        self.changed.set()

    async def until(self, *, asked: int = 0, taken: int = 0, away: int = 0) -> None:
        """Return when so much has happened."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.asked < asked or len(self.taken) < taken or len(self.away) < away:
                self.changed.clear()
                await self.changed.wait()

    @property
    def bodies(self) -> list[bytes]:
        return [payload.content for payload, *_ in self.taken]

    @property
    def reasons(self) -> list[str]:
        return [code for _, code, _ in self.away]


class Broker:
    """The other side: publishes, looks at queues, takes from them."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str) -> AsyncIterator[Broker]:
        async with await aio_pika.connect(url) as connection:
            yield cls(await connection.channel())

    async def publish(self, queue: str, body: bytes = b"<Form/>", **properties: Any) -> None:
        message = aio_pika.Message(body, **{"content_type": "application/xml", "delivery_mode": 2, **properties})
        await self.channel.default_exchange.publish(message, queue)

    async def publish_oddly(self, queue: str, body: bytes = b"<Form/>", **properties: Any) -> None:
        """With properties that our own libraries would not write."""
        fields = spec.Basic.Properties(content_type="application/xml")
        for name, value in properties.items():
            setattr(fields, name, value)
        underlay = await self.channel.get_underlay_channel()
        await underlay.basic_publish(body, routing_key=queue, properties=fields)

    async def publish_garbled(self, queue: str, body: bytes, before: bytes, after: bytes, **properties: Any) -> None:
        """With octets in its properties that no client library can read, though the broker passes them on."""
        async with self.channel._connection.channel(publisher_confirms=False) as channel:
            underlay = await channel.get_underlay_channel()
            fields = spec.Basic.Properties(content_type="application/xml", **properties)
            frames = [
                spec.Basic.Publish(routing_key=queue),
                ContentHeader(body_size=len(body), properties=fields),
                ContentBody(body),
            ]
            octets = ChannelFrame.marshall(underlay.number, frames).payload
            assert before in octets
            frame = ChannelFrame(payload=octets.replace(before, after), should_close=False, drain_future=None)
            await underlay.write_queue.put(frame)
            await channel.declare_queue(queue, passive=True)  # answered after the message

    async def make_ours(self, settings: AmqpSettings) -> None:
        """The queues as the gateway makes them, so that something can be put there before it comes."""
        exchange = await self.channel.declare_exchange(settings.dead_letter_exchange, "direct", durable=True)
        await self.make(settings.dead_letter_queue, queue_type="quorum")
        aside = await self.channel.get_queue(settings.dead_letter_queue)
        await aside.bind(exchange, settings.dead_letter_queue)
        for queue in settings.queues:
            await self.channel.declare_queue(queue, durable=True, arguments=topology.arguments(settings))

    async def make(self, queue: str, **arguments: Any) -> None:
        arguments = {f"x-{name.replace('_', '-')}": value for name, value in arguments.items()}
        await self.channel.declare_queue(queue, durable=True, arguments=arguments)

    async def waiting(self, queue: str) -> int:
        """Messages in the queue that nobody holds."""
        found = await self.channel.declare_queue(queue, passive=True)
        return int(found.declaration_result.message_count)

    async def next(self, queue: str) -> AbstractIncomingMessage:
        """The next message that comes to a queue, taken from it."""
        found = await self.channel.declare_queue(queue, passive=True)
        async with asyncio.timeout(PATIENCE_SECONDS), found.iterator() as messages:
            async for message in messages:
                await message.ack()
                return message  # type: ignore[no-any-return]  # aio-pika's iterator
        raise AssertionError("the queue ended")


def partner(queue: str | None = "", exchange: str = "") -> Partner:
    leg = QueueLeg(exchange=exchange, routing_key=queue) if queue is not None else None
    policy = SignaturePolicy(anchors=(), signers=())
    return Partner(party="europol:EUROPOL", name="Europol", signature=policy, channel="amqp", queue=leg)


def outgoing(address: str, to: Partner | None = None, **changes: Any) -> Outgoing:
    """The second attempt to hand over a small form."""
    to = to or partner()
    fields = {
        "envelope": ENVELOPE, "message_id": MESSAGE, "attempt": 2, "partner": to, "urgent": False, "at": NOON,
        "payload": Payload.of(b"<Form/>", "application/xml"), "subject": "EUROPOL Request XA-0000001",
        "leg": Leg(counterpart=to.party, channel="amqp", address=address), **changes,
    }  # fmt: skip
    return Outgoing(**fields)
