"""What the doors take now. Urgent messages are refused last, and a refusal says when to come again.

Whether something is urgent is only a hint here (`gateway.places`): who claims it falsely gets in while there is room, and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.envelope import Claim, Payload
from gateway.errors import Unavailable
from gateway.flow.marks import Level

SHEDDING: Final = "door.shedding"
STOPPED: Final = "door.stopped"
CODES: Final = frozenset({SHEDDING, STOPPED})
COME_AGAIN_MINUTES: Final = 5
_ONLY_URGENT: Final = f"Only urgent messages are taken now; send it again in {COME_AGAIN_MINUTES} minutes."
_NOTHING: Final = f"No messages are taken now; send it again in {COME_AGAIN_MINUTES} minutes."


class Doors:
    """The level of all doors of this front."""

    def __init__(self, urgent: Callable[[Claim, Payload], bool] | None = None) -> None:
        """Without `urgent` nothing is known to be urgent."""
        self._urgent = urgent
        self.level = Level.OPEN
        self.turned_away = 0
        """How many were refused since the start, because too much was waiting."""

    def admit(self, claim: Claim, payload: Payload) -> None:
        """Raise `Unavailable` unless this is taken now."""
        if self.level < Level.SHED or (self.level is Level.SHED and self._urgent and self._urgent(claim, payload)):
            return
        self.turned_away += 1
        if self.level is Level.SHED:
            raise Unavailable(SHEDDING, _ONLY_URGENT)
        raise Unavailable(STOPPED, _NOTHING)
