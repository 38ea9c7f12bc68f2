"""The AMQP channel for the contract, with queues of its own on the broker of the run."""

from __future__ import annotations

from collections.abc import Callable

from adapters.channels.amqp.inbound import AmqpInbound
from adapters.channels.amqp.outbound import AmqpOutbound
from adapters.channels.amqp.settings import AmqpSettings
from gateway.clock import SystemClock

SETTINGS: list[AmqpSettings] = []


def on_the_broker(url: str, names: Callable[[str], str]) -> None:
    """Called before each test."""
    SETTINGS[:] = [
        AmqpSettings(
            url=url, inbound_queue=names("in"), submission_queue=names("orders"),
            dead_letter_exchange=names("dead-x"), dead_letter_queue=names("dead"),
        )
    ]  # fmt: skip


def inbound() -> AmqpInbound:
    return AmqpInbound("amqp", SETTINGS[0], SystemClock())


def outbound() -> AmqpOutbound:
    return AmqpOutbound("amqp", SETTINGS[0], SystemClock())
