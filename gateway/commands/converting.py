"""A form in another version of its family: `spoc convert` writes it, unsigned, and reports what that changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.commands import homes
from gateway.commands.checking import read_file
from gateway.commands.endings import REFUSED, Ending
from gateway.commands.terminal import Terminal, table

if TYPE_CHECKING:
    from gateway.form import Form
    from gateway.versions import Conversion
    from schemas.catalogue import Catalogue

EXAMPLE: Final = "Example: `spoc sample G | spoc convert - --to 0`"


def join(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLE)(convert)


def convert(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A form as XML or JSON, or a whole mail; - for standard input.")],
    to: Annotated[str, typer.Option("--to", help="Major version, for example 0.")],
) -> None:
    """Write a form in another version of its family, unsigned, on standard output; the report of what changed goes to standard error.

    With --json both stand in one document. Nothing is kept or sent; the gateway itself converts by what each partner reads.
    """
    from gateway.errors import Refused
    from gateway.receipts import document
    from schemas.catalogue import discover

    terminal: Terminal = context.obj
    home = homes.read_if_there(terminal)
    if home is None:
        formats = discover()
    else:
        from gateway.assembly import formats_of

        formats = formats_of(home)
    try:
        form = _read(formats, read_file(file))
        converted, report = formats.convert(form, _target(formats, form, to))
    except Refused as refusal:
        raise Ending(REFUSED, refusal.code, refusal.public) from refusal
    xml = document(formats.get(converted.format).encode(converted))
    if terminal.as_json:
        terminal.document({**_told(report), "xml": xml.decode("utf-8")})
        return
    sys.stdout.buffer.write(xml.rstrip() + b"\n")
    sys.stdout.buffer.flush()
    rows = [
        (str(note.change), f"{note.field} {note.number}".strip(), note.text, note.citation) for note in report.notes
    ]
    rows += [("untouched", number, "A field number that nobody has mapped.", "") for number in report.unmapped]
    terminal.err.print(f"{report.source} to {report.target}: {'nothing is lost' if report.lossless else 'see below'}")
    if rows:
        terminal.err.print(table("", ("change", "field", "what it means", "source"), rows))


def _read(formats: Catalogue, content: bytes) -> Form:
    """The form in the file; raises `Refused`, and `Ending` with the findings of the schema."""
    import msgspec

    from gateway import parcel, safexml
    from gateway.commands.examination import SIGNATURE, payload_of
    from gateway.errors import Refused
    from gateway.form import Form

    opened = parcel.open_parcel(payload_of(content))
    if opened.form_type == "application/json":
        try:
            form = msgspec.json.decode(opened.form, type=Form)
            spec = formats.get(form.format)
            root = spec.encode(form)
        except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
            raise Refused("json.unreadable", "The JSON form cannot be read.") from error
    else:
        root = safexml.parse(opened.form)
        spec = formats.recognise(str(root.tag), root.get("version", ""))
        for signature in root.findall(SIGNATURE):
            root.remove(signature)
    findings = spec.validate(root)
    if findings:
        told = "; ".join(f"{finding.field}: {finding.text}" for finding in findings[:3])
        raise Ending(REFUSED, "schema.invalid", f"The form does not follow its schema. {told}", "See: spoc check FILE")
    return spec.decode(root)


def _target(formats: Catalogue, form: Form, to: str) -> str:
    """The format that is meant by `0`, `@0` or `sirene/G@0`."""
    from gateway.versions import in_version

    major = to.rpartition("@")[2]
    known = formats.majors(formats.current(form.format))
    if not major.isdecimal() or int(major) not in known:
        names = ", ".join(map(str, known))
        raise Ending(
            REFUSED,
            "format.version-unknown",
            f"There is no version {to[:40]} of {form.format}.",
            f"Versions are: {names}.",
        )
    return in_version(form.format, int(major))


def _told(report: Conversion) -> dict[str, object]:
    """The report for a program."""
    import msgspec

    told: dict[str, object] = msgspec.to_builtins(report)
    return {**told, "lossless": report.lossless}
