"""A dialogue as a Mermaid state diagram, drawn from its chart, so that no picture can say something else than the code does."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from gateway.dialogues.chart import ANY, Chart, Turn


def diagram(chart: Chart) -> str:
    """States with what leads from one to the next. What leaves the state as it is, and what may come everywhere, is in the table."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {_id(name)} : {name}" for name in chart.states if _id(name) != name]
    lines += [f"    [*] --> {_id(turn.leads_to)} : {_label(letters, turn)}" for letters, turn in _once(chart.openings)]
    moving = [turn for turn in chart.turns if turn.leads_to and not turn.opens]
    everywhere = [turn for turn in moving if set(turn.before) == set(chart.states)]
    for state in chart.states:
        here = [turn for turn in moving if turn.allows(state) and turn not in everywhere and turn.leads_to != state]
        lines += [
            f"    {_id(state)} --> {_id(turn.leads_to)} : {_label(letters, turn)}" for letters, turn in _once(here)
        ]
    lines += [f"    {_id(name)} --> [*]" for name, state in chart.states.items() if state.closed]
    for letters, turn in _once(everywhere):
        lines += [f"    note right of {_id(turn.leads_to)} : from every state by {_label(letters, turn)}"]
    return "\n".join(lines) + "\n"


def grouped(turns: Iterable[Turn]) -> list[tuple[str, Turn]]:
    """Turns that differ in their form only, as one with all forms: `M, L`."""
    found: dict[str, list[Turn]] = {}
    for turn in turns:
        found.setdefault(repr(replace(turn, letter="")), []).append(turn)
    return [(", ".join(turn.letter for turn in each), each[0]) for each in found.values()]


def _once(turns: Iterable[Turn]) -> list[tuple[str, Turn]]:
    return list({(turn.leads_to, _label(letters, turn)): (letters, turn) for letters, turn in grouped(turns)}.values())


def _label(letters: str, turn: Turn) -> str:
    """Who sends which form, with the facts it shows."""
    if turn.happening:
        return turn.happening
    shown = ", ".join(said(name, want) for name, want in turn.needs).replace(
        ":", " Art "
    )  # a colon ends a label in Mermaid
    return f"{'any bureau' if turn.by == ANY else turn.by} {letters}{f' ({shown})' if shown else ''}"


def said(name: str, want: str) -> str:
    """A need in few words: `decision keep`, `asks`, `no asks`."""
    if want in ("yes", ANY):
        return name
    return f"no {name}" if want in ("-", "no") else f"{name} {want.replace('|', ' or ')}"


def _id(name: str) -> str:
    return name.replace("-", "_")
