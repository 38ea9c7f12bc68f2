"""Exchanges as the running gateway has them: list, show, record; and the legal clocks of a family, which need no gateway."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from gateway.commands.endings import CANNOT_WRITE, NOT_FOUND, USAGE, Ending
from gateway.commands.local_door import PURPOSE_HELP, asked, stated
from gateway.commands.terminal import Terminal, cell, facts, moment, table
from gateway.identity import UUID_PATTERN

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

EXCHANGES: Final = "/api/v1/exchanges"
COLUMNS: Final = ("exchange", "about", "with", "stands", "due", "overdue")
CLOCK_COLUMNS: Final = ("clock", "what must be done", "who owes it", "limit", "due", "status", "source (confidence)")
NEXT_COLUMNS: Final = ("what may come", "from", "to", "what it says", "leads to", "source (confidence)")
ONE_LINE: Final = {"exchange": 36}
SOON_SECONDS: Final = 6 * 3600
"""A limit that ends within this time is shown in the colour of a warning."""
Purpose = Annotated[str, typer.Option("--purpose", "-p", help=PURPOSE_HELP, show_default=False)]
Id = Annotated[str, typer.Argument(help="Id of the exchange.")]
group = typer.Typer(no_args_is_help=True, help="Exchanges: where each matter stands, what is due, what took place.")


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="exchanges")
    app.command(epilog="Examples: `spoc clocks`, `spoc clocks sirene`, `spoc clocks sirene --json`")(clocks)


@group.command(name="list", epilog="Example: `spoc exchanges list --overdue -p 'morning look'`")
def list_exchanges(
    context: typer.Context,
    purpose: Purpose = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those with a limit that has passed.")] = False,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are not done.")] = False,
    family: Annotated[str, typer.Option(help="For example sirene.")] = "",
    key: Annotated[str, typer.Option(help="The Schengen ID or case reference.")] = "",
    counterpart: Annotated[str, typer.Option(help="For example sirene:XB.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
) -> None:
    """Exchanges, newest first."""
    query: dict[str, Any] = {
        "family": family,
        "key": key,
        "counterpart": counterpart,
        "limit": limit,
        **stated(purpose),
    }
    query |= {"overdue": "true"} if overdue else {}
    query |= {"open": "true"} if open_only else {}
    terminal: Terminal = context.obj
    found = asked(terminal, "GET", EXCHANGES, query=query)["exchanges"]
    terminal.answer(found, lambda out: draw_list(out, found))


@group.command(epilog="Example: `spoc exchanges show 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 -p 'vehicle hit'`")
def show(context: typer.Context, id: Id, purpose: Purpose = "") -> None:
    """Where an exchange stands, what may come next from whom, and every legal clock."""
    terminal: Terminal = context.obj
    found = asked(terminal, "GET", _address(id), query=stated(purpose))
    terminal.answer(found, lambda out: draw(out, found))


@group.command(
    epilog="Example: `spoc exchanges record 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 request.answered -r 'by telephone'`"
)
def record(  # one option for each thing that can be said of a happening
    context: typer.Context,
    id: Id,
    name: Annotated[str, typer.Argument(help="What took place; `spoc exchanges show` lists the words.")],
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why, without personal data; journalled.")] = "",
    at: Annotated[str, typer.Option(help="When, with its zone, such as 2026-11-21T12:00:00Z; else now.")] = "",
    about: Annotated[str, typer.Option(help="Message id of the request that it belongs to.")] = "",
    until: Annotated[str, typer.Option(help="A date that somebody set, with its zone.")] = "",
    amount: Annotated[int, typer.Option(min=0, max=10_000, help="By how much an extension is asked for.")] = 0,
) -> None:
    """Record what took place beside the messages: a call, a decision, an alert deleted."""
    said = {
        "name": name,
        "reason": reason,
        "at": at,
        "about": about,
        "until": until,
        "amount": str(amount) if amount else "",
    }
    body = {member: value for member, value in said.items() if value}
    terminal: Terminal = context.obj
    found = asked(terminal, "POST", f"{_address(id)}/happenings", body=body)
    terminal.answer(found, lambda out: draw(out, found))


@group.command(name="open", epilog="Example: `spoc exchanges open sirene --reason 'yearly figures on consultations'`")
def open_exchange(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="Whose words and clocks count, for example sirene.")],
    reason: Annotated[str, typer.Option("--reason", "-r", help="What the duty is; journalled.")] = "",
) -> None:
    """Open an exchange for what no message begins: yearly figures, a log to be destroyed, a security incident."""
    terminal: Terminal = context.obj
    found = asked(terminal, "POST", EXCHANGES, body={"family": family, "reason": reason})
    terminal.answer(found, lambda out: draw(out, found))


@group.command(
    name="next", epilog="Example: `spoc exchanges next 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 N --out n.json -p 'permit'`"
)
def begin_next(
    context: typer.Context,
    id: Id,
    letter: Annotated[str, typer.Argument(help="The form; `spoc exchanges show` lists those that may come next.")],
    to: Annotated[str, typer.Option(help="For whom, where several offices take part.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write the form there, to be completed and given to `spoc send`.")
    ] = None,
    purpose: Purpose = "",
) -> None:
    """Begin the next form: what the exchange knows is filled in, what is empty is named. Nothing is kept or sent."""
    body = {"letter": letter, **({"to": to} if to else {})}
    terminal: Terminal = context.obj
    found = asked(terminal, "POST", f"{_address(id)}/drafts", query=stated(purpose), body=body)
    if out is not None:
        try:
            out.write_bytes(orjson.dumps(found["order"]["form"], option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise Ending(CANNOT_WRITE, "file.unwritable", f"{out} cannot be written: {error.strerror}.") from error
    terminal.answer(found, lambda console: draw_draft(console, found, out))


def draw_draft(console: Console, found: dict[str, Any], out: Path | None) -> None:
    """What the form is for, what is empty, and where it is."""
    console.print(f"{found['text']} ({found['citation']}; {found['confidence']})")
    rows = [(each["name"], each["label"]) for each in found["empty"]]
    console.print(table("Left empty", ("field", "what it says"), rows))
    for each in found["findings"]:
        console.print(f"{each['severity']} {each['rule']}: {each['text']} {each['remedy']}")
    sent_by = f"spoc send {out or 'FILE'} --to {found['order']['counterpart']}"
    console.print(f"Complete the form, then: {sent_by}" if out else f"Write it with --out FILE; then: {sent_by}")


def clocks(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="sirene or europol; without it every family that has clocks.")] = "",
) -> None:
    """Legal time limits: what starts them, who owes what by when, what silence means, by which source."""
    terminal: Terminal = context.obj
    document = [_clock(name, each) for name, found in _tables(family).items() for each in found.clocks]
    rows = [
        (
            each["family"], each["clock"], each["title"], each["act"], ", ".join(each["owes"]), each["limit"],
            each["consequence"] or each["escalation"], each["superseded_by"], f"{each['citation']} ({each['confidence']})",
        )
        for each in document
    ]  # fmt: skip
    columns = (
        "family",
        "clock",
        "when",
        "what must be done",
        "who",
        "limit",
        "and else",
        "replaced by",
        "source (confidence)",
    )
    terminal.answer(document, lambda out: out.print(table("", columns, rows)))


def _tables(family: str) -> dict[str, Any]:
    from schemas.catalogue import discover

    formats = discover()
    names = sorted({spec.family for spec in formats})
    found = {name: each for name in names if (each := formats.family(f"{name}/Any@1").clocks) is not None}
    if family and family not in found:
        known = ", ".join(found)
        raise Ending(
            NOT_FOUND, "family.unknown", f"The family {family[:40]} has no clocks here.", f"Known are: {known}."
        )
    return {family: found[family]} if family else found


def _clock(family: str, clock: Any) -> dict[str, Any]:
    sure = (
        clock.confidence
        if clock.limit_confidence == clock.confidence
        else f"{clock.confidence}; limit {clock.limit_confidence}"
    )
    return {
        "family": family, "clock": clock.id, "row": clock.row, "title": clock.title, "act": clock.act, "owes": list(clock.owes),
        "limit": clock.limit.words(), "starts": list(clock.starts), "stops": list(clock.stops),
        "warn_percent": list(clock.warn_percent), "consequence": clock.consequence.text if clock.consequence else "",
        "escalation": clock.escalation, "superseded_by": clock.superseded_by, "citation": clock.citation, "confidence": sure,
        "note": clock.note,
    }  # fmt: skip


def _address(id: str) -> str:
    if not re.fullmatch(UUID_PATTERN, id):
        raise Ending(
            USAGE,
            "exchange.id",
            f"{id[:64]} is not the id of an exchange.",
            "Look for it with: spoc exchanges list -p PURPOSE",
        )
    return f"{EXCHANGES}/{id}"


# --- for people


def draw_list(out: Console, found: list[dict[str, Any]]) -> None:
    """Exchanges as a table."""
    if not found:
        out.print("No exchange.")
        return
    rows = [
        (
            each["exchange"], each["key"], ", ".join(each["counterparts"]), _stands(each), moment(each["due"]),
            _coloured(", ".join(each["overdue_by"]) or "yes", "red") if each["overdue"] else each["trouble"] and _coloured("?", "yellow"),
        )
        for each in found
    ]  # fmt: skip
    out.print(table("", COLUMNS, rows, whole=ONE_LINE))


def _stands(matter: dict[str, Any]) -> str:
    stands = "; ".join(f"{dialogue}: {state}" for dialogue, state in matter["dialogues"])
    return f"{stands or 'no dialogue'}{' (done)' if matter['closed'] else ''}"


def draw(out: Console, found: dict[str, Any]) -> None:
    """One exchange for people."""
    matter = found["matter"]
    out.print(facts((
        ("exchange", matter["exchange"]), ("about", matter["key"]), ("with", ", ".join(matter["counterparts"])),
        ("stands", _stands(matter)), ("due", moment(matter["due"])), ("overdue", ", ".join(matter["overdue_by"])),
        ("trouble", matter["trouble"]),
    )))  # fmt: skip
    for course in found["dialogues"]:
        roles = ", ".join(f"{role} {party}" for role, party in course["roles"].items())
        out.print(cell(f"{course['title']}: {course['meaning']} ({roles})"), soft_wrap=True)
    for each in found["waiting"]:
        wanted = f", wanted by {moment(each['deadline'])}" if each["deadline"] else ""
        words = f"{', '.join(each['waits_for'])} has not answered {each['format']} {each['reference']} of {each['asked_by']}{wanted}"
        out.print(cell(words), soft_wrap=True)
    if not (found["dialogues"] or found["waiting"]):
        out.print("No chart says what comes next in this family, and no question is open.")
    if found["clocks"]:
        out.print(table("Clocks", CLOCK_COLUMNS, [_clock_row(each) for each in found["clocks"]]))
    coming = [_next_row(each) for each in found["next"]]
    if coming:
        out.print(table("What may come next", NEXT_COLUMNS, coming))
    steps = [
        (moment(each["sent"]), each["sender"], each["format"], each["reference"], each["after"], each["problem"], each["envelope"])
        for each in found["steps"]
    ]  # fmt: skip
    out.print(table("Messages", ("sent", "from", "form", "reference", "led to", "does not fit", "id"), steps))
    if found["happenings"]:
        recorded = [(moment(each["at"]), each["name"], each["reason"], each["actor"]) for each in found["happenings"]]
        out.print(table("Recorded", ("at", "what", "why", "by"), recorded))


def _clock_row(clock: dict[str, Any]) -> tuple[object, ...]:
    owes = clock["bound"] or ", ".join(clock["owes"])
    return (
        clock["clock"], clock["act"], owes, clock["limit"], _due(clock), _status(clock),
        f"{clock['citation']} ({clock['confidence']})",
    )  # fmt: skip


def _due(clock: dict[str, Any]) -> object:
    text = moment(clock["due"])
    if clock["overdue_seconds"] and clock["status"] == "breached":
        return _coloured(f"{text} ({_span(clock['overdue_seconds'])} ago)", "red")
    if clock["status"] == "running" and clock["remaining_seconds"] is not None:
        style = "yellow" if clock["remaining_seconds"] <= SOON_SECONDS or clock["warnings"] else ""
        return _coloured(f"{text} (in {_span(clock['remaining_seconds'])})", style)
    return text


def _status(clock: dict[str, Any]) -> object:
    status = clock["status"] or clock["trouble"]
    if clock["urgent"] and clock["status"] == "running":
        return _coloured("owed at once", "red")
    styles = {"breached": "red", "running": "", "stopped": "green", "paused": "yellow", "expired": "yellow"}
    text = f"{status}, late" if clock["late"] else status
    return _coloured(
        f"{text}: {clock['consequence']}" if clock["consequence"] else text, styles.get(clock["status"], "yellow")
    )


def _next_row(each: dict[str, Any]) -> tuple[object, ...]:
    what = f"form {each['letter']}" if each["letter"] else each["happening"]
    style = "bold" if each["expected"] else ""
    return (
        _coloured(f"{what} (expected)" if each["expected"] else what, style), each["by"], ", ".join(each["to"]), each["text"],
        each["leads_to"], f"{each['citation']} ({each['confidence']})",
    )  # fmt: skip


def _span(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours} h {minutes:02} min"


def _coloured(text: str, style: str) -> Text:
    from rich.text import Text

    from gateway.commands.terminal import plain

    return Text(plain(text), style=style)
