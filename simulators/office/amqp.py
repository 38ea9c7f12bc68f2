"""The queue of an office on a broker: what comes is acknowledged when it is written down, what goes is confirmed.

The one idea: over AMQP the message travels bare, or as the same MIME entity that a mail would hold.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustChannel, AbstractRobustConnection
from aio_pika.exceptions import AMQPException

from simulators.office.cards import Card
from simulators.office.mail import Arrival, entity
from simulators.office.smtp_out import Sent
from simulators.office.templates import File
from simulators.scenario import Action, Incident

PREFETCH = 16


class Host(Protocol):
    """What the queue needs of the office behind it."""

    def incident_of(self, arrival: Arrival) -> Incident: ...

    async def ask(self, incident: Incident) -> Action: ...

    def take(self, arrival: Arrival, *, lose: bool) -> None: ...


class Queue:
    """One connection with one inbox."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self._connection: AbstractRobustConnection | None = None
        self._channel: AbstractRobustChannel | None = None

    async def open(self, host: Host) -> None:
        """Declare the inbox and take from it. Raises `OSError` when the broker cannot be reached."""
        try:
            self._connection = await aio_pika.connect_robust(self.url)
            channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
            await channel.set_qos(PREFETCH)
            queue = await channel.declare_queue(self.name, durable=True, arguments={"x-queue-type": "quorum"})
            await queue.consume(_taking(host))
        except AMQPException as error:
            raise OSError(f"the broker does not do as asked: {error}") from error
        self._channel = channel

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def send(self, card: Card, payload: bytes, files: Sequence[File], properties: dict[str, Any]) -> Sent:
        """Never raises; accepted means that the broker confirmed it."""
        sent = Sent(channel="amqp", phase="publish")
        assert self._channel is not None
        content_type, body = ("application/xml", payload) if not files else entity(payload, files)
        message = aio_pika.Message(
            body, content_type=content_type, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, **properties
        )
        try:
            exchange = self._channel.default_exchange
            if card.exchange:
                exchange = await self._channel.get_exchange(card.exchange, ensure=False)
            await exchange.publish(message, routing_key=card.routing_key, mandatory=True)
        except (AMQPException, OSError, TimeoutError) as error:
            sent.error = f"{type(error).__name__}: {error}"
            return sent
        sent.accepted, sent.phase, sent.text = True, "confirm", "confirmed by the broker"
        return sent


def _taking(host: Host) -> Callable[[AbstractIncomingMessage], Awaitable[None]]:
    async def take(message: AbstractIncomingMessage) -> None:
        facts = {
            "channel": "amqp",
            "amqp_message_id": message.message_id or "",
            "content_type": message.content_type or "",
            "redelivered": bool(message.redelivered),
            "attempt": message.headers.get("X-SPOC-Attempt", 0),
        }
        arrival = Arrival(content=message.body, bare=message.content_type == "application/xml", facts=facts)
        action = await host.ask(host.incident_of(arrival))
        if action.name in ("refuse", "drop"):
            await message.reject(requeue=action.name == "drop")
            return
        host.take(arrival, lose=action.name == "silent")
        await message.ack()

    return take
