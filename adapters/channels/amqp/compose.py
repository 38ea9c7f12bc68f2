"""Writing the message around a payload, and the address it goes to: pure, tested without a wire."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote

from aio_pika import DeliveryMode, Message
from msgspec import Struct

from adapters.channels.amqp.settings import NAME_OCTETS, AmqpSettings, plain_name
from gateway.errors import Misconfigured, Refused
from gateway.handover import Outgoing
from gateway.partners import Partner

TYPE: Final = "spoc-message"
APPLICATION: Final = "spoc-gateway"
URGENT: Final = 5
"""Quorum queues since RabbitMQ 4.0 put 5 and above before the others; older ones and other queues take no notice."""


class Address(Struct, frozen=True, kw_only=True):
    """Where a message goes on a broker. With an empty exchange, the broker's default one, the key is a queue's name."""

    exchange: str
    routing_key: str

    def __str__(self) -> str:
        # An exchange may have a slash in its name; the first one that stands here is ours.
        return f"{quote(self.exchange, safe='')}/{self.routing_key}"

    @classmethod
    def read(cls, text: str) -> Address:
        """The address in a leg; raises `Refused` for a text that is none."""
        exchange, slash, routing_key = text.partition("/")
        found = cls(exchange=unquote(exchange), routing_key=routing_key)
        if not slash or not found.is_plain:
            raise Refused("amqp.address", "The address on the broker cannot be read.")
        return found

    @property
    def is_plain(self) -> bool:
        """Whether a broker can take it."""
        return bool(self.exchange or self.routing_key) and plain_name(self.exchange) and plain_name(self.routing_key)


def address_of(partner: Partner, settings: AmqpSettings) -> Address:
    """Where messages for a partner go; raises `Misconfigured` when nothing is agreed."""
    if partner.queue is None:
        raise Misconfigured("amqp.no-leg", f"No queue is agreed with {partner.party}.")
    found = Address(
        exchange=partner.queue.exchange or settings.exchange,
        routing_key=partner.queue.routing_key or settings.routing_key,
    )
    if not found.is_plain:
        raise Misconfigured("amqp.no-address", f"The queue of {partner.party} has no usable name.")
    return found


def compose(parcel: Outgoing, user: str) -> Message:
    """The message for one attempt; raises `Refused` for what cannot stand in one."""
    shown = (parcel.message_id, parcel.payload.media_type, parcel.subject, user)
    if not all(plain_name(text) for text in shown):
        raise Refused("amqp.property", f"A property holds control characters or more than {NAME_OCTETS} octets.")
    return Message(
        parcel.payload.content,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=parcel.message_id,
        content_type=parcel.payload.media_type,
        type=TYPE,
        app_id=APPLICATION,
        user_id=user or None,  # the broker vouches for it towards the reader
        timestamp=parcel.at,
        priority=URGENT if parcel.urgent else None,
        headers={"x-spoc-attempt": parcel.attempt, "x-spoc-subject": parcel.subject},
    )
