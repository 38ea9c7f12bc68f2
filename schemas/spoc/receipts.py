"""Technical receipts between the core's `ReceiptContent` and the wire.

What a receipt repeats may come from a message that nobody could verify or even read. So everything is cut to what the
schema allows before it is written: a receipt can always be composed, whatever it is about.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from gateway.findings import Finding, Severity
from gateway.form import Field, Form, Header
from gateway.identity import UUID_PATTERN
from gateway.reply import JournalPlace, ReceiptContent, ReplyContext

FORMAT: Final = "spoc/Receipt@1"
RECEIVED, VALID, INVALID = "RECEIVED", "VALID", "INVALID"
HANDED_OVER, READ = "HANDED_OVER", "READ"
ENTRY: Final = "JournalEntry"
MAX_TEXT: Final = 2000
MAX_FIELD: Final = 200
MAX_FINDINGS: Final = 200
MAX_REFERENCE: Final = 64

_UUID = re.compile(UUID_PATTERN[1:-1])
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\-]{0,63}")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SUBJECTS = {
    RECEIVED: "Received", VALID: "Valid", INVALID: "Refused", HANDED_OVER: "Handed over", READ: "Read",
}  # fmt: skip


def compose(form: Form | None, receipt: ReceiptContent, reply: ReplyContext) -> Form:
    """A receipt as an unsigned form. `form` is the message, where it could be read: its test marker is kept."""
    of_message = receipt.of_message if _UUID.fullmatch(receipt.of_message) else ""
    of_reference = reference_of(receipt.of_reference)
    header = Header(
        message_id=reply.message_id,
        sent=reply.now,
        sender=reply.own_party,
        to=(receipt.to,),
        our_reference=reply.our_reference,
        your_references=(of_reference,) if of_reference else (),
        in_reply_to=of_message,
        subject=f"{_SUBJECTS.get(receipt.stage, receipt.stage)}: technical receipt",
        test=receipt.test or (form is not None and form.header.test),
    )
    fields = [
        *some("OfMessageId", of_message),
        *some("OfReference", of_reference),
        Field(name="OfDigest", value=receipt.of_digest),
        Field(name="Stage", value=receipt.stage),
        *some("Code", code_of(receipt.code)),
        *some("Text", text_of(receipt.text)),
        *(_finding(finding) for finding in receipt.findings[:MAX_FINDINGS]),
    ]
    return Form(format=FORMAT, header=header, fields=tuple(fields))


def linked(form: Form, place: JournalPlace) -> Form:
    """The form with the place in the journal of what it speaks of, before the findings and receipts that end a body."""
    entry = Field(name=ENTRY, attributes=(("number", str(place.number)), ("leaf", place.leaf)))
    last = ("Finding", "Receipt")
    before = tuple(field for field in form.fields if field.name not in (*last, ENTRY))
    return msgspec.structs.replace(
        form, fields=(*before, entry, *(field for field in form.fields if field.name in last))
    )


def read(form: Form) -> ReceiptContent:
    """What a receipt that came in says. `to` is who it was sent to: one of our own parties."""
    entry = form.first(ENTRY)
    return ReceiptContent(
        to=form.header.to[0],
        stage=form.value("Stage"),
        of_message=form.value("OfMessageId") or form.header.in_reply_to,
        of_digest=form.value("OfDigest"),
        of_reference=form.value("OfReference"),
        code=form.value("Code"),
        text=form.value("Text"),
        findings=tuple(_read_finding(field) for field in form.named("Finding")),
        test=form.header.test,
        entry=JournalPlace(number=int(entry.attribute("number")), leaf=entry.attribute("leaf")) if entry else None,
    )


def _finding(finding: Finding) -> Field:
    attributes = [("rule", code_of(finding.rule) or "UNKNOWN"), ("severity", str(finding.severity))]
    if finding.place:
        attributes.append(("field", _clean(finding.place)[:MAX_FIELD]))
    children = [
        Field(name="Text", value=text_of(finding.text) or "See the rule."),
        *some("Remedy", text_of(finding.remedy)),
        *some("Citation", text_of(finding.citation)),
    ]
    return Field(name="Finding", attributes=tuple(attributes), children=tuple(children))


def _read_finding(field: Field) -> Finding:
    return Finding(
        rule=field.attribute("rule"),
        severity=msgspec.convert(field.attribute("severity"), Severity),
        text=field.text("Text"),
        field=field.attribute("field"),
        remedy=field.text("Remedy"),
        citation=field.text("Citation"),
    )


def some(name: str, value: str) -> list[Field]:
    """The field, where there is something to say."""
    return [Field(name=name, value=value)] if value else []


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def text_of(text: str) -> str:
    """The text as far as the schema can carry it."""
    return _clean(text)[:MAX_TEXT]


def code_of(text: str) -> str:
    """The code, or nothing where the schema could not carry it."""
    return text if _CODE.fullmatch(text) else ""


def reference_of(text: str) -> str:
    """The reference as it was sent, where the schema can carry it: compared as text, so it is never mended."""
    usable = text and len(text) <= MAX_REFERENCE and text == text.strip() and text.isprintable()
    return text if usable and _clean(text) == text else ""
