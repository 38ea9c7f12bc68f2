"""What may lawfully come next in a dialogue, with what is expected first."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.dialogues.chart import ANY, Charts, Turn
from gateway.dialogues.course import Question, Running
from gateway.dialogues.standing import Next
from gateway.identity import PartyId


def outlook(charts: Charts, course: Running) -> tuple[Next, ...]:
    """Everything that may come, expected things first."""
    turns = [_next(course, turn) for turn in course.chart.after(course.state)]
    found = [*turns, *_answers(charts, course, turns)]
    return tuple(sorted(dict.fromkeys(found), key=lambda each: not each.expected))


def _next(course: Running, turn: Turn) -> Next:
    to = [ANY if role == ANY else course.roles.get(role, "") for role in turn.to]
    return Next(
        letter=turn.letter, happening=turn.happening, by=_party(course, turn.by), role="" if turn.by == ANY else turn.by,
        to=tuple(party for party in to if party), text=turn.text, expected=turn.expected, leads_to=turn.leads_to or course.state,
        citation=turn.citation, confidence=turn.confidence, needs=turn.needs,
    )  # fmt: skip


def _party(course: Running, role: str) -> PartyId:
    return ANY if role in ("", ANY) else course.roles.get(role, ANY)


def _answers(charts: Charts, course: Running, turns: list[Next]) -> Iterator[Next]:
    """The answers to open questions that no expected turn covers."""
    for question in course.questions:
        for party in sorted(question.open_for):
            if any(
                each.expected and each.letter and each.by == party and question.step.sender in each.to for each in turns
            ):
                continue
            yield from (
                _answer(charts, course, question, party, letter) for letter in question.wants or _first(charts, course)
            )


def _first(charts: Charts, course: Running) -> tuple[str, ...]:
    free = [turn.letter for turn in course.chart.after(course.state) if turn.free]
    return (free[0],) if free else ()


def _answer(charts: Charts, course: Running, question: Question, party: PartyId, letter: str) -> Next:
    rule = charts.questions
    role = next((name for name, each in course.roles.items() if each == party), "")
    return Next(
        letter=letter, happening="", by=party, role=role, to=(question.step.sender,), text=rule.text, expected=True,
        leads_to=course.state, citation=rule.citation, confidence=rule.confidence,
    )  # fmt: skip
