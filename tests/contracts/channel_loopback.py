"""The loopback channel for the contract: one object is both ways."""

from __future__ import annotations

from adapters.channels.loopback.channel import LoopbackChannel
from tests.adapters.smtp.dialogue import StillClock


def inbound() -> LoopbackChannel:
    return LoopbackChannel("loopback", StillClock())
