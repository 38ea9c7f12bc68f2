"""The forms that gateways write to each other about messages: what the core asks of the technical family."""

from __future__ import annotations

from typing import Protocol

from gateway.form import Form
from gateway.numbers.sheets import Sheet
from gateway.reply import JournalPlace, ReceiptContent, ReplyContext, StatementContent


class TechnicalForms(Protocol):
    """Composes and reads receipts, statements and daily sheets."""

    def receipt(self, form: Form | None, receipt: ReceiptContent, reply: ReplyContext) -> Form:
        """A technical receipt (`spoc/Receipt@1`) as an unsigned form."""
        ...

    def statement(self, said: StatementContent, context: ReplyContext) -> Form:
        """A statement about our own books (`spoc/Statement@1`) as an unsigned form."""
        ...

    def linked(self, form: Form, place: JournalPlace) -> Form:
        """A receipt or statement with the place in our journal of what it speaks of."""
        ...

    def receipt_content(self, form: Form) -> ReceiptContent:
        """What a technical receipt that came in says."""
        ...

    def sheet(self, sheet: Sheet, context: ReplyContext) -> Form:
        """A daily sheet (`spoc/Sheet@1`) as an unsigned form."""
        ...

    def sheet_content(self, form: Form) -> Sheet:
        """What a daily sheet says; raises `Refused` when a value cannot be read."""
        ...
