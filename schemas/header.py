"""The shared header between XML and `gateway.form.Header`: one table, read and written in the order of `header.xsd`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from lxml import etree

from gateway.errors import Refused
from gateway.form import Condition, Header, ManifestEntry, Running, UrgencyReason

NAMESPACE: Final = "urn:x-spoc:header:1"


def utc_text(moment: datetime) -> str:
    """A time as the header writes it: UTC with Z, fractions only when there are some."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"


def _texts(element: etree._Element, local: str) -> tuple[str, ...]:
    return tuple(found.text or "" for found in element.findall(_name(local)))


def _one(element: etree._Element, local: str) -> str:
    return next(iter(_texts(element, local)), "")


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without zone")
    return moment.astimezone(UTC)


def read(element: etree._Element) -> Header:
    """The header of a schema-valid message; raises `Refused` when a value cannot be read."""
    try:
        return _read(element)
    except (ValueError, OverflowError, AttributeError) as error:
        raise Refused(
            "header.unreadable", "The header holds a value that cannot be read; validate it against header.xsd."
        ) from error


def _read(element: etree._Element) -> Header:
    reply_by = _one(element, "ReplyBy")
    return Header(
        message_id=_one(element, "MessageId"),
        sent=_time(_one(element, "Sent")),
        sender=_one(element, "From"),
        to=_texts(element, "To"),
        info=_texts(element, "Info"),
        our_reference=_one(element, "OurReference"),
        your_references=_texts(element, "YourReference"),
        case_reference=_one(element, "CaseReference"),
        in_reply_to=_one(element, "InReplyTo"),
        subject=_one(element, "Subject"),
        urgency=_one(element, "Urgency"),
        urgency_reasons=tuple(
            UrgencyReason(text=found.text or "", code=found.get("code", ""))
            for found in element.findall(_name("UrgencyReason"))
        ),
        reply_by=_time(reply_by) if reply_by else None,
        handling=tuple(
            Condition(code=found.get("code", ""), text=found.text or "") for found in element.findall(_name("Handling"))
        ),
        purposes=_texts(element, "Purpose"),
        language=_one(element, "Language"),
        test=_one(element, "Test").strip() in ("true", "1"),
        attachments=tuple(_entry(found) for found in element.findall(_name("Attachment"))),
        running=_running(element.find(_name("RunningNumber"))),
    )


def _running(element: etree._Element | None) -> Running | None:
    return None if element is None else Running(to=element.get("to", ""), number=int(element.text or ""))


def _entry(element: etree._Element) -> ManifestEntry:
    return ManifestEntry(
        file_name=_one(element, "FileName"),
        media_type=_one(element, "MediaType"),
        size=int(_one(element, "Size")),
        sha256=_one(element, "Sha256"),
        role=_one(element, "Role"),
    )


def write(header: Header) -> etree._Element:
    """The header element, in the order of the schema."""
    root = etree.Element(_name("Header"))
    _add(root, "MessageId", header.message_id)
    _add(root, "Sent", utc_text(header.sent))
    _add(root, "From", header.sender)
    _add(root, "To", *header.to)
    _add(root, "Info", *header.info)
    _add(root, "OurReference", header.our_reference)
    _add(root, "YourReference", *header.your_references)
    _add(root, "CaseReference", *filter(None, [header.case_reference]))
    _add(root, "InReplyTo", *filter(None, [header.in_reply_to]))
    _add(root, "Subject", *filter(None, [header.subject]))
    _add(root, "Urgency", header.urgency)
    for reason in header.urgency_reasons:
        _add(root, "UrgencyReason", reason.text, code=reason.code)
    _add(root, "ReplyBy", *([utc_text(header.reply_by)] if header.reply_by else []))
    for condition in header.handling:
        _add(root, "Handling", condition.text, code=condition.code)
    _add(root, "Purpose", *header.purposes)
    _add(root, "Language", *filter(None, [header.language]))
    _add(root, "Test", "true" if header.test else "false")
    for entry in header.attachments:
        attachment = etree.SubElement(root, _name("Attachment"))
        _add(attachment, "FileName", entry.file_name)
        _add(attachment, "MediaType", entry.media_type)
        _add(attachment, "Size", str(entry.size))
        _add(attachment, "Sha256", entry.sha256)
        _add(attachment, "Role", entry.role)
    if header.running:
        _add(root, "RunningNumber", str(header.running.number), to=header.running.to)
    return root


def _add(parent: etree._Element, local: str, *texts: str, **attributes: str) -> None:
    for text in texts:
        element = etree.SubElement(parent, _name(local))
        element.text = text
        for name, value in attributes.items():
            if value:
                element.set(name, value)
