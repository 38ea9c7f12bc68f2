"""Reading a technical receipt that came in: which message of ours it speaks of and what that means for it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from gateway.envelope import Receipt
from gateway.findings import Finding, Severity
from gateway.form import Field, Form
from gateway.verdict import Note, Reason

_CONFIRMS: Final = frozenset({"RECEIVED", "VALID", "HANDED_OVER", "READ"})


class Settlement(Struct, frozen=True, kw_only=True):
    """What a receipt says."""

    stage: str
    of_message: str
    code: str
    text: str
    findings: tuple[Finding, ...]

    def note(self, receipt: Receipt) -> Note:
        """What it does to our message: confirms it, or calls an officer when the other side refused it."""
        details = (("stage", self.stage), ("code", self.code), ("receipt", receipt.envelope))
        if self.stage in _CONFIRMS:
            return Note(
                event="receipt.recorded",
                message_id=self.of_message,
                details=details,
                state="confirmed",
                receipt=receipt,
            )
        reason = Reason(
            code="counterpart.invalid", public="The counterpart refused the message as invalid.", operator=self.text
        )
        return Note(
            event="receipt.recorded",
            message_id=self.of_message,
            details=details,
            state="held",
            reason=reason,
            receipt=receipt,
        )


def settlement(form: Form) -> Settlement:
    """What a `spoc/Receipt@1` says."""
    return Settlement(
        stage=form.value("Stage"), of_message=form.value("OfMessageId"), code=form.value("Code"), text=form.value("Text"),
        findings=tuple(_finding(field) for field in form.named("Finding")),
    )  # fmt: skip


def _finding(field: Field) -> Finding:
    severity = field.attribute("severity")
    return Finding(
        rule=field.attribute("rule"), field=field.attribute("field"), text=field.text("Text"), remedy=field.text("Remedy"),
        citation=field.text("Citation"), severity=Severity(severity) if severity in list(Severity) else Severity.INFO,
    )  # fmt: skip
