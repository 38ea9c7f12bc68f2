"""When to try again: a pure function of how often it failed, with limits a person chose. Nobody sleeps here."""

from datetime import datetime, timedelta
from typing import Final

TRANSMIT_MINUTES: Final = (1, 2, 5, 10, 20, 30, 60)
"""Waits between tries to hand over to a counterpart; the last one repeats. A first retry after a minute rides out a
restart.
"""
URGENT_TRANSMIT_MINUTES: Final = (0.25, 0.5, 1, 2, 5)
ASK_SECONDS: Final = (5, 15, 60, 300, 900)
"""Waits between tries to ask a national system."""
URGENT_ASK_SECONDS: Final = (2, 5, 15, 60)


def transmit_again(now: datetime, failures: int, urgent: bool) -> datetime:
    """The next try to hand over after so many failures (at least one)."""
    steps = URGENT_TRANSMIT_MINUTES if urgent else TRANSMIT_MINUTES
    return now + timedelta(minutes=steps[min(failures, len(steps)) - 1])


def ask_again(now: datetime, failures: int, urgent: bool) -> datetime:
    """The next try to ask a national system after so many failures (at least one)."""
    steps = URGENT_ASK_SECONDS if urgent else ASK_SECONDS
    return now + timedelta(seconds=steps[min(failures, len(steps)) - 1])
