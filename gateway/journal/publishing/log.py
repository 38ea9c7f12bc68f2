"""The published log as the gateway holds it: everything about it in one place, started last and stopped first, never in the way of a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.errors import Refused, Unavailable
from gateway.journal.publishing.countersigning import Countersigner
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.integrator import Integrator
from gateway.journal.publishing.keys import LogKeys
from gateway.journal.publishing.proving import Prover
from gateway.journal.publishing.witnessing import Witnessing, accusing
from gateway.journal.stamping.stamping import Stamping
from gateway.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFigures:
    """How the log stands."""

    size: int
    unintegrated: int
    published_at: datetime | None
    """When this process published last; None before it did."""
    unstamped: int | None
    """How many entries are under no time-stamp yet; None where nobody is asked for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLog:
    """The parts of the log."""

    ledger: Ledger
    folder: LogFolder
    keys: LogKeys
    integrator: Integrator
    prover: Prover
    witnessing: Witnessing
    countersigner: Countersigner
    stamping: Stamping

    async def start(self) -> None:
        """Begin to publish, and to ask witnesses and time-stamp authorities."""
        self.integrator.start()
        await self.witnessing.start()
        await self.stamping.start()

    async def stop(self) -> None:
        """Stop at once; safe unstarted and twice."""
        await self.stamping.stop()
        await self.witnessing.stop()
        await self.integrator.stop()

    async def probe(self) -> None:
        """Raise `Unavailable` when the log is in doubt, late, or accused by a witness, or our own witness has lost its memory."""
        await self.integrator.probe()
        await self.countersigner.probe()
        if names := accusing(self.witnessing.states):
            raise Unavailable("log.accused", f"A witness says that the published log was forked: {', '.join(names)}.")

    async def figures(self) -> LogFigures:
        """How many entries are published, and how many are not yet."""
        number, _ = await self.ledger.head()
        try:
            size = (await self.prover.checkpoint())[0].size
        except Refused:
            size = 0
        stamped = self.stamping.stamped()
        return LogFigures(
            size=size, unintegrated=max(0, number - size), published_at=self.integrator.published_at,
            unstamped=None if stamped is None else max(0, number - stamped),
        )  # fmt: skip
