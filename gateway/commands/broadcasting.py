"""One form to every bureau, through the running gateway."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands import homes
from gateway.commands.local_door import LocalDoor, run
from gateway.commands.sending import derived_key, order
from gateway.commands.terminal import Terminal, table

if TYPE_CHECKING:
    from rich.console import Console


def join(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `spoc broadcast arrest.xml --attach warrant.pdf`")(broadcast)


def broadcast(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="The unsigned form, XML or JSON, or - for standard input.")],
    to: Annotated[str, typer.Option("--to", help="Everybody of a family.")] = "sirene:ALL",
    attach: Annotated[list[Path] | None, typer.Option(help="A file that travels with it; may be repeated.")] = None,
    key: Annotated[str, typer.Option(help="Idempotency key; else it follows from what is sent.")] = "",
) -> None:
    """Send a form to every bureau of the address book. The receivers in the form are replaced by those who get it; who is
    left out is named with the reason.
    """
    from gateway.commands.checking import files_at, read_file

    terminal: Terminal = context.obj
    content, files = read_file(file), files_at(attach or [])
    body, headers = order(content, files, to)
    headers["Idempotency-Key"] = key or derived_key(content, files, to)

    async def work() -> dict[str, Any]:
        async with LocalDoor(homes.read(terminal)) as door:
            found: dict[str, Any] = await door.ask("POST", "/api/v1/broadcasts", headers=headers, body=body)
            return found

    found = run(work())

    def draw(out: Console) -> None:
        rows = [
            (each["party"], each["id"], "known before" if each["known_before"] else "") for each in found["ordered"]
        ]
        out.print(table(f"Ordered, message id {found['message_id']}", ("party", "id", ""), rows))
        if found["left_out"]:
            left = [(each["party"], each["reason"], each["citation"]) for each in found["left_out"]]
            out.print(table("Left out", ("party", "reason", "source"), left))

    terminal.answer(found, draw)
