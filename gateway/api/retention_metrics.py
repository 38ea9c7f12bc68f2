"""Figures about retention: what was destroyed, what something keeps beyond the law's longest time, and when the last sweep was."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge

from gateway.gateway import Gateway


class RetentionFigures:
    """Read when they are asked for."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._destroyed = Gauge(
            "spoc_retention_destroyed", "Contents destroyed and certified since the start.", ["rule"], registry=registry
        )
        self._overdue = Gauge(
            "spoc_retention_overdue", "Contents that something keeps beyond the law's longest time.", registry=registry
        )
        self._age = Gauge(
            "spoc_retention_sweep_age_seconds",
            "Age of the last sweep that came to its end; -1 before the first.",
            registry=registry,
        )

    def read(self, gateway: Gateway, now: datetime) -> None:
        """Take the present figures."""
        if gateway.retention is None:
            return
        sweeper = gateway.retention.sweeper
        for rule, count in sweeper.destroyed.items():
            self._destroyed.labels(rule).set(count)
        self._overdue.set(len(sweeper.overdue))
        self._age.set((now - sweeper.swept_at).total_seconds() if sweeper.swept_at else -1)
