"""The page of the dialogues: for each its diagram, what may come in which state, and what is held, from the charts themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docs.markdown import code, table

if TYPE_CHECKING:
    from gateway.dialogues.chart import Chart


def dialogues(family: str) -> str:
    """Every dialogue of a family."""
    from schemas.catalogue import discover

    charts = discover().family(f"{family}/Any@1").charts
    if charts is None:
        return "None.\n"
    return "\n".join(_dialogue(family, chart) for chart in charts.charts)


def recorded(family: str) -> str:
    """What people and systems record because no form says it."""
    from schemas.catalogue import discover

    charts = discover().family(f"{family}/Any@1").charts
    rows = (
        []
        if charts is None
        else [(code(name), words, charts.happenings[name]) for name, words in sorted(charts.recorded.items())]
    )
    return table(("happening", "an officer sees", "meaning"), rows)


def _dialogue(family: str, chart: Chart) -> str:
    from gateway.commands.dialogues import BAR_COLUMNS, TURN_COLUMNS, bar_row, turn_rows
    from gateway.dialogues.diagram import diagram

    roles = "; ".join(f"{code(name)} {who}" for name, who in chart.roles.items())
    states = table(
        ("state", "what it means", ""),
        [(code(name), state.meaning, "closed" if state.closed else "") for name, state in chart.states.items()],
    )
    source = f"Source: {chart.citation} ({chart.confidence}). `spoc dialogues {family} {chart.id}`"
    parts = [
        f"### {chart.title} ({chart.section})\n", f"{chart.text} {source}\n", f"Roles: {roles}.\n", f"```mermaid\n{diagram(chart)}```\n",
        states, table(TURN_COLUMNS, turn_rows(chart)),
    ]  # fmt: skip
    if chart.bars:
        parts.append("What is held for an officer:\n")
        parts.append(table(BAR_COLUMNS, [bar_row(bar, chart) for bar in chart.bars]))
    return "\n".join(parts)


def facts(family: str) -> str:
    """What the forms of a family say of themselves."""
    import importlib

    words = importlib.import_module(f"schemas.{family}.facts").words()
    rows = [
        (code(word.name), word.meaning, ", ".join(word.values) or f"({word.shape})", word.used_by or "dialogues")
        for word in words.values()
    ]
    return table(("fact", "meaning", "values", "used by"), rows)
