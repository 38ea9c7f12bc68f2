"""What an officer is told about a step that breaks its dialogue: what stands, what may come instead, by which source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.dialogues.chart import Bar, Charts
from gateway.dialogues.course import Running
from gateway.dialogues.outlook import outlook
from gateway.dialogues.standing import Next
from gateway.dialogues.step import Step
from gateway.findings import Finding, Severity

REPLY_TO_NOTHING: Final = "DLG-REPLY-TO-NOTHING"
NOT_ITS_TURN: Final = "DLG-NOT-ITS-TURN"
CLOSED: Final = "DLG-CLOSED"
UNKNOWN: Final = "DLG-UNKNOWN-FORM"
NO_CHART: Final = "Rule of this project: what no chart names is not guessed"
FIELD: Final = "Header/InReplyTo"
MAX_LISTED: Final = 6


def by_bar(bar: Bar, course: Running) -> Finding:
    """A row of the chart forbids it."""
    return Finding(
        rule=bar.rule, severity=Severity.HOLD, field="Body", citation=bar.citation,
        text=f"{bar.text} {_stands(course)}", remedy=bar.instead,
    )  # fmt: skip


def out_of_turn(charts: Charts, course: Running, step: Step) -> Finding:
    """Its dialogue is known, and no row of the chart lets it come now from this party."""
    closed = course.closed
    text = f"Form {step.letter} from {step.sender} cannot come here. {_stands(course)}"
    return Finding(
        rule=CLOSED if closed else NOT_ITS_TURN, severity=Severity.HOLD, field="Body", text=text,
        remedy=_remedy(outlook(charts, course)), citation=course.chart.citation,
    )  # fmt: skip


def reply_to_nothing(charts: Charts, step: Step) -> Finding:
    """It answers or follows something that is not known here."""
    row = next(
        (
            (chart, turn)
            for chart in charts.charts
            for turn in chart.turns
            if turn.letter == step.letter and not turn.opens
        ),
        None,
    )
    known = any(step.letter in chart.letters for chart in charts.charts)
    if not known:
        return Finding(
            rule=UNKNOWN, severity=Severity.HOLD, field="Body", text=f"No dialogue knows the form {step.letter[:16]!r}.",
            remedy="An officer decides what it belongs to.", citation=NO_CHART,
        )  # fmt: skip
    follows = f" It belongs to “{row[0].title}”: {row[1].text}" if row else ""
    return Finding(
        rule=REPLY_TO_NOTHING, severity=Severity.HOLD, field=FIELD, citation=row[1].citation if row else "",
        text=f"Form {step.letter} follows a message that is not known here for this alert.{follows}",
        remedy="Wait for the message that it answers, which may still be on its way, or ask the sender for its reference.",
    )  # fmt: skip


def _stands(course: Running) -> str:
    state = course.chart.states[course.state]
    return (
        f"“{course.chart.title}” of {course.opening.reference[:64] or course.opening.message_id[:64]}: {state.meaning}."
    )


def _remedy(coming: Sequence[Next]) -> str:
    listed = [f"form {each.letter} from {each.by}: {each.text}" for each in coming if each.letter][:MAX_LISTED]
    return f"What may come: {'; '.join(listed)}" if listed else "Nothing more comes in this dialogue."
