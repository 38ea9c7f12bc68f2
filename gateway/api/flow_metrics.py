"""Figures of the flow: what the watermarks look at, the level of the doors, and what stands still."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from gateway.gateway import Gateway
from gateway.workers import WorkerPool


class FlowFigures:
    """Read when they are asked for."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._doors = Gauge(
            "spoc_doors_level",
            "What the doors take: 0 and 1 everything, 2 only urgent messages, 3 nothing.",
            registry=registry,
        )
        self._figures = Gauge(
            "spoc_flow_figure", "Figures that have watermarks, as of the last look.", ["figure"], registry=registry
        )
        self._levels = Gauge("spoc_flow_level", "Level of each of them: 0 to 3.", ["figure"], registry=registry)
        self._oldest = Gauge(
            "spoc_lane_oldest_seconds",
            "How long the oldest message of a lane waits though it could go on.",
            ["lane"],
            registry=registry,
        )
        self._alarms = Gauge("spoc_flow_alarms", "What stands still now.", ["what"], registry=registry)
        self._canary = Gauge(
            "spoc_canary_seconds",
            "How long the last test message of our own took through a door.",
            ["door"],
            registry=registry,
        )
        self._refused = Gauge(
            "spoc_doors_refused", "Messages refused since the start because too much waited.", registry=registry
        )
        self._workers = Gauge(
            "spoc_workers_replaced", "Workers that had to be replaced since the start.", registry=registry
        )

    def read(self, gateway: Gateway) -> None:
        """Take the present figures."""
        self._doors.set(gateway.intake.doors.level)
        self._refused.set(gateway.intake.doors.turned_away)
        if isinstance(gateway.compute, WorkerPool):
            self._workers.set(gateway.compute.replaced)
        for gauge in (self._figures, self._levels, self._alarms):
            gauge.clear()
        if gateway.flow is None:
            return
        for name, figure in gateway.flow.reading.figures.items():
            self._figures.labels(name).set(figure)
        for name, level in gateway.flow.levels.items():
            self._levels.labels(name).set(level)
        for urgent in (True, False):
            self._oldest.labels("urgent" if urgent else "normal").set(gateway.flow.reading.oldest.get(urgent, 0.0))
        for name, seconds in (gateway.flow.canary.seconds if gateway.flow.canary else {}).items():
            self._canary.labels(name).set(seconds)
        for name in gateway.flow.alarms:
            self._alarms.labels(name).set(1)
