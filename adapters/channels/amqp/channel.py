"""The AMQP channel as the assembly finds it: its settings, and both its ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from adapters.channels.amqp.inbound import AmqpInbound
from adapters.channels.amqp.outbound import AmqpOutbound
from adapters.channels.amqp.settings import AmqpSettings, check_settings
from gateway.partners import Directory
from gateway.ports import ChannelEnds, Clock

SETTINGS: Final = AmqpSettings


def open_channel(name: str, settings: AmqpSettings, directory: Callable[[], Directory], clock: Clock) -> ChannelEnds:
    """Both ends, not started; raises `Misconfigured` with everything that is wrong."""
    del directory  # the broker says who writes; the settings map its users to partners
    check_settings(settings)
    return ChannelEnds(AmqpInbound(name, settings, clock), AmqpOutbound(name, settings, clock))
