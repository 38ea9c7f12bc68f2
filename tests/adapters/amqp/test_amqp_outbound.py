"""Messages go out with an honest word: confirmed, returned, not kept, or nobody knows."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from aio_pika import DeliveryMode
from aiormq import spec
from cryptography.hazmat.primitives import serialization

from adapters.channels.amqp.compose import Address
from gateway.errors import CounterpartUnavailable, Misconfigured, Unavailable
from gateway.partners import QueueLeg
from tests.adapters.amqp.conftest import Reading, Writing
from tests.adapters.amqp.wire import NOON, Broker, Kept, StepClock, Wire, outgoing, partner
from tests.adapters.smtp.dialogue import Authority
from tests.loop_time import overdue, pass_time
from tests.services.fixtures import AmqpNames


@pytest.fixture
async def queue(broker: Broker, amqp_names: AmqpNames) -> str:
    await broker.make(amqp_names("partner"), queue_type="quorum")
    return amqp_names("partner")


async def test_a_confirmed_message_is_taken_and_says_what_it_is(writing: Writing, broker: Broker, queue: str) -> None:
    way = await writing()
    attempt = await way.send(outgoing(f"/{queue}"))
    assert (attempt.number, attempt.outcome) == (2, "taken")
    assert "confirmed" in attempt.evidence
    message = await broker.next(queue)
    assert (message.body, message.content_type, message.message_id) == (
        b"<Form/>", "application/xml", "01890a5d-ac96-774b-bcce-0000000000aa",
    )  # fmt: skip
    assert (message.delivery_mode, message.user_id) == (DeliveryMode.PERSISTENT, "spoc")
    assert (message.type, message.timestamp, message.headers["x-spoc-attempt"]) == ("spoc-message", NOON, 2)


async def test_what_goes_out_comes_in(writing: Writing, reading: Reading, intake: Kept, amqp_names: AmqpNames) -> None:
    await reading()
    assert (await (await writing()).send(outgoing(f"/{amqp_names('in')}"))).outcome == "taken"
    await intake.until(taken=1)
    payload, claim, _ = intake.taken[0]
    assert (payload.content, claim.sender, claim.reference[-2:]) == (b"<Form/>", "sirene:XB", "aa")


async def test_a_message_that_no_queue_takes_is_refused(writing: Writing, amqp_names: AmqpNames) -> None:
    attempt = await (await writing()).send(outgoing(f"/{amqp_names('nowhere')}"))
    assert (attempt.outcome, attempt.evidence) == ("refused", "amqp.returned: no queue takes it (312 NO_ROUTE)")


async def test_an_exchange_that_is_missing_refuses_its_message_and_no_other(
    writing: Writing, amqp_names: AmqpNames, queue: str
) -> None:
    way = await writing()
    addresses = [f"{amqp_names('missing')}/x", f"/{queue}"] * 10
    attempts = await asyncio.gather(*(way.send(outgoing(address)) for address in addresses))
    assert [attempt.outcome for attempt in attempts] == ["refused", "taken"] * 10
    assert "NOT_FOUND" in attempts[0].evidence


async def test_a_message_that_the_broker_does_not_keep_waits(
    writing: Writing, broker: Broker, amqp_names: AmqpNames
) -> None:
    await broker.make(amqp_names("full"), max_length=1, overflow="reject-publish")
    way = await writing()
    attempts = [await way.send(outgoing(f"/{amqp_names('full')}")) for _ in range(2)]
    assert [attempt.outcome for attempt in attempts] == ["taken", "unavailable"]
    assert attempts[1].evidence.startswith("amqp.nack")


async def test_a_cut_between_message_and_confirmation_is_ambiguous(
    writing: Writing, broker: Broker, queue: str, wire: Wire
) -> None:
    way = await writing()
    await way.send(outgoing(f"/{queue}"))
    wire.deaf = True
    sending = asyncio.create_task(way.send(outgoing(f"/{queue}", attempt=3)))
    await wire.swallowed.wait()
    wire.cut()
    attempt = await sending
    assert (attempt.number, attempt.outcome) == (3, "ambiguous")
    assert attempt.evidence.startswith("amqp.lost")
    assert await broker.waiting(queue) == 2, "it had arrived, and nobody could know"


async def test_a_confirmation_that_does_not_come_is_ambiguous(writing: Writing, queue: str, wire: Wire) -> None:
    way = await writing(confirm_seconds=20.0)
    await way.send(outgoing(f"/{queue}"))
    wire.deaf = True
    sending = asyncio.create_task(way.send(outgoing(f"/{queue}")))
    await wire.swallowed.wait()
    pass_time(20.0)
    attempt = await sending
    assert (attempt.outcome, attempt.evidence) == ("ambiguous", "amqp.no-confirmation: none within 20 seconds")
    wire.cut()


async def test_a_broker_that_is_away_is_unavailable_and_is_found_again(
    writing: Writing, queue: str, wire: Wire
) -> None:
    way = await writing()
    await wire.close()
    attempt = await way.send(outgoing(f"/{queue}"))
    assert (attempt.outcome, attempt.evidence[:16]) == ("unavailable", "amqp.unreachable")
    assert "Connect call failed" in attempt.evidence
    with pytest.raises(Unavailable, match="no connection to"):
        await way.probe(partner(queue))
    await wire.open()
    assert (await way.send(outgoing(f"/{queue}"))).outcome == "taken"


async def test_a_connection_that_died_while_idle_costs_no_message(writing: Writing, queue: str, wire: Wire) -> None:
    clock = StepClock()
    way = await writing(clock, idle_seconds=60.0)
    await way.send(outgoing(f"/{queue}"))
    wire.cut()
    clock.moment += timedelta(seconds=61)
    assert (await way.send(outgoing(f"/{queue}"))).outcome == "taken"
    assert wire.connections == 2


async def test_a_kept_lane_is_used_again(writing: Writing, queue: str, wire: Wire) -> None:
    way = await writing()
    attempts = [await way.send(outgoing(f"/{queue}")) for _ in range(5)]
    assert ({attempt.outcome for attempt in attempts}, wire.connections) == ({"taken"}, 1)


async def test_a_broker_that_is_short_of_memory_is_given_nothing(
    writing: Writing, broker: Broker, queue: str, wire: Wire
) -> None:
    way = await writing(answer_seconds=10.0)
    assert (await way.send(outgoing(f"/{queue}"))).outcome == "taken"
    wire.say(spec.Connection.Blocked("low on memory"))
    with suppress(Unavailable):
        await way.probe()  # after a round trip it has been heard
    with pytest.raises(Unavailable):
        await overdue(way.probe(), 10.0)
    attempt = await overdue(way.send(outgoing(f"/{queue}")), 10.0)
    assert (attempt.outcome, attempt.evidence) == ("unavailable", "amqp.blocked: The broker takes no messages now.")
    wire.say(spec.Connection.Unblocked())
    assert (await way.send(outgoing(f"/{queue}"))).outcome == "taken"
    assert await broker.waiting(queue) == 2


async def test_many_are_under_way_at_once_within_the_window(writing: Writing, broker: Broker, queue: str) -> None:
    way = await writing(confirm_window=4)
    attempts = await asyncio.gather(*(way.send(outgoing(f"/{queue}")) for _ in range(60)))
    assert {attempt.outcome for attempt in attempts} == {"taken"}
    assert await broker.waiting(queue) == 60


async def test_a_message_for_a_named_exchange_is_routed_there(
    writing: Writing, broker: Broker, amqp_names: AmqpNames, queue: str
) -> None:
    exchange = await broker.channel.declare_exchange(amqp_names("a/b"), "topic", durable=True)
    bound = await broker.channel.get_queue(queue)
    await bound.bind(exchange, "xb.#")
    way = await writing()
    to = partner("xb.urgent", amqp_names("a/b"))
    await way.probe(to)
    assert (await way.send(outgoing(way.address(to, urgent=True), to))).outcome == "taken"
    assert (await broker.next(queue)).exchange == amqp_names("a/b")


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"subject": "a\r\nb"}, "amqp.property"), ({"message_id": "x" * 256}, "amqp.property")],
)
async def test_what_cannot_stand_in_a_message_is_refused(
    changes: dict[str, str], code: str, writing: Writing, queue: str
) -> None:
    attempt = await (await writing()).send(outgoing(f"/{queue}", **changes))
    assert (attempt.outcome, attempt.evidence.partition(":")[0]) == ("refused", code)


@pytest.mark.parametrize("address", ["", "/", "no-slash", "/a\nb", f"/{'x' * 256}", "%00/x"])
async def test_an_address_that_cannot_be_read_is_refused(address: str, writing: Writing) -> None:
    attempt = await (await writing()).send(outgoing(address))
    assert (attempt.outcome, attempt.evidence.partition(":")[0]) == ("refused", "amqp.address")


async def test_the_address_is_what_was_agreed_or_what_the_settings_say(writing: Writing) -> None:
    way = await writing(exchange="abroad", routing_key="any")
    assert way.address(partner("k", "x/y"), urgent=False) == "x%2Fy/k"
    assert Address.read("x%2Fy/k") == Address(exchange="x/y", routing_key="k")
    assert way.address(partner(), urgent=False) == "abroad/any"


async def test_a_partner_without_a_queue_has_no_address(writing: Writing) -> None:
    way = await writing()
    with pytest.raises(Misconfigured, match="no-address"):
        way.address(partner(), urgent=False)
    with pytest.raises(Misconfigured, match="no-leg"):
        way.address(partner(queue=None), urgent=False)


async def test_a_probe_finds_a_missing_queue_or_exchange(
    writing: Writing, broker: Broker, queue: str, amqp_names: AmqpNames
) -> None:
    way = await writing()
    await way.probe(partner(queue))
    for missing in (QueueLeg(routing_key=amqp_names("nowhere")), QueueLeg(exchange=amqp_names("nowhere"))):
        with pytest.raises(CounterpartUnavailable, match="NOT_FOUND"):
            await way.probe(partner(missing.routing_key, missing.exchange))
    assert await broker.waiting(queue) == 0, "a probe moves nothing"


async def test_a_way_that_is_closed_sends_nothing(writing: Writing, queue: str) -> None:
    way = await writing()
    await way.stop()
    attempt = await way.send(outgoing(f"/{queue}"))
    assert (attempt.outcome, attempt.evidence.partition(":")[0]) == ("unavailable", "amqp.stopped")
    with pytest.raises(Unavailable):
        await way.probe()


async def test_closing_while_a_confirmation_is_awaited_is_ambiguous(writing: Writing, queue: str, wire: Wire) -> None:
    way = await writing()
    await way.send(outgoing(f"/{queue}"))
    wire.deaf = True
    sending = asyncio.create_task(way.send(outgoing(f"/{queue}")))
    await wire.swallowed.wait()
    await way.stop()
    assert (await sending).outcome == "ambiguous"


async def test_tls_trusts_the_named_authority_and_no_other(
    writing: Writing, queue: str, wire: Wire, tmp_path: Path
) -> None:
    await wire.close()
    ours, theirs = Authority("Broker CA"), Authority("Somebody Else")
    await wire.open(ours.server_context(tmp_path, "127.0.0.1"))
    for authority, outcome in ((ours, "taken"), (theirs, "unavailable")):
        file = tmp_path / "ca.pem"
        file.write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
        way = await writing(url=wire.url, ca_file=str(file))
        assert (await way.send(outgoing(f"/{queue}"))).outcome == outcome
