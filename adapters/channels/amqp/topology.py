"""The queues we read, and where refused messages go.

Everything is durable and replicated (quorum queues). A refused or poisonous message goes through the dead-letter
exchange *at least once*: the broker lets go of it only when the dead-letter queue has it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractConnection

from adapters.channels.amqp.broker import DEFINITE, TROUBLE, lost_to, words_of
from adapters.channels.amqp.settings import AmqpSettings
from gateway.errors import Misconfigured, Unavailable


def arguments(settings: AmqpSettings) -> dict[str, Any]:
    """How a queue that we read is made."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": settings.delivery_limit,
        "x-dead-letter-exchange": settings.dead_letter_exchange,
        "x-dead-letter-routing-key": settings.dead_letter_queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",  # at-least-once wants it
    }


async def prepare(connection: AbstractConnection, settings: AmqpSettings) -> None:
    """Make the queues, or see that they are there; raises `Misconfigured` or `Unavailable`."""
    try:
        with lost_to():
            async with (
                asyncio.timeout(settings.answer_seconds),
                connection.channel(publisher_confirms=False) as channel,
            ):
                await (_declare(channel, settings) if settings.declare else _check(channel, settings))
    except DEFINITE as error:
        raise Misconfigured(
            "amqp.topology", "The broker's queues are not as they should be.", operator=words_of(error)
        ) from error
    except TROUBLE as error:
        raise Unavailable("amqp.unreachable", "The broker does not answer.", operator=words_of(error)) from error


async def _declare(channel: AbstractChannel, settings: AmqpSettings) -> None:
    exchange = await channel.declare_exchange(settings.dead_letter_exchange, "direct", durable=True)
    aside = await channel.declare_queue(settings.dead_letter_queue, durable=True, arguments={"x-queue-type": "quorum"})
    await aside.bind(exchange, settings.dead_letter_queue)
    for name in settings.queues:
        await channel.declare_queue(name, durable=True, arguments=arguments(settings))


async def _check(channel: AbstractChannel, settings: AmqpSettings) -> None:
    for name in settings.queues:
        await channel.declare_queue(name, passive=True)
