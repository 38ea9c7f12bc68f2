"""Who decides on an exchange first when many messages of it come at once: they stand in a line, and one after the other decides.

The one idea: only one decision on a state of an exchange can be kept, so computing them all at once is work for nothing. Whoever has
lost once stands in the line of that exchange and keeps no driver waiting, so that messages of other matters go on meanwhile.
"""

from __future__ import annotations

from collections import deque
from typing import Final

MOST_IN_LINES: Final = 10_000
"""Who finds the lines full goes on without: it may lose again, and is taken up later."""


class Lines:
    """The lines before exchanges, in this front."""

    def __init__(self) -> None:
        self._exchange: dict[str, str] = {}
        self._first: dict[str, str] = {}
        self._waiting: dict[str, deque[str]] = {}

    def __len__(self) -> int:
        return len(self._exchange)

    def send(self, envelope: str, exchange: str) -> None:
        """This envelope has lost a decision on an exchange: from now on it stands in its line."""
        if exchange and (envelope in self._exchange or len(self._exchange) < MOST_IN_LINES):
            self._exchange[envelope] = exchange

    def my_turn(self, envelope: str) -> bool:
        """Whether the envelope may decide now. Where another does, it waits, and `left` will name it."""
        exchange = self._exchange.get(envelope, "")
        if not exchange or self._first.setdefault(exchange, envelope) == envelope:
            return True
        waiting = self._waiting.setdefault(exchange, deque())
        if envelope not in waiting:
            waiting.append(envelope)
        return False

    def left(self, envelope: str) -> str:
        """The envelope is done with its turn; whose turn it is now, or an empty text."""
        exchange = self._exchange.pop(envelope, "")
        if not exchange or self._first.get(exchange) != envelope:
            return ""
        del self._first[exchange]
        waiting = self._waiting.get(exchange, deque())
        following = waiting.popleft() if waiting else ""
        if not waiting:
            self._waiting.pop(exchange, None)
        return following

    def forget(self) -> None:
        """Nobody stands anywhere any more: for a stop."""
        self._exchange.clear()
        self._first.clear()
        self._waiting.clear()
