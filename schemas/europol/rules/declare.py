"""How a rule of this family is declared: the dossier's number, a direction, a severity, a check and its words.

Many of the dossier's rules refuse what we send and only hold what we receive: a legal request must never vanish.
A `Rule` has one severity, so such a rule is declared twice and its id ends in `-in` or `-out`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypedDict, Unpack

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form

Check = Callable[[Form, Occasion], Iterable[Problem]]

IN, OUT, BOTH = "in", "out", "both"
ERROR, HOLD, WARNING, INFO = Severity.ERROR, Severity.HOLD, Severity.WARNING, Severity.INFO


def _only(way: str, check: Check) -> Check:
    if way == BOTH:
        return check

    def one_way(form: Form, occasion: Occasion) -> Iterator[Problem]:
        if occasion.inbound == (way == IN):
            yield from check(form, occasion)

    return one_way


class Words(TypedDict):
    """What a rule says for itself."""

    text: str
    """What it demands."""
    cite: str
    """Act and article, or the dossier's rule."""
    sure: str
    """How sure the source is."""
    remedy: str
    """What to send instead."""


def rule(name: str, way: str, severity: Severity, check: Check, **said: Unpack[Words]) -> Rule:
    """One rule that acts on one direction or on both."""
    return Rule(
        id=name,
        severity=severity,
        text=said["text"],
        citation=said["cite"],
        confidence=said["sure"],
        remedy=said["remedy"],
        check=_only(way, check),
    )


def refused_out_held_in(name: str, check: Check, **said: Unpack[Words]) -> tuple[Rule, Rule]:
    """The same check twice: what we send is refused, what we receive waits for an officer."""
    return rule(f"{name}-out", OUT, ERROR, check, **said), rule(f"{name}-in", IN, HOLD, check, **said)
