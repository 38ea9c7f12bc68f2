"""The figures of a run as tables for people, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table


def show(result: dict[str, Any], *, as_json: bool) -> None:
    """Print everything."""
    if as_json:
        print(json.dumps(result, indent=2))
        return
    out = Console(width=None if Console().is_terminal else 120)
    facts, wanted = result["facts"], result["wanted"]
    libraries = ", ".join(f"{name} {version}" for name, version in facts["libraries"].items())
    out.print(
        f"{facts['date']}, {facts['cores']} cores, {facts['system']}, Python {facts['python']}, {libraries}; load average before: {facts['load_before']:.1f}"
    )
    pace = f"{wanted['rate']:g} a second" if wanted["rate"] else "as fast as they are taken"
    tls = "STARTTLS" if wanted["tls"] else "no TLS"
    out.print(
        f"{wanted['messages']} messages over {wanted['connections']} connections, {pace}, {tls}, {wanted['workers']} workers, SQLite"
    )
    for one in result["variants"]:
        _variant(out, one)


def _variant(out: Console, one: dict[str, Any]) -> None:
    if one["wrong"]:
        out.print(f"\n[bold red]{one['variant']}: the run does not count[/]")
        for fault in one["wrong"][:20]:
            out.print(f"  {fault}", markup=False)
        return
    n = one["messages"]
    out.print(
        f"\n[bold]{one['variant']}[/]: {one['accepted_per_second']:.1f} messages/s accepted, "
        f"{one['completed_per_second']:.1f} completed (answered or forwarded)"
    )
    out.print(
        f"every one of {n}: 250, both receipts, the answer or the forward, its end in the ledger; journal intact, balance right"
    )
    _spreads(
        out, "From the sender's first command (ms)", ((name, "", spread) for name, spread in one["end_to_end"].items())
    )
    _spreads(out, "Step by step, from the journal (ms)", ((step["kind"], step["step"], step) for step in one["steps"]))
    _costs(out, one)


def _spreads(out: Console, title: str, rows: Iterable[tuple[str, str, dict[str, float]]]) -> None:
    table = Table(title=title, title_justify="left")
    for name in ("what", "step"):
        table.add_column(name)
    for name in ("count", "p50", "p95", "p99"):
        table.add_column(name, justify="right")
    for kind, step, spread in rows:
        figures = [f"{spread[name] * 1000:.1f}" for name in ("p50", "p95", "p99")]
        table.add_row(kind, step, f"{spread['count']:.0f}", *figures)
    out.print(table)


def _costs(out: Console, one: dict[str, Any]) -> None:
    cost, floor = one["cpu_per_message"], one["floor"]
    table = Table(title="What one message costs (ms of CPU)", title_justify="left")
    for name in ("process", "CPU", "peak MB"):
        table.add_column(name, justify="left" if name == "process" else "right")
    for role, seconds in cost.items():
        peak = one["peak_megabytes"].get(role)
        table.add_row(role, f"{seconds * 1000:.2f}", f"{peak:.0f}" if peak else "")
    out.print(table)
    alone = Table(title="Alone in one process, median (ms of CPU)", title_justify="left")
    for name in ("what", "ms", "times in an exchange"):
        alone.add_column(name, justify="left" if name == "what" else "right")
    for name, seconds in floor["alone"].items():
        alone.add_row(name, f"{seconds * 1000:.3f}", str(floor["times"].get(name, "")))
    alone.add_row("[bold]floor of an exchange[/]", f"{floor['per_exchange'] * 1000:.2f}", "")
    for name, seconds in one["stages_alone"].items():
        alone.add_row(f"stage, {name}", f"{seconds * 1000:.3f}", "")
    out.print(alone)
    out.print(f"other processes of the machine meanwhile: {one['other_processes_cores']:.2f} cores")
    out.print(
        f"CPU of front and workers to the floor: {floor['cpu_ratio']:.1f}; ledger: {one['ledger_octets_per_message'] / 1024:.0f} KiB a message"
    )
