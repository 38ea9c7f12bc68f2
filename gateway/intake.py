"""Store first, acknowledge after: the one door between channels and the core. It closes before a limit is reached (`gateway.flow`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from gateway.envelope import Claim, Direction, Envelope, Payload
from gateway.errors import Refused
from gateway.flow.canary import KIND as CANARY
from gateway.flow.canary import Canary
from gateway.flow.doors import Doors
from gateway.handover import Accepted
from gateway.identity import PartyId
from gateway.journal.entry import Entry
from gateway.ledger import KeyConflict, Ledger
from gateway.persons import Who, actor_of, told_of
from gateway.ports import Clock, IdSource

MAX_OCTETS: Final = 64 * 1024 * 1024
"""No channel may hand over more than this, whatever its own limit."""


class Given(NamedTuple):
    """Who hands something in, and what they say of it; it stands in the entry of its acceptance."""

    who: Who
    details: tuple[tuple[str, str], ...] = ()
    came: datetime | None = None
    """When it had come by other means."""


class LedgerIntake:
    """`gateway.ports.Intake` over the ledger. `offer` gives the engine what is new."""

    def __init__(
        self, ledger: Ledger, clock: Clock, ids: IdSource, offer: Callable[[Envelope], None], doors: Doors | None = None
    ) -> None:
        self.doors = doors or Doors()
        self.canary: Canary | None = None
        """Knows its own test messages when they come in."""
        self._ledger, self._clock, self._ids, self._offer = ledger, clock, ids, offer

    async def take(self, channel: str, payload: Payload, claim: Claim) -> Accepted:
        """Keep a message from abroad. Every delivery is its own envelope; repetitions are told by the signed message
        id later.
        """
        return await self._accept(Direction.INBOUND, channel, payload, claim, key="")

    async def take_by_hand(self, channel: str, payload: Payload, claim: Claim, given: Given) -> Accepted:
        """Keep a message that came by other means before an officer took it in; it counts from when it came."""
        return await self._accept(Direction.INBOUND, channel, payload, claim, key="", given=given)

    async def submit(
        self, channel: str, payload: Payload, claim: Claim, counterpart: PartyId, who: Who = "",
        beside: tuple[tuple[str, str], ...] = (),
    ) -> Accepted:  # fmt: skip
        """Keep an order to send, given by a person or client. `claim.reference` is the client's idempotency key; raises `Refused` when it was used
        for other bytes. `beside` stands in the entry of its acceptance.
        """
        order = Claim(
            sender=claim.sender, recipients=(counterpart,), remote=claim.remote, encryption=claim.encryption,
            certificate=claim.certificate, reference=claim.reference,
        )  # fmt: skip
        given = Given(who, beside) if who else None
        key = f"{claim.sender}\n{claim.reference}"
        return await self._accept(Direction.OUTBOUND, channel, payload, order, key=key, given=given)

    async def turned_away(self, channel: str, claim: Claim, code: str, text: str) -> None:
        """Journal a refusal at the door."""
        details = (("channel", channel), ("remote", claim.remote), ("text", text))
        await self._ledger.record(
            [
                Entry(
                    event="door.refused", at=self._clock.now(), actor=f"channel:{channel}", reason=code, details=details
                )
            ]
        )

    async def _accept(
        self, direction: Direction, channel: str, payload: Payload, claim: Claim, key: str, given: Given | None = None
    ) -> Accepted:
        if len(payload.content) > MAX_OCTETS:
            raise Refused("intake.too-large", f"The message is larger than {MAX_OCTETS} octets.")
        flight = self.canary.own(claim.reference, payload) if self.canary and direction is Direction.INBOUND else None
        if given is None or given.came is None:  # what a person has in hand is taken as long as it can be kept
            self.doors.admit(claim, payload)
        now = self._clock.now()
        envelope = Envelope(
            id=self._ids.new(),
            direction=direction,
            channel=channel,
            received_at=given.came if given and given.came else now,
            payload=payload,
            claim=claim,
            kind=CANARY if flight else "message",
        )
        if flight:
            flight.envelope = envelope.id
        details = (
            ("channel", channel),
            ("payload", payload.digest),
            ("octets", str(len(payload.content))),
            ("encryption", claim.encryption),
            *(given.details if given else ()),
        )
        entry = Entry(
            event="envelope.received", at=now, actor=actor_of(given.who) if given else f"channel:{channel}", envelope=envelope.id,
            details=told_of(given.who if given else "", tuple(detail for detail in details if detail[1])),
        )  # fmt: skip
        try:
            accepted = await self._ledger.accept(envelope, entry, key)
        except KeyConflict as conflict:
            raise Refused(
                "idempotency.conflict", "This idempotency key was used before for another message. Use a new key."
            ) from conflict
        if not accepted.known_before:
            self._offer(envelope)
        return accepted
