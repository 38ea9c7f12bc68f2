"""Where a form would go: the routing table asked about a message that nobody has taken in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from config.faults import ConfigurationFaults, Fault
from config.load import ROUTES_FILE, Home
from gateway.commands.examination import Examination
from gateway.envelope import Claim, Direction, Envelope, Identification, Learned, Payload
from routing.decide import TableRouter
from routing.explain import explain
from routing.table import RoutesRefused, Table, read_table


def table_of(home: Home | None) -> Table:
    """The routing table of a home folder, or the shipped one; raises `ConfigurationFaults`."""
    from importlib.resources import files
    from pathlib import Path

    path = home.routes if home else Path(str(files("config") / ROUTES_FILE))
    try:
        return read_table(path.read_text("utf-8"), file=str(path))
    except RoutesRefused as refused:
        raise ConfigurationFaults(route_faults(path, refused)) from refused


def route_faults(path: Any, refused: RoutesRefused) -> list[Fault]:
    """What is wrong with a routing table as faults of the configuration."""
    return [
        Fault(
            file=path, line=problem.line, setting=f"route {problem.row}", text=f"{problem.text}.", remedy=problem.remedy
        )
        for problem in refused.problems
    ]


def explained(
    home: Home | None, payload: Payload, seen: Examination, now: datetime, id: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The decision for a program and as lines for a person."""
    assert seen.form is not None
    learned = Learned(
        identification=Identification(format=seen.format, partner=seen.form.header.sender, parts=seen.parts),
        form=seen.form, findings=seen.findings, exchange=id,
    )  # fmt: skip
    envelope = Envelope(
        id=id,
        direction=Direction.INBOUND,
        channel="file",
        received_at=now,
        payload=payload,
        claim=Claim(sender=seen.form.header.sender),
        learned=learned,
    )
    table = table_of(home)
    routing = TableRouter(table).decide(envelope)
    row = table.row(routing.row)
    return {**msgspec.to_builtins(routing), "table": table.file, "line": row.line if row else 0}, explain(
        routing, table
    )
