"""Everything that arrived at a simulator and what it answered, in order.

The one idea: a tester proves what the gateway sent by asking the other side. Each entry has a number that only grows,
is written to a file as one JSON line before the answer leaves, and is kept in memory for `GET /sim/ledger`. Memory is
bounded; the file is not, and the ledger says how many entries memory no longer has.
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

MAX_ENTRIES_IN_MEMORY = 20_000
MAX_RECORDED_TEXT = 256 * 1024  # characters of one payload that are kept; size and digest always cover all of it


class Recorder:
    """Writes entries to memory and to `NAME.ledger.jsonl`."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self.path = path
        self._now = now
        self._entries: deque[dict[str, Any]] = deque(maxlen=MAX_ENTRIES_IN_MEMORY)
        self._last = 0
        self._cleared_to = 0
        self._file: TextIO = path.open("a", encoding="utf-8", errors="backslashreplace")

    def record(self, event: str, facts: Mapping[str, Any]) -> int:
        """Keep one entry and return its number. `facts` must be plain JSON values."""
        self._last += 1
        entry = {"number": self._last, "at": self._now().isoformat(), "event": event, **facts}
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._file.flush()
        self._entries.append(entry)
        return self._last

    def entries(self, *, since: int = 0, contains: str = "") -> list[dict[str, Any]]:
        """The entries after number `since` whose JSON text contains `contains`."""
        newer = (entry for entry in self._entries if entry["number"] > since)
        return [entry for entry in newer if contains in json.dumps(entry, ensure_ascii=False)]

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 before the first."""
        return self._last

    @property
    def forgotten(self) -> int:
        """How many entries since the last reset are only in the file."""
        return self._last - self._cleared_to - len(self._entries)

    def reset(self) -> None:
        """Forget what memory holds. Numbers go on, and the file keeps everything."""
        self._entries.clear()
        self._cleared_to = self._last
        self.record("reset", {})

    def close(self) -> None:
        self._file.close()


def payload_facts(payload: bytes) -> dict[str, Any]:
    """A payload as the recorder keeps it: text as far as it is UTF-8, and size and digest of all bytes."""
    text = payload.decode("utf-8", errors="backslashreplace")
    return {
        "bytes": len(payload),
        "sha256": hashlib.sha256(payload).hexdigest(),
        "text": text[:MAX_RECORDED_TEXT],
        "cut": len(text) > MAX_RECORDED_TEXT,
    }
