"""The dialogues of a family: who may send which form next, what is expected, when a matter is closed. Needs no home folder."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands.endings import NOT_FOUND, Ending
from gateway.commands.terminal import Terminal, table

if TYPE_CHECKING:
    from gateway.dialogues.chart import Bar, Chart, Charts, Turn


def join(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples: `spoc dialogues`, `spoc dialogues sirene arrest`, `spoc dialogues sirene flags --mermaid`"
    )(dialogues)


def dialogues(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="sirene; without it every family that has dialogues.")] = "",
    name: Annotated[str, typer.Argument(help="One dialogue by its name or section, for example arrest or 4.3.")] = "",
    mermaid: Annotated[
        bool, typer.Option("--mermaid", help="Draw the states of the dialogue as a Mermaid diagram.")
    ] = False,
) -> None:
    """Which form may follow which, by whom, with the source and how sure it is."""
    terminal: Terminal = context.obj
    found = _families(family)
    if not name:
        if mermaid:
            raise typer.BadParameter("Name one dialogue to draw it.")
        _list(terminal, found)
        return
    (charts,) = found.values()
    chart = next((each for each in charts.charts if name in (each.id, each.section)), None)
    if chart is None:
        known = ", ".join(each.id for each in charts.charts)
        raise Ending(NOT_FOUND, "dialogue.unknown", f"There is no dialogue {name[:40]}.", f"Known are: {known}.")
    if mermaid:
        from gateway.dialogues.diagram import diagram

        sys.stdout.write(diagram(chart))
        return
    _show(terminal, chart)


def _families(family: str) -> dict[str, Charts]:
    from schemas.catalogue import discover

    formats = discover()
    names = sorted({spec.family for spec in formats})
    found = {each: charts for each in names if (charts := formats.family(f"{each}/Any@1").charts) is not None}
    if family and family not in found:
        raise Ending(
            NOT_FOUND,
            "family.unknown",
            f"The family {family[:40]} has no dialogues here.",
            f"Known are: {', '.join(found)}.",
        )
    return {family: found[family]} if family else found


def _list(terminal: Terminal, found: dict[str, Charts]) -> None:
    document: list[dict[str, Any]] = [
        {
            "family": family, "name": chart.id, "section": chart.section, "title": chart.title, "text": chart.text,
            "opened_by": sorted({turn.letter for turn in chart.openings}), "forms": sorted(chart.letters),
            "states": len(chart.states), "citation": chart.citation, "confidence": chart.confidence, "beside": chart.beside,
        }
        for family, charts in found.items()
        for chart in charts.charts
    ]  # fmt: skip
    rows = [
        (
            each["family"], each["name"], each["section"], each["title"], ", ".join(each["opened_by"]), ", ".join(each["forms"]),
            f"{each['citation']} ({each['confidence']})",
        )
        for each in document
    ]  # fmt: skip
    columns = ("family", "name", "section", "about", "opened by", "forms", "source (confidence)")
    terminal.answer(document, lambda out: out.print(table("", columns, rows)))


def _show(terminal: Terminal, chart: Chart) -> None:
    def draw(out: Any) -> None:
        out.print(f"{chart.title} ({chart.section})")
        out.print(f"{chart.text}\n{chart.citation} ({chart.confidence})")
        out.print(table("", ("role", "who"), list(chart.roles.items())))
        states = [(name, state.meaning, "closed" if state.closed else "") for name, state in chart.states.items()]
        out.print(table("", ("state", "what it means", ""), states))
        out.print(table("", TURN_COLUMNS, turn_rows(chart)))
        if chart.bars:
            out.print(table("", BAR_COLUMNS, [bar_row(bar, chart) for bar in chart.bars]))

    import msgspec

    document = msgspec.to_builtins(chart)
    terminal.answer(document, draw)


TURN_COLUMNS = ("in", "who", "sends", "to", "leads to", "what it says", "clocks are told", "source (confidence)")
BAR_COLUMNS = ("in", "who", "sends", "is held as", "because", "instead", "source (confidence)")


def turn_rows(chart: Chart) -> list[tuple[str, ...]]:
    """Everything that may come, as rows for people."""
    from gateway.dialogues.diagram import grouped

    return [_turn_row(letters, turn, chart) for letters, turn in grouped(chart.turns)]


def _turn_row(letters: str, turn: Turn, chart: Chart) -> tuple[str, ...]:
    from gateway.dialogues.diagram import said

    shown = ", ".join(said(name, want) for name, want in turn.needs)
    form = letters or f"{turn.happening} is recorded"
    return (
        "(opens)" if turn.opens else _states(turn.before, chart), _role(turn.by), f"{form}{f' ({shown})' if shown else ''}",
        ", ".join(_role(role) for role in turn.to), turn.leads_to or "(stays)", f"{turn.text}{' (expected)' if turn.expected else ''}",
        ", ".join(each.happening for each in turn.emits), f"{turn.citation} ({turn.confidence})",
    )  # fmt: skip


def bar_row(bar: Bar, chart: Chart) -> tuple[str, ...]:
    """One step that is held, as a row for people."""
    return (
        _states(bar.before, chart), _role(bar.by), f"{bar.letter}{' (same matter)' if bar.same else ''}", bar.rule, bar.text, bar.instead,
        f"{bar.citation} ({bar.confidence})",
    )  # fmt: skip


def _states(names: tuple[str, ...], chart: Chart) -> str:
    return "every state" if set(names) == set(chart.states) else ", ".join(names)


def _role(role: str) -> str:
    return "any bureau" if role == "*" else role
