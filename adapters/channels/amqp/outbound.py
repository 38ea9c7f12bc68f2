"""The way out: one published message for one attempt, and an honest word about what became of it.

`taken` is the broker's confirmation: a quorum queue has the message on most of its nodes. `refused` is the broker's
word that it has not taken it: no queue for it, no such exchange, not allowed, too large. Anything that leaves the
question open once publishing has begun is `ambiguous`.
"""

from __future__ import annotations

import asyncio
import logging

from aio_pika import Message
from aio_pika.abc import AbstractChannel
from aiormq import spec
from aiormq.exceptions import ChannelInvalidStateError, DeliveryError, PublishError

from adapters.channels.amqp.broker import DEFINITE, TROUBLE, lost_to, words_of
from adapters.channels.amqp.compose import Address, address_of, compose
from adapters.channels.amqp.lanes import Lanes
from adapters.channels.amqp.settings import AmqpSettings, broker_url, check_settings, own_user
from gateway.envelope import Attempt
from gateway.errors import CounterpartUnavailable, Misconfigured, Refused, Unavailable
from gateway.handover import Outgoing
from gateway.partners import Partner
from gateway.ports import Clock

_log = logging.getLogger(__name__)


class AmqpOutbound:
    """Messages to partners' queues."""

    def __init__(self, name: str, settings: AmqpSettings, clock: Clock) -> None:
        self.name = name
        self._settings, self._clock = settings, clock
        self._lanes: Lanes | None = None

    async def start(self) -> None:
        """Check the settings; raises `Misconfigured`. The connection is made when there is something to send."""
        if self._lanes is None:
            check_settings(self._settings)
            self._lanes = Lanes(self.name, self._settings, self._clock)

    async def stop(self) -> None:
        """Leave. What waits for its confirmation is ambiguous."""
        lanes, self._lanes = self._lanes, None
        if lanes is not None:
            await lanes.close()

    async def probe(self, partner: Partner | None = None) -> None:
        """Connect, and look whether the partner's exchange or queue is there; raises `Unavailable`."""
        lanes = self._started()
        try:
            connection = await lanes.connected()
            channel = await lanes.open_channel(connection)
            with lost_to():
                async with asyncio.timeout(self._settings.answer_seconds), channel:
                    if partner is not None:
                        await _look(channel, address_of(partner, self._settings))
        except Misconfigured as error:
            raise CounterpartUnavailable(error.code, error.public, operator=error.operator) from error
        except TROUBLE as error:
            words = words_of(error)
            raise CounterpartUnavailable("amqp.unreachable", "The queue cannot be reached.", operator=words) from error

    def address(self, partner: Partner, urgent: bool) -> str:
        """`EXCHANGE/ROUTING_KEY`, for urgent ones too; raises `Misconfigured` when no queue is agreed."""
        del urgent
        return str(address_of(partner, self._settings))

    async def send(self, parcel: Outgoing) -> Attempt:
        """Hand over once. Never raises for what the other side does."""
        try:
            outcome, evidence = await self._send(parcel)
        except Refused as error:
            outcome, evidence = "refused", f"{error.code}: {error.public}"
        except (Misconfigured, Unavailable) as error:
            outcome, evidence = "unavailable", f"{error.code}: {error.operator}"
        except Exception as error:  # noqa: BLE001  # an error of ours that we did not foresee proves nothing
            _log.error("sending failed in an unforeseen way: %s", type(error).__name__)
            outcome, evidence = "ambiguous", f"amqp.unforeseen: {type(error).__name__}"
        return Attempt(number=parcel.attempt, at=self._clock.now(), outcome=outcome, evidence=evidence)

    async def _send(self, parcel: Outgoing) -> tuple[str, str]:
        lanes = self._started()
        address = Address.read(parcel.leg.address)
        message = compose(parcel, own_user(broker_url(self._settings)))
        async with lanes.lane() as lane:
            outcome, evidence = await _publish(lane.channel, message, address, self._settings.confirm_seconds)
            lane.answered = outcome != "ambiguous"
            return outcome, evidence

    def _started(self) -> Lanes:
        if self._lanes is None:
            raise Unavailable("amqp.stopped", "The AMQP channel is not started.")
        return self._lanes


async def _publish(channel: AbstractChannel, message: Message, address: Address, seconds: float) -> tuple[str, str]:
    """Publish and wait for the broker's word."""
    exchange = await channel.get_exchange(address.exchange, ensure=False)
    try:
        with lost_to():
            async with asyncio.timeout(seconds):
                answer = await exchange.publish(message, address.routing_key, mandatory=True)
    except PublishError as returned:
        return "refused", f"amqp.returned: no queue takes it ({_returned(returned)})"
    except DeliveryError:
        return "unavailable", "amqp.nack: the broker could not keep it"
    except ChannelInvalidStateError:
        return (
            "unavailable",
            "amqp.closed: the connection ended before anything was sent",
        )  # aiormq asks before it writes
    except DEFINITE as error:
        return "refused", f"amqp.closed-channel: {words_of(error)}"
    except TimeoutError:
        return "ambiguous", f"amqp.no-confirmation: none within {seconds:g} seconds"
    except TROUBLE as error:
        return "ambiguous", f"amqp.lost: {words_of(error)} before the confirmation"
    if not isinstance(answer, spec.Basic.Ack):
        return "ambiguous", f"amqp.unforeseen: {type(answer).__name__}"
    return "taken", f"confirmed by the broker for {address}"


def _returned(error: PublishError) -> str:
    frame = error.frame
    return f"{frame.reply_code} {frame.reply_text}" if isinstance(frame, spec.Basic.Return) else "returned"


async def _look(channel: AbstractChannel, address: Address) -> None:
    if address.exchange:
        await channel.get_exchange(address.exchange, ensure=True)
    else:
        await channel.declare_queue(address.routing_key, passive=True)
