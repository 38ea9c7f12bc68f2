"""The broker of the run, a wire to it that a test may cut, and ways in and out that are closed afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from adapters.channels.amqp.inbound import AmqpInbound
from adapters.channels.amqp.outbound import AmqpOutbound
from adapters.channels.amqp.settings import AmqpSettings
from gateway.clock import SystemClock
from gateway.ports import Clock
from tests.adapters.amqp.wire import Broker, Kept, Wire
from tests.services.fixtures import AmqpNames

Settings = Callable[..., AmqpSettings]
Reading = Callable[..., Awaitable[AmqpInbound]]
Writing = Callable[..., Awaitable[AmqpOutbound]]


@pytest.fixture
def intake() -> Kept:
    return Kept()


@pytest.fixture
async def wire(amqp_url: str) -> AsyncIterator[Wire]:
    wire = Wire(amqp_url)
    await wire.open()
    yield wire
    await wire.close()


@pytest.fixture
async def broker(amqp_url: str, amqp_names: AmqpNames) -> AsyncIterator[Broker]:
    async with Broker.at(amqp_url) as broker:
        yield broker


@pytest.fixture
def settings(wire: Wire, amqp_names: AmqpNames) -> Settings:
    def made(**changes: Any) -> AmqpSettings:
        plain = {
            "url": wire.url, "inbound_queue": amqp_names("in"), "users": {"spoc": "sirene:XB"},
            "dead_letter_exchange": amqp_names("dead-x"), "dead_letter_queue": amqp_names("dead"),
        }  # fmt: skip
        return AmqpSettings(**{**plain, **changes})

    return made


@pytest.fixture
async def reading(settings: Settings, intake: Kept) -> AsyncIterator[Reading]:
    opened: list[AmqpInbound] = []

    async def open_door(clock: Clock | None = None, **changes: Any) -> AmqpInbound:
        door = AmqpInbound("amqp", settings(**changes), clock or SystemClock())
        opened.append(door)
        await door.start(intake)
        return door

    yield open_door
    for door in opened:
        await door.stop()


@pytest.fixture
async def writing(settings: Settings) -> AsyncIterator[Writing]:
    opened: list[AmqpOutbound] = []

    async def open_way(clock: Clock | None = None, **changes: Any) -> AmqpOutbound:
        way = AmqpOutbound("amqp", settings(**changes), clock or SystemClock())
        opened.append(way)
        await way.start()
        return way

    yield open_way
    for way in opened:
        await way.stop()
