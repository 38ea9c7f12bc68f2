"""`spoc retention`: the rules, what is due, holds, orders, deletion certificates; and a run by hand, dry or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import CANNOT_WRITE, NOT_FOUND, USAGE, Ending
from gateway.commands.local_door import LocalDoor, asked, run
from gateway.commands.terminal import Terminal, cell, facts, moment, table, to_json

if TYPE_CHECKING:
    from rich.console import Console

RETENTION: Final = "/api/v1/retention"
KINDS: Final = ("any", "exchange", "message", "day")
Id = Annotated[str, typer.Argument(help="Id of an exchange or a message, or a day of the journal such as 2026-11-21.")]
KindOption = Annotated[
    str,
    typer.Option(
        "--kind", help="exchange, message or day; else the exchange, where an exchange and a message share the id."
    ),
]
Why = Annotated[
    str, typer.Option("--reason", "-r", help="Why; journalled, readable until the journal's own time is over.")
]
group = typer.Typer(no_args_is_help=True, help="How long content is kept, and its destruction.")


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="retention")


# --- looking


@group.command(epilog="Example: `spoc retention rules`")
def rules(context: typer.Context) -> None:
    """Which content is kept how long, from when, by which source; and which rules are only proposed and decide nothing."""
    terminal: Terminal = context.obj
    found = run(_rules(terminal))
    rows = [
        (
            one["id"], one["thing"], " ".join(each for each in (one["family"], one["about"]) if each) or "all", one["starts"], one["lasts"],
            one["ends"], "in force" if one["in_force"] else "decides nothing", f"{one['citation']} ({one['confidence']})",
        )
        for one in found["rules"]
    ]  # fmt: skip
    heads = ("rule", "what", "of", "counts from", "lasts", "ends", "", "source (confidence)")
    terminal.answer(
        found, lambda out: out.print(table("What fits no rule in force stays until an officer decides", heads, rows))
    )


async def _rules(terminal: Terminal) -> dict[str, Any]:
    home = homes.read_if_there(terminal)
    if home is not None:
        async with LocalDoor(home) as door:
            if await door.runs():
                found: dict[str, Any] = await door.ask("GET", f"{RETENTION}/rules")
                return found
    from gateway.api.retention_models import rules as shown
    from gateway.assembly.retention import retention_rules

    second = home.settings.retention.second_person if home else True
    return shown(retention_rules(home.folder if home else homes.folder(terminal)), second_person=second).model_dump()


@group.command(epilog="Example: `spoc retention due --on 2027-11-21`")
def due(
    context: typer.Context,
    on: Annotated[str, typer.Option(help="At the end of this day instead of now, such as 2027-11-21.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Also what is kept, each with the reason.")] = False,
) -> None:
    """What would be destroyed then, computed as the gateway does it. Nothing is destroyed; that somebody looked is journalled."""
    terminal: Terminal = context.obj
    found = _due(terminal, on, everything=everything)
    terminal.answer(found, lambda out: _draw_due(out, found))


def _due(terminal: Terminal, on: str, *, everything: bool) -> dict[str, Any]:
    query = {"on": on, **({"everything": "true"} if everything else {})}
    found: dict[str, Any] = asked(terminal, "GET", f"{RETENTION}/due", query=query)
    return found


@group.command(epilog="Example: `spoc retention show 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001`")
def show(context: typer.Context, id: Id, kind: KindOption = "any") -> None:
    """How it stands with one exchange, message or day: the rule that decides, holds, orders, and why it is still there."""
    terminal: Terminal = context.obj
    found = asked(terminal, "GET", _address(id, kind))
    terminal.answer(found, lambda out: _draw(out, found))


@group.command(
    epilog="Example: `spoc retention certificate 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 --to certificate.json`"
)
def certificate(
    context: typer.Context,
    id: Id,
    kind: KindOption = "any",
    to: Annotated[Path | None, typer.Option(help="Write certificates and proofs here, as JSON.")] = None,
) -> None:
    """Deletion certificates of a message or day, or of an exchange with all its messages, each with its proof. Exit code 66: there is none."""
    terminal: Terminal = context.obj
    found = asked(terminal, "GET", f"{_address(id, kind)}/certificates")
    if not found["certificates"]:
        raise Ending(
            NOT_FOUND, "retention.no-certificate", f"Nothing of {id[:64]} was destroyed.", "See: spoc retention show"
        )
    if to is not None:
        try:
            to.write_text(to_json(found) + "\n", encoding="utf-8")
        except OSError as error:
            raise Ending(CANNOT_WRITE, "file.unwritable", f"{to} cannot be written: {error.strerror}.") from error
    terminal.answer(found, lambda out: _draw_certificates(out, found))


# --- deciding


@group.command(epilog="Example: `spoc retention hold 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 --reason 'complaint 17'`")
def hold(context: typer.Context, id: Id, reason: Why = "", kind: KindOption = "any") -> None:
    """Set a legal hold: nothing of it is destroyed while it stands, whatever the rules say."""
    _decide(context.obj, id, kind, "hold", {"reason": reason})


@group.command(
    epilog="Example: `spoc retention lift 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 --reason 'complaint settled'`"
)
def lift(context: typer.Context, id: Id, reason: Why = "", kind: KindOption = "any") -> None:
    """Lift a legal hold. Lifetimes count from where they began: what is over goes with the next run."""
    _decide(context.obj, id, kind, "lift", {"reason": reason})


@group.command(
    epilog="Example: `spoc retention order 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 --ground court --reason 'judgment of 2 March'`"
)
def order(
    context: typer.Context,
    id: Id,
    ground: Annotated[str, typer.Option(help="data-subject, court, purpose-achieved or other.")] = "",
    reason: Why = "",
    kind: KindOption = "any",
) -> None:
    """Order a destruction before the time. A second person confirms it, unless `retention.second_person` is false."""
    _decide(context.obj, id, kind, "order", {"ground": ground, "reason": reason})


@group.command(
    epilog="Example: `spoc retention confirm 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 --reason 'seen the judgment'`"
)
def confirm(context: typer.Context, id: Id, reason: Why = "", kind: KindOption = "any") -> None:
    """Confirm the order of somebody else: it is carried out now and cannot be undone."""
    _decide(context.obj, id, kind, "confirm", {"reason": reason})


@group.command(epilog="Example: `spoc retention recall 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 --reason appeal`")
def recall(context: typer.Context, id: Id, reason: Why = "", kind: KindOption = "any") -> None:
    """Recall an order that was not carried out yet."""
    _decide(context.obj, id, kind, "recall", {"reason": reason})


@group.command(name="run", epilog="Example: `spoc retention run --dry-run`")
def run_now(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be destroyed and destroy nothing.")
    ] = False,
) -> None:
    """Destroy now what is due, as the gateway else does by itself."""
    terminal: Terminal = context.obj
    if dry_run:
        planned = _due(terminal, "", everything=False)
        terminal.answer(planned, lambda out: _draw_due(out, planned))
        return
    done = asked(terminal, "POST", f"{RETENTION}/sweeps")
    text = f"Destroyed and certified: {done['destroyed']}. Kept beyond the law's longest time: {done['overdue']}."
    terminal.answer(done, lambda out: out.print(text))


def _decide(terminal: Terminal, id: str, kind: str, act: str, body: dict[str, str]) -> None:
    found = asked(terminal, "POST", f"{_address(id, kind)}/{act}", body=body)
    terminal.answer(found, lambda out: _draw(out, found))


def _address(id: str, kind: str) -> str:
    if kind not in KINDS:
        raise Ending(USAGE, "retention.kind", f"There is no kind {kind[:20]}.", f"Write one of: {', '.join(KINDS)}.")
    if not id or not all(letter.isalnum() or letter == "-" for letter in id):
        raise Ending(
            USAGE, "retention.id", f"{id[:64]} is no id and no day.", "Look for it with: spoc messages list -p PURPOSE"
        )
    return f"{RETENTION}/{kind}/{id}"


# --- for people


def _draw_due(out: Console, found: dict[str, Any]) -> None:
    contents = found["contents"]
    if not contents:
        out.print(f"Nothing is due at {moment(found['on'])}.")
        return
    out.print(table(f"At {moment(found['on'])}", HEADS, [_row(one) for one in contents]))
    if found["more"]:
        out.print("There is more; it is not shown.")


HEADS: Final = ("subject", "with", "rule", "began", "from", "at the latest", "", "source (confidence)")


def _row(one: dict[str, Any]) -> Sequence[object]:
    state = "overdue: " if one["overdue"] else ""
    words = f"{state}{'is destroyed' if one['destroy'] else one['words']}"
    source = f"{one['citation']} ({one['confidence']})" if one["citation"] else ""
    return (
        one["subject"], one["counterpart"], one["rule"], moment(one["began"]), moment(one["since"]), moment(one["until"]), words, source,
    )  # fmt: skip


def _draw(out: Console, found: dict[str, Any]) -> None:
    held, ordered = found["hold"], found["order"]
    waits = "" if not ordered or ordered["confirmed_by"] else "; waits for a second person"
    out.print(facts((
        (found["kind"], found["name"]), ("stands", found["stage"]),
        ("destroyed", f"{moment(found['destroyed_at'])} under {found['rule']}" if found["destroyed_at"] else ""),
        ("legal hold", f"{held['by']}, {moment(held['at'])}" if held else ""),
        ("order", f"{ordered['ground']}: {ordered['by']}, {moment(ordered['at'])}{waits}" if ordered else ""),
    )))  # fmt: skip
    out.print(table("", HEADS, [_row(one) for one in found["contents"]]))


def _draw_certificates(out: Console, found: dict[str, Any]) -> None:
    for one in found["certificates"]:
        proof = one["proof"]
        proved = f"in a log of {proof['size']} entries" if proof else "not published yet; ask again shortly"
        said = sorted((name.replace("_", " "), text) for name, text in one["details"].items())
        out.print(facts((
            ("deletion certificate", f"entry {one['number']} of the journal"), ("destroyed", moment(one["at"])), ("by", one["actor"]),
            ("rule", one["rule"]), *said, ("hash of the entry", one["hash"]), ("proof", proved),
        )))  # fmt: skip
        if proof:
            out.print(cell(proof["tlog_proof"]), soft_wrap=True)
    if found["key"]:
        out.print(f"The proofs hold under the key {found['key']}", soft_wrap=True)
