"""The rules of a family, and which of them are tolerated from whom. The first needs no home folder."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer

from gateway.commands import homes
from gateway.commands.endings import NOT_FOUND, Ending
from gateway.commands.local_door import LocalDoor, run
from gateway.commands.terminal import Terminal, facts, table

if TYPE_CHECKING:
    from rich.table import Table

    from config.load import Home
    from gateway.tolerances import Tolerances

TOLERANCES: Final = "/api/v1/tolerances"


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Examples: `spoc rules sirene`, `spoc rules sirene --letter G --severity error --json`")(rules)
    app.command()(tolerances)


def rules(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="sirene, interpol, europol or spoc.")],
    letter: Annotated[str, typer.Option(help="Only rules of this form, for example G or TravelDocumentQuery.")] = "",
    severity: Annotated[str, typer.Option(help="Only error, hold, warning or info.")] = "",
    rule: Annotated[str, typer.Option("--rule", help="Only this rule, with everything that is known of it.")] = "",
) -> None:
    """Every rule of a family: what it asks, its source and how sure that is, where it is enforced, a sample that keeps it and one that breaks it."""
    from gateway.findings import Severity
    from schemas.catalogue import discover
    from schemas.rule_listing import chosen, rules_of

    formats = discover()
    families = sorted({spec.family for spec in formats})
    if family not in families:
        raise Ending(
            NOT_FOUND, "family.unknown", f"There is no family {family[:40]}.", f"Known are: {', '.join(families)}."
        )
    if severity not in ("", *map(str, Severity)):
        raise typer.BadParameter(f"There is no severity {severity[:20]!r}. Write error, hold, warning or info.")
    found = chosen(rules_of(family, formats), letter=letter, severity=severity)
    if rule:
        found = [row for row in found if row.id.lower() == rule.lower()]
    if not found:
        raise Ending(NOT_FOUND, "rule.unknown", "There is no such rule.", f"`spoc rules {family}` lists all.")
    document: list[dict[str, Any]] = msgspec.to_builtins(found)
    terminal: Terminal = context.obj
    rows = [
        (
            one["id"], _severity(one), _asks(one), f"{one['citation']} ({one['confidence']})",
            one["enforced_in"], "\n".join(_short(name, family) for name in (one["passes"], one["fails"]) if name),
        )
        for one in document
    ]  # fmt: skip
    columns = ("rule", "severity", "asks that", "source (confidence)", "where", "kept by, broken by")
    shown = _whole(document[0]) if rule else table("", columns, rows)
    terminal.answer(document, lambda out: out.print(shown))


def _whole(one: dict[str, Any]) -> Table:
    """One rule with everything that is known of it; its samples as paths in the source tree."""
    return facts((
        ("rule", one["id"]), ("severity", _severity(one)), ("field", one["field"]), ("asks that", one["text"]),
        ("instead", one["remedy"]), ("source", f"{one['citation']} ({one['confidence']})"),
        ("not as the list", one["why_different"]), ("forms", ", ".join(one["formats"])), ("where", one["enforced_in"]),
        ("remark", one["remark"]), ("kept by", one["passes"]), ("broken by", one["fails"]),
        ("tolerable", "yes" if one["tolerable"] else "no"),
    ))  # fmt: skip


def _severity(one: dict[str, Any]) -> str:
    """As it acts; beside it what our list of rules says, where that is something else."""
    return f"{one['severity']} (list: {one['of_the_list']})" if one["why_different"] else str(one["severity"])


def _asks(one: dict[str, Any]) -> str:
    words = f"{one['text']} Instead: {one['remedy']}".strip()
    return f"{words} Not as the list says: {one['why_different']}." if one["why_different"] else words


def _short(name: str, family: str) -> str:
    return name.removeprefix(f"tests/corpus/{family}/").removesuffix(".xml").removesuffix(".toml")


def tolerances(context: typer.Context) -> None:
    """What is put up with from which partner, until when, how often it was used, and who decided it."""
    terminal: Terminal = context.obj
    document = run(_tolerances(homes.read(terminal)))
    rows = [
        (
            one["partner"], one["rule"], one["severity"], one["from"], one["until"],
            str(one["days_left"]) if one["days_left"] >= 0 else "expired", "unknown" if one["used"] is None else one["used"],
            one["reason"], one["decided_by"],
        )
        for one in document
    ]  # fmt: skip
    columns = ("partner", "rule", "counts as", "from", "until", "days left", "used", "why", "decided by")
    terminal.answer(document, lambda out: out.print(table("", columns, rows) if rows else "Nothing is tolerated."))


async def _tolerances(home: Home) -> list[dict[str, Any]]:
    async with LocalDoor(home) as door:
        if await door.runs():
            answer = await door.ask("GET", TOLERANCES)
            found: list[dict[str, Any]] = answer["tolerances"]
            return found
    from gateway.tally import Tally

    table, uses = _table(home), None
    if len(table) and home.settings.ledger.get("kind", "sqlite") == "sqlite":
        from gateway.commands import ledgers

        if ledgers.sqlite_file(home).is_file():
            async with ledgers.read_only(home) as ledger:
                uses = await Tally().read(ledger)
    today = datetime.now(UTC).date()
    return [row_of(row, today, None if uses is None else uses[row.partner, row.rule]) for row in table]


def _table(home: Home) -> Tolerances:
    """The rows in the file; raises `ConfigurationFaults`."""
    from config.faults import ConfigurationFaults
    from gateway.assembly import directory_of, tolerances_of
    from schemas.catalogue import discover

    found, faults = tolerances_of(home, directory_of(home.partners), discover())
    if faults:
        raise ConfigurationFaults(faults)
    return found


def row_of(row: Any, today: date, used: int | None) -> dict[str, Any]:
    """One row as it is shown."""
    return {
        "partner": row.partner, "rule": row.rule, "severity": str(row.severity), "from": str(row.since), "until": str(row.until),
        "days_left": (row.until - today).days, "used": used, "reason": row.reason, "decided_by": row.decided_by,
    }  # fmt: skip
