"""`spoc doctor`: everything that can be looked at, at once, with what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.commands import homes
from gateway.commands.endings import CONFIGURATION, DONE, FINDINGS
from gateway.commands.local_door import run
from gateway.commands.terminal import Terminal, table


def join(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `spoc --home /srv/spoc doctor --offline`")(doctor)


def doctor(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Leave out the connections to other systems.")] = False,
) -> None:
    """Look at the configuration, keys, certificates, disk, connections, and whether the gateway runs.

    Exit code 0: nothing is wrong (warnings may be shown), 1: something is, 78: the configuration is.
    """
    from gateway.commands.diagnosis import FAULT, diagnose, today

    terminal: Terminal = context.obj
    points = run(diagnose(homes.folder(terminal), today(), connections=not offline))
    faults = [point for point in points if point.state == FAULT]
    document = {"healthy": not faults, "points": points}
    rows = [
        (
            one.state,
            one.what,
            " ".join([one.text, one.remedy]).strip(),
            f"{one.file}:{one.line}" if one.line else one.file,
        )
        for one in points
    ]
    terminal.answer(document, lambda out: out.print(table("", ("", "what", "how it is", "where"), rows)))
    raise typer.Exit(DONE if not faults else CONFIGURATION if any(point.line for point in faults) else FINDINGS)
