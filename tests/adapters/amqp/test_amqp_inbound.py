"""Messages come in over real queues: kept before they are acknowledged, put aside with a reason, never lost."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateway.errors import Misconfigured, Refused, Unavailable
from tests.adapters.amqp.conftest import Reading
from tests.adapters.amqp.wire import Broker, Kept, StepClock
from tests.services.fixtures import AmqpNames


async def test_a_message_from_a_partner_is_taken_in_with_its_claim(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    await reading()
    await broker.publish(amqp_names("in"), b"<Form>1</Form>", user_id="spoc", message_id="m-1")
    await intake.until(taken=1)
    payload, claim, counterpart = intake.taken[0]
    assert (payload.content, payload.media_type, counterpart) == (b"<Form>1</Form>", "application/xml", "")
    assert (claim.sender, claim.reference, claim.recipients) == ("sirene:XB", "m-1", (amqp_names("in"),))


@pytest.mark.parametrize(
    ("changes", "properties", "sender"),
    [
        ({}, {}, ""),
        ({"default_sender": "ncb:XC"}, {}, "ncb:XC"),
        ({"users": {}}, {"user_id": "spoc"}, "user:spoc"),
    ],
)
async def test_the_sender_is_whom_the_broker_names(
    changes: Any, properties: Any, sender: str, reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    await reading(**changes)
    await broker.publish(amqp_names("in"), **properties)
    await intake.until(taken=1)
    assert intake.taken[0][1].sender == sender


async def test_what_was_kept_is_acknowledged_when_the_door_closes(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    intake.gate = asyncio.Event()
    door = await reading()
    await broker.publish(amqp_names("in"))
    await intake.until(asked=1)
    closing = asyncio.create_task(door.stop())
    intake.gate.set()
    await closing
    assert (len(intake.taken), await broker.waiting(amqp_names("in"))) == (1, 0)


async def test_no_more_than_the_prefetch_is_held_at_once(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    intake.gate = asyncio.Event()
    await reading(prefetch=2)
    for number in range(5):
        await broker.publish(amqp_names("in"), b"%d" % number)
    await intake.until(asked=2)
    assert (intake.asked, await broker.waiting(amqp_names("in"))) == (2, 3)
    intake.gate.set()
    await intake.until(taken=5)
    assert intake.bodies == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"content_type": "text/plain"}, "amqp.media-type"),
        ({"content_type": None}, "amqp.media-type"),
        ({"content_type": "application/json"}, "amqp.media-type"),
        ({"content_encoding": "gzip"}, "amqp.encoding"),
        ({"body": b"x" * 101}, "amqp.size"),
    ],
)
async def test_what_is_not_taken_goes_aside_with_a_reason(
    properties: Any, reason: str, reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    await reading(message_octets=100)
    await broker.publish(amqp_names("in"), **{"body": b"kept", "message_id": "m-1", **properties})
    aside = await broker.next(amqp_names("dead"))
    assert aside.body == properties.get("body", b"kept")
    assert (intake.taken, intake.reasons) == ([], [reason])
    assert intake.away[0][2].endswith(f"(queue {amqp_names('in')}, message id m-1)")


async def test_what_intake_refuses_goes_aside(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    intake.troubles = [Refused("intake.too-large", "Too large.")]
    await reading()
    await broker.publish(amqp_names("in"), b"refused")
    assert (await broker.next(amqp_names("dead"))).body == b"refused"
    assert intake.reasons == ["intake.too-large"]


async def test_nothing_goes_aside_before_the_journal_knows(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    clock = StepClock()
    intake.journal_troubles = [Unavailable("ledger.full", "The disk is full.")]
    await reading(clock)
    await broker.publish(amqp_names("in"), content_type="text/plain")
    await clock.step()
    await broker.next(amqp_names("dead"))
    assert intake.reasons == ["amqp.media-type"]


async def test_what_cannot_be_kept_now_is_tried_again_without_going_back(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    clock = StepClock()
    intake.troubles = [Unavailable("ledger.busy", "Later.") for _ in range(30)]
    await reading(clock, retry_seconds=5.0, delivery_limit=1)
    await broker.publish(amqp_names("in"))
    assert [await clock.step() for _ in range(30)] == [5.0] * 30
    await intake.until(taken=1)
    assert await broker.waiting(amqp_names("dead")) == 0


async def test_what_cannot_be_kept_for_long_goes_back_to_its_queue(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    clock = StepClock()
    intake.troubles = [Unavailable("ledger.busy", "Later.") for _ in range(3)]
    await reading(clock, retry_seconds=10.0, hold_seconds=15.0)
    await broker.publish(amqp_names("in"), b"patient")
    for _ in range(3):
        await clock.step()
    await intake.until(taken=1)
    assert (intake.asked, intake.bodies) == (4, [b"patient"])


async def test_a_message_that_breaks_us_goes_aside_after_some_deliveries(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    clock = StepClock()
    intake.troubles = [ZeroDivisionError() for _ in range(3)]
    await reading(clock, delivery_limit=2)
    await broker.publish(amqp_names("in"), b"poison")
    for _ in range(3):
        await clock.step()
    aside = await broker.next(amqp_names("dead"))
    assert (aside.body, intake.asked) == (b"poison", 3)
    await broker.publish(amqp_names("in"), b"sound")
    await intake.until(taken=1)


async def test_odd_properties_do_not_keep_a_message_out(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    await reading()
    odd = {"priority": 200, "reply_to": "\x00", "message_id": "a\r\nb", "expiration": "600000"}
    await broker.publish_oddly(amqp_names("in"), b"<Odd/>", content_type="Application/XML; charset=utf-8", **odd)
    await intake.until(taken=1)
    assert (intake.bodies, intake.taken[0][1].reference) == ([b"<Odd/>"], "")


# --- orders of national systems


async def test_a_national_system_hands_in_a_message(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    await reading(submission_queue=amqp_names("orders"), submitters=("spoc",))
    properties = {"user_id": "spoc", "message_id": "case-7/1", "headers": {"counterpart": "sirene:XB"}}
    await broker.publish(amqp_names("orders"), b"{}", content_type="application/json", **properties)
    await intake.until(taken=1)
    payload, claim, counterpart = intake.taken[0]
    assert (payload.media_type, claim.sender, claim.reference) == ("application/json", "spoc", "case-7/1")
    assert counterpart == "sirene:XB"


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"user_id": None}, "amqp.submitter"),
        ({"message_id": "a\nb"}, "amqp.no-key"),
        ({"headers": {}}, "amqp.counterpart"),
        ({"headers": {"counterpart": 7}}, "amqp.counterpart"),
        ({"headers": {"counterpart": "XB; DROP"}}, "amqp.counterpart"),
        ({"content_type": "message/rfc822"}, "amqp.media-type"),
    ],
)
async def test_an_order_that_lacks_something_goes_aside(
    properties: Any, reason: str, reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    await reading(submission_queue=amqp_names("orders"), submitters=("spoc",), inbound_queue="")
    whole = {"user_id": "spoc", "message_id": "k", "headers": {"counterpart": "sirene:XB"}}
    await broker.publish_oddly(amqp_names("orders"), **{**whole, **properties})
    await intake.until(away=1)
    await broker.next(amqp_names("dead"))
    assert (intake.reasons, intake.taken) == ([reason], [])


async def test_nobody_may_hand_in_who_is_not_named(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    await reading(submission_queue=amqp_names("orders"))
    headers = {"counterpart": "sirene:XB"}
    await broker.publish(amqp_names("orders"), user_id="spoc", message_id="k", headers=headers)
    await intake.until(away=1)
    assert intake.reasons == ["amqp.submitter"]


# --- settings that cannot work


async def test_a_queue_that_is_made_otherwise_stops_the_start(
    reading: Reading, broker: Broker, amqp_names: AmqpNames
) -> None:
    await broker.make(amqp_names("in"))
    with pytest.raises(Misconfigured, match="PRECONDITION_FAILED"):
        await reading()


async def test_a_queue_that_others_should_have_made_and_did_not_stops_the_start(
    reading: Reading, amqp_names: AmqpNames
) -> None:
    with pytest.raises(Misconfigured, match="NOT_FOUND"):
        await reading(declare=False)


async def test_queues_that_others_have_made_are_read_as_they_are(
    reading: Reading, intake: Kept, broker: Broker, amqp_names: AmqpNames
) -> None:
    await broker.make(amqp_names("in"), queue_type="quorum")
    await reading(declare=False)
    await broker.publish(amqp_names("in"))
    await intake.until(taken=1)


async def test_a_broker_that_does_not_know_us_stops_the_start(reading: Reading, amqp_url: str) -> None:
    with pytest.raises(Misconfigured) as error:
        await reading(url=amqp_url.replace("//spoc:", "//stranger:"))
    assert error.value.code == "amqp.login"
    assert str(urlsplit(amqp_url).password) not in str(error.value)


async def test_a_virtual_host_that_is_missing_is_told_when_probed(reading: Reading, amqp_url: str) -> None:
    door = await reading(StepClock(), url=amqp_url.rstrip("/") + "/elsewhere")
    with pytest.raises(Unavailable, match="virtual host may be missing"):
        await door.probe()
