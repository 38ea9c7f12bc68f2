"""The decision: the first row whose conditions all hold.

The one idea: the decision and its explanation come from the same walk through the table, so that the words can never
tell another story than the deed.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.envelope import Envelope, Routing
from gateway.identity import family_of
from routing.reading import Actions
from routing.table import Row, Table

UNROUTABLE = "route.unroutable"
_ANSWERS = {
    "automatic": "The answer is drafted from the registers' answers and sent without an officer, if codes allow.",
    "draft": "The answer is drafted from the registers' answers; an officer releases it.",
    "none": "No answer is drafted.",
}


class TableRouter:
    """Implements `gateway.ports.Router` with a table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def decide(self, envelope: Envelope) -> Routing:
        """Where the envelope goes, and why. Pure: the same envelope and table always give the same answer."""
        missed: list[Row] = []
        for row in self._table:
            if all(condition.holds(envelope) for condition in row.conditions):
                return self._routing(row, envelope, missed)
            missed.append(row)
        words = "No row of the routing table matches; an officer decides."
        explanation = (*self._misses(missed, envelope), words)
        return Routing(row="", hold=UNROUTABLE, explanation=explanation)

    def _routing(self, row: Row, envelope: Envelope, missed: list[Row]) -> Routing:
        actions = row.actions
        is_test = envelope.form.header.test
        explanation = (
            f"Row “{row.name}” ({self._table.file}, line {row.line}) decides. {row.because}",
            _matched(row),
            *self._misses(missed, envelope),
            *_deeds(actions, is_test),
        )
        return Routing(
            row=row.name,
            registers=actions.ask,
            case_system="" if is_test else actions.case,
            forward_to=() if is_test else actions.forward,
            hold=actions.hold,
            answer=actions.answer,
            settle=actions.settle,
            explanation=explanation,
        )

    def _misses(self, missed: list[Row], envelope: Envelope) -> Iterator[str]:
        """Why the earlier rows of the same family did not match; those of other families need no word."""
        for row in missed:
            if row.concerns(family_of(envelope.form.format)):
                unmet = "; ".join(condition.words() for condition in row.conditions if not condition.holds(envelope))
                yield f"Not row “{row.name}” (line {row.line}), which asks that {unmet}."


def _matched(row: Row) -> str:
    if not row.conditions:
        return "It takes everything that no earlier row takes."
    return "It matches because " + "; ".join(condition.words() for condition in row.conditions) + "."


def _deeds(actions: Actions, is_test: bool) -> Iterator[str]:
    """What will be done, one sentence each; the reason to hold comes last, where the officer finds it."""
    if actions.settle:
        yield "It is recorded on the message it speaks of, and goes nowhere else."
        return
    yield f"Registers asked: {', '.join(actions.ask)}." if actions.ask else "No register is asked."
    if is_test:
        # urn:x-spoc:header:1, element Test: an exercise must never reach a case system or leave the test network.
        dropped = " and ".join([*["its case system"] * bool(actions.case), *["its forwarding"] * bool(actions.forward)])
        left_out = f"; of the row, {dropped} is left out" if dropped else ""
        yield f"Marked as a test (header, element Test): no case is opened and nothing is forwarded{left_out}."
    else:
        if actions.case:
            yield f"A case is opened in {actions.case}, or the message is added to its case there."
        if actions.forward:
            yield f"It is forwarded to {', '.join(actions.forward)}, if its handling codes allow it."
    yield _ANSWERS[actions.answer]
    if actions.hold:
        yield f"Before all that it waits for an officer: {actions.hold_text}"
