"""Proof bundles on the command line: taken out of the running gateway, checked anywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import typer

from gateway.commands import homes
from gateway.commands.endings import CANNOT_WRITE, NOT_FOUND, Ending
from gateway.commands.local_door import PURPOSE_HELP, LocalDoor, run, stated
from gateway.commands.terminal import Terminal, facts
from gateway.identity import UUID_PATTERN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.load import Home

API: Final = "/api/v1"
EXCHANGE_UNKNOWN: Final = "evidence.unknown"
Purpose = Annotated[str, typer.Option("--purpose", "-p", help=PURPOSE_HELP, show_default=False)]
group = typer.Typer(
    no_args_is_help=True, help="Proof bundles: take out, check, and what is needed to check them elsewhere."
)


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="evidence")


@group.command(
    epilog="Example: `spoc evidence export 01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001 --out hit.asice -p 'asked for by the court' --case 9999-99999-00001-26`"
)
def export(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="Id of an exchange, or of a message: ours, or its message id.")],
    out: Annotated[Path, typer.Option(help="Write the bundle here; the file must not be there yet.")],
    purpose: Purpose = "",
    message: Annotated[
        bool, typer.Option("--message", help="Only the message with this id, not its exchange.")
    ] = False,
) -> None:
    """Everything about an exchange or a message as one signed container. Taking it out is journalled."""
    terminal: Terminal = context.obj
    if not re.fullmatch(UUID_PATTERN, id):
        raise Ending(
            NOT_FOUND, EXCHANGE_UNKNOWN, f"{id[:64]} is not the id of an exchange or a message.",
            "Look for it with: spoc exchanges list -p PURPOSE, or spoc messages find KEY -p PURPOSE",
        )  # fmt: skip
    content = run(_taken(homes.read(terminal), id, stated(purpose), message=message))
    _put(out, content)
    told = {"file": str(out), "octets": len(content)}
    terminal.answer(told, lambda console: console.print(f"{len(content)} octets are in {out}", soft_wrap=True))


async def _taken(home: Home, id: str, query: Mapping[str, str], *, message: bool) -> bytes:
    async with LocalDoor(home) as door:
        if not message:
            try:
                return await door.content("GET", f"{API}/exchanges/{id}/evidence", query=query)
            except Ending as ending:
                if ending.code != EXCHANGE_UNKNOWN:
                    raise
        return await door.content("GET", f"{API}/messages/{id}/evidence", query=query)


@group.command(
    epilog="Example: `spoc evidence verify hit.asice --trust trust`, with a folder that `spoc evidence trust` filled"
)
def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The bundle.")],
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder with what you believe: partner cards, keys of logs and witnesses, authorities. May stand several times."
        ),
    ] = None,
) -> None:
    """Check a bundle, without network and without a gateway. Exit code 0: it holds, 1: it is refused, 2: consistent in itself, but nobody vouches."""
    from gateway.evidence.standalone.examination import examine
    from gateway.evidence.standalone.trust import TrustUnreadable, read_trust

    terminal: Terminal = context.obj
    try:
        believed = read_trust(trust or [])
        with file.open("rb") as opened:
            report = examine(opened, believed)
    except (TrustUnreadable, OSError) as error:
        raise Ending(NOT_FOUND, "evidence.unreadable", f"{error}.") from error
    terminal.answer(
        report.document(),
        lambda console: console.print(report.text(), soft_wrap=True, markup=False, highlight=False, end=""),
    )
    raise typer.Exit(report.exit_code)


@group.command(
    epilog="Example: `spoc evidence verifier --out spoc-verify.pyz`, then `python spoc-verify.pyz hit.asice --trust trust`"
)
def verifier(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Write the program here; the file must not be there yet.")],
) -> None:
    """The verifier as one file, for people without a gateway. It needs Python 3.11, cryptography, lxml and asn1crypto."""
    from gateway.evidence.verifier import packed
    from gateway.identity import digest

    terminal: Terminal = context.obj
    content = packed()
    _put(out, content)
    told = {"file": str(out), "sha256": digest(content)}
    terminal.answer(told, lambda console: console.print(facts([("file", out), ("SHA-256", told["sha256"])])))


@group.command(epilog="Example: `spoc evidence trust --out trust`")
def trust(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="A new folder.")],
) -> None:
    """What this office believes itself: its own cards and keys, partners, witnesses, time-stamp authorities. Give it to whoever checks, not in the bundle."""
    from gateway.commands.evidence_trust import believed

    terminal: Terminal = context.obj
    files = believed(homes.read(terminal))
    for name, content in files.items():
        _put(out / name, content if isinstance(content, bytes) else orjson.dumps(content, option=orjson.OPT_INDENT_2))
    told = {"folder": str(out), "files": sorted(files)}
    terminal.answer(told, lambda console: console.print(f"{len(files)} files are below {out}", soft_wrap=True))


def _put(out: Path, content: bytes) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise Ending(
            CANNOT_WRITE,
            "file.unwritable",
            f"{out} cannot be written: {error.strerror}.",
            "Name a file that is not there yet.",
        ) from error
