"""Is it in order? Attachments against the signed manifest, then every rule of the format; on the way out also the
handling gate.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from gateway import parcel, safexml
from gateway.alerts.hitting import drafted
from gateway.attachments.recognise import kind_findings, recognise_all, recognised_in
from gateway.envelope import Direction, Envelope, Identification, Part
from gateway.errors import Refused
from gateway.families import Family
from gateway.findings import Finding, Occasion, Severity, worst
from gateway.form import Form, ManifestEntry
from gateway.office import Office
from gateway.partners import Directory, Partner
from gateway.ports import Formats
from gateway.protection.gate import onward
from gateway.stages.continuing import in_parts
from gateway.stages.version import (
    arrival_findings,
    as_the_partner_reads,
    departure_findings,
    told_of,
    understood,
)
from gateway.tolerances import with_uses
from gateway.verdict import Advance, Details, Hold, Reason, Reject, Verdict
from gateway.versions import Conversion

FUTURE_TOLERANCE: Final = timedelta(minutes=5)
HOLD_CODE: Final = "rules.officer"


class CheckInbound:
    """Checks what a partner sent."""

    name = "check"
    direction = Direction.INBOUND
    needs = frozenset({"form", "identification"})
    adds = frozenset({"findings", "facts"})

    def __init__(self, formats: Formats, directory: Directory, office: Office) -> None:
        self._formats, self._directory, self._office = formats, directory, office

    def judge(self, envelope: Envelope, now: datetime) -> Verdict:
        """Advance with the findings and facts, Hold for an officer, or Reject with every finding."""
        form = envelope.form
        occasion = Occasion(
            now=now, inbound=True, own_parties=frozenset(self._office.parties), known_parties=self._directory.parties,
            book=self._directory.book, addresses=envelope.claim.recipients, attachments=recognised_in(envelope),
        )  # fmt: skip
        spec = self._formats.get(form.format)
        found = (
            *arrival_findings(self._formats, form, envelope.learned.conversion, envelope.received_at),
            *manifest_findings(form, envelope.identification.parts),
            *kind_findings(form, occasion.attachments),
            *header_findings(form, occasion, self._formats.family(form.format)),
            *spec.check(form, occasion),
        )
        findings, uses = self._directory.tolerances.applied(spec.named(found), form.header.sender, now.date())
        known = envelope.learn(findings=findings, facts=self._formats.get(form.format).facts(form))
        refusal = _refuse_or_hold(known, findings)
        if refusal:
            return with_uses(refusal, uses)
        return with_uses(Advance(envelope=known, details=(*_told(findings), *_about(known))), uses)


class CheckOutbound:
    """Checks an order to send: reads it, applies the same rules as the other side would, and asks the handling gate."""

    name = "check"
    direction = Direction.OUTBOUND
    needs: frozenset[str] = frozenset()
    adds = frozenset({"identification", "form", "conversion", "findings", "facts"})

    def __init__(self, formats: Formats, directory: Directory, office: Office) -> None:
        self._formats, self._directory, self._office = formats, directory, office

    def judge(self, envelope: Envelope, now: datetime) -> Verdict:
        """Advance with form and findings, Hold what the gate or a rule holds, Reject what the other side would
        refuse.
        """
        opened = parcel.open_parcel(envelope.payload)
        parts = tuple(file.part() for file in opened.files)
        written, schema_findings = self._read(opened)
        form, report = _with_manifest(written, parts), None
        counterpart = envelope.claim.recipients[0]
        if not schema_findings:
            form, report, schema_findings = self._in_version(form, counterpart, now)
        identification = Identification(format=written.format, partner=counterpart, parts=parts)
        known = envelope.learn(form=form, conversion=report, identification=identification)
        if schema_findings:
            reason = Reason(
                code="schema.invalid", public="The form does not follow its schema; see the findings for each field."
            )
            return Reject(envelope=known.learn(findings=schema_findings), reason=reason, findings=schema_findings)
        occasion = Occasion(
            now=now, inbound=False, own_parties=frozenset(self._office.parties), known_parties=self._directory.parties,
            book=self._directory.book, attachments=recognise_all(opened.files),
        )  # fmt: skip
        spec = self._formats.get(form.format)
        found = (
            *manifest_findings(form, parts),
            *kind_findings(form, occasion.attachments),
            *header_findings(form, occasion, self._formats.family(form.format)),
            *departure_findings(report),
            *self._partner_findings(form, counterpart, len(envelope.payload.content)),
            *spec.check(form, occasion),
        )
        findings = tuple(spec.named(found))
        known = known.learn(findings=findings, facts=self._formats.get(form.format).facts(form))
        refusal = _refuse_or_hold(known, findings)
        if refusal:
            return refusal
        held = onward(known, self._formats.family(form.format)) or drafted(known)
        if held and not known.learned.releases:
            return Hold(envelope=known, reason=held)
        known, further = in_parts(known, self._formats, self._office.free_text_characters, now)
        if further:  # what the first part is found to be, as the others will be by their own check
            parted = spec.named(spec.check(known.form, occasion))
            known = known.learn(findings=(*findings, *(each for each in parted if each not in findings)))
        told = (
            ("format", form.format),
            ("message_id", form.header.message_id),
            *_told(known.findings),
            *told_of(report),
            *_about(known),
        )
        return Advance(envelope=known, details=told, spawn=further)

    def _in_version(
        self, form: Form, counterpart: str, now: datetime
    ) -> tuple[Form, Conversion | None, tuple[Finding, ...]]:
        """The form as the counterpart will be able to read it, and what that changed."""
        current, arrived = understood(self._formats, form)
        return as_the_partner_reads(self._formats, current, arrived, self._directory.get(counterpart), now)

    def _partner_findings(self, form: Form, counterpart: str, octets: int) -> list[Finding]:
        partner = self._directory.get(counterpart)
        if partner is None or self._formats.family(form.format).technical:
            return []
        return partner_findings(form, partner, octets)

    def _read(self, opened: parcel.Parcel) -> tuple[Form, tuple[Finding, ...]]:
        if opened.form_type in parcel.XML_TYPES:
            root = safexml.parse(opened.form)
            spec = self._formats.recognise(str(root.tag), root.get("version", ""))
            findings = tuple(spec.validate(root))
            return spec.decode(root), findings
        try:
            form = msgspec.json.decode(opened.form, type=Form)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Refused(
                "json.unreadable", "The JSON form cannot be read; compare it with the example in the API description."
            ) from error
        spec = self._formats.get(form.format)
        try:
            root = spec.encode(form)
        except (ValueError, TypeError) as error:
            raise Refused(
                "json.unreadable", "The JSON form holds names or characters that XML cannot carry."
            ) from error
        findings = tuple(spec.validate(root))
        return (form if findings else spec.decode(root)), findings


def _with_manifest(form: Form, parts: tuple[Part, ...]) -> Form:
    """A national system may leave the manifest to us: the files it sent are then listed as they are."""
    if form.header.attachments or not parts:
        return form
    entries = tuple(
        ManifestEntry(file_name=part.file_name, media_type=part.media_type, size=part.size, sha256=part.sha256)
        for part in parts
    )
    return msgspec.structs.replace(form, header=msgspec.structs.replace(form.header, attachments=entries))


def _refuse_or_hold(envelope: Envelope, findings: tuple[Finding, ...]) -> Verdict | None:
    worst_found = worst(findings)
    if worst_found is Severity.ERROR:
        reason = Reason(
            code="rules.refused", public="The form breaks a rule that it must keep; see the findings for each field."
        )
        return Reject(envelope=envelope, reason=reason, findings=findings, details=_told(findings))
    # On the way out an officer who released the message has read it whole; on the way in a release covers its own reason only.
    seen = envelope.released(HOLD_CODE) if envelope.inbound else bool(envelope.learned.releases)
    if worst_found is Severity.HOLD and not seen:
        names = ", ".join(sorted({finding.rule for finding in findings if finding.severity is Severity.HOLD}))
        return Hold(
            envelope=envelope,
            reason=Reason(code=HOLD_CODE, public=f"An officer must look first: {names}."),
            details=_told(findings),
        )
    return None


def _told(findings: tuple[Finding, ...]) -> tuple[tuple[str, str], ...]:
    return (("findings", " ".join(f"{finding.rule}:{finding.severity}" for finding in findings)),) if findings else ()


def _about(envelope: Envelope) -> Details:
    """What figures are computed from for ever, also after the content is gone: whose message it is, and what the form states."""
    header = envelope.form.header
    counterpart = header.sender if envelope.inbound else envelope.claim.recipients[0]
    facts = ((f"fact.{name}", value) for name, value in envelope.facts)
    test = (("test", "yes"),) if header.test else ()
    return (("direction", envelope.direction.value), ("counterpart", counterpart), *test, *facts)


def partner_findings(form: Form, partner: Partner, octets: int) -> list[Finding]:
    """What was agreed with this partner: how much it takes, which languages it reads, whether it is there for exercises only."""
    found, header = [], form.header
    if octets > partner.max_message_octets:
        words = f"The message is larger than the {partner.max_message_octets} octets that the partner takes."
        found.append(_agreed("PTR-01", "Attachment", words, "Send fewer or smaller files.", Severity.ERROR))
    if header.language and header.language not in partner.languages:
        words = f"The partner reads {', '.join(partner.languages)}."
        found.append(_agreed("PTR-02", "Language", words, "Write in a language that it reads.", Severity.WARNING))
    if partner.test_only and not header.test:
        words = "The partner is there for exercises only, and the message carries no test marker."
        found.append(
            _agreed("PTR-03", "Test", words, "Set the test marker, or choose the real partner.", Severity.HOLD)
        )
    return found


def _agreed(rule: str, field: str, text: str, remedy: str, severity: Severity) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        text=text,
        remedy=remedy,
        field=f"Header/{field}",
        citation="Agreement with the partner",
    )


def manifest_findings(form: Form, parts: tuple[Part, ...]) -> list[Finding]:
    """Every file must be announced with its digest, and every announced file must be there (promise 7)."""
    announced = {entry.sha256: entry for entry in form.header.attachments}
    present = {part.sha256: part for part in parts}
    found = []
    for number, part in enumerate(parts, 1):
        entry = announced.get(part.sha256)
        if entry is None:
            found.append(
                _attachment(
                    "ATT-01",
                    number,
                    "A file came that the signed form does not list with this digest.",
                    "List every file with its SHA-256 in the header.",
                )
            )
        elif entry.size != part.size:
            found.append(
                _attachment(
                    "ATT-03",
                    number,
                    "A file has another size than the form says.",
                    "State the size in octets of the decoded file.",
                )
            )
    for number, entry in enumerate(form.header.attachments, 1):
        if entry.sha256 not in present:
            found.append(
                _attachment(
                    "ATT-02",
                    number,
                    "The form lists a file that did not come, or came with other content.",
                    "Send the file unchanged beside the form.",
                )
            )
    if len(parts) != len(present):
        found.append(_attachment("ATT-04", 0, "The same file came twice.", "Send each file once."))
    return found


def _attachment(rule: str, number: int, text: str, remedy: str) -> Finding:
    return Finding(
        rule=rule, severity=Severity.ERROR, text=text, remedy=remedy, field=f"Header/Attachment[{number}]",
        citation="rule of this project: published header schema (header.xsd), element Attachment",
    )  # fmt: skip


def header_findings(form: Form, occasion: Occasion, family: Family) -> list[Finding]:
    """What holds for every family's header."""
    found, header = [], form.header
    if header.sent > occasion.now + FUTURE_TOLERANCE:
        found.append(
            _header(
                "HDR-01",
                "Sent",
                "The time of sending lies more than five minutes in the future.",
                "Send the time in UTC from a clock that is right.",
            )
        )
    if header.reply_by and header.reply_by <= header.sent:
        found.append(
            _header(
                "HDR-02",
                "ReplyBy",
                "The answer is wanted before the message was sent.",
                "State a time after the time of sending, in UTC.",
            )
        )
    if not occasion.inbound and header.sender not in occasion.own_parties:
        found.append(
            _header(
                "HDR-03",
                "From",
                "The form is not from one of our own offices.",
                "Use one of: " + ", ".join(sorted(occasion.own_parties)),
            )
        )
    if header.sender in header.to:
        found.append(_header("HDR-04", "To", "The sender is among the receivers.", "Address the other office only."))
    # A reply is as urgent as its question, which has given the reason.
    if not (family.technical or header.in_reply_to or header.urgency_reasons) and header.urgency != "NORMAL":
        found.append(
            _header(
                "HDR-05",
                "UrgencyReason",
                "An urgent message gives no reason.",
                "State why it is urgent.",
                severity=Severity.WARNING,
            )
        )
    return found


def _header(rule: str, field: str, text: str, remedy: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(
        rule=rule, severity=severity, text=text, remedy=remedy, field=f"Header/{field}",
        citation=f"rule of this project: published header schema (header.xsd), element {field}",
    )  # fmt: skip
