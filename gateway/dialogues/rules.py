"""A check that needs more than one form: it looks at the whole exchange while one message of it is looked at.

The shape is that of `gateway.findings.Rule`, so that lists, receipts and people see no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from gateway.dialogues.story import Story
from gateway.findings import Finding, Problem, Severity


class StoryRule(Struct, frozen=True, kw_only=True):
    """One check with its source. `check` yields a `Problem` for each thing that is wrong with `story.step`."""

    id: str
    severity: Severity
    text: str
    """What the rule demands, in words a person understands."""
    citation: str
    confidence: str
    remedy: str
    """What to send instead."""
    check: Callable[[Story], Iterable[Problem]]
    field: str = ""
    passed_on: bool = False
    """Whether it also judges what is passed on for others, which is no step of an exchange of ours."""

    answer_waits: bool = False
    """Whether no answer goes by itself where it has spoken: an officer looks at the draft first."""

    def findings(self, story: Story) -> list[Finding]:
        """The findings of this rule on the step that is looked at."""
        found = []
        for problem in self.check(story):
            field, text = (self.field, problem) if isinstance(problem, str) else problem
            found.append(
                Finding(
                    rule=self.id, severity=self.severity, text=text, field=field,
                    remedy=self.remedy, citation=self.citation,
                )
            )  # fmt: skip
        return found
