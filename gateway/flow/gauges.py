"""The figures behind the watermarks, as they are now. What cannot be read is left out: a figure that nobody knows closes no door."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from gateway.errors import GatewayError
from gateway.journal.publishing.log import PublishedLog
from gateway.ledger import Backlog, Ledger

MEBI: Final = 1024 * 1024
STATM: Final = Path("/proc/self/statm")


class Reading(Struct, frozen=True, kw_only=True):
    """What one look has read."""

    figures: dict[str, float]
    oldest: dict[bool, float] = {}
    """Seconds since the oldest waiting message could have gone on, by whether it is urgent."""


class Gauges:
    """Reads disk, queue, memory and published log."""

    def __init__(self, ledger: Ledger, folder: Path | None = None, log: PublishedLog | None = None) -> None:
        self._ledger, self._folder, self._log = ledger, folder, log

    async def read(self, now: datetime) -> Reading:
        """Everything that can be read now. Never raises."""
        figures = self._disk() | memory()
        oldest: dict[bool, float] = {}
        try:
            backlogs = await self._ledger.backlog(now)
            figures["queue"] = float(sum(each.count for each in backlogs))
            oldest = {each.urgent: _age(each, now) for each in backlogs}
            figures["oldest_minutes"] = max(oldest.values(), default=0.0) / 60
            figures["urgent_oldest_seconds"] = oldest.get(True, 0.0)
            if self._log:
                figures["unpublished"] = float((await self._log.figures()).unintegrated)
        except (GatewayError, OSError):
            pass  # the ledger's own probe tells of it, and nothing is accepted without it
        return Reading(figures=figures, oldest=oldest)

    def _disk(self) -> dict[str, float]:
        if self._folder is None:
            return {}
        try:
            told = os.statvfs(self._folder)
        except OSError:
            return {}
        free, size = told.f_bavail * told.f_frsize, told.f_blocks * told.f_frsize
        return {"disk_free_mib": free / MEBI, "disk_free_percent": 100 * free / size if size else 0.0}


def memory() -> dict[str, float]:
    """Memory that this process holds."""
    try:
        pages = int(STATM.read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return {}
    return {"memory_mib": pages * os.sysconf("SC_PAGE_SIZE") / MEBI}


def _age(backlog: Backlog, now: datetime) -> float:
    return max(0.0, (now - backlog.oldest).total_seconds()) if backlog.oldest else 0.0
