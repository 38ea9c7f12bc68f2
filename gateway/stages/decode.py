"""What does it say? The verified bytes become a typed form, and the sender's message id is claimed for this content."""

from __future__ import annotations

from datetime import datetime

from gateway import safexml
from gateway.envelope import Direction, Envelope
from gateway.errors import Refused
from gateway.form import Form
from gateway.identity import digest
from gateway.numbers.telling import come, without_number
from gateway.office import Office
from gateway.ports import Formats
from gateway.receipts import Receipts
from gateway.stages.version import told_of, understood
from gateway.verdict import Advance, DuplicateKey, Reason, Reject, Verdict


class Decode:
    """Schema first, then the typed form, then who wrote it to whom."""

    name = "decode"
    direction = Direction.INBOUND
    needs = frozenset({"identification", "signature"})
    adds = frozenset({"form", "conversion"})

    def __init__(self, formats: Formats, office: Office, receipts: Receipts) -> None:
        self._formats, self._office, self._receipts = formats, office, receipts

    def judge(self, envelope: Envelope, now: datetime) -> Verdict:
        """Advance with the form and the receipt for it; Reject what the schema refuses."""
        report = envelope.signature
        spec = self._formats.get(envelope.identification.format)
        root = safexml.parse(report.verified)
        findings = tuple(spec.validate(root))
        if findings:
            return Reject(
                envelope=envelope.learn(findings=findings), findings=findings,
                reason=Reason(code="schema.invalid", public="The form does not follow its schema; see the findings for each field."),
            )  # fmt: skip
        form, conversion = understood(self._formats, spec.decode(root))
        self._refuse_parties(form, report.party)
        body = safexml.canonical(root[1])
        claim = DuplicateKey(
            sender=form.header.sender, message_id=form.header.message_id,
            content=digest(without_number(root)) if form.header.running else digest(report.verified),
            matter=digest(form.header.sender.encode() + b"\x00" + body),
        )  # fmt: skip
        known = envelope.learn(form=form, conversion=conversion)
        numbers = come(known, self._office.parties, now)
        details = (
            ("message_id", form.header.message_id),
            ("content", claim.content),
            ("fields", str(len(form.fields))),
            *(("number", str(row.number)) for row in numbers),
            *told_of(conversion),
        )
        receipts = self._receipts.received(known, now)
        return Advance(envelope=known, details=details, claim=claim, spawn=receipts, numbers=numbers)

    def _refuse_parties(self, form: Form, signer: str) -> None:
        header = form.header
        if header.sender != signer:
            raise Refused(
                "sender.mismatch",
                "The form names another office than the one that signed it. Sign it with that office's own key.",
            )
        if not {*header.to, *header.info} & set(self._office.parties):
            raise Refused(
                "recipient.unknown",
                "None of the offices addressed in the form is ours. Address one of: "
                + ", ".join(self._office.parties)
                + ".",
            )
