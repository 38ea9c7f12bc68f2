"""`spoc journal balance`: the books counted three times. Asked of the running gateway, else of its ledger, which is then only read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import DONE, FINDINGS, Ending
from gateway.commands.local_door import LocalDoor, run
from gateway.commands.terminal import Terminal, table
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from rich.console import Console

    from config.load import Home

BALANCE: Final = "/api/v1/journal/balance"


def join(group: typer.Typer) -> None:
    """Add the command to those of the journal."""
    group.command(epilog="Example: `spoc journal balance --json`")(balance)


def balance(context: typer.Context) -> None:
    """Count the messages three times: by their rows, by the counter kept apart, and by the journal alone; name every message that is
    not booked alike. accepted = delivered + rejected + held + waiting + quarantined, at every moment. Exit code 1 when not.
    """
    terminal: Terminal = context.obj
    with terminal.err.status("counting the journal"):
        document = run(_counted(homes.read(terminal)))
    terminal.answer(document, lambda out: _draw(out, document))
    raise typer.Exit(DONE if document["balanced"] else FINDINGS)


async def _counted(home: Home) -> dict[str, Any]:
    async with LocalDoor(home) as door:
        if await door.runs():
            return {"source": "gateway", **await door.ask("GET", BALANCE)}
    from gateway.api.balance import counted
    from gateway.commands import ledgers

    try:
        async with ledgers.read_only(home) as ledger:
            return {"source": "ledger", **(await counted(ledger)).model_dump(mode="json")}
    except GatewayError as error:
        raise Ending(
            FINDINGS,
            error.code,
            f"The ledger cannot be read: {error.operator}",
            "Keep the file as it is, and restore a copy elsewhere.",
        ) from error


def _draw(out: Console, document: dict[str, Any]) -> None:
    names = list(dict.fromkeys((*document["rows"], *document["journal"])))
    rows = [
        (count, sum(document[count].values()), *(document[count].get(name, 0) for name in names))
        for count in ("rows", "journal")
    ]  # fmt: skip
    rows.append(("counter", document["accepted"], *("" for _ in names)))
    out.print(table(f"Up to entry {document['counted_to']}", ("counted by", "accepted", *names), rows))
    if document["differences"]:
        told = [(each["envelope"], each["row"], each["journal"], each["words"]) for each in document["differences"]]
        out.print(table("What differs", ("message", "row", "journal", "what is wrong"), told))
    out.print("The books balance." if document["balanced"] else "The books do not balance.")
