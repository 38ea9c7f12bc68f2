"""Where a message stands while it waits: whose it is, and whether it is urgent, as far as that is known.

The one idea: what has been decoded says it; before that a cheap look at the mailbox and at the first kilobytes gives a hint. A hint
orders work and nothing else: nothing is believed, allowed or left out because of it, and an office that lies about it waits behind itself.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Final

from gateway import lifecycle
from gateway.envelope import Claim, Envelope, Payload
from gateway.lanes import Place, Room
from gateway.ledger import Row
from gateway.partners import Directory, without_case

LOOKED_AT: Final = 16 * 1024
"""Octets of a payload that are looked at: the header of a form comes first in it."""
DECODED: Final = 8 * 1024
"""Base64 characters of them that are decoded."""
REGISTER_ROOM: Final = Room(16, 2)
"""Questions to one register, or orders to one case system, at once."""
CHANNEL_ROOM: Final = Room(16, 2)
"""Hand-overs to one counterpart at once, where nothing else was agreed with it."""
RESERVED_CONNECTIONS: Final = 1
OUTSIDE: Final = frozenset({"deliver", "transmit"})
"""Stages that wait for somebody else."""
_URGENT: Final = re.compile(
    rb"<(?:[\w.\-]{1,32}:)?Urgency>\s{0,8}(?:VERY_)?URGENT\s{0,8}<|\"urgency\"\s{0,8}:\s{0,8}\"(?:VERY_)?URGENT\""
)
_BASE64: Final = re.compile(
    rb"base64[^\r\n]{0,200}\r?\n(?:[^\r\n]{1,1000}\r?\n){0,40}\r?\n([A-Za-z0-9+/=\r\n]{64,})", re.IGNORECASE
)
_TO: Final = "to "


def looks_urgent(payload: Payload) -> bool:
    """Whether the first kilobytes say so, plainly or in base64. Never raises."""
    head = payload.content[:LOOKED_AT]
    if _URGENT.search(head):
        return True
    found = _BASE64.search(head)
    if found is None:
        return False
    text = found[1].translate(None, b"\r\n=")[:DECODED]
    try:
        return bool(_URGENT.search(base64.b64decode(text[: len(text) // 4 * 4])))
    except binascii.Error:
        return False


class Places:
    """Knows offices by what they write from, and our urgent mailboxes."""

    def __init__(self, directory: Directory, urgent_mailboxes: Iterable[str] = ()) -> None:
        self._directory = directory
        self._urgent_mailboxes = frozenset(map(without_case, urgent_mailboxes))

    def of(self, envelope: Envelope, *, again: bool = False) -> Place:
        """Its place, by what is known of it now."""
        form = envelope.learned.form
        urgent = form.header.urgency != "NORMAL" if form else self.hinted(envelope.claim, envelope.payload)
        return Place(office=self._office(envelope), urgent=urgent, again=again)

    def hinted(self, claim: Claim, payload: Payload) -> bool:
        """Whether something that nobody has read yet may be urgent."""
        return self.urgent_mailbox(claim) or looks_urgent(payload)

    def urgent_mailbox(self, claim: Claim) -> bool:
        """Whether it was sent to a mailbox of ours for what is urgent."""
        return not self._urgent_mailboxes.isdisjoint(map(without_case, claim.recipients))

    def known(self, name: str) -> str:
        """The office that goes by this name or address; empty for strangers."""
        partner = self._directory.get(name) or self._directory.by_address(name)
        return partner.party if partner else ""

    def room(self, need: str) -> Room:
        """How many may use this at once."""
        if not need.startswith(_TO):
            return REGISTER_ROOM
        partner = self._directory.get(need.removeprefix(_TO))
        if partner is None or partner.mail is None or partner.channel == "amqp":
            return CHANNEL_ROOM
        return Room.of(max(1, partner.mail.max_connections), RESERVED_CONNECTIONS)

    def _office(self, envelope: Envelope) -> str:
        learned = envelope.learned
        if learned.leg:
            return learned.leg.counterpart
        if learned.signature:
            return learned.signature.party
        if learned.identification and learned.identification.claimed:
            return learned.identification.partner
        claim = envelope.claim
        return self.known(claim.sender if envelope.inbound else next(iter(claim.recipients), ""))


def needs_of(row: Row) -> tuple[str, ...]:
    """What the next stage of this row waits for outside; nothing for a stage of our own."""
    envelope, learned = row.envelope, row.envelope.learned
    stage = lifecycle.state(envelope.direction, row.state).next_stage
    if stage == "transmit" and learned.leg:
        return (_TO + learned.leg.counterpart,)
    if stage == "deliver" and learned.routing and not learned.routing.settle:
        systems = (*learned.routing.registers, learned.routing.case_system)
        return tuple(dict.fromkeys(each for each in systems if each))
    return ()
