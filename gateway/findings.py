"""What a check found, and the shape of a check.

A `Finding` is written for two readers: the sender, who must know which field to mend and what to send instead, and the
program, which needs a stable rule id. A `Rule` carries its source, so that a refusal can quote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from gateway.addressbook.book import Book
from gateway.attachments.recognised import Recognised
from gateway.form import Form


class Severity(StrEnum):
    """How a finding acts on the message."""

    ERROR = "error"
    """The message is refused: the same input will always fail."""
    HOLD = "hold"
    """An officer must look before anything else happens."""
    WARNING = "warning"
    """The message goes on; the sender is told."""
    INFO = "info"
    """Recorded for the reader."""


class Finding(Struct, frozen=True, kw_only=True):
    """One result of one check. Texts never repeat the personal data that they complain about."""

    rule: str
    severity: Severity
    text: str
    field: str = ""
    """The field as the family names it, for example `089` or `Header/ReplyBy`."""
    remedy: str = ""
    citation: str = ""
    label: str = ""
    """What people call the field, for example `request for supplementary information`."""

    @property
    def place(self) -> str:
        """The field by number and name, for the reader of a receipt."""
        return f"{self.field} {self.label}".strip()


class Occasion(Struct, frozen=True, kw_only=True):
    """What a rule may look at beside the form: when it came, which way it goes, who is known, who we are."""

    now: datetime
    inbound: bool
    own_parties: frozenset[str]
    known_parties: frozenset[str]
    book: Book | None = None
    """The address book in force; None where there is none."""
    addresses: tuple[str, ...] = ()
    """The mailboxes of ours by which an inbound message came."""
    attachments: tuple[Recognised, ...] = ()
    """What the files are by their own headers; empty where nobody opened them."""


Problem = str | tuple[str, str]
"""What a check yields: a text, or a field and a text."""


class Rule(Struct, frozen=True, kw_only=True):
    """One check with its source. `check` yields a `Problem` for each thing that is wrong, nothing when all is well."""

    id: str
    severity: Severity
    text: str
    """What the rule demands, in words a person understands."""
    citation: str
    """Act and article, manual section or dossier rule that asks for it."""
    confidence: str
    """How sure the source is: `verified`, `manual-2015`, `secondary`, `unverified`, `proposal`."""
    remedy: str
    """What to send instead."""
    check: Callable[[Form, Occasion], Iterable[Problem]]
    field: str = ""

    def findings(self, form: Form, occasion: Occasion) -> list[Finding]:
        """The findings of this rule on the form."""
        found = []
        for problem in self.check(form, occasion):
            field, text = (self.field, problem) if isinstance(problem, str) else problem
            found.append(
                Finding(
                    rule=self.id, severity=self.severity, text=text, field=field,
                    remedy=self.remedy, citation=self.citation,
                )
            )  # fmt: skip
        return found


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The severest of the findings, or None when there are none."""
    order = list(Severity)
    return min((finding.severity for finding in findings), key=order.index, default=None)
