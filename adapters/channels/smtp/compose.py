"""Writing the mail around a payload: pure, tested without a wire.

The payload is our own signed document, but header lines come from settings, partners and subjects: a CR, LF or NUL in
any of them is refused, never repaired. Line ends are CRLF everywhere, and no line is longer than RFC 5322 allows.
"""

from __future__ import annotations

import base64
import re
from email.header import Header
from email.utils import format_datetime
from typing import Final

from msgspec import Struct

from adapters.channels.smtp.addresses import domain_of, plain_address
from gateway.errors import Refused
from gateway.handover import Outgoing

LINE_OCTETS: Final = 998
"""RFC 5322 section 2.1.1, without CRLF."""
SUBJECT_CHARACTERS: Final = 200
MIXED: Final = "multipart/mixed"
_CONTENT_HEADER: Final = re.compile(
    rb"(?:Content-[A-Za-z\-]+|MIME-Version):[ \t]*[!-~][ -~\t]*(?:\n[ \t]+[!-~][ -~\t]*)*", re.IGNORECASE
)
_NEXT_HEADER: Final = re.compile(rb"\n(?![ \t])")


class Mail(Struct, frozen=True, kw_only=True):
    """A mail ready to be handed over, with its envelope."""

    sender: str
    recipient: str
    content: bytes
    message_id: str

    @property
    def is_ascii(self) -> bool:
        """Whether it can be sent without 8BITMIME."""
        return self.content.isascii()


def compose(parcel: Outgoing, sender: str) -> Mail:
    """The mail for one attempt; raises `Refused` for what cannot stand in a mail."""
    recipient = parcel.leg.address
    for address in (sender, recipient):
        if not plain_address(address):
            raise Refused("mail.address", "A mail address is odd and cannot be written to or from.")
    message_id = f"<{parcel.message_id}.{parcel.attempt}@{domain_of(sender)}>"
    lines = [
        f"From: {sender}",
        f"To: {recipient}",
        f"Date: {format_datetime(parcel.at)}",
        f"Message-ID: {message_id}",
        f"Subject: {_subject(parcel.subject)}",
        f"X-SPOC-Attempt: {parcel.attempt}",
        "Auto-Submitted: auto-generated",  # RFC 3834: vacation programs keep quiet
        "MIME-Version: 1.0",
    ]
    if any(re.search(r"[\x00\r\n]", line.replace("\r\n ", "")) for line in lines):
        raise Refused("mail.header", "A line end stands in a mail header.")
    # What is under S/MIME was made once and goes as it is; only the headers of the attempt are new.
    entity = _multipart(parcel.entity) if parcel.entity else _entity(parcel.payload.content, parcel.payload.media_type)
    content = "\r\n".join(lines).encode() + b"\r\n" + entity
    if max(map(len, content.split(b"\r\n"))) > LINE_OCTETS or b"\x00" in content:
        raise Refused("mail.line-length", "A line of the mail is longer than 998 octets, or holds a NUL; use base64.")
    return Mail(sender=sender, recipient=recipient, content=content, message_id=message_id)


def _subject(text: str) -> str:
    if not text.isprintable() or len(text) > SUBJECT_CHARACTERS:
        raise Refused("mail.subject", "The subject holds control characters or is too long.")
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=76).encode(linesep="\r\n")


def _entity(content: bytes, media_type: str) -> bytes:
    """The MIME entity of a payload: its own headers and body when it is a multipart, else the bytes in base64."""
    if media_type.partition(";")[0].strip().lower() == MIXED:
        return _multipart(content)
    if not re.fullmatch(r"[!-~]+/[!-~]+(?:;[ -~]+)?", media_type):
        raise Refused("mail.media-type", "The media type cannot stand in a mail header.")
    body = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return f"Content-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + body


def _multipart(content: bytes) -> bytes:
    """The entity as it came, its line ends made CRLF; it may bring headers about its content and no others."""
    lines = content.replace(b"\r\n", b"\n")
    if b"\r" in lines:
        raise Refused("mail.line-end", "A bare CR stands in the multipart entity; use base64.")
    head, blank, body = lines.partition(b"\n\n")
    headers = _NEXT_HEADER.split(head)
    if not blank or not all(map(_CONTENT_HEADER.fullmatch, headers)):
        raise Refused("mail.entity", "The multipart entity does not begin with headers about its content.")
    if sum(header.lower().startswith(b"content-type:") for header in headers) != 1:
        raise Refused("mail.entity", "The multipart entity does not name its type once.")
    kept = [header for header in headers if not header.lower().startswith(b"mime-version:")]
    whole = b"\n".join(kept) + blank + body
    return (whole if whole.endswith(b"\n") else whole + b"\n").replace(b"\n", b"\r\n")
