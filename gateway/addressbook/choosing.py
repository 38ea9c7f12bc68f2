"""Which mailbox and which way a message takes. Pure: the book, the partner, the form and the moment decide."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec
from msgspec import Struct

from gateway.addressbook.book import Alternative, Bureau, MailboxKind
from gateway.partners import Partner, QueueLeg

FAILURES_BEFORE_ALTERNATIVE: Final = 2
"""Failed attempts on the usual way before an alternative one is tried, alternately from then on (a proposal)."""
URGENT_FAILURES_BEFORE_ALTERNATIVE: Final = 1
LOOK_AGAIN_AT_LEAST: Final = timedelta(minutes=1)


class Way(Struct, frozen=True, kw_only=True):
    """A way to a counterpart: our channel, the address there, and which alternative of the book it is (0 for the usual)."""

    channel: str
    address: str
    alternative: int = 0


def wanted_mailbox(*, urgent: bool, named: str) -> MailboxKind:
    """The mailbox for a message whose form names a kind, or none. Urgent ones go to the operational mailbox only
    (SIRENE Manual 1.10.3).
    """
    return MailboxKind(named) if named in tuple(MailboxKind) and not urgent else MailboxKind.OPERATIONAL


def mailbox_of(bureau: Bureau, kind: MailboxKind) -> str:
    """The address for this kind of message. Only the operational mailbox stands in for one that a bureau has not, and
    nothing stands in for the operational one.
    """
    return bureau.mailbox(kind) or bureau.mailbox(MailboxKind.OPERATIONAL)


def ways(bureau: Bureau | None, usual: Way, channels: frozenset[str]) -> tuple[Way, ...]:
    """The usual way, then every alternative that a channel of ours serves."""
    others = bureau.alternatives if bureau else ()
    return (
        usual,
        *(
            Way(channel=each.channel, address=_address(each) or usual.address, alternative=number)
            for number, each in enumerate(others, 1)
            if each.channel in channels
        ),
    )


def _address(way: Alternative) -> str:
    return way.address or "/".join(filter(None, (way.exchange, way.routing_key)))


def way_for(ways: tuple[Way, ...], failures: int, *, urgent: bool) -> Way:
    """The way for the next attempt after so many failures: the usual one first, then each in turn."""
    patience = URGENT_FAILURES_BEFORE_ALTERNATIVE if urgent else FAILURES_BEFORE_ALTERNATIVE
    if failures < patience or len(ways) == 1:
        return ways[0]
    return ways[(failures - patience + 1) % len(ways)]


def by_way(partner: Partner, bureau: Bureau | None, alternative: int) -> Partner:
    """The partner as it is reached by one alternative. Whom we believe and which authority vouches for its servers stay
    what was agreed with the partner: the book gives addresses, never trust.
    """
    if not alternative or bureau is None or alternative > len(bureau.alternatives):
        return partner
    other = bureau.alternatives[alternative - 1]
    mail = partner.mail
    if mail is not None and other.host:
        mail = msgspec.structs.replace(mail, host=other.host, port=other.port)
    queue = partner.queue
    if other.routing_key:
        queue = QueueLeg(exchange=other.exchange, routing_key=other.routing_key)
    return msgspec.structs.replace(partner, channel=other.channel, mail=mail, queue=queue)
