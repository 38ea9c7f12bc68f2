"""All messages that came, with what was found about each, and waiting for the next one.

The one idea: a message is known by its id. The same id with the same bytes is a duplicate: kept, shown, and answered as
the first one was, but not worked on again. The same id with other bytes is a conflict.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

MAX_MESSAGES = 50_000
MAX_WAIT_SECONDS = 120.0
FILTERS = (
    "root", "format", "from", "message_id", "our_reference", "case_reference", "in_reply_to", "channel", "sha256",
    "mailbox",
)  # fmt: skip
RECEIPT_FILTERS = ("stage", "of_message_id", "of_reference", "of_digest", "code")


class Mailbag:
    """Messages in the order of their arrival; numbers only grow."""

    def __init__(self) -> None:
        self._messages: list[dict[str, Any]] = []
        self._last = 0
        self._first_of: dict[str, dict[str, Any]] = {}
        self._news = asyncio.Condition()

    def reset(self) -> None:
        self._messages.clear()
        self._first_of.clear()

    async def add(self, message: dict[str, Any]) -> dict[str, Any]:
        """Keeps it, with `number`, `duplicate_of` and `conflicts_with` (numbers, or None) added."""
        self._last += 1
        first = self._first_of.get(message["message_id"]) if message["message_id"] else None
        same = first is not None and first["sha256"] == message["sha256"]
        kept = {
            "number": self._last,
            "duplicate_of": first["number"] if first is not None and same else None,
            "conflicts_with": first["number"] if first is not None and not same else None,
            **message,
        }
        if first is None and message["message_id"]:
            self._first_of[message["message_id"]] = kept
        self._messages.append(kept)
        del self._messages[:-MAX_MESSAGES]
        async with self._news:
            self._news.notify_all()
        return kept

    def by_id(self, message_id: str) -> dict[str, Any] | None:
        return self._first_of.get(message_id)

    def find(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        return [each for each in self._messages if _fits(each, query)]

    async def wait(self, query: Mapping[str, str], count: int, seconds: float) -> list[dict[str, Any]]:
        """Those that fit, as soon as there are `count`, or what there is after that time."""
        try:
            async with asyncio.timeout(min(seconds, MAX_WAIT_SECONDS)), self._news:
                await self._news.wait_for(lambda: len(self.find(query)) >= count)
        except TimeoutError:
            pass
        return self.find(query)

    @property
    def last(self) -> int:
        return self._last


def _fits(message: dict[str, Any], query: Mapping[str, str]) -> bool:
    receipt = message.get("receipt") or {}
    return (
        all(message.get(name) == query[name] for name in FILTERS if name in query)
        and all(receipt.get(name) == query[name] for name in RECEIPT_FILTERS if name in query)
        and message["number"] > int(query.get("since", "0"))
        and query.get("contains", "") in message.get("xml", "")
        and ("your_reference" not in query or query["your_reference"] in message.get("your_references", ()))
        and _flag(query.get("valid"), bool(message["valid"]))
        and _flag(query.get("duplicate"), message["duplicate_of"] is not None)
        and _flag(query.get("receipts"), message.get("root") == "Receipt")
    )


def _flag(wanted: str | None, is_so: bool) -> bool:
    return wanted is None or (wanted == "yes") == is_so
