"""Figures of the published log: how far it reaches, how old its last checkpoint is, who countersigned it."""

from __future__ import annotations

from math import nan

from prometheus_client import CollectorRegistry, Gauge

from gateway.api.callers import Here


class LogFigures:
    """The gauges of the log in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._size = Gauge("spoc_log_size", "Entries under the last checkpoint.", registry=registry)
        self._age = Gauge(
            "spoc_log_checkpoint_age_seconds",
            "Since this process published its last checkpoint.",
            registry=registry,
        )
        self._waiting = Gauge("spoc_log_unintegrated", "Entries that are under no checkpoint yet.", registry=registry)
        self._doubt = Gauge("spoc_log_in_doubt", "1 while the published log is not continued.", registry=registry)
        self._witnessed = Gauge(
            "spoc_log_witnessed",
            "Entries under the last checkpoint that a witness countersigned.",
            ["witness"],
            registry=registry,
        )

        stamped = "Entries under the last checkpoint that a time-stamp authority stamped."
        self._stamped = Gauge("spoc_log_stamped", stamped, ["authority"], registry=registry)
        self._stamp_age = Gauge(
            "spoc_log_stamp_age_seconds", "Since the time of its last stamp.", ["authority"], registry=registry
        )
        self._unstamped = Gauge(
            "spoc_log_unstamped",
            "Entries that are under no time-stamp yet; NaN where nobody is asked.",
            registry=registry,
        )
        differs = "How far its time was from our clock when it was heard last."
        self._differs = Gauge("spoc_log_clock_difference_seconds", differs, ["authority"], registry=registry)

    async def read(self, standing: Here) -> None:
        """Take the log's present figures; nothing where there is no log."""
        log = standing.gateway.log
        if log is None:
            return
        figures = await log.figures()
        self._size.set(figures.size)
        self._waiting.set(figures.unintegrated)
        self._doubt.set(1 if log.integrator.doubt else 0)
        if figures.published_at:
            self._age.set((standing.gateway.clock.now() - figures.published_at).total_seconds())
        for state in log.witnessing.states:
            self._witnessed.labels(state.name).set(state.size)
        self._unstamped.set(nan if figures.unstamped is None else figures.unstamped)
        for stamper in log.stamping.states:
            self._stamped.labels(stamper.name).set(stamper.size)
            if stamper.at:
                self._stamp_age.labels(stamper.name).set((standing.gateway.clock.now() - stamper.at).total_seconds())
            if stamper.difference is not None:
                self._differs.labels(stamper.name).set(stamper.difference.total_seconds())
