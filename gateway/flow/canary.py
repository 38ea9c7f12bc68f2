"""A test message of our own through each door, again and again: whether what comes in still goes all the way, and how long it takes.

The one idea: it is a delivery report about nothing. It comes by the wire, is kept, journalled, judged by a worker and settled like any report;
it is no form, so no register, no case system, no partner and no figure ever hears of it. It is known by a nonce that this process has just
made and by its very bytes: nobody else can send one.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable

from msgspec import Struct

from gateway import lifecycle
from gateway.envelope import Payload
from gateway.errors import GatewayError
from gateway.flow.doors import Doors
from gateway.flow.marks import Level
from gateway.identity import Digest, EnvelopeId, digest
from gateway.ledger import Ledger

KIND: Final = "canary"
"""Of an envelope that holds one; given at intake."""
SEND_SECONDS: Final = 20.0
log = logging.getLogger(__name__)


@runtime_checkable
class OwnDoor(Protocol):
    """A way in that can be used by ourselves, from outside."""

    name: str

    async def send_to_self(self, mail: bytes, reference: str) -> None:
        """Bring this in through the door, over its wire; raises `GatewayError` or `OSError` when it was not taken."""
        ...


class Flight(Struct, kw_only=True):
    """One on its way."""

    door: str
    reference: str
    digest: Digest
    at: datetime
    envelope: EnvelopeId = ""
    trouble: str = ""


class Canary:
    """Sends them and waits for them. One for each front; it looks whenever the watch over the flow does."""

    def __init__(self, ledger: Ledger, doors: Doors, every: timedelta, late: timedelta) -> None:
        self._ledger, self._doors, self._every, self._late = ledger, doors, every, late
        self.ways: Mapping[str, OwnDoor] = {}
        self._flights: dict[str, Flight] = {}
        self._next: datetime | None = None
        self._late_doors: dict[str, str] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self.seconds: dict[str, float] = {}
        """How long the last one took, by door."""

    def own(self, reference: str, payload: Payload) -> Flight | None:
        """The flight that these bytes are, where they are one of ours."""
        flight = next((one for one in self._flights.values() if reference and one.reference == reference), None)
        return flight if flight and not flight.envelope and flight.digest == digest(payload.content.strip()) else None

    async def look(self, now: datetime) -> dict[str, str]:
        """Send what is due, see what has arrived; doors through which the last one did not come in time, in words."""
        if self._next is None:
            self._next = now + self._every  # a start is busy enough
        for flight in list(self._flights.values()):
            await self._see(flight)
            if flight.door in self._flights and flight.at + self._late < now:
                trouble = f" ({flight.trouble})" if flight.trouble else ""
                self._late_doors[flight.door] = f"A test message through {flight.door} is late{trouble}."
        if now >= self._next and self._doors.level < Level.SHED:
            self._next = now + self._every
            for name, door in self.ways.items():
                if name not in self._flights or name in self._late_doors:
                    self._send(name, door, now)
        return {f"canary {name}": words for name, words in self._late_doors.items()}

    def _send(self, name: str, door: OwnDoor, now: datetime) -> None:
        reference = f"<canary.{secrets.token_hex(16)}@{name}.spoc.invalid>"
        mail = mail_of(reference, now)
        self._flights[name] = flight = Flight(door=name, reference=reference, digest=digest(mail.strip()), at=now)
        task = asyncio.create_task(self._fly(flight, door, mail), name=f"canary-{name}")
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _fly(self, flight: Flight, door: OwnDoor, mail: bytes) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await door.send_to_self(mail, flight.reference)
        except (GatewayError, OSError) as error:  # a time-out is one of these
            flight.trouble = getattr(error, "code", type(error).__name__)

    async def _see(self, flight: Flight) -> None:
        row = await self._ledger.get(flight.envelope) if flight.envelope else None
        if row and not lifecycle.state(row.envelope.direction, row.state).next_stage:
            self.seconds[flight.door] = max(0.0, (row.updated_at - flight.at).total_seconds())
            del self._flights[flight.door]
            self._late_doors.pop(flight.door, None)

    async def stop(self) -> None:
        """Leave off sending."""
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)


def mail_of(reference: str, now: datetime) -> bytes:
    """A delivery report about nothing (RFC 3464)."""
    lines = (
        "From: <postmaster@spoc.invalid>", "To: <postmaster@spoc.invalid>", "Subject: canary", f"Message-ID: {reference}",
        f"Date: {now:%a, %d %b %Y %H:%M:%S} +0000", "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="canary"', "",
        "--canary", "Content-Type: text/plain", "", "A test message of the gateway to itself. Nothing was sent and nothing failed.", "",
        "--canary", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; spoc.invalid", "",
        "Final-Recipient: rfc822; canary@spoc.invalid", "Action: delivered", "Status: 2.0.0", "", "--canary--", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode("ascii")
