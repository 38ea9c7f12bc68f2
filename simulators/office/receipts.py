"""The technical receipt: what became of one message, said by the office that took it in.

The one idea: receipts are about messages and never about receipts, and they are written by hand here, since a receipt
must be possible when the message could not be read at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lxml import etree

from simulators.office.forms import HEADER

SPOC = "urn:x-spoc:spoc:1"
MAX_TEXT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the receipt says, and about which message."""

    stage: str  # RECEIVED, VALID, INVALID, HANDED_OVER, READ
    digest: str
    message_id: str = ""
    reference: str = ""
    code: str = ""
    text: str = ""
    findings: Sequence[tuple[str, str]] = ()  # rule, text


def afterwards(about: About, stage: str) -> About:
    """What is said of the same message after its verdict."""
    refused = stage == "INVALID"
    code, text = ("office.second-thoughts", "The message cannot be taken after all.") if refused else ("", "")
    return replace(about, stage=stage, code=code, text=text, findings=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who writes it, to whom and under which names."""

    message_id: str
    our_reference: str
    sender: str
    to: str
    now: datetime


def build(head: Letterhead, about: About) -> etree._Element:
    """An unsigned receipt."""
    root: etree._Element = etree.Element(f"{{{SPOC}}}Receipt", nsmap={None: SPOC, "h": HEADER})
    root.set("version", "1.0")
    header = etree.SubElement(root, f"{{{HEADER}}}Header")
    lines = [
        ("MessageId", head.message_id),
        ("Sent", f"{head.now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"),
        ("From", head.sender),
        ("To", head.to),
        ("OurReference", head.our_reference),
        ("YourReference", about.reference),
        ("InReplyTo", about.message_id),
        ("Subject", "Technical receipt"),
        ("Urgency", "NORMAL"),
        ("Test", "false"),
    ]
    _add(header, HEADER, lines)
    body = etree.SubElement(root, f"{{{SPOC}}}Body")
    said = [
        ("OfMessageId", about.message_id),
        ("OfReference", about.reference),
        ("OfDigest", about.digest),
        ("Stage", about.stage),
        ("Code", about.code),
        ("Text", about.text[:MAX_TEXT]),
    ]
    _add(body, SPOC, said)
    for rule, text in about.findings:
        finding = etree.SubElement(body, f"{{{SPOC}}}Finding")
        finding.set("rule", rule)
        finding.set("severity", "error")
        _add(finding, SPOC, [("Text", text[:MAX_TEXT])])
    return root


def _add(parent: etree._Element, space: str, lines: list[tuple[str, str]]) -> None:
    for name, text in lines:
        if text:
            etree.SubElement(parent, f"{{{space}}}{name}").text = text
