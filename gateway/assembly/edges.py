"""The edges that the settings ask for: store, channels, calendars, alert system, routing table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from adapters.calendars.holidays.calendars import StateCalendars
from adapters.calendars.holidays.settings import CalendarSettings
from adapters.stores.memory.ledger import MemoryLedger
from adapters.stores.postgres.ledger import PostgresLedger
from adapters.stores.sqlite.ledger import SqliteLedger
from config.faults import Fault
from gateway.alerts.cursor import CursorFile
from gateway.alerts.lookup import LiveLookup
from gateway.alerts.office import AlertWay
from gateway.assembly.built import Built, adapters_of, part_of, read_settings, systems_of
from gateway.assembly.vault import keyring_of
from gateway.clocks.calendar import Calendars
from gateway.ledger import Ledger
from gateway.partners import Directory
from gateway.ports import CaseSystem, Clock, Formats, IdSource, InboundChannel, OutboundChannel, Register
from routing.table import Known, RoutesRefused, read_table
from routing.table import Table as RoutingTable


def ledger_of(built: Built, clock: Clock) -> Ledger | None:
    table = dict(built.home.settings.ledger)
    kind = table.pop("kind", "sqlite")
    if kind == "memory":
        return MemoryLedger(clock)
    if kind in ("sqlite", "postgres"):
        keyring = built.attempt(("vault",), lambda: keyring_of(built.home))
    if kind == "sqlite":
        return SqliteLedger(built.home.data / "ledger.sqlite", clock, keyring=keyring)
    if kind == "postgres":
        return built.attempt(("ledger", "url"), lambda: PostgresLedger(_text(table, "url"), clock, keyring=keyring))
    built.faults.append(
        built.home.fault(("ledger", "kind"), f"{kind!r} is no store.", "Write sqlite, postgres or memory.")
    )
    return None


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value


class Channels:
    """The ways in and out that the settings ask for."""

    def __init__(self, built: Built, directory: Directory, clock: Clock) -> None:
        self.inbound: dict[str, InboundChannel] = {}
        self.outbound: dict[str, OutboundChannel] = {}
        for name, table in built.home.settings.channels.items():
            if table.get("enabled", True):
                self._open(built, name, table, directory, clock)

    def _open(self, built: Built, name: str, table: Mapping[str, Any], directory: Directory, clock: Clock) -> None:
        module = part_of(built, "channels", name, "channel")
        if module is None:
            return
        ends = built.attempt(
            ("channels", name),
            lambda: module.open_channel(
                name, read_settings(built.home, table, module.SETTINGS), lambda: directory, clock
            ),
        )
        if ends is not None:
            if ends.inbound is not None:
                self.inbound[name] = ends.inbound
            if ends.outbound is not None:
                self.outbound[name] = ends.outbound


def calendars_of(built: Built) -> Calendars:
    """Working days and legal time of every state, with what the office says of some; each fault at its own table."""

    def checked(code: str, table: Mapping[str, Any]) -> CalendarSettings:
        settings = read_settings(built.home, table, CalendarSettings)
        StateCalendars({code: settings})
        return settings

    tables = built.home.settings.calendars.items()
    read = {code: built.attempt(("calendars", code), partial(checked, code, table)) for code, table in tables}
    return StateCalendars({code: settings for code, settings in read.items() if settings is not None})


def alert_way(built: Built, formats: Formats, clock: Clock, ids: IdSource) -> AlertWay | None:
    """The way to the alert system, for the family that knows about alerts; None where none is configured."""
    systems = systems_of(built, "alertsystems", "alertsystem", built.home.settings.alert_systems)
    if len(systems) > 1:
        names = ("alert_systems", list(systems)[1])
        built.faults.append(built.home.fault(names, "There is one alert system already.", "Keep one of the tables."))
    families = {family.name: family.alerts for family in (formats.family(spec.id) for spec in formats) if family.alerts}
    if not systems or not families:
        return None
    (name, system), (family, law) = next(iter(systems.items())), next(iter(families.items()))
    return AlertWay(
        system=system, family=family, law=law, lookup=LiveLookup(system, clock, ids),
        cursor=CursorFile(built.home.data / "alerts" / f"{name}.cursor"), pause=timedelta(seconds=system.follow_seconds),
    )  # fmt: skip


def routing_table(
    built: Built, registers: Mapping[str, Register], case_systems: Mapping[str, CaseSystem], formats: Formats
) -> RoutingTable | None:
    # A shipped adapter that is not connected yet may stand in the table: its answer then says so. A misspelt name may not.
    known = Known(
        registers=frozenset(registers) | adapters_of("registers"),
        case_systems=frozenset(case_systems) | adapters_of("casesystems"),
        formats=frozenset(spec.id for spec in formats),
    )
    routes = built.home.routes
    try:
        return read_table(routes.read_text("utf-8"), file=str(routes), known=known)
    except RoutesRefused as refused:
        built.faults += [
            Fault(
                file=routes,
                line=problem.line,
                setting=f"route {problem.row}",
                text=f"{problem.text}.",
                remedy=problem.remedy,
            )
            for problem in refused.problems
        ]
        return None
