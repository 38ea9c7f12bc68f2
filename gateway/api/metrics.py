"""Figures for Prometheus, in a registry of each application: what stands where, how old the oldest waiting message is, what the API answers.

Figures of the ledger are read when they are asked for; labels are names of routes, states and directions, never of people.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from gateway.api import shown
from gateway.api.callers import WATCH, Allowed, Caller, Here, Standing
from gateway.api.flow_metrics import FlowFigures
from gateway.api.log_metrics import LogFigures
from gateway.api.retention_metrics import RetentionFigures
from gateway.api.trust_metrics import TrustFigures
from gateway.exchanges.matter import MatterQuery

router = APIRouter(tags=["metrics"])
OLDEST_LOOKED_AT: Final = 1000
FAR: Final = timedelta(days=36500)


class Meters:
    """The figures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "spoc_http_requests", "Requests by route and status.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "spoc_http_request_seconds", "Time of requests by route.", ["route"], registry=self.registry
        )
        self._envelopes = Gauge(
            "spoc_envelopes", "Messages by direction and state.", ["direction", "state"], registry=self.registry
        )
        self._accepted = Gauge(
            "spoc_accepted", "Messages ever taken in or made, by the ledger's own counter.", registry=self.registry
        )
        self._in_hand = Gauge("spoc_in_hand", "Messages that are being moved right now.", registry=self.registry)
        self._oldest = Gauge(
            "spoc_oldest_waiting_seconds",
            "Age of the oldest message that a stage still waits for.",
            registry=self.registry,
        )
        self._journal = Gauge("spoc_journal_entries", "Entries in the journal.", registry=self.registry)
        self._clocks = Gauge(
            "spoc_clocks_running",
            "Legal clocks that run, in at most a thousand open exchanges.",
            registry=self.registry,
        )
        self._overdue = Gauge(
            "spoc_exchanges_overdue",
            "Exchanges with a limit that has passed, at most a thousand.",
            registry=self.registry,
        )
        self._marks = Gauge(
            "spoc_clock_marks",
            "What clocks had journalled since the start, by event.",
            ["event"],
            registry=self.registry,
        )
        self._lag = Gauge(
            "spoc_clock_watch_lag_seconds",
            "For how long the exchange that waits longest has been due.",
            registry=self.registry,
        )
        self._tolerated = Gauge(
            "spoc_tolerated",
            "Findings that counted for less, by rows of the table of tolerances.",
            ["partner", "rule"],
            registry=self.registry,
        )
        self._trust = TrustFigures(self.registry)
        self._flow = FlowFigures(self.registry)
        self._log = LogFigures(self.registry)
        self._retention = RetentionFigures(self.registry)
        self._differences = Gauge(
            "spoc_number_differences",
            "Open differences of running numbers between us and counterparts.",
            ["kind"],
            registry=self.registry,
        )

    def counted(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        known = method if method in ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS") else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    async def read(self, standing: Here) -> None:
        """Take the ledger's present figures."""
        ledger = standing.gateway.ledger
        counts = await ledger.counts()
        self._envelopes.clear()
        for (direction, state), number in counts.items():
            self._envelopes.labels(direction, state).set(number)
        self._accepted.set(await ledger.accepted())
        self._in_hand.set(standing.gateway.engine.in_hand)
        self._journal.set((await ledger.head())[0])
        await self._read_clocks(standing)
        await self._log.read(standing)
        if rows := tuple(standing.gateway.directory.tolerances):
            uses = await standing.tally.read(ledger)
            for row in rows:
                self._tolerated.labels(row.partner, row.rule).set(uses[row.partner, row.rule])
        now = standing.gateway.clock.now()
        self._trust.read(standing.gateway, now)
        self._flow.read(standing.gateway)
        self._retention.read(standing.gateway, now)
        for kind, number in standing.gateway.numbers.open.items():
            self._differences.labels(kind).set(number)
        waiting = [made for each in await ledger.due(now + FAR, OLDEST_LOOKED_AT) if (made := made_at(each))]
        self._oldest.set(max(0.0, (now - min(waiting)).total_seconds()) if waiting else 0.0)

    async def _read_clocks(self, standing: Here) -> None:
        gateway = standing.gateway
        open_ones = await gateway.ledger.matters(MatterQuery(closed=False, limit=OLDEST_LOOKED_AT))
        self._clocks.set(sum(matter.running for matter in open_ones))
        self._overdue.set(len(await gateway.ledger.matters(MatterQuery(overdue=True, limit=OLDEST_LOOKED_AT))))
        for event in ("clock.warned", "clock.breached", "clock.took-effect", "clock.trouble"):
            self._marks.labels(event).set(gateway.watch.written[event])
        self._lag.set((await gateway.watch.lag()).total_seconds())


def made_at(id: str) -> datetime | None:
    """When an id was made: UUIDv7 begins with milliseconds since 1970 (RFC 9562 section 5.7); None for other ids."""
    try:
        read = UUID(id)
    except ValueError:
        return None
    return datetime.fromtimestamp((read.int >> 80) / 1000, UTC) if read.version == 7 else None


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response, responses=shown.METRICS)
async def metrics(
    request: Request, standing: Standing, caller: Annotated[Caller, Depends(Allowed(*WATCH))]
) -> Response:
    """Messages by state, totals, ages, and requests by route."""
    meters: Meters = request.app.state.meters
    await meters.read(standing)
    return Response(generate_latest(meters.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
