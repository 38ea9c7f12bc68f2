"""The mail channel as the assembly finds it: its settings, and both its ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from adapters.channels.smtp.inbound import SmtpInbound
from adapters.channels.smtp.outbound import SmtpOutbound
from adapters.channels.smtp.settings import SmtpSettings, check_inbound, check_outbound
from gateway.partners import Directory
from gateway.ports import ChannelEnds, Clock

SETTINGS: Final = SmtpSettings


def open_channel(name: str, settings: SmtpSettings, directory: Callable[[], Directory], clock: Clock) -> ChannelEnds:
    """Both ends, not started; raises `Misconfigured` with everything that is wrong."""
    check_inbound(settings)
    check_outbound(settings)
    out = SmtpOutbound(name, settings, clock, lambda: directory().revocation)
    return ChannelEnds(SmtpInbound(name, settings, directory, clock), out)
