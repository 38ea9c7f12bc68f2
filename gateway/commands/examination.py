"""Looking at a message without a gateway: what `spoc check` and `spoc explain` see in a file.

The same stages' functions are asked in the same order as in the pipeline, but an unsigned form goes on, and a signature is checked only
where the sender is a partner (or one of us). Nothing is kept, nothing is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from msgspec import Struct

from config.load import Home
from gateway import parcel, safexml
from gateway.attachments.recognise import kind_findings, recognise_all
from gateway.attachments.recognised import Recognised
from gateway.envelope import Part, Payload, SignatureReport
from gateway.errors import Refused
from gateway.findings import Finding, Occasion, Severity, worst
from gateway.form import Form
from gateway.parcel import File
from gateway.partners import Directory, Partner, SignaturePolicy
from gateway.ports import Format
from gateway.signing.algorithms import EVERYTHING, AlgorithmPolicy
from gateway.stages.check import header_findings, manifest_findings
from gateway.stages.identify import HELD_CODES
from gateway.stages.version import arrival_findings, as_the_partner_reads, departure_findings, understood
from schemas.catalogue import Catalogue, discover

SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_XML_STARTS: Final = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00<")


class Signature(Struct, frozen=True, kw_only=True):
    """What can be said about the signature: `unsigned`, `verified`, `refused`, or `unverified` because the signer is no partner here."""

    state: str
    text: str = ""
    party: str = ""
    profile: str = ""
    algorithm: str = ""
    subject: str = ""
    signed_at: datetime | None = None


class Examination(Struct, frozen=True, kw_only=True):
    """What was seen. `form` is None for what could not be read as one."""

    format: str = ""
    title: str = ""
    message_id: str = ""
    direction: str = "inbound"
    signature: Signature = Signature(state="unsigned")
    findings: tuple[Finding, ...] = ()
    form: Form | None = None
    parts: tuple[Part, ...] = ()
    files: tuple[Recognised, ...] = ()
    """What the files are by their own headers."""

    @property
    def verdict(self) -> str:
        """`valid`, `held` for an officer, or `refused`."""
        found = worst(self.findings)
        return "refused" if found is Severity.ERROR else "held" if found is Severity.HOLD else "valid"

    def document(self, file: str) -> dict[str, Any]:
        """The examination for a program."""
        return {
            "file": file, "verdict": self.verdict, "format": self.format, "title": self.title, "message_id": self.message_id,
            "direction": self.direction, "signature": msgspec.to_builtins(self.signature), "findings": msgspec.to_builtins(self.findings),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Who we are and whom we know; without a home folder whoever a message names is taken as known."""

    formats: Catalogue
    own: frozenset[str] = frozenset()
    directory: Directory | None = None
    algorithms: AlgorithmPolicy = EVERYTHING

    @classmethod
    def of(cls, home: Home | None) -> Surroundings:
        """What a home folder says; raises `ConfigurationFaults`."""
        if home is None:
            return cls(formats=discover())
        from gateway.assembly import Built, algorithms_in, directory_in, formats_of

        built = Built(home)
        directory, algorithms = directory_in(built), algorithms_in(built)
        built.finish()
        own = frozenset(home.settings.office.parties)
        known = Directory([*_ourselves(home), *directory])
        return cls(formats=formats_of(home), own=own, directory=known, algorithms=algorithms)

    def occasion(self, form: Form, now: datetime, *, inbound: bool) -> Occasion:
        """What rules may look at beside the form."""
        header = form.header
        others = {header.sender} if inbound else {*header.to, *header.info}
        addressed = {*header.to, *header.info} if inbound else {header.sender}
        if self.directory is None:
            return Occasion(now=now, inbound=inbound, own_parties=frozenset(addressed), known_parties=frozenset(others))
        known = self.directory.parties - self.own | (others if inbound else set())
        return Occasion(now=now, inbound=inbound, own_parties=self.own, known_parties=known)


def _ourselves(home: Home) -> list[Partner]:
    """Our own offices as if they were partners, so that what we signed can be checked too."""
    from gateway.assembly import key_files
    from gateway.signing.authority import signer_name

    authority = home.keys / "authority.cert.pem"
    if not authority.is_file():
        return []
    anchors = tuple(one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(authority.read_bytes()))
    return [
        Partner(
            party=files.party,
            name="this office",
            signature=SignaturePolicy(anchors=anchors, signers=(signer_name(files.party),)),
        )
        for files in key_files(home)
    ]


def payload_of(content: bytes, files: Sequence[File] = ()) -> Payload:
    """The bytes of a file as what they are: XML, a form in JSON, or a mail."""
    start = content[:64].lstrip()
    if start.startswith(_XML_STARTS):
        return parcel.pack(content, files)
    if start.startswith(b"{"):
        return parcel.pack(content, files, form_type="application/json")
    return Payload.of(content, parcel.MAIL)


