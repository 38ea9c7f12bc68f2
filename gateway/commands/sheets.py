"""Daily sheets, running numbers and differences, asked of the running gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands.endings import DONE, FINDINGS
from gateway.commands.local_door import asked
from gateway.commands.terminal import Terminal, facts, moment, table

if TYPE_CHECKING:
    from rich.console import Console

PATH: Final = "/api/v1/sheets"
group = typer.Typer(no_args_is_help=True, help="What each day went each way, and what two offices do not know alike.")
CounterpartOption = Annotated[str, typer.Option("--partner", help="Only of this office, for example sirene:XB.")]


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="sheets")


@group.command(name="list", epilog="Example: `spoc sheets list --partner sirene:XB`")
def list_sheets(
    context: typer.Context,
    partner: CounterpartOption = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50,
) -> None:
    """Sheets, ours and theirs, newest first. Looking is journalled."""
    terminal: Terminal = context.obj
    found = asked(terminal, "GET", PATH, query={"counterpart": partner, "limit": limit})
    rows = [
        (each["id"], each["direction"], each["counterpart"], each["day"] or "", each["edition"], f"{each['part']}/{each['parts']}",
         each["sent"], each["received"], each["state"], each["reason"])
        for each in found["sheets"]
    ]  # fmt: skip
    heads = ("id", "way", "partner", "day", "edition", "part", "sent", "received", "state", "reason")
    terminal.answer(found, lambda out: out.print(table("", heads, rows) if rows else "There are no sheets."))


@group.command(epilog="Example: `spoc sheets show 019dee00-0000-7000-8000-000000000000`")
def show(
    context: typer.Context, sheet: Annotated[str, typer.Argument(metavar="ID", help="As the list shows it.")]
) -> None:
    """One sheet with its lines. Looking is journalled."""
    terminal: Terminal = context.obj
    found = asked(terminal, "GET", f"{PATH}/{sheet}")
    terminal.answer(found, lambda out: _draw(out, found))


@group.command(epilog="Example: `spoc sheets differences`; exit code 1 while something is open")
def differences(context: typer.Context, partner: CounterpartOption = "") -> None:
    """What two offices do not know alike and nothing has settled: each is a task. Exit code 1 while there is one."""
    terminal: Terminal = context.obj
    found = asked(terminal, "GET", f"{PATH}/differences", query={"counterpart": partner})
    rows = [
        (each["sender"], each["receiver"], each["number"], each["kind"], moment(each["since"]), each["about"], each["note"])
        for each in found["differences"]
    ]  # fmt: skip
    heads = ("from", "to", "number", "kind", "since", "message", "note")
    terminal.answer(found, lambda out: out.print(table("", heads, rows) if rows else "Nothing differs."))
    raise typer.Exit(FINDINGS if rows else DONE)


@group.command(
    epilog="Example: `spoc sheets settle sirene:XB sirene:XA 17 missing --reason 'They telephoned: an exercise'`"
)
def settle(
    context: typer.Context,
    sender: Annotated[str, typer.Argument(help="Who counts.")],
    receiver: Annotated[str, typer.Argument(help="For whom.")],
    number: Annotated[int, typer.Argument(min=1)],
    kind: Annotated[str, typer.Argument(help="missing, unheard, differs, twice or foreign.")],
    reason: Annotated[str, typer.Option(help="Why it is none any more; it is journalled with your name.")],
) -> None:
    """Settle one difference with a reason. It is not opened again."""
    terminal: Terminal = context.obj
    body = {"sender": sender, "receiver": receiver, "number": str(number), "kind": kind, "reason": reason}
    found = asked(terminal, "POST", f"{PATH}/differences/settle", body=body)
    terminal.answer(
        found, lambda out: out.print(f"Settled: {kind} {number} from {sender} to {receiver}", soft_wrap=True)
    )


def _draw(out: Console, found: dict[str, Any]) -> None:
    out.print(
        facts([
            ("sheet", found["id"]), ("partner", f"{found['counterpart']} ({found['direction']})"), ("day", found["day"] or ""),
            ("edition", f"{found['edition']}, part {found['part']} of {found['parts']}"), ("state", found["state"]),
            ("reason", found["reason"]),
        ])
    )  # fmt: skip
    heads = ("number", "state", "message", "digest")
    for title, name in (("Sent", "sent_lines"), ("Received", "received_lines")):
        rows = [(each["number"], each["state"], each["message_id"], each["digest"]) for each in found[name]]
        out.print(table(title, heads, rows) if rows else f"{title}: nothing")
