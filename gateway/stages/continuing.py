"""A text that is longer than our office's limit is sent in parts: the order goes out with the first, and brings the others about."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from gateway.envelope import Envelope, Payload
from gateway.errors import Refused
from gateway.families import Family
from gateway.identity import derived_id
from gateway.ports import Formats
from gateway.receipts import document, outbound
from gateway.verdict import Offspring


def in_parts(envelope: Envelope, formats: Formats, limit: int, now: datetime) -> tuple[Envelope, tuple[Offspring, ...]]:
    """The envelope with what its form keeps, and an order for each further part. Without a limit nothing is split."""
    family: Family = formats.family(envelope.form.format)
    if not limit or family.continued is None:
        return envelope, ()
    try:
        first, *rest = family.continued(
            envelope.form, limit, lambda number: derived_id(envelope.id, f"part/{number}"), now
        )
    except ValueError as error:
        raise Refused("text.too-long", f"The text cannot be sent in parts of {limit} characters: {error}.") from error
    if not rest:
        return envelope, ()
    orders = []
    for form in rest:
        payload = Payload.of(document(formats.get(form.format).encode(form)), "application/xml")
        made = outbound(
            form, payload, id=beside(envelope.id, form.header.message_id), kind="message", cause=envelope.id, now=now
        )
        orders.append(Offspring(envelope=made))
    return envelope.learn(form=first), tuple(orders)


def beside(id: str, name: str) -> str:
    """An envelope id that the same two always give, with the time of the first, so that lists show both together (RFC 9562, UUIDv7)."""
    moment, other = UUID(id).int >> 80, UUID(derived_id(id, name)).int
    return str(
        UUID(int=(moment << 80) | (7 << 76) | (((other >> 64) & 0xFFF) << 64) | (2 << 62) | (other & ((1 << 62) - 1)))
    )
