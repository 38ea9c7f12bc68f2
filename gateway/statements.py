"""Statements: what we sign about our own books and keep: what did not come by when, and what came late or against what was known.

The one idea: nothing that is known is ever overwritten. What did not come is stated, signed and journalled; what comes after all
is stated again beside it, and so is a receipt that says the opposite of an earlier one. A statement is an outbound envelope like
a receipt, so it is checked, signed and journalled by the same stages; it ends as `kept` instead of being handed over.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from lxml import etree
from msgspec import Struct

from gateway.envelope import Claim, Direction, Envelope, Payload, Stated
from gateway.form import Form
from gateway.identity import PartyId, derived_id, digest
from gateway.office import Office
from gateway.ports import Formats, IdSource
from gateway.reply import ReplyContext, StatementContent
from gateway.verdict import Details, Offspring

STATEMENT: Final = "statement"
"""Kind of the envelope that holds one."""
NO_RECEIPT, NO_ANSWER, LATE, CONTRADICTS = "NO_RECEIPT", "NO_ANSWER", "LATE", "CONTRADICTS"
AMENDING: Final = frozenset({LATE, CONTRADICTS})
"""Kinds that add to what had come to an end."""
MISSING: Final = "evidence.missing"
EVENTS: Final = {NO_RECEIPT: MISSING, NO_ANSWER: MISSING, LATE: "receipt.amended", CONTRADICTS: "receipt.contradicts"}


class Occasion(Struct, frozen=True, kw_only=True):
    """Why something is to be stated."""

    kind: str
    text: str
    by: datetime | None = None
    code: str = ""
    citation: str = ""
    receipt: str = ""
    """The receipt that it is about, by its envelope."""
    counterpart: PartyId = ""
    """Of whom it speaks; empty for the office that the message was for."""


class Made(Struct, frozen=True, kw_only=True):
    """A statement that is to be written: what the message keeps of it, its envelope, and what the journal says."""

    stated: Stated
    offspring: Offspring
    event: str
    details: Details


def outbound(form: Form, payload: Payload, *, id: str, kind: str, cause: str, now: datetime) -> Envelope:
    """An envelope that the gateway itself sends."""
    return Envelope(
        id=id, direction=Direction.OUTBOUND, channel="gateway", received_at=now, payload=payload, kind=kind, cause=cause,
        claim=Claim(sender="gateway", recipients=form.header.to[:1], reference=form.header.message_id),
    ).learn(form=form)  # fmt: skip


def document(root: etree._Element) -> bytes:
    """A tree as the bytes of a document: UTF-8 with a declaration."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def spoken(moment: datetime) -> str:
    """A moment as texts say it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def amended(envelope: Envelope) -> bool:
    """Whether something was added after it had come to an end."""
    return any(each.kind in AMENDING for each in envelope.learned.stated)


class Statements:
    """Composes them. The message id of one follows from what it is about, so a repeated step names the same again."""

    def __init__(self, formats: Formats, office: Office, ids: IdSource) -> None:
        self._formats, self._office, self._ids = formats, office, ids

    def about(self, envelope: Envelope, why: Occasion, now: datetime) -> Made:
        """A statement about a message of ours that was signed."""
        header = envelope.form.header
        counterpart = why.counterpart or envelope.claim.recipients[0]
        message_id = derived_id(envelope.id, f"statement/{why.kind}/{why.receipt or why.code}/{why.by or ''}")
        said = StatementContent(
            kind=why.kind, counterpart=counterpart, of_message=header.message_id, of_reference=header.our_reference,
            of_digest=digest(envelope.signed), text=why.text, by=why.by, code=why.code, citation=why.citation,
            receipts=tuple((each.stage, each.at, each.digest) for each in envelope.learned.receipts), test=header.test,
        )  # fmt: skip
        context = ReplyContext(
            own_party=header.sender, now=now, message_id=message_id, our_reference=f"S-{message_id[:13].upper()}"
        )
        form = self._formats.statement(said, context)
        payload = Payload.of(document(self._formats.get(form.format).encode(form)), "application/xml")
        made = outbound(form, payload, id=self._ids.new(), kind=STATEMENT, cause=envelope.id, now=now)
        stated = Stated(kind=why.kind, at=now, envelope=made.id, by=why.by, receipt=why.receipt, code=why.code)
        awaited = {NO_RECEIPT: "receipt", NO_ANSWER: "answer"}.get(why.kind, "")
        details = (
            ("statement", made.id), ("kind", why.kind), ("counterpart", counterpart), ("awaited", awaited),
            ("by", spoken(why.by) if why.by else ""), ("receipt", why.receipt), ("clock", why.code),
        )  # fmt: skip
        return Made(
            stated=stated, offspring=Offspring(envelope=made), event=EVENTS[why.kind],
            details=tuple(each for each in details if each[1]),
        )  # fmt: skip
