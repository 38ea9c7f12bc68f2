"""Statements between the core's `StatementContent` and the wire: what we sign about our own books."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from gateway.form import Field, Form, Header
from gateway.reply import ReplyContext, StatementContent
from schemas.spoc.receipts import code_of, reference_of, some, text_of

FORMAT: Final = "spoc/Statement@1"
MAX_RECEIPTS: Final = 100
_SUBJECTS: Final = {
    "NO_RECEIPT": "No receipt", "NO_ANSWER": "No answer", "LATE": "Late receipt", "CONTRADICTS": "Contradicting receipts",
}  # fmt: skip


def compose(said: StatementContent, context: ReplyContext) -> Form:
    """A statement as an unsigned form, addressed to the office that it speaks of and sent to nobody."""
    reference = reference_of(said.of_reference)
    header = Header(
        message_id=context.message_id, sent=context.now, sender=context.own_party, to=(said.counterpart,),
        our_reference=context.our_reference, your_references=(reference,) if reference else (),
        subject=f"{_SUBJECTS.get(said.kind, said.kind)}: statement", test=said.test,
    )  # fmt: skip
    fields = [
        Field(name="Kind", value=said.kind),
        Field(name="OfMessageId", value=said.of_message),
        *some("OfReference", reference),
        Field(name="OfDigest", value=said.of_digest),
        *some("By", _time(said.by) if said.by else ""),
        Field(name="Text", value=text_of(said.text)),
        *some("Code", code_of(said.code)),
        *some("Citation", text_of(said.citation)),
        *(_receipt(*each) for each in said.receipts[-MAX_RECEIPTS:]),
    ]
    return Form(format=FORMAT, header=header, fields=tuple(fields))


def _receipt(stage: str, at: datetime, digest: str) -> Field:
    told = (("stage", stage), ("at", _time(at)), *((("digest", digest),) if digest else ()))
    return Field(name="Receipt", attributes=told)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
