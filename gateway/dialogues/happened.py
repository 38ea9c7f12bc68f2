"""What was recorded for an exchange beside its messages: a telephone call, a decision of a court, an alert deleted."""

from __future__ import annotations

from msgspec import Struct

from gateway.clocks.happening import Happening


class Happened(Struct, frozen=True, kw_only=True):
    """One happening of one exchange. The same id is kept once: recording it again changes nothing."""

    id: str
    exchange: str
    happening: Happening
    about: str = ""
    """Message id of the request that it belongs to; empty for the exchange as a whole."""
    actor: str = "gateway"
    """The officer who recorded it, or the part of the gateway that saw it."""
    envelope: str = ""
    """The message that brought it about, where there is one."""
