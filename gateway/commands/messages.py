"""Messages as the running gateway has them: list, find, show, timeline, raw, release, reject, replay."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import CANNOT_WRITE, NOT_FOUND, USAGE, Ending
from gateway.commands.local_door import PURPOSE_HELP, LocalDoor, asked, run, stated
from gateway.commands.terminal import Terminal, cell, moment, plain, table
from gateway.identity import UUID_PATTERN

if TYPE_CHECKING:
    from rich.console import Console

MESSAGES: Final = "/api/v1/messages"
COLUMNS: Final = ("id", "received", "way", "format", "counterpart", "reference", "state", "reason")
ONE_LINE: Final = {"id": 36, "received": 20}
"""Columns that never fold, with their widths: an id is there to be copied."""
TABLE_WIDTH: Final = 140
"""Below this a message takes two lines, because too little would be left for what may fold."""
LOOKS_SECONDS: Final = (0.2, 0.3, 0.5, 1.0)
"""Pauses before each look at what became of a decision; every look is journalled."""
LOOKING_PURPOSE: Final = "what became of my own decision"
WAITING, HELD = "waiting", "held"
Purpose = Annotated[str, typer.Option("--purpose", "-p", help=PURPOSE_HELP, show_default=False)]
Id = Annotated[str, typer.Argument(help="The gateway's own id of the message.")]
Why = Annotated[
    str, typer.Option("--reason", "-r", help="Why you decide so; mandatory and journalled.", show_default=False)
]
group = typer.Typer(no_args_is_help=True, help="Messages: look at them and decide on what is held.")


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="messages")


@group.command(name="list", epilog="Example: `spoc messages list --state held -p 'morning look'`")
def list_messages(
    context: typer.Context,
    purpose: Purpose = "",
    state: Annotated[list[str] | None, typer.Option(help="A state of the lifecycle; may be repeated.")] = None,
    direction: Annotated[str, typer.Option(help="inbound or outbound.")] = "",
    format_id: Annotated[str, typer.Option("--format", help="For example sirene/G@1.")] = "",
    counterpart: Annotated[str, typer.Option(help="For example sirene:XB.")] = "",
    exchange: Annotated[str, typer.Option(help="The matter.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
) -> None:
    """Messages, newest first."""
    query = {
        "direction": direction,
        "format": format_id,
        "counterpart": counterpart,
        "exchange": exchange,
        "limit": limit,
        "state": state or [],
    }
    _listed(context.obj, query, purpose)


@group.command(epilog="Example: `spoc messages find XB-G-2026-0000001 -p 'vehicle hit'`")
def find(
    context: typer.Context,
    key: Annotated[
        str, typer.Argument(help="Exactly an id, message id, reference, exchange, digest or idempotency key.")
    ],
    purpose: Purpose = "",
) -> None:
    """Messages with this key. Exit code 66 when there is none."""
    if not _listed(context.obj, {"q": key, "limit": 200}, purpose):
        raise typer.Exit(NOT_FOUND)


def _listed(terminal: Terminal, query: dict[str, Any], purpose: str) -> int:
    found = asked(terminal, "GET", MESSAGES, query={**query, **stated(purpose)})["messages"]
    rows: list[tuple[object, ...]] = [
        (one["id"], moment(one["received_at"]), one["direction"], one["format"], one["counterpart"], one["our_reference"], _stands(one), one["reason_code"])
        for one in found
    ]  # fmt: skip
    terminal.answer(found, lambda out: draw_list(out, rows))
    return len(found)


def _stands(one: dict[str, Any]) -> str:
    gone = one.get("destroyed")
    return f"{one['state']}; content destroyed {gone['at'][:10]} under {gone['rule']}" if gone else str(one["state"])


def draw_list(out: Console, rows: list[tuple[object, ...]]) -> None:
    """Messages as a table, or two lines each where the screen is narrow."""
    if not rows:
        out.print("No message.")
    elif out.width >= TABLE_WIDTH:
        out.print(table("", COLUMNS, rows, whole=ONE_LINE))
    else:
        for known_as, at, way, format_id, counterpart, reference, state, reason in rows:
            out.print(cell(known_as), cell(at), cell(state), sep="  ", soft_wrap=True)
            rest = (plain(each) for each in (way, format_id, counterpart, reference, reason) if each)
            out.print("  ", *rest, soft_wrap=True)


def _address(id: str) -> str:
    if not re.fullmatch(UUID_PATTERN, id):
        raise Ending(
            NOT_FOUND,
            "envelope.unknown",
            f"{id[:64]} is not the id of a message.",
            "Look for its id with: spoc messages find KEY -p PURPOSE",
        )
    return f"{MESSAGES}/{id}"


@group.command(epilog="Example: `spoc messages show 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 -p 'vehicle hit'`")
def show(context: typer.Context, id: Id, purpose: Purpose = "") -> None:
    """One message: every field as it was understood, and everything that became of it."""
    from gateway.commands.portrait import draw

    terminal: Terminal = context.obj
    found = asked(terminal, "GET", _address(id), query=stated(purpose))
    terminal.answer(found, lambda out: draw(out, found))


@group.command()
def timeline(context: typer.Context, id: Id, purpose: Purpose = "") -> None:
    """The journal of one message, oldest first."""
    terminal: Terminal = context.obj
    found = asked(terminal, "GET", f"{_address(id)}/timeline", query=stated(purpose))["entries"]
    rows = [
        (one["number"], moment(one["at"]), one["event"], one["actor"], one["reason"], _details(one["details"]))
        for one in found
    ]
    terminal.answer(found, lambda out: out.print(table("", ("entry", "at", "event", "by", "reason", "details"), rows)))


def _details(details: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in details.items() if value)


@group.command(
    epilog="Example: `spoc messages raw 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 -p 'for the prosecutor' --out mail.eml`"
)
def raw(
    context: typer.Context,
    id: Id,
    purpose: Purpose = "",
    signed: Annotated[bool, typer.Option("--signed", help="The signed XML of a message that we sent.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write here instead of standard output.")] = None,
) -> None:
    """The bytes as they came, or as we composed them."""
    terminal: Terminal = context.obj
    address, query = _address(id) + ("/signed" if signed else "/raw"), stated(purpose)
    if out is None and sys.stdout.isatty():
        raise Ending(
            USAGE,
            "raw.terminal",
            "Foreign bytes are not written to a terminal.",
            "Add --out FILE, or send them to another program.",
        )

    async def question() -> bytes:
        async with LocalDoor(homes.read(terminal)) as door:
            return await door.content("GET", address, query=query)

    content = run(question())
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise Ending(CANNOT_WRITE, "file.unwritable", f"{out} cannot be written: {error.strerror}.") from error


@group.command(epilog="Example: `spoc messages release 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 -r 'agreed by telephone'`")
def release(context: typer.Context, id: Id, reason: Why = "") -> None:
    """Let a held message go on; an ambiguous one is handed over again."""
    _decided(context.obj, id, "release", reason)


@group.command()
def reject(context: typer.Context, id: Id, reason: Why = "") -> None:
    """Refuse a held message for good. The sender of an inbound one is told the reason."""
    _decided(context.obj, id, "reject", reason)


@group.command()
def replay(context: typer.Context, id: Id, reason: Why = "") -> None:
    """Send a held or quarantined message through all stages again."""
    _decided(context.obj, id, "replay", reason)


@group.command(
    epilog="Example: `spoc messages register fax.xml --from sirene:XB --received 2026-11-21T11:30:00Z --how fax -r 'network down'`"
)
def register(  # one option for each thing that is said of the paper
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(help="The unsigned form as XML, typed as it stands on the paper, or - for standard input.")
    ],
    sender: Annotated[str, typer.Option("--from", help="The office that it came from, for example sirene:XB.")],
    received: Annotated[str, typer.Option(help="When it came, with its zone; legal limits count from then.")],
    how: Annotated[str, typer.Option(help="fax, paper or telephone.")] = "fax",
    reason: Why = "",
) -> None:
    """Take in a form that came by fax, on paper or by telephone. It is shown as not signed and never answered by itself."""
    from gateway.commands.checking import read_file

    terminal: Terminal = context.obj
    try:
        form = read_file(file).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Ending(USAGE, "by-hand.incomplete", "The form is not text in UTF-8.", "Save it as UTF-8.") from error
    body = {"form": form, "from": sender, "received": received, "how": how, "reason": reason}
    done = asked(terminal, "POST", f"{MESSAGES}/by-hand", body=body)
    terminal.answer(done, lambda out: out.print(plain(f"{done['id']} is taken in; it is not signed."), soft_wrap=True))


def _decided(terminal: Terminal, id: str, act: str, reason: str) -> None:
    if not reason.strip():
        raise Ending(
            USAGE,
            "reason.missing",
            "State why you decide so; it is journalled with your name.",
            "Add for example: --reason 'agreed by telephone'",
        )
    done, seen = run(_act(terminal, id, act, reason))
    terminal.answer({**done, "message": seen}, lambda out: draw_act(out, act, done, seen))


async def _act(terminal: Terminal, id: str, act: str, reason: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Decide, and see for a short while where the message comes to stand."""
    address = _address(id)
    async with LocalDoor(homes.read(terminal)) as door:
        done: dict[str, Any] = await door.ask("POST", f"{address}/{act}", body={"reason": reason})
        seen: dict[str, Any] | None = None
        for pause in LOOKS_SECONDS:
            await asyncio.sleep(pause)
            try:
                shown = await door.ask("GET", address, query={"purpose": LOOKING_PURPOSE})
            except Ending:
                return done, seen  # the decision stands, whether or not the one who decided may read the message
            seen = {**shown["summary"], "operator": (shown["reason"] or {}).get("operator", "")}
            if seen["account"] != WAITING:
                break
        return done, seen


def draw_act(out: Console, act: str, done: dict[str, Any], seen: dict[str, Any] | None) -> None:
    """Where a message stands after a decision; `seen` is a later look than `done`."""
    state, code = (seen or done)["state"], (seen or done)["reason_code"]
    text = f"{done['id']} is {state}"
    if seen is None or seen["account"] == WAITING:
        text += " and goes on from there." if act != "reject" else "."
    elif act != "reject" and seen["account"] == HELD:
        text = f"{done['id']} is {state} again ({code}): {seen['operator'] or seen['reason_public']}"
    else:
        text += f" ({code})." if code else "."
    out.print(plain(text), soft_wrap=True)
