"""The loopback channel: what goes out comes in again, as if the counterpart had sent it.

It does all that a channel must do and nothing else, so read it before you write one:

- making it does no I/O; `start` opens, `stop` may come at any time, even twice or first;
- on the way in it hands bytes to intake and acknowledges only when intake has returned;
- on the way out it never raises for what the other side does, and says `ambiguous` whenever it cannot know.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from gateway.envelope import Attempt, Claim, Payload
from gateway.errors import GatewayError, Unavailable
from gateway.handover import Outgoing
from gateway.partners import Directory, Partner
from gateway.ports import ChannelEnds, Clock, Intake

MESSAGE_OCTETS: Final = 15_000_000
TAKE_SECONDS: Final = 60.0
_log = logging.getLogger(__name__)


class LoopbackSettings(Struct, frozen=True, kw_only=True):
    """Settings stand beside what they set, each with its unit, its default and a sentence."""

    message_octets: int = MESSAGE_OCTETS
    """Longest message taken, in octets."""
    take_seconds: float = TAKE_SECONDS
    """How long the other side, which is our own intake, may take to answer."""


SETTINGS: Final = LoopbackSettings


class LoopbackChannel:
    """Both ends of the loop: `InboundChannel` and `OutboundChannel` of `gateway.ports`."""

    def __init__(self, name: str, clock: Clock, settings: LoopbackSettings | None = None) -> None:
        self.name = name
        self._clock = clock
        self._settings = settings or LoopbackSettings()
        self._intake: Intake | None = None

    async def start(self, intake: Intake | None = None) -> None:
        """As a way in it is given an intake; as a way out it has nothing to open."""
        self._intake = intake or self._intake

    async def stop(self) -> None:
        """Close both ends."""
        self._intake = None

    async def probe(self, partner: Partner | None = None) -> None:
        """Raise `Unavailable` when nothing would come in; nothing is sent."""
        del partner  # every partner is behind the same loop
        self._open()

    def address(self, partner: Partner, urgent: bool) -> str:
        """A message for a partner is addressed to the partner; there is no faster way for urgent ones."""
        del urgent
        return partner.party

    async def send(self, parcel: Outgoing) -> Attempt:
        """Hand over once and say what became of it."""
        outcome, evidence = await self._hand_over(parcel)
        return Attempt(number=parcel.attempt, at=self._clock.now(), outcome=outcome, evidence=evidence)

    async def _hand_over(self, parcel: Outgoing) -> tuple[str, str]:
        limit = self._settings.message_octets
        if len(parcel.payload.content) > limit:
            return "refused", f"loopback.size: the message is longer than {limit} octets"
        try:
            async with asyncio.timeout(self._settings.take_seconds):
                accepted = await self._open().take(self.name, parcel.payload, claim_of(parcel))
        except GatewayError as error:
            # The other side's word: temporary or permanent, with a code and a public sentence.
            return "unavailable" if error.temporary else "refused", f"{error.code}: {error.public}"
        except TimeoutError:
            return "ambiguous", "loopback.no-answer: no answer in time"
        except Exception as error:  # noqa: BLE001  # unforeseen: the message may or may not have been kept
            _log.error("the loop broke: %s", type(error).__name__)
            return "ambiguous", f"loopback.unforeseen: {type(error).__name__}"
        return "taken", f"taken in as {accepted.envelope}"

    async def send_to_self(self, mail: bytes, reference: str) -> None:
        """A test message of our own: in by the same way as any other."""
        claim = Claim(sender="<>", remote="loopback", reference=reference)
        await self._open().take(self.name, Payload.of(mail, "message/rfc822"), claim)

    def _open(self) -> Intake:
        if self._intake is None:
            raise Unavailable("loopback.closed", "The loopback channel is not started.")
        return self._intake


def claim_of(parcel: Outgoing) -> Claim:
    """Translating is apart from talking: who the message claims to be from, in the core's words, without a wire."""
    return Claim(
        sender=parcel.sender or parcel.leg.counterpart,
        recipients=(parcel.leg.address,),
        remote="loopback",
        reference=f"{parcel.message_id}.{parcel.attempt}",
    )


def open_channel(
    name: str, settings: LoopbackSettings, directory: Callable[[], Directory], clock: Clock
) -> ChannelEnds:
    """What every channel offers to the assembly: both ends, not started. Here they are one object."""
    del directory  # whoever sends through the loop is at its other end
    loop = LoopbackChannel(name, clock, settings)
    return ChannelEnds(loop, loop)
