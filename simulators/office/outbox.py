"""What an office sends: kept with its bytes, so that the very same message can be sent again.

The one idea: a message has one id for ever and one number per attempt. What a scenario does to a transmission (twice,
spoilt, dropped on the way, not at all) happens here and leaves the kept message as it is.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from simulators.authority import KeyPair
from simulators.office.amqp import Queue
from simulators.office.cards import Card, CardBox
from simulators.office.identity import Identity
from simulators.office.keys import Keys, client_side
from simulators.office.mail import USUAL, Cover, MailStyle, compose, digest
from simulators.office.smtp_out import Route, Sent, send_mail
from simulators.office.tampering import corrupt
from simulators.office.templates import File
from simulators.scenario import ACCEPT, Action

RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A signed message, ready to travel."""

    message_id: str
    our_reference: str
    to: str
    root: str
    urgency: str
    payload: bytes
    files: Sequence[File] = ()
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How it travels."""

    wire: str = ""  # tls-certificate or no-tls: the connection is wrong
    mail_from: str = ""  # another sender on the outside
    mailbox: str = ""  # another mailbox of the other side
    action: Action = ACCEPT


class Outbox:
    """Sends, and remembers what was sent."""

    def __init__(self, identity: Identity, keys: Keys, cards: CardBox) -> None:
        self.identity, self._keys, self._cards = identity, keys, cards
        self.queue: Queue | None = None
        self.style: MailStyle = USUAL
        self.copies = 1  # of everything
        self._contexts: dict[tuple[KeyPair, str], ssl.SSLContext] = {}
        self._kept: dict[str, Message] = {}

    def keep(self, message: Message) -> None:
        self._kept[message.message_id] = message

    def kept(self, message_id: str) -> Message | None:
        return self._kept.get(message_id)

    def reset(self) -> None:
        self._kept.clear()

    async def transmit(self, message: Message, manner: Manner, now: datetime) -> list[Sent]:
        """One transmission as the scenario wants it; several when it says so, none when it is silent."""
        action = manner.action
        await asyncio.sleep(action.wait_seconds)
        if action.name == "silent":
            return []
        if action.name == "corrupt":
            message = replace(message, payload=corrupt(message.payload, action.how))
        times = action.times if action.name == "duplicate" else self.copies
        sent = []
        for number in range(times):
            again = replace(message, attempt=message.attempt + number)
            sent.append(await self._send(again, manner, now))
        return sent

    async def transmit_until_taken(self, message: Message, manner: Manner, now: datetime) -> list[Sent]:
        """For receipts: again after a while for as long as the other side says "later", or nothing."""
        sent = await self.transmit(message, manner, now)
        for attempt, seconds in enumerate(RETRY_SECONDS, message.attempt + 1):
            if not sent or not sent[-1].temporary:
                break
            await asyncio.sleep(seconds)
            sent.append(await self._send(replace(message, attempt=attempt), replace(manner, action=ACCEPT), now))
        return sent

    async def _send(self, message: Message, manner: Manner, now: datetime) -> Sent:
        card = self._cards.of(message.to)
        if card is None:
            return Sent(phase="address", error=f"no card of {message.to}")
        if card.channel == "amqp":
            if self.queue is None:
                return Sent(channel="amqp", phase="address", error="no --set amqp-url was given")
            return await self.queue.send(card, message.payload, message.files, _properties(message))
        return await self._mail(message, card, manner, now)

    async def _mail(self, message: Message, card: Card, manner: Manner, now: datetime) -> Sent:
        cover = Cover(
            sender=manner.mail_from or self.identity.address,
            recipient=card.mailbox(manner.mailbox) or card.address(message.urgency),
            subject=f"{self.identity.label} {message.our_reference}",
            message_id=message.message_id,
            attempt=message.attempt,
            domain=self.identity.domain,
            now=now,
        )
        action = manner.action
        pair = self._keys.stranger_client if manner.wire == "tls-certificate" else self._keys.tls_client
        without_tls = card.starttls == "never" or manner.wire == "no-tls"
        route = Route(
            host=card.host,
            port=card.port,
            mail_from=cover.sender,
            recipient=cover.recipient,
            helo=self.identity.domain,
            tls=None if without_tls else self._context(pair, card.tls_ca),
            drop_at=action.at if action.name == "drop" else "",
            chunk_bytes=action.chunk_bytes if action.name == "slow-drip" else 0,
            pause_seconds=action.pause_seconds,
        )
        return await send_mail(route, compose(cover, message.payload, message.files, self.style))

    def _context(self, pair: KeyPair, trusted: str) -> ssl.SSLContext:
        """Made once for each partner, since loading certificates takes longer than sending."""
        wanted = (pair, trusted)
        if wanted not in self._contexts:
            self._contexts[wanted] = client_side(pair, trusted)
        return self._contexts[wanted]


def _properties(message: Message) -> dict[str, Any]:
    return {"message_id": message.message_id, "headers": {"X-SPOC-Attempt": message.attempt}}


def facts_of(message: Message) -> dict[str, Any]:
    """For the ledger and for the tester."""
    return {
        "message_id": message.message_id,
        "our_reference": message.our_reference,
        "to": message.to,
        "root": message.root,
        "attempt": message.attempt,
        "sha256": digest(message.payload),
    }
