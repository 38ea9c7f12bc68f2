"""What the sender of a message may be told of its exchange: nothing of what others wrote to each other in it.

The one idea: findings about a whole exchange name references, offices and how far a dialogue has come. Who neither sent nor got
every message of it could learn from them that others speak about an alert, with nothing but its number. So such a sender
is told which rule speaks, and an officer alone is told the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from gateway.dialogues.step import Step
from gateway.findings import Finding

TEXT: Final = "The message does not fit what is known here of its matter."
REMEDY: Final = "Look at what you sent and got about it; telephone the bureau where that does not explain it."


def knows_all(step: Step, earlier: Iterable[Step]) -> bool:
    """Whether the sender of the step sent or got every earlier message of the exchange, or is one of our own offices."""
    return not step.inbound or all(step.sender in (each.sender, *each.to) for each in earlier)


def for_the_sender(findings: Sequence[Finding], *, all_known: bool) -> tuple[Finding, ...]:
    """The findings as a receipt may tell them."""
    if all_known:
        return tuple(findings)
    return tuple(replace(each, text=TEXT, remedy=REMEDY) for each in findings)
