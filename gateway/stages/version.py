"""In which version does a form come, and in which does it go? Asked by decode, check and encode.

Inside the gateway a form is always of the current version. What came is converted after its signature was verified; what
goes is converted as the last thing before its bytes are written. The rules see what the other side will be able to read.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from gateway.envelope import Envelope
from gateway.findings import Finding
from gateway.form import Form
from gateway.identity import family_of
from gateway.partners import Partner
from gateway.ports import Formats
from gateway.versions import (
    Conversion,
    acceptance_findings,
    best_accepted,
    best_sendable,
    conversion_findings,
    in_version,
    major_of,
)


def understood(formats: Formats, form: Form) -> tuple[Form, Conversion | None]:
    """The form in the version that the gateway thinks in, and the report when that is another one."""
    current = formats.current(form.format)
    return (form, None) if form.format == current else formats.convert(form, current)


def arrival_findings(
    formats: Formats, form: Form, conversion: Conversion | None, arrived_at: datetime
) -> tuple[Finding, ...]:
    """Whether the version of a form was taken on the day on which it came in, and what its conversion changed.

    A version that has ended is refused and not held: the sender learns it within seconds from the receipt, with the version
    to send instead, and does not believe that the form is being worked on.
    """
    wire = conversion.source if conversion else form.format
    versions = formats.versions(family_of(wire))
    found: list[Finding] = []
    for version in versions:
        if version.major == major_of(wire):
            found += acceptance_findings(version, best_accepted(versions, arrived_at), arrived_at)
    return (*found, *(conversion_findings(conversion, outbound=False) if conversion else ()))


def as_the_partner_reads(
    formats: Formats, form: Form, arrived: Conversion | None, partner: Partner | None, now: datetime
) -> tuple[Form, Conversion | None, tuple[Finding, ...]]:
    """A form of the current version as the partner will be able to read it, the report (also of how it `arrived`), and
    what the schema says against its bytes. Raises `Refused` when the partner takes no version that can be sent today.
    """
    family = family_of(form.format)
    majors = formats.majors(form.format)
    versions = [version for version in formats.versions(family) if version.major in majors]
    if partner is None or not versions:
        return form, arrived, ()
    version = best_sendable(versions, partner.versions.get(family, ()), now)
    target = in_version(form.format, version.major)
    if target == form.format:
        return form, arrived, ()
    wire, report = formats.convert(form, target)
    spec = formats.get(target)
    refused = tuple(spec.validate(spec.encode(wire)))
    seen, _ = formats.convert(wire, form.format)
    if arrived:
        report = msgspec.structs.replace(report, source=arrived.source, notes=(*arrived.notes, *report.notes))
    return seen, report, refused


def departure_findings(report: Conversion | None) -> tuple[Finding, ...]:
    """What an officer and the submitter are told of the change of version."""
    if report is None or (report.source == report.target and not report.notes):
        return ()
    return conversion_findings(report, outbound=True)


def on_the_wire(formats: Formats, envelope: Envelope) -> Form:
    """The form in the version in which it goes out."""
    told = envelope.learned.conversion
    if told is None or told.target == envelope.form.format:
        return envelope.form
    return formats.convert(envelope.form, told.target)[0]


def told_of(report: Conversion | None) -> tuple[tuple[str, str], ...]:
    """What the journal entry says of the change of version."""
    return report.details if report else ()
