"""How often one caller may do something: a token bucket for each key, bounded in number, with time passed in."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Final

MAX_KEYS: Final = 10_000


class Allowance:
    """`per_minute` takes for each key, refilled steadily; the keys that were quiet longest are forgotten first."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._left: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def take(self, key: str, now: datetime) -> bool:
        """Whether the key may go on; takes one if so."""
        left, since = self._left.pop(key, (float(self._per_minute), now))
        elapsed = max(0.0, (now - since).total_seconds())
        left = min(float(self._per_minute), left + elapsed * self._per_minute / 60)
        allowed = left >= 1
        self._left[key] = (left - 1 if allowed else left, now)
        if len(self._left) > MAX_KEYS:
            self._left.popitem(last=False)
        return allowed
