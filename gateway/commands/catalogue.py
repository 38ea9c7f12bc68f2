"""What the house knows: sample, formats, rules, adapters. None of these needs a home folder."""

from __future__ import annotations

import sys
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands import rules
from gateway.commands.endings import NOT_FOUND, Ending
from gateway.commands.terminal import Terminal, table

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from gateway.versions import Version
    from schemas.catalogue import Catalogue
    from schemas.form import FormSpec

KINDS = {
    "channels": "channel",
    "registers": "register",
    "casesystems": "case system",
    "alertsystems": "alert system",
    "stores": "store",
    "calendars": "calendar",
    "witnesses": "witness",
    "timestamps": "time-stamps",
}


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Examples: `spoc sample G`, `spoc sample VehicleQuery --from ncb:XC > query.xml`")(sample)
    app.command()(formats)
    rules.join(app)
    app.command()(adapters)


def find_format(kind: str) -> FormSpec:
    """The format that somebody means: `sirene/G@1`, `sirene/G`, `G` or `FormG`; raises `Ending`."""
    from schemas.catalogue import discover

    wanted = kind.lower()
    everything = list(discover())
    found = [
        spec for spec in everything
        if wanted in (spec.id.lower(), spec.id.partition("@")[0].lower(), spec.id.partition("/")[2].partition("@")[0].lower(), spec.element.lower())
    ]  # fmt: skip
    if len(found) == 1:
        return found[0]
    words = "Several formats are called" if found else "There is no format"
    names = ", ".join(spec.id for spec in found or everything)
    raise Ending(NOT_FOUND, "format.unknown", f"{words} {kind[:64]}.", f"Name one of: {names}")


def sample(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="For example G, sirene/G@1, TravelDocumentQuery.")],
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh/--as-shipped",
            help="With a new MessageId, sent now and its other times moved along, or as it is shipped.",
        ),
    ] = True,
    sender: Annotated[str, typer.Option("--from", help="Another sender.")] = "",
    to: Annotated[str, typer.Option("--to", help="Another receiver.")] = "",
) -> None:
    """An unsigned, valid example of a format, on standard output."""
    from gateway.clock import SystemClock, Uuid7Source
    from gateway.commands.samples import addressed, freshened, shipped

    terminal: Terminal = context.obj
    spec = find_format(kind)
    content = shipped(spec)
    if fresh:
        content = freshened(content, SystemClock().now(), Uuid7Source().new())
    try:
        content = addressed(content, sender, to)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if terminal.as_json:
        terminal.document({"format": spec.id, "element": spec.element, "xml": content.decode("utf-8")})
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def formats(context: typer.Context) -> None:
    """Every format that is known, and on which days each version of a family is used."""
    from gateway.commands.samples import sample_file

    known = formats_here(context.obj)
    document: list[dict[str, Any]] = [
        {
            "id": spec.id, "family": spec.family, "element": spec.element, "namespace": spec.namespace, "title": spec.title,
            "citation": spec.citation, "confidence": spec.confidence,
            "schema": f"schemas/{spec.family}/xsd/{spec.schema.path.name}", "rules": len(spec.rules),
            "sample": f"spoc sample {spec.id}" if sample_file(spec) else "",
            "versions": [_version(known, spec, major) for major in known.majors(spec.id)],
        }
        for spec in known
    ]  # fmt: skip
    rows = [
        (
            one["id"],
            one["element"],
            one["title"],
            one["rules"],
            ", ".join(str(each["major"]) for each in one["versions"]),
            f"{one['citation']} ({one['confidence']})",
        )
        for one in document
    ]
    terminal: Terminal = context.obj

    def draw(out: Console) -> None:
        out.print(table("", ("format", "root element", "title", "rules", "versions", "source (confidence)"), rows))
        for family in sorted({spec.family for spec in known}):
            told = [_days(version) for version in known.versions(family)] if len(known.versions(family)) > 1 else []
            if told:
                heads = ("version", "title", "taken in", "with a warning", "sent", "source", "confidence")
                out.print(table(f"versions of {family}", heads, told))

    terminal.answer(document, draw)


def formats_here(terminal: Terminal) -> Catalogue:
    """Every format, with the days of versions that the home folder sets, where there is one."""
    from gateway.commands import homes
    from schemas.catalogue import discover

    home = homes.read_if_there(terminal)
    if home is None:
        return discover()
    from gateway.assembly import formats_of

    return formats_of(home)


def _version(known: Catalogue, spec: FormSpec, major: int) -> dict[str, Any]:
    """One version of a format for a program."""
    from gateway.versions import in_version

    version = next(each for each in known.versions(spec.family) if each.major == major)
    found = known.get(in_version(spec.id, major))
    place = found.schema.path.parent.name
    folder = f"schemas/{spec.family}/xsd" + (f"/{place}" if place != "xsd" else "")
    days = {
        name: str(value) if (value := getattr(version, name)) else None
        for name in ("accept_from", "accept_until", "refused_from", "send_from", "send_until")
    }
    return {
        "major": major, "id": found.id, "title": version.title, "current": version.current, "namespace": found.namespace,
        "schema": f"{folder}/{found.schema.path.name}", **days, "citation": version.citation, "confidence": version.confidence,
    }  # fmt: skip


def _days(version: Version) -> tuple[str, ...]:
    """One version for a person."""
    from datetime import timedelta

    end = version.refused_from
    grace = f"until {end - timedelta(days=1)}" if end and version.grace_days else ""
    major = f"{version.major}, current" if version.current else str(version.major)
    return (
        major, version.title, _span(version.accept_from, version.accept_until), grace, _span(version.send_from, version.send_until),
        version.citation, version.confidence,
    )  # fmt: skip


def _span(first: date | None, last: date | None) -> str:
    told = " ".join([*([f"from {first}"] if first else []), *([f"until {last}"] if last else [])])
    return told or "without end"


def manifests() -> list[dict[str, Any]]:
    """Every adapter by its manifest; nothing of the adapter is imported."""
    found = []
    for kind, word in KINDS.items():
        for file in sorted(Path(str(files("adapters") / kind)).glob("*/manifest.toml")):
            told = tomllib.loads(file.read_text("utf-8"))
            found.append({**told, "kind": word, "folder": f"adapters/{kind}/{told['name']}"})
    return found


def adapters(context: typer.Context) -> None:
    """Every channel, register, case system and store that was found."""
    document = manifests()
    rows = [(one["kind"], one["name"], one["readiness"], one["summary"]) for one in document]
    terminal: Terminal = context.obj
    terminal.answer(document, lambda out: out.print(table("", ("kind", "name", "readiness", "what it is"), rows)))
