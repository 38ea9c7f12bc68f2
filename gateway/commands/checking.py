"""Looking at messages in files: check and explain."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import FINDINGS, NOT_FOUND, REFUSED, Ending
from gateway.commands.terminal import Terminal, cell, plain, table

if TYPE_CHECKING:
    from rich.console import Console

    from gateway.commands.examination import Examination
    from gateway.parcel import File

MAX_FILE_OCTETS: Final = 32 * 1024 * 1024
"""Twice the longest mail that the gateway takes."""


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Examples: `spoc check form.xml`, `spoc sample G | spoc check -`, `spoc check --json *.xml`")(
        check
    )
    app.command(epilog="Example: `spoc sample G | spoc explain -`")(explain)


def check(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(help="Files, or - for standard input.")],
    attach: Annotated[
        list[Path] | None, typer.Option(help="A file that travels with the (single) form; may be repeated.")
    ] = None,
    outbound: Annotated[
        bool,
        typer.Option("--outbound", help="As a message that we are to send. Forms from our own offices always are."),
    ] = False,
    at: Annotated[
        str, typer.Option(help="As if it came at this time, for example 2026-11-21T12:00:00Z.", show_default="now")
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 for warnings and holds as well.")] = False,
) -> None:
    """Check messages in files: format, schema, rules, and the signature where the sender is a partner.

    Takes XML, JSON forms and whole mails. Exit code 0: nothing would be refused, 1: something would be.
    """
    from gateway.clock import SystemClock
    from gateway.commands.examination import Examiner, Surroundings, payload_of

    terminal: Terminal = context.obj
    now = moment_at(at) if at else SystemClock().now()
    examiner = Examiner(Surroundings.of(homes.read_if_there(terminal)), now)
    attached = files_at(attach or [])
    seen = [(name, examiner.examine(payload_of(read_file(name), attached), outbound=outbound)) for name in files]
    valid = all(one.verdict != "refused" for _, one in seen)
    document = {"valid": valid, "files": [one.document(name) for name, one in seen]}
    terminal.answer(document, lambda out: _draw(out, seen))
    spotless = all(finding.severity == "info" for _, one in seen for finding in one.findings)
    raise typer.Exit(0 if valid and (spotless or not strict) else FINDINGS)


def moment_at(text: str) -> datetime:
    """A time from the command line; raises `BadParameter`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a time such as 2026-11-21T12:00:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_file(name: str) -> bytes:
    """The bytes of a file or of standard input; raises `Ending`."""
    try:
        if name == "-":
            content = sys.stdin.buffer.read(MAX_FILE_OCTETS + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(MAX_FILE_OCTETS + 1)
    except OSError as error:
        raise Ending(NOT_FOUND, "file.unreadable", f"{name} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_FILE_OCTETS:
        raise Ending(
            REFUSED, "file.too-large", f"{name} is larger than {MAX_FILE_OCTETS} octets; no channel would take it."
        )
    return content


def files_at(paths: list[Path]) -> list[File]:
    """Attachments from files, their media types by their names."""
    import mimetypes

    from gateway.parcel import File

    return [
        File(
            file_name=path.name,
            media_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            content=read_file(str(path)),
        )
        for path in paths
    ]


def _draw(out: Console, seen: list[tuple[str, Examination]]) -> None:
    for name, one in seen:
        line = cell(one.verdict)
        out.print(
            line,
            f"{plain(name)}: {one.format or 'no format'} {one.title}".rstrip(),
            _signature_words(one),
            soft_wrap=True,
        )
        if one.findings:
            rows = [
                (each.severity, each.rule, each.place, " ".join([each.text, each.remedy]).strip(), each.citation)
                for each in one.findings
            ]
            out.print(table("", ("severity", "rule", "field", "what to mend", "source"), rows))


def _signature_words(one: Examination) -> str:
    signature = one.signature
    by = f" by {signature.subject}, {signature.algorithm}, {signature.profile}" if signature.state == "verified" else ""
    return (
        plain(f"({'signature ' if signature.state != 'unsigned' else ''}{signature.state}{by})") if one.format else ""
    )


def explain(
    context: typer.Context, file: Annotated[str, typer.Argument(help="A message, or - for standard input.")]
) -> None:
    """Say in words why a message goes where."""
    from gateway.clock import SystemClock, Uuid7Source
    from gateway.commands.examination import Examiner, Surroundings, payload_of

    terminal: Terminal = context.obj
    home = homes.read_if_there(terminal)
    now = SystemClock().now()
    payload = payload_of(read_file(file))
    seen = Examiner(Surroundings.of(home), now).examine(payload)
    if seen.form is None:
        text = " ".join(f"{each.rule}: {each.text}" for each in seen.findings)
        fate = "held for an officer" if seen.verdict == "held" else "refused"
        raise Ending(
            FINDINGS,
            "explain.no-form",
            f"It would be {fate} before it is routed. {text}",
            f"See: spoc check {file}",
            {"findings": seen.document(file)["findings"]},
        )
    from gateway.commands.way import explained

    document, lines = explained(home, payload, seen, now, Uuid7Source().new())

    def draw(out: Console) -> None:
        if seen.verdict == "refused":
            rules = ", ".join(sorted({each.rule for each in seen.findings if each.severity == "error"}))
            out.print(
                f"It would be refused before it is routed ({rules}). If it were mended:", style="yellow", soft_wrap=True
            )
        for line in lines:
            out.print(plain(line), soft_wrap=True)

    whole: dict[str, Any] = {"file": file, "format": seen.format, "verdict": seen.verdict, **document}
    terminal.answer(whole, draw)
