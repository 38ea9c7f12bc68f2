"""Asks the reader that the first bytes call for, and compares what it says with what the signed form announces."""

from __future__ import annotations

from collections.abc import Iterable

from gateway import parcel
from gateway.attachments import jp2, jpeg, nist, pdf, wsq
from gateway.attachments.cursor import Unreadable
from gateway.attachments.recognised import MEDIA_TYPES, Kind, Recognised
from gateway.envelope import Envelope
from gateway.findings import Finding, Severity
from gateway.form import Form, ManifestEntry
from gateway.identity import digest
from gateway.parcel import File

STARTS = (
    (jpeg.START, Kind.JPEG), (jp2.START, Kind.JP2), (wsq.START, Kind.WSQ), (pdf.START, Kind.PDF), (nist.START, Kind.NIST),
)  # fmt: skip


def kind_of(content: bytes) -> Kind:
    """The kind whose mark the file begins with."""
    return next((kind for start, kind in STARTS if content.startswith(start)), Kind.UNKNOWN)


def recognise(content: bytes) -> Recognised:
    """What the file is; never raises for what is in it."""
    kind, sha256 = kind_of(content), digest(content)
    try:
        if kind is Kind.NIST:
            prints, types = nist.read_nist(content)
            return Recognised(sha256=sha256, kind=kind, prints=prints, record_types=types)
        if kind is Kind.PDF:
            pdf.read_pdf(content)
            return Recognised(sha256=sha256, kind=kind)
        reader = {Kind.JPEG: jpeg.read_jpeg, Kind.JP2: jp2.read_jp2, Kind.WSQ: wsq.read_wsq}.get(kind)
        return Recognised(sha256=sha256, kind=kind, picture=reader(content) if reader else None)
    except Unreadable as trouble:
        return Recognised(sha256=sha256, kind=kind, trouble=str(trouble))


def recognise_all(files: Iterable[File]) -> tuple[Recognised, ...]:
    """What each file is, in order."""
    return tuple(recognise(file.content) for file in files)


def recognised_in(envelope: Envelope) -> tuple[Recognised, ...]:
    """What each file of an envelope is. One without files is not opened again."""
    return recognise_all(parcel.open_parcel(envelope.content).files) if envelope.identification.parts else ()


def kind_findings(form: Form, files: tuple[Recognised, ...]) -> list[Finding]:
    """Where a file is of another kind than the signed form says, or its header is not as its kind demands."""
    seen = {file.sha256: file for file in files}
    found = []
    for number, entry in enumerate(form.header.attachments, 1):
        file = seen.get(entry.sha256)
        if file is not None:
            found += _compared(number, entry, file)
    return found


def _compared(number: int, entry: ManifestEntry, file: Recognised) -> list[Finding]:
    announced = MEDIA_TYPES.get(entry.media_type)
    if entry.media_type != parcel.BYTES and (announced or Kind.UNKNOWN) is not file.kind:
        seen = "of no kind that is known here" if file.kind is Kind.UNKNOWN else f"a {file.kind}"
        return [
            _attachment(
                "ATT-05", number, f"A file is announced as {announced or 'another kind'} and is {seen}.",
                "State the media type that the file has, or send the file that was meant.", Severity.ERROR,
            )
        ]  # fmt: skip
    if file.trouble:
        return [
            _attachment(
                "ATT-06",
                number,
                f"The header of a file is not as its kind demands. {file.trouble}",
                "Send the file again as the program that made it wrote it.",
                Severity.WARNING,
            )
        ]
    return []


def _attachment(rule: str, number: int, text: str, remedy: str, severity: Severity) -> Finding:
    return Finding(
        rule=rule, severity=severity, text=text, remedy=remedy, field=f"Header/Attachment[{number}]",
        citation="rule of this project: published header schema (header.xsd), element Attachment",
    )  # fmt: skip
