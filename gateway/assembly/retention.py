"""The rules of retention from their file, in the core's words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec

from config.faults import ConfigurationFaults, Fault
from config.load import Home
from config.retention import Table, read_retention, retention_file
from gateway.assembly.built import Built
from gateway.clocks.calendar import Calendars
from gateway.gateway import Gateway
from gateway.protection.retention.office import RetentionLaw, RetentionOffice, open_retention
from gateway.protection.retention.rules import Rule, Rules


def rules_of(folder: Path) -> tuple[Rules, list[Fault]]:
    """The rules in force and those that are only proposed, and what is wrong with the file."""
    table, faults = read_retention(retention_file(folder))
    return rules_in(table) if not faults else Rules(), faults


def rules_in(table: Table) -> Rules:
    """A table that was read."""
    return Rules(
        rows=tuple(msgspec.convert(row.model_dump(), Rule) for row in table.rule),
        acts=tuple((family, each.letters) for family, each in table.acting.items()),
    )


def retention_rules(folder: Path) -> Rules:
    """The rules of a home folder, or those that are shipped where it has none; raises `ConfigurationFaults`."""
    rules, faults = rules_of(folder)
    if faults:
        raise ConfigurationFaults(faults)
    return rules


def retention_of(home: Home, gateway: Gateway, rules: Rules, calendars: Calendars) -> RetentionOffice:
    """Sweep and desk over the ledger of a gateway."""
    settings = home.settings.retention
    law = RetentionLaw(
        rules=rules, calendars=calendars, pause=timedelta(minutes=settings.sweep_minutes),
        second_person=settings.second_person,
    )  # fmt: skip
    own = gateway.office.parties
    office = open_retention(law, ledger=gateway.ledger, formats=gateway.formats, own=own, clock=gateway.clock)
    steady = gateway.steady
    if steady:
        office.sweeper.doubtful = lambda: steady.in_doubt
    return office


def retention_in(built: Built) -> Rules:
    """The same, with the faults noted."""
    rules, faults = rules_of(built.home.folder)
    built.faults += faults
    return rules
