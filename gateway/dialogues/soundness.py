"""What is wrong with a dialogue as a whole: states that nobody reaches or leaves, rows that fit the same form, words unused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from gateway.dialogues.chart import ABSENT, ANY, Chart, Charts, Turn


def faults_of(chart: Chart) -> Iterator[tuple[int, str]]:
    """The faults of one dialogue, each with the number of the row it stands at (-1 for the whole)."""
    if not chart.openings:
        yield -1, "nothing opens the dialogue"
    if not any(state.closed for state in chart.states.values()):
        yield -1, "the dialogue has no closed state"
    reached = _reached(chart)
    for name, state in chart.states.items():
        out = {turn.leads_to for turn in chart.after(name) if turn.leads_to and turn.leads_to != name}
        if name not in reached:
            yield -1, f"nothing leads to the state “{name}”"
        if not state.closed and not out:
            yield -1, f"nothing leads out of the state “{name}”, which is not closed"
        if not state.closed and not _closes(chart, name):
            yield -1, f"from the state “{name}” the dialogue never closes"
    for name in chart.roles:
        if not any(name == turn.by or name in turn.to for turn in chart.turns):
            yield -1, f"nobody acts as “{name}”"
    yield from ((-1, fault) for fault in _ambiguous(chart))


def _reached(chart: Chart) -> set[str]:
    found = {turn.leads_to for turn in chart.openings}
    todo = list(found)
    while todo:
        state = todo.pop()
        for turn in chart.after(state):
            if turn.leads_to and turn.leads_to not in found:
                found.add(turn.leads_to)
                todo.append(turn.leads_to)
    return found


def _closes(chart: Chart, state: str) -> bool:
    seen, todo = {state}, [state]
    while todo:
        for turn in chart.after(todo.pop()):
            if turn.leads_to in chart.states and turn.leads_to not in seen:
                if chart.states[turn.leads_to].closed:
                    return True
                seen.add(turn.leads_to)
                todo.append(turn.leads_to)
    return False


def _ambiguous(chart: Chart) -> Iterator[str]:
    for state in chart.states:
        for one, other in combinations(chart.after(state), 2):
            if collide(one, other):
                yield f"in the state “{state}” two rows fit the same {one.letter or one.happening}: {one.text[:40]!r}, {other.text[:40]!r}"
    for one, other in combinations(chart.openings, 2):
        if collide(one, other):
            yield f"two openings fit the same {one.letter}: {one.text[:40]!r}, {other.text[:40]!r}"


def faults_between(charts: Charts) -> Iterator[tuple[str, str]]:
    """The faults that show only when all dialogues stand side by side."""
    for one, other in combinations(charts.charts, 2):
        if one.id == other.id:
            yield one.id, "another dialogue has the same name"
        if one.beside or other.beside:
            continue
        for mine in one.openings:
            for theirs in other.openings:
                if collide(mine, theirs, roles=False):
                    yield one.id, f"form {mine.letter} opens this dialogue and “{other.id}” alike"
    known = {turn.happening for chart in charts.charts for turn in chart.turns if turn.happening}
    for name in sorted(known - set(charts.recorded) - charts.emitted):
        yield "words", f"charts wait for “{name}”, which nobody emits or records"


def collide(one: Turn, other: Turn, *, roles: bool = True) -> bool:
    """Whether one form could be both and nothing says which."""
    if (one.letter, one.happening, one.free) != (other.letter, other.happening, other.free):
        return False
    if roles and ANY not in (one.by, other.by) and one.by != other.by:
        return False
    if roles and ANY not in (*one.to, *other.to) and one.to and other.to and not set(one.to) & set(other.to):
        return False
    return not _apart(one, other) and len(one.needs) == len(other.needs)


def _apart(one: Turn, other: Turn) -> bool:
    theirs = dict(other.needs)
    return any(name in theirs and _excludes(want, theirs[name]) for name, want in one.needs)


def _excludes(one: str, other: str) -> bool:
    if ABSENT in (one, other):
        return one != other
    if ANY in (one, other):
        return False
    return not set(one.split("|")) & set(other.split("|"))
