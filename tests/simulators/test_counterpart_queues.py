"""Foreign offices that exchange messages over a real broker."""

from collections.abc import Callable

import aio_pika

from tests.services.fixtures import AmqpNames
from tests.simulators.bureaux import Bureau

Opener = Callable[..., Bureau]


def on_the_broker(open_bureau: Opener, url: str, queue: str, state: str) -> Bureau:
    settings = {"state": state, "channel": "amqp", "amqp-url": url, "amqp-queue": queue}
    return open_bureau("ncb", *(word for each in settings.items() for word in ("--set", "=".join(each))))


async def test_two_offices_write_over_queues_with_and_without_files(
    open_bureau: Opener, amqp_url: str, amqp_names: AmqpNames
) -> None:
    xb = on_the_broker(open_bureau, amqp_url, amqp_names("xb"), "XB")
    xc = on_the_broker(open_bureau, amqp_url, amqp_names("xc"), "XC")
    await xb.meet(xc)

    for files in (False, True):
        sent = await xb.send("FreeText", attachments=files)
        assert (sent["accepted"], sent["result"]["channel"], sent["result"]["phase"]) == (True, "amqp", "confirm")
        (form,) = await xc.got(message_id=sent["message_id"])
        assert form["valid"], form["findings"]
        assert form["sha256"] == sent["sha256"]
        assert (form["channel"], form["amqp_message_id"], form["attempt"]) == ("amqp", sent["message_id"], 1)
        assert form["content_type"] == ("multipart/mixed" if files else "application/xml")
        assert len(form["files"]) == int(files)
        assert await xb.stages_of(sent["message_id"]) == ["RECEIVED", "VALID"]


async def test_what_no_queue_takes_is_not_accepted(
    open_bureau: Opener, amqp_url: str, amqp_names: AmqpNames
) -> None:  # fmt: skip
    xb = on_the_broker(open_bureau, amqp_url, amqp_names("xb"), "XB")
    xc = on_the_broker(open_bureau, amqp_url, amqp_names("xc"), "XC")
    await xb.call("POST", "/sim/partner", data=xc.card.replace(amqp_names("xc"), amqp_names("nobody")))
    sent = await xb.send("FreeText")
    assert not sent["accepted"]
    assert sent["result"]["error"]


async def test_an_office_on_the_broker_loses_and_refuses_on_request(
    open_bureau: Opener, amqp_url: str, amqp_names: AmqpNames
) -> None:
    xb = on_the_broker(open_bureau, amqp_url, amqp_names("xb"), "XB")
    xc = on_the_broker(open_bureau, amqp_url, amqp_names("xc"), "XC")
    await xb.meet(xc)
    await xc.misbehave(
        '[[rule]]\nwhen = { phase = "content", nth = 1 }\ndo = "silent"\n'
        '[[rule]]\nwhen = { phase = "content", nth = 2 }\n'
        'do = { action = "refuse", smtp_code = 550, enhanced = "5.0.0", text = "no" }\n'
        '[[rule]]\nwhen = { phase = "receipt", key = "RECEIVED" }\ndo = "duplicate"\n'
    )
    for _ in range(2):
        assert (await xb.send("FreeText"))["accepted"]
    third = await xb.send("FreeText")

    assert await xb.stages_of(third["message_id"], 3) == ["RECEIVED", "RECEIVED", "VALID"]
    assert [each["message_id"] for each in await xc.has()] == [third["message_id"]]
    assert len(await xc.events("lost")) == 1


async def test_rubbish_on_the_queue_is_kept_and_the_next_message_is_read(
    open_bureau: Opener, amqp_url: str, amqp_names: AmqpNames
) -> None:
    xb = on_the_broker(open_bureau, amqp_url, amqp_names("xb"), "XB")
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        for content_type in ("application/xml", "multipart/mixed", "text/plain"):
            message = aio_pika.Message(b"\x00 rubbish \xff", content_type=content_type)
            await channel.default_exchange.publish(message, routing_key=amqp_names("xb"))

    found = await xb.got(3, valid="no")
    assert {each["findings"][0]["code"] for each in found} == {"form.unreadable"}
