"""Free text that came in parts: each part says so, so that nobody takes a piece for the whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from gateway.sequence import part_of
from schemas.sirene.continuation import FREE_TEXT


def _whole(form: Form, _: Occasion) -> Iterable[Problem]:
    for field in form.walk():
        part = part_of(field.value) if field.number in FREE_TEXT else None
        if part is not None:
            which = f"part {part.number} of {part.total}" if part.total else "the last part"
            yield field.number, f"The text is {which} of a longer one."


LONG_TEXT_RULES: Final = (
    Rule(
        id="R51", severity=Severity.WARNING, check=_whole, field="083",
        text="Free text that is longer than its field goes on in numbered parts and is never cut.",
        citation="Rule R51; Decision 2011/406/EU for the words End of Message", confidence="proposal",
        remedy="Read the parts together, and tell the sender when one is missing. They come as M forms on the same alert.",
    ),
)  # fmt: skip
