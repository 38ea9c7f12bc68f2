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


URGENT_GIVE_UP: Final = timedelta(minutes=30)
"""After this an urgent message is brought before a person who telephones. Our own proposal; an office sets its own."""
SHARE_OF_A_LIMIT: Final = 0.5
"""Of the time that is left of a legal limit when a message is ordered: the rest is for a person. Our own proposal."""


def give_up_at(
    ordered_at: datetime, retry: timedelta, *, urgent: timedelta | None = None, limit_ends: datetime | None = None
) -> datetime:
    """When the gateway stops trying to hand over, so that a person can still act.

    `retry` is what was agreed with the partner; `urgent` bounds an urgent message, `limit_ends` one that a legal limit
    waits for. A limit that had already passed when the message was ordered hurries nobody more.
    """
    ends = [ordered_at + retry]
    if urgent is not None:
        ends.append(ordered_at + urgent)
    if limit_ends is not None and limit_ends > ordered_at:
        ends.append(ordered_at + (limit_ends - ordered_at) * SHARE_OF_A_LIMIT)
    return min(ends)


def transmit_again(now: datetime, failures: int, urgent: bool) -> datetime:
    """The next try to hand over after so many failures (at least one)."""
    steps = URGENT_TRANSMIT_MINUTES if urgent else TRANSMIT_MINUTES
    return now + timedelta(minutes=steps[min(failures, len(steps)) - 1])


def ask_again(now: datetime, failures: int, urgent: bool) -> datetime:
    """The next try to ask a national system after so many failures (at least one)."""
    steps = URGENT_ASK_SECONDS if urgent else ASK_SECONDS
    return now + timedelta(seconds=steps[min(failures, len(steps)) - 1])