class Examiner:
    """Examines payloads in given surroundings at a given time."""

    def __init__(self, surroundings: Surroundings, now: datetime) -> None:
        self._around, self._now = surroundings, now

    def examine(self, payload: Payload, *, outbound: bool = False) -> Examination:
        """Everything that can be said; never raises for what is in the payload."""
        try:
            opened = parcel.open_parcel(payload)
            return self._parcel(opened, compared=payload.media_type not in parcel.FORM_TYPES, outbound=outbound)
        except Refused as refusal:
            return Examination(findings=refusal.findings or (as_finding(refusal),))

    def _parcel(self, opened: parcel.Parcel, *, compared: bool, outbound: bool) -> Examination:
        parts = tuple(file.part() for file in opened.files)
        if opened.form_type == "application/json":
            spec, root = self._from_json(opened.form)
            outbound = True  # only national systems send JSON, and only to be sent abroad
        else:
            root = safexml.parse(opened.form)
            try:
                spec = self._around.formats.recognise(str(root.tag), root.get("version", ""))
            except Refused as refusal:
                if outbound or refusal.code not in HELD_CODES or _written_by(root) in self._around.own:
                    raise
                return Examination(findings=(as_finding(refusal, Severity.HOLD),))
        seen = Examination(
            format=spec.id, title=spec.title, parts=parts, files=recognise_all(opened.files),
            direction="outbound" if outbound else "inbound",
        )  # fmt: skip
        signature, root = self._signature(opened.form, root)
        seen = msgspec.structs.replace(seen, signature=signature)
        if signature.state == "refused":
            code, _, text = signature.text.partition(": ")
            return msgspec.structs.replace(
                seen, findings=(Finding(rule=code, severity=Severity.ERROR, text=text, field="Signature"),)
            )
        refused = tuple(spec.validate(root))
        if refused:
            return msgspec.structs.replace(seen, findings=refused)
        return self._checked(seen, spec.decode(root), compared=compared)

    def _from_json(self, content: bytes) -> tuple[Format, etree._Element]:
        try:
            form = msgspec.json.decode(content, type=Form)
            spec = self._around.formats.get(form.format)
            return spec, spec.encode(form)
        except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
            raise Refused(
                "json.unreadable", "The JSON form cannot be read; compare it with the example in the API description."
            ) from error

    def _in_version(self, form: Form, *, inbound: bool) -> tuple[Format, Form, tuple[Finding, ...]]:
        """The form as the rules are to see it, with its format, and what is to be said of its version."""
        formats = self._around.formats
        current, report = understood(formats, form)
        if inbound:
            told = arrival_findings(formats, current, report, self._now)
        else:
            partner = self._around.directory.get(form.header.to[0]) if self._around.directory else None
            current, report, refused = as_the_partner_reads(formats, current, report, partner, self._now)
            told = (*refused, *departure_findings(report))
        return formats.get(current.format), current, told

    def _checked(self, seen: Examination, form: Form, *, compared: bool) -> Examination:
        inbound = seen.direction == "inbound" and form.header.sender not in self._around.own
        spec, form, versions = self._in_version(form, inbound=inbound)
        occasion = msgspec.structs.replace(
            self._around.occasion(form, self._now, inbound=inbound), attachments=seen.files
        )
        family = self._around.formats.family(form.format)
        findings = [*versions, *spec.named(header_findings(form, occasion, family)), *spec.check(form, occasion)]
        if compared:
            findings += spec.named([*manifest_findings(form, seen.parts), *kind_findings(form, seen.files)])
        elif form.header.attachments:
            findings.append(
                _remark(
                    "CHK-02",
                    "Header/Attachment",
                    f"{len(form.header.attachments)} files are listed and were not compared.",
                    "Give the whole mail, or the files with --attach.",
                )
            )
        directory = self._around.directory
        if inbound and directory is not None and directory.get(form.header.sender) is None:
            findings.append(
                Finding(
                    rule="CHK-01",
                    severity=Severity.HOLD,
                    field="Header/From",
                    text="The sender is no partner here: its messages wait for an officer, or are refused at the door.",
                    remedy="Add it with `spoc partners add`.",
                    citation="spoc check",
                )
            )
        return msgspec.structs.replace(
            seen,
            form=form,
            message_id=form.header.message_id,
            findings=tuple(findings),
            direction="inbound" if inbound else "outbound",
        )

    def _signature(self, document: bytes, root: etree._Element) -> tuple[Signature, etree._Element]:
        if not any(True for _ in root.iter(SIGNATURE)):
            return Signature(state="unsigned"), root
        written = _written_by(root)
        partner = self._around.directory.get(written) if self._around.directory else None
        if partner is None:
            return Signature(
                state="unverified", text="The sender is no partner here, so nobody knows whose key to expect."
            ), root
        from gateway.signing.verify import StrictVerifier

        try:
            report: SignatureReport = StrictVerifier(self._around.algorithms).verify(document, partner, self._now)
        except Refused as refusal:
            return Signature(state="refused", text=f"{refusal.code}: {refusal.public}", party=written), root
        proven = Signature(
            state="verified",
            party=report.party,
            profile=report.profile,
            algorithm=report.algorithm,
            subject=report.subject,
            signed_at=report.signed_at,
        )
        return proven, safexml.parse(report.verified)


def as_finding(refusal: Refused, severity: Severity = Severity.ERROR) -> Finding:
    """A refusal of the whole as a finding; `HOLD` for a form of a partner that may be ahead of us, as in the pipeline."""
    return Finding(rule=refusal.code, severity=severity, text=refusal.public)


def _written_by(root: etree._Element) -> str:
    """The office that the form names as its sender; nothing is proven by that."""
    return next((found.text or "" for found in root.iter("{urn:x-spoc:header:1}From")), "")


def _remark(rule: str, field: str, text: str, remedy: str) -> Finding:
    return Finding(rule=rule, severity=Severity.INFO, text=text, field=field, remedy=remedy, citation="spoc check")
