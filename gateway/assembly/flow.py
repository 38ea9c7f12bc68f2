"""The watch over the flow of one gateway, from its settings."""

from __future__ import annotations

from datetime import timedelta

from config.flow import Flow, Marks
from config.load import Home
from gateway.flow.arrivals import Silence
from gateway.flow.canary import Canary, OwnDoor
from gateway.flow.gauges import Gauges
from gateway.flow.marks import Mark, Watermarks
from gateway.flow.watch import FlowWatch, Look
from gateway.gateway import Gateway
from gateway.journal.publishing.log import PublishedLog


def watermarks(told: Flow) -> Watermarks:
    """The marks that the settings name."""

    def mark(marks: Marks, *, falling: bool = False) -> Mark:
        warn, shed, stop = marks
        return Mark(warn=warn, shed=shed, stop=stop, falling=falling)

    return Watermarks(
        disk_free_mib=mark(told.disk_free_mib, falling=True), disk_free_percent=mark(told.disk_free_percent, falling=True),
        queue=mark(told.queue), oldest_minutes=mark(told.oldest_minutes), memory_mib=mark(told.memory_mib),
        unpublished=mark(told.unpublished), urgent_oldest_seconds=Mark(warn=told.urgent_oldest_seconds),
    )  # fmt: skip


def flow_of(home: Home, gateway: Gateway, log: PublishedLog | None) -> FlowWatch:
    """One for each front."""
    told, looks = home.settings.flow, list[Look]()
    if told.silence_least:

        def known(office: str) -> bool:
            return gateway.directory.get(office) is not None

        looks.append(Silence(gateway.ledger, known, told.silence_days, told.silence_least).look)
    canary = _canary(told, gateway)
    if canary:
        looks.append(canary.look)
    watch = FlowWatch(
        gateway.ledger, gateway.clock, gateway.intake.doors, Gauges(gateway.ledger, home.data, log).read, watermarks(told),
        tuple(looks),
    )  # fmt: skip
    watch.canary = canary
    return watch


def _canary(told: Flow, gateway: Gateway) -> Canary | None:
    """Through every door that we can reach from outside ourselves."""
    if not told.canary_seconds:
        return None
    every, late = timedelta(seconds=told.canary_seconds), timedelta(seconds=told.canary_late_seconds)
    canary = Canary(gateway.ledger, gateway.intake.doors, every, late)
    canary.ways = {name: door for name, door in gateway.inbound.items() if isinstance(door, OwnDoor)}
    gateway.intake.canary = canary
    return canary
