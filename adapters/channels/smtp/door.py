"""Who may come in: what all conversations of one mail door share and decide by. There is no wire here."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from adapters.channels.smtp import replies
from adapters.channels.smtp.addresses import domain_of
from adapters.channels.smtp.replies import Reply
from adapters.channels.smtp.settings import SmtpSettings
from adapters.channels.smtp.tls import Peer, is_agreed, was_revoked
from gateway.envelope import Claim, Payload
from gateway.errors import GatewayError
from gateway.flow.doors import CODES
from gateway.handover import Accepted
from gateway.partners import Directory, Partner, without_case
from gateway.ports import Clock, Intake

NULL_SENDER: Final = "<>"
"""Sender of delivery status notifications (RFC 5321 section 4.5.5), kept in the claim as it stands."""
SOURCES: Final = 10_000
"""Most senders whose messages of the last hour are counted at once; beyond that the quietest are forgotten."""
HOUR: Final = timedelta(hours=1)
CANNOT_NOW: Final = 451
"""Trouble of ours: nobody is shut out for an hour because we could not keep a message."""
_log = logging.getLogger(__name__)


class Allowance:
    """Messages of the last hour, by source."""

    def __init__(self) -> None:
        self._taken: dict[str, deque[datetime]] = {}

    def used(self, source: str, now: datetime) -> int:
        """How many messages came from the source within the last hour."""
        taken = self._taken.get(source)
        while taken and taken[0] <= now - HOUR:
            taken.popleft()
        return len(taken) if taken else 0

    def use(self, source: str, now: datetime) -> None:
        """Count one message."""
        if source not in self._taken and len(self._taken) >= SOURCES:
            self._forget(now)
        self._taken.setdefault(source, deque()).append(now)

    def _forget(self, now: datetime) -> None:
        for source in [source for source in self._taken if not self.used(source, now)]:
            del self._taken[source]
        while len(self._taken) >= SOURCES:
            del self._taken[min(self._taken, key=lambda source: len(self._taken[source]))]


class Room:
    """The memory for mails that are arriving."""

    def __init__(self, octets: int) -> None:
        self._free = octets

    def take(self, octets: int) -> bool:
        """Take this much, if it is there."""
        if octets > self._free:
            return False
        self._free -= octets
        return True

    def give_back(self, octets: int) -> None:
        """What is not needed any more."""
        self._free += octets


class Door:
    """The decisions of one mail door, and what it counts."""

    def __init__(self, name: str, settings: SmtpSettings, directory: Callable[[], Directory], clock: Clock) -> None:
        self.name, self.settings = name, settings
        self._directory, self._clock = directory, clock
        self._domains = frozenset(map(without_case, settings.domains))
        self._mailboxes = frozenset(map(without_case, settings.mailboxes))
        self._allowance = Allowance()
        self._refusals = Allowance()
        self.room = Room(settings.content_octets_in_hand)
        self._connections: Counter[str] = Counter()
        self._taking: set[asyncio.Task[Accepted]] = set()
        self.own_sender = (
            f"canary-{secrets.token_hex(16)}@{settings.domains[0] if settings.domains else 'spoc.invalid'}"
        )
        """Whom only this process knows: its own test messages come from there."""
        self.intake: Intake | None = None

    # --- connections

    def admit(self, host: str) -> Reply | None:
        """Count a new connection, or say why it is not let in."""
        settings = self.settings
        if self._refusals.used(host, self._clock.now()) >= settings.refusals_per_hour:
            return replies.TOO_OFTEN_REFUSED
        here, in_all = self._connections[host], self._connections.total()
        if here >= settings.connections_per_remote or in_all >= settings.connections:
            return replies.TOO_MANY_CONNECTIONS
        self._connections[host] += 1
        return None

    def leave(self, host: str) -> None:
        """A connection that was admitted has ended."""
        self._connections[host] -= 1
        if self._connections[host] <= 0:
            del self._connections[host]

    # --- sender and recipients

    def judge_sender(self, address: str, peer: Peer) -> Reply | None:
        """Why this sender may not write now over this connection, or None when it may."""
        if self.settings.starttls == "required" and not peer.encryption:
            return replies.NEEDS_TLS
        if address == self.own_sender:
            return None
        partner = self._directory().by_address(address)
        if partner is None and address != NULL_SENDER and self.settings.unknown_sender == "refuse":
            return replies.unknown_sender(self.settings.contact)
        # One mailbox may serve several offices, and which of them writes is known only from the form: all must be content.
        owners = (one for one in self._directory() if one.owns_address(address))
        refusal = next((found for one in owners if (found := self._judge_certificate(one, peer))), None)
        return refusal or self.judge_rate(address, peer)

    def _judge_certificate(self, partner: Partner, peer: Peer) -> Reply | None:
        """A certificate that was taken back speaks for nobody, also where none is required."""
        book, now = self._directory().revocation, self._clock.now()
        if partner.mail and peer.certificate and was_revoked(peer.certificate, partner.mail, book, now):
            return replies.REVOKED_CERTIFICATE
        return _judge_certificate(partner, peer)

    def judge_rate(self, address: str, peer: Peer) -> Reply | None:
        """Whether the sender has written more than was agreed within the hour."""
        if address == self.own_sender:
            return None
        source, limit = self._source(address, peer)
        return replies.too_many_messages(limit) if self._allowance.used(source, self._clock.now()) >= limit else None

    def judge_recipient(self, address: str) -> Reply | None:
        """Why mail for this recipient is not taken, or None when it is."""
        if domain_of(address) not in self._domains:
            return replies.NO_RELAY
        lowered = without_case(address)
        # RFC 5321 section 4.5.1: postmaster always exists
        if not self._mailboxes or lowered in self._mailboxes or lowered.startswith("postmaster@"):
            return None
        return replies.NO_SUCH_MAILBOX

    def _source(self, address: str, peer: Peer) -> tuple[str, int]:
        """Whom a message is counted for, and how many an hour are agreed. A sender's address is only claimed: what other hosts
        write in a partner's name must not use up what the partner may send, unless its certificate shows who it is.
        """
        partner = self._directory().by_address(address)
        if partner is None:
            return f"host {peer.host}", self.settings.unknown_messages_per_hour
        if partner.mail is None:
            return f"{partner.party} at {peer.host}", self.settings.unknown_messages_per_hour
        proven = bool(peer.certificate) and is_agreed(peer.certificate, partner.mail)
        return partner.party if proven else f"{partner.party} at {peer.host}", partner.mail.messages_per_hour

    # --- handing over

    async def take(self, payload: Payload, claim: Claim, peer: Peer) -> Reply:
        """Hand over to intake and answer for it. Never raises but for a cancelled conversation."""
        assert self.intake is not None
        task = asyncio.create_task(self.intake.take(self.name, payload, claim))
        # Kept on when the other side leaves meanwhile: then it sends again, and intake knows the copy.
        self._taking.add(task)
        task.add_done_callback(self._taken)
        try:
            async with asyncio.timeout(self.settings.take_seconds):
                accepted = await asyncio.shield(task)
        except GatewayError as error:
            if error.code in CODES:
                return replies.pressed(error.public)
            made = replies.unavailable if error.temporary else replies.refused
            return made(error.code, error.public)
        except TimeoutError:
            return replies.TAKES_TOO_LONG
        except Exception as error:  # noqa: BLE001  # whatever it was, the sender keeps the message and sends it again
            _log.error("the message was not kept: %s", type(error).__name__)  # its text may hold content
            return replies.CANNOT_KEEP
        self._allowance.use(self._source(claim.sender, peer)[0], self._clock.now())
        return Reply(code=250, enhanced="2.0.0", text=f"Taken in as {accepted.envelope}")

    def _taken(self, task: asyncio.Task[Accepted]) -> None:
        self._taking.discard(task)
        if not task.cancelled():
            task.exception()  # seen above, or nobody waits for it any more

    async def turned_away(self, host: str, claim: Claim, reply: Reply) -> None:
        """Journal a refusal. A journal that cannot be written does not turn a refusal into an acceptance."""
        assert self.intake is not None
        if reply.code != CANNOT_NOW:
            self._refusals.use(host, self._clock.now())
        try:
            async with asyncio.timeout(self.settings.take_seconds):
                await self.intake.turned_away(self.name, claim, reply.reason, reply.line)
        except Exception as error:  # noqa: BLE001  # see above
            _log.error("a refusal was not journalled: %s, %s", reply.reason, type(error).__name__)


def _judge_certificate(partner: Partner, peer: Peer) -> Reply | None:
    if partner.mail is None or partner.mail.client_certificate != "required":
        return None
    if not peer.encryption or not peer.certificate:
        return replies.NEEDS_CERTIFICATE
    return None if is_agreed(peer.certificate, partner.mail) else replies.OTHER_CERTIFICATE
