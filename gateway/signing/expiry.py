"""The watch over certificates that end: ours, and those pinned for partners.

A warning is due 90, 60, 30 and 7 days ahead and on the day itself. Each is journalled once; what was told is noted in a
small file of the data folder after the entry is kept, so a kill between the two repeats an entry and never loses one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct

from gateway.errors import Misconfigured, Unavailable
from gateway.identity import Digest, digest
from gateway.journal.entry import Entry
from gateway.ledger import Ledger
from gateway.ports import Clock

WARN_DAYS: Final = (90, 60, 30, 7)
LOOK_EVERY: Final = timedelta(days=1)
AFTER_TROUBLE: Final = timedelta(minutes=1)
OURS: Final = "ours"
EXPIRED: Final = 0
log = logging.getLogger(__name__)


class Watched(Struct, frozen=True, kw_only=True):
    """A certificate that somebody depends on."""

    owner: str
    """`ours`, or the partner's party."""
    what: str
    """What it is for, in words."""
    certificate: Digest
    subject: str
    valid_until: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days; negative once it has expired."""
        return (self.valid_until - now) // timedelta(days=1)

    def step(self, now: datetime) -> int | None:
        """The nearest warning that is due: 90, 60, 30, 7, or 0 once it has expired; None before."""
        left = self.days_left(now)
        if left < 0:
            return EXPIRED
        return min((days for days in WARN_DAYS if left < days), default=None)


def watched(owner: str, what: str, certificates: Iterable[x509.Certificate]) -> list[Watched]:
    """These certificates as what is watched."""
    return [
        Watched(
            owner=owner, what=what, certificate=digest(one.public_bytes(Encoding.DER)),
            subject=one.subject.rfc4514_string(), valid_until=one.not_valid_after_utc,
        )
        for one in certificates
    ]  # fmt: skip


Told = Mapping[str, int]
"""By what, owner and certificate: the nearest warning that was told."""


def due(found: Iterable[Watched], told: Told, now: datetime) -> tuple[list[Entry], dict[str, int]]:
    """The warnings to write now, and what will have been told then. What is watched no longer is forgotten.

    Who looks late gets the nearest warning alone, not every one that was missed.
    """
    entries: list[Entry] = []
    after: dict[str, int] = {}
    for one in found:
        name, step = f"{one.owner} {one.what} {one.certificate}", one.step(now)
        before = told.get(name)
        if step is not None and (before is None or step < before):
            entries.append(_warning(one, step, now))
        steps = [each for each in (before, step) if each is not None]
        if steps:
            after[name] = min(steps)
    return entries, after


def _warning(one: Watched, step: int, now: datetime) -> Entry:
    details = (
        ("owner", one.owner), ("what", one.what), ("certificate", one.certificate),
        ("until", one.valid_until.isoformat()), ("days", str(max(0, one.days_left(now)))), ("warning", str(step)),
    )  # fmt: skip
    return Entry(event="key.expires", at=now, reason="" if step else "key.expired", details=details)


class ToldFile:
    """What was told, in a file that is replaced as a whole. One that cannot be read counts for nothing told."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> dict[str, int]:
        """What was told."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, int])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("what was told of expiring certificates cannot be read: %s", type(error).__name__)
            return {}

    def write(self, told: Told) -> None:
        """Note what was told."""
        draft = self._file.with_name(f".{self._file.name}.new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.write_bytes(msgspec.json.encode(dict(told)))
            draft.replace(self._file)
        except OSError as error:
            log.warning("what was told of expiring certificates cannot be noted: %s", error.strerror)


class ExpiryWatch:
    """Looks once a day."""

    def __init__(self, certificates: Callable[[], list[Watched]], told: ToldFile, ledger: Ledger, clock: Clock) -> None:
        self._certificates, self._told, self._ledger, self._clock = certificates, told, ledger, clock
        self._task: asyncio.Task[None] | None = None
        self.seen: tuple[Watched, ...] = ()
        """What the last look found."""

    def start(self) -> None:
        """Begin to look."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="expiry-watch")

    async def stop(self) -> None:
        """Stop at once."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def probe(self) -> None:
        """Raise `Misconfigured` when a certificate of ours has expired. A partner's is the partner's affair."""
        now = self._clock.now()
        ended = [one.what for one in self.seen if one.owner == OURS and one.days_left(now) < 0]
        if ended:
            raise Misconfigured("key.expired", f"Expired: {', '.join(ended)}.")

    async def look(self) -> int:
        """Look once; how many warnings were written. Raises `Unavailable` when nothing can be kept."""
        now = self._clock.now()
        self.seen = tuple(self._certificates())
        before = self._told.read()
        entries, after = due(self.seen, before, now)
        if entries:
            await self._ledger.record(entries)
        if after != before:
            self._told.write(after)
        return len(entries)

    async def _run(self) -> None:
        while True:
            pause = LOOK_EVERY
            try:
                await self.look()
            except Unavailable as error:
                log.warning("expiry watch: %s", error.code)
                pause = AFTER_TROUBLE
            except Exception as error:  # one odd certificate must not end the watch
                log.exception("expiry watch failed, kind=%s", type(error).__name__)
            await self._clock.wait_until(self._clock.now() + pause)
