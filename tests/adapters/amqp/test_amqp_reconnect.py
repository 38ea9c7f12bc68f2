"""Connections break, brokers go away, messages break readers: whatever was not acknowledged comes again."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.errors import Unavailable
from tests.adapters.amqp.conftest import Reading, Settings
from tests.adapters.amqp.wire import Broker, Kept, StepClock, Wire
from tests.loop_time import PATIENCE_SECONDS
from tests.services.fixtures import AmqpNames

ROOT = Path(__file__).parents[3]
READER = """
import asyncio, sys
from adapters.channels.amqp.inbound import AmqpInbound
from adapters.channels.amqp.settings import AmqpSettings
from gateway.clock import SystemClock

class Intake:
    async def take(self, channel, payload, claim):
        print("entered", flush=True)
        await asyncio.Event().wait()

async def main(url, queue, exchange, aside):
    names = {"inbound_queue": queue, "dead_letter_exchange": exchange, "dead_letter_queue": aside}
    await AmqpInbound("amqp", AmqpSettings(url=url, **names), SystemClock()).start(Intake())
    await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_message_that_was_read_by_a_killed_gateway_comes_again(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames, settings: Settings
) -> None:
    await broker.make_ours(settings())
    await broker.publish(amqp_names("in"))
    names = [amqp_names("in"), amqp_names("dead-x"), amqp_names("dead")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    reader = await asyncio.create_subprocess_exec(
        sys.executable, "-c", READER, settings().url, *names, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert reader.stdout
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await reader.stdout.readline() == b"entered\n"
    finally:
        reader.kill()
        await reader.wait()
    await reading()
    await intake.until(taken=1)
    assert intake.bodies == [b"<Form/>"]


async def test_reading_goes_on_after_the_wire_was_cut(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames, wire: Wire
) -> None:
    clock = StepClock()
    door = await reading(clock)
    wire.cut()
    await broker.publish(amqp_names("in"), b"after")
    await clock.step()
    await intake.until(taken=1)
    assert (intake.bodies, wire.connections) == ([b"after"], 2)
    await door.probe()


async def test_what_was_being_taken_when_the_wire_was_cut_comes_again(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames, wire: Wire
) -> None:
    """The copy is told by its signed message id later; here both are kept."""
    clock, intake.gate = StepClock(), asyncio.Event()
    door = await reading(clock)
    await broker.publish(amqp_names("in"), b"twice")
    await intake.until(asked=1)
    wire.cut()
    intake.gate.set()
    await clock.step()
    await intake.until(taken=2)
    await door.stop()
    assert (intake.bodies, await broker.waiting(amqp_names("in"))) == ([b"twice", b"twice"], 0)


async def test_a_message_that_waits_for_the_ledger_is_let_go_when_the_wire_is_cut(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames, wire: Wire
) -> None:
    clock, intake.troubles = StepClock(), [Unavailable("ledger.busy", "Later.")]
    await reading(clock, retry_seconds=600.0, reconnect_seconds=1.0)
    await broker.publish(amqp_names("in"), b"once")
    await intake.until(asked=1)
    wire.cut()
    await clock.step(within=60.0)
    await intake.until(taken=1)
    assert (intake.asked, intake.bodies) == (2, [b"once"])


async def test_a_broker_that_is_away_at_the_start_is_waited_for_with_growing_pauses(
    reading: Reading, intake: Kept, broker: Broker, settings: Settings, wire: Wire
) -> None:
    await broker.make_ours(settings())
    await wire.close()
    clock = StepClock()
    door = await reading(clock, reconnect_seconds=1.0, longest_reconnect_seconds=5.0)
    with pytest.raises(Unavailable, match="AMQPConnectionError"):
        await door.probe()
    assert [await clock.step() for _ in range(4)] == [1.0, 2.0, 4.0, 5.0]
    await wire.open()
    await clock.step()
    await broker.publish(settings().inbound_queue)
    await intake.until(taken=1)
    await door.probe()


async def test_a_queue_that_was_deleted_is_made_and_read_again(
    reading: Reading, intake: Kept, broker: Broker, settings: Settings
) -> None:
    clock = StepClock()
    await reading(clock)
    await broker.channel.queue_delete(settings().inbound_queue)
    await clock.step()  # the reader has noticed
    async with clock.going():
        await broker.make_ours(settings())
        await broker.publish(settings().inbound_queue)
        await intake.until(taken=1)


PREFETCH = 4
FAR = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"POISON", b"\xff\xfe\xff\xfe\xff\xfe"),
        (int(FAR.timestamp()).to_bytes(8, "big"), b"\x7f" + b"\xff" * 7),
    ],
    ids=["not UTF-8", "a date beyond all calendars"],
)
async def test_a_message_that_breaks_the_connection_goes_aside_and_takes_nobody_with_it(
    before: bytes, after: bytes, reading: Reading, intake: Kept, broker: Broker, settings: Settings
) -> None:
    await broker.make_ours(settings(delivery_limit=6))
    queue, aside = settings().inbound_queue, settings().dead_letter_queue
    await broker.publish(queue, b"first")
    await broker.publish_garbled(queue, b"poison", before, after, message_id="POISON", timestamp=FAR)
    for number in range(20):
        await broker.publish(queue, b"%d" % number)
    await reading(reconnect_seconds=0.01, longest_reconnect_seconds=0.01, delivery_limit=6, prefetch=PREFETCH)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await broker.waiting(aside) == 0 or len(set(intake.bodies)) < 21:
            await intake.until(taken=1)
    assert set(intake.bodies) == {b"first", *(b"%d" % number for number in range(20))}
    assert await broker.waiting(aside) == 1
    assert len(intake.bodies) <= 21 + PREFETCH, "few copies: those that were with it on the first connection"
