"""Reporting a hit: the G form to the issuer, filled in from the alert and from what is said here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from gateway.commands import homes
from gateway.commands.endings import USAGE, Ending
from gateway.commands.local_door import PURPOSE_HELP, asked, stated
from gateway.commands.sending import draw_findings
from gateway.commands.terminal import Terminal, facts
from gateway.identity import digest

if TYPE_CHECKING:
    from rich.console import Console

EXAMPLE = (
    "Example: `spoc alerts hit XB-ALERT-0002 --at 2026-11-21T08:40:00Z --place 'Prøveby, ring road' "
    "--action 'Stopped and seized.' --ask 'Please send P form.' --purpose 'vehicle stopped'`"
)


def join(alerts: typer.Typer) -> None:
    """Add the command."""
    alerts.command("hit", epilog=EXAMPLE)(hit)


def hit(
    context: typer.Context,
    alert: Annotated[str, typer.Argument(help="Schengen ID.")],
    at: Annotated[str, typer.Option(help="When, with its zone.")],
    place: Annotated[str, typer.Option(help="Where.")] = "",
    action: Annotated[str, typer.Option(help="What was done; field 088.")] = "",
    ask: Annotated[str, typer.Option(help="What the issuer is asked; field 089.")] = "",
    finder: Annotated[str, typer.Option(help="The authority that had the hit.")] = "",
    occasion: Annotated[str, typer.Option(help="EXIT, ENTRY or INLAND.")] = "",
    authority: Annotated[str, typer.Option(help="After an arrest: who receives the warrant; field 091.")] = "",
    report: Annotated[
        list[str] | None, typer.Option(help="Further part of the report, NAME=TEXT; may be repeated.")
    ] = None,
    remark: Annotated[str, typer.Option(help="Field 086, for example ANPR or late hit.")] = "",
    also: Annotated[
        list[str] | None, typer.Option(help="Another alert that was hit in the same event; may be repeated.")
    ] = None,
    child: Annotated[bool | None, typer.Option("--child/--no-child", help="Whether the subject is a child.")] = None,
    urgent: Annotated[str, typer.Option(help="Why it is urgent; then the form is marked so.")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="Only show the form; nothing is kept.")] = False,
    key: Annotated[str, typer.Option(help="Idempotency key; else it follows from alert, time and place.")] = "",
    purpose: Annotated[str, typer.Option("--purpose", help=PURPOSE_HELP)] = "",
) -> None:
    """Report a hit on an alert of another state: a G form that waits for an officer, and what is still missing in it."""
    from gateway.commands.alerts import moment_of

    terminal: Terminal = context.obj
    body = {
        "at": moment_of(at, "--at"), "place": place, "action_taken": action, "asked": ask, "finder": finder, "occasion": occasion,
        "receiving_authority": authority, "report": _pairs(report or []), "remark": remark, "also_hit": also or [],
        "child": child, "urgent_because": urgent,
    }  # fmt: skip
    own_key = f"spoc-hit-{digest(repr((alert, body['at'], place)).encode())[:40]}"
    headers = {"X-SPOC-Purpose": stated(purpose)["purpose"], "Idempotency-Key": key or own_key}
    path = f"/api/v1/alerts/{quote(alert.strip().upper(), safe='')}/hits"
    found = asked(terminal, "POST", path, headers=headers, body=body, query={"draft": "true"} if draft else {})
    terminal.answer(found, lambda out: _draw(out, terminal, found))


def _pairs(given: list[str]) -> dict[str, str]:
    made = {}
    for each in given:
        name, found, text = each.partition("=")
        if not found or not name.isidentifier():
            raise Ending(USAGE, "report.unreadable", "--report: write NAME=TEXT, for example Route='XB to XA'.")
        made[name] = text
    return made


def _draw(out: Console, terminal: Terminal, found: dict[str, Any]) -> None:
    header = found["form"]["header"]
    out.print(facts([
        ("form", found["form"]["format"]), ("to", ", ".join(header["to"])), ("reference", header["our_reference"]),
        *((_named(one), one["value"]) for one in found["form"]["fields"] if one.get("value")),
    ]))  # fmt: skip
    draw_findings(out, found["findings"])
    if found["missing"]:
        out.print("Still missing, as far as it is known:")
        draw_findings(out, found["missing"])
    if found["order"]:
        out.print("It waits for an officer. Read it, then let it go:")
        out.print(
            f"  spoc --home {homes.folder(terminal)} messages release {found['order']['id']} --reason '…'",
            soft_wrap=True,
        )
    else:
        out.print("A draft: nothing was kept.")


def _named(field: dict[str, Any]) -> str:
    number = field.get("number", "")
    return f"{number} {field['name']}".strip()
