"""Settings show no secret and say all that is wrong at once; names and claims are read without surprises."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiormq import spec
from aiormq.abc import DeliveredMessage
from hypothesis import given
from hypothesis import strategies as st
from pamqp.header import ContentHeader

from adapters.channels.amqp.compose import Address
from adapters.channels.amqp.reading import claim_of, read
from adapters.channels.amqp.settings import AmqpSettings, broker_url, check_settings, own_user, redacted
from gateway.errors import Misconfigured, Refused

URL = "amqp://xa%40office:hush-hush@127.0.0.1:5672/spoc"
READING = {"inbound_queue": "in", "submission_queue": "orders", "submitters": ("pol",)}


def wrong(**changes: Any) -> str:
    with pytest.raises(Misconfigured) as error:
        check_settings(AmqpSettings(**{"url": URL, **changes}))
    assert "hush" not in str(error.value)
    return error.value.operator


def test_plain_settings_are_in_order() -> None:
    settings = AmqpSettings(url=URL, **READING, users={"xb": "sirene:XB"})
    check_settings(settings)
    assert own_user(broker_url(settings)) == "xa@office"


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "amqp://:hush-hush@host/",
        "amqps://u:hush-hush@[::1",
        "u:hush-hush@h",
        "hush-hush:x",
        "amqp://u:1/hush-hush@h/",
        "",
    ],
)
def test_no_secret_is_shown(url: str) -> None:
    assert "hush-hush" not in repr(AmqpSettings(url=url))
    assert redacted("amqps://u:p@h:1/v?x=1") == "amqps://u:***@h:1/v"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": ""}, "url, url_file: give one"),
        ({"url_file": "/nowhere/url"}, "url, url_file: give one"),
        ({"url": "http://127.0.0.1"}, "url: write amqps://"),
        ({"url": "amqp://127.0.0.1:none/"}, "url: write amqps://"),
        ({"url": "amqp://broker.xa.example/"}, "url: amqp is only for this machine"),
        ({"url": "amqps://127.0.0.1/"}, "ca_file: needed"),
        ({"url": "amqps://127.0.0.1/?no_verify_ssl=1", "ca_file": "ca.pem"}, "no options after a question mark"),
        ({"client_key": "k.pem"}, "client_certificate, client_key: give both"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file: there is no file"),
        ({"inbound_queue": "a\nb"}, "inbound_queue: not a name"),
        ({"exchange": "æ" * 128}, "exchange: not a name"),
        ({"inbound_queue": "a", "submission_queue": "a"}, "give each a name of its own"),
        ({"inbound_queue": "a", "dead_letter_queue": ""}, "refused messages must go somewhere"),
        ({"prefetch": 0}, "prefetch: must be more than 0"),
        ({"prefetch": 65536}, "prefetch: at most"),
        ({"hold_seconds": 1790.0}, "together less than 1800"),
        ({"users": {"xb": "XB"}}, "xb: not a party id"),
        ({"default_sender": "XB"}, "default_sender: not a party id"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, Any], words: str) -> None:
    assert words in wrong(**changes)


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(wrong(url="ftp://x", prefetch=0, confirm_seconds=0, users={"x": "y"}).splitlines()) == 4


def test_the_url_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(URL + "\n")
    settings = AmqpSettings(url_file=str(tmp_path / "url"))
    check_settings(settings)
    assert broker_url(settings).geturl() == URL
    (tmp_path / "url").write_text("nonsense hush")
    with pytest.raises(Misconfigured) as error:
        broker_url(settings)
    assert "hush" not in str(error.value)


# --- addresses and claims

names = st.text(max_size=40)


@given(exchange=names, key=names)
def test_an_address_is_read_as_it_was_written_or_refused(exchange: str, key: str) -> None:
    written = Address(exchange=exchange, routing_key=key)
    try:
        assert Address.read(str(written)) == written
    except Refused:
        assert not written.is_plain


def delivery(body: bytes, **properties: Any) -> DeliveredMessage:
    fields = spec.Basic.Properties()
    for name, value in properties.items():
        setattr(fields, name, value)
    header = ContentHeader(body_size=len(body), properties=fields)
    return DeliveredMessage(delivery=spec.Basic.Deliver(), header=header, body=body, channel=None)  # type: ignore[arg-type]  # not asked


odd = st.none() | st.text(max_size=30) | st.binary(max_size=10) | st.integers() | st.dictionaries(st.text(), st.text())
media_types = odd | st.sampled_from(["application/xml", "APPLICATION/JSON; a=b", "multipart/mixed"])


@given(
    user_id=odd, message_id=odd, content_type=media_types, content_encoding=odd, queue=st.sampled_from(["in", "orders"]),
    headers=st.none() | st.dictionaries(st.sampled_from(["counterpart", "x"]), odd | st.just("sirene:XB")),
)  # fmt: skip
def test_whatever_stands_in_properties_is_read_or_refused(queue: str, **properties: Any) -> None:
    settings = AmqpSettings(url=URL, **READING, users={"xb": "sirene:XB"})
    found = delivery(b"<Form/>", **properties)
    claim = claim_of(found, queue, settings)
    assert claim.sender.isprintable()
    assert claim.reference.isprintable()
    with suppress(Refused):
        order = read(found, queue, settings)
        assert order.payload.content == b"<Form/>"
        assert bool(order.counterpart) == (queue == "orders")


def test_a_key_is_needed_to_hand_something_in() -> None:
    settings = AmqpSettings(url=URL, **READING)
    order = {"user_id": "pol", "content_type": "application/xml", "headers": {"counterpart": "sirene:XB"}}
    with pytest.raises(Refused, match="no-key"):
        read(delivery(b"<Form/>", **order), "orders", settings)
    assert read(delivery(b"<Form/>", message_id="1", **order), "orders", settings).counterpart == "sirene:XB"
