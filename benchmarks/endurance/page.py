"""The report of one page."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks.endurance.run import Outcome


def show(outcome: Outcome) -> None:
    """Print it."""
    table = Table(title="Endurance: kills under load, and the books afterwards", show_header=False)
    killed = ", ".join(f"{count} {role}" for role, count in sorted(outcome.kills.items()))
    rows = [
        ("engine", outcome.engine),
        ("seed", str(outcome.seed)),
        ("kills", f"{sum(outcome.kills.values())} ({killed})"),
        ("lives of the front", str(outcome.lives)),
        ("queries with their 250", str(outcome.messages)),
        ("SMTP attempts for them and for receipts", str(outcome.attempts)),
        ("mails that came abroad", ", ".join(f"{count} {kind}" for kind, count in sorted(outcome.mails.items()))),
        ("settled by the officer", str(outcome.settled_by_officer)),
        ("journal entries", str(outcome.entries)),
        ("accounts", ", ".join(f"{name} {count}" for name, count in outcome.balance["accounts"].items() if count)),
        ("duration", f"{outcome.seconds:.0f} s"),
        ("lost, doubled, changed", "nothing" if not outcome.faults else f"{len(outcome.faults)} faults"),
    ]
    for name, value in rows:
        table.add_row(name, value)
    console = Console()
    console.print(table)
    for fault in outcome.faults:
        console.print(f"- {fault}", style="red", markup=False)
    if outcome.trouble:
        console.print(outcome.trouble, markup=False)
