"""A delivery in the core's words: pure, tested without a wire.

Who sent it is the `user_id` property: RabbitMQ takes it only from a publisher that is logged in under that name. Like
every claim it proves nothing; the signature does.
"""

from __future__ import annotations

from typing import Final

from aiormq.abc import DeliveredMessage
from msgspec import Struct

from adapters.channels.amqp.settings import AmqpSettings
from gateway.envelope import Claim, Payload
from gateway.errors import Refused
from gateway.identity import PartyId, party

FROM_PARTNERS: Final = frozenset({"application/xml", "text/xml", "multipart/mixed", "message/rfc822"})
FROM_SYSTEMS: Final = frozenset({"application/xml", "application/json", "multipart/mixed"})
PLAIN_ENCODINGS: Final = frozenset({"", "identity", "binary", "7bit", "8bit", "utf-8"})
"""Some clients write the character set there. Anything else means that the bytes are packed."""
COUNTERPART: Final = "counterpart"
"""Header of a message that is handed in: the party abroad that it is for."""


class Order(Struct, frozen=True, kw_only=True):
    """What is handed to intake. `counterpart` is set for what national systems hand in."""

    payload: Payload
    claim: Claim
    counterpart: PartyId = ""


def claim_of(delivery: DeliveredMessage, queue: str, settings: AmqpSettings) -> Claim:
    """Who the sender claims to be; never raises."""
    properties = delivery.header.properties
    user = _text(properties.user_id)
    if queue == settings.submission_queue:
        sender = user
    elif user:
        # The prefix keeps a user whose name looks like a partner's from being taken for the partner.
        sender = settings.users.get(user, f"user:{user}")
    else:
        sender = settings.default_sender
    return Claim(sender=sender, recipients=(queue,), reference=_text(properties.message_id))


def read(delivery: DeliveredMessage, queue: str, settings: AmqpSettings) -> Order:
    """The order for intake; raises `Refused` for what is not taken."""
    submitted = queue == settings.submission_queue
    size, limit = len(delivery.body), settings.message_octets
    if size > limit:
        raise Refused(
            "amqp.size", f"The message has {size} octets, and {limit} are taken; send fewer or smaller files."
        )
    media_type = _media_type(delivery, FROM_SYSTEMS if submitted else FROM_PARTNERS)
    claim = claim_of(delivery, queue, settings)
    counterpart = _counterpart(delivery, claim, settings) if submitted else ""
    return Order(payload=Payload.of(delivery.body, media_type), claim=claim, counterpart=counterpart)


def _media_type(delivery: DeliveredMessage, known: frozenset[str]) -> str:
    properties = delivery.header.properties
    media_type = _text(properties.content_type).partition(";")[0].strip().lower()
    if media_type not in known:
        raise Refused("amqp.media-type", f"Set the content_type property to one of {', '.join(sorted(known))}.")
    if _text(properties.content_encoding).strip().lower() not in PLAIN_ENCODINGS:
        raise Refused("amqp.encoding", "The content_encoding says that the message is packed; send it plain.")
    return media_type


def _counterpart(delivery: DeliveredMessage, claim: Claim, settings: AmqpSettings) -> PartyId:
    if claim.sender not in settings.submitters:
        raise Refused("amqp.submitter", "Set the user_id property to a broker user that may hand in messages.")
    if not claim.reference:
        raise Refused("amqp.no-key", "Set the message_id property to a key of your own, a new one for each message.")
    headers = delivery.header.properties.headers or {}
    try:
        return party(_text(headers.get(COUNTERPART)))
    except ValueError as error:
        raise Refused("amqp.counterpart", "Set the header counterpart to a party, such as sirene:XB.") from error


def _text(value: object) -> str:
    """A property as text that is safe to keep; empty for none, or for one with control characters."""
    return value if isinstance(value, str) and value.isprintable() else ""
