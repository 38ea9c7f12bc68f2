"""One message as one mail, and a mail as a message.

The one idea: the mail is a cover. What counts is the first part with the form and the digests of the files; subject
and names in the cover are neutral and prove nothing.
"""

import base64
import hashlib
import quopri
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.header import Header
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import format_datetime
from secrets import token_hex
from typing import Any

from simulators.office.templates import File

XML_TYPE = "application/xml"
MAX_PARTS = 64
MAX_LINE = 990  # octets; RFC 5321 section 4.5.3.1.6 allows 998
_LINE = 76


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What stands on the outside."""

    sender: str
    recipient: str
    subject: str
    message_id: str
    attempt: int
    domain: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What was inside."""

    payload: bytes  # the form
    files: tuple[File, ...]
    subject: str = ""
    mail_id: str = ""
    attempt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What the wire brought: a mail, or from a queue a MIME entity or the bare form."""

    content: bytes
    sender: str = ""  # as the outside says
    bare: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)  # for the ledger

    def open(self) -> Opened:
        """Raises `CannotOpen`."""
        return Opened(payload=self.content, files=()) if self.bare else open_mail(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailStyle:
    """How the cover is written. All of it is legal; most of it is rare."""

    transfer: str = "base64"  # of the form: or 8bit, quoted-printable
    line: int = _LINE  # of base64
    multipart: bool = False  # also without files, and with a preamble
    folded: bool = False  # header lines are folded, and names written in capitals
    encoded_subject: bool = False  # RFC 2047, ISO-8859-1


USUAL = MailStyle()


class CannotOpen(Exception):
    """A mail that holds no message; the text says why."""


def entity(payload: bytes, files: Sequence[File], style: MailStyle = USUAL) -> tuple[str, bytes]:
    """Content type and the MIME entity with its headers: a single part without files, multipart/mixed with them."""
    form = _form_part(payload, style)
    if not files and not style.multipart:
        return XML_TYPE, form
    boundary = f"=_{token_hex(16)}"
    parts = [form] + [_part(each.media_type, each.content, each.name) for each in files]
    inner = b"".join(b"--" + boundary.encode() + b"\r\n" + each + b"\r\n" for each in parts)
    preamble = b"This is a message in several parts.\r\n" if style.multipart else b""
    head = f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
    return "multipart/mixed", head.encode() + preamble + inner + b"--" + boundary.encode() + b"--\r\n"


def _form_part(payload: bytes, style: MailStyle) -> bytes:
    if style.transfer == "base64":
        return _part(XML_TYPE, payload, "", style.line)
    content, transfer = payload, style.transfer
    if any(len(line) > MAX_LINE for line in payload.splitlines()):
        transfer = "quoted-printable"
    if transfer == "quoted-printable":
        content = quopri.encodestring(payload.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    head = f'Content-Type: {XML_TYPE};\r\n\tcharset="UTF-8"\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n'
    return head.encode() + content


def _part(media_type: str, content: bytes, name: str, line: int = _LINE) -> bytes:
    head = f"Content-Type: {media_type}"
    head += "; charset=utf-8" if media_type == XML_TYPE else ""
    head += "\r\nContent-Transfer-Encoding: base64\r\n"
    if name:
        # RFC 2231 for names outside ASCII; EmailMessage knows how
        named = EmailMessage(policy=policy.SMTP)
        named.add_header("Content-Disposition", "attachment", filename=name)
        head += named.as_bytes().decode("ascii").rstrip("\r\n") + "\r\n"
    text = base64.b64encode(content).decode()
    lines = "\r\n".join(text[start : start + line] for start in range(0, len(text), line))
    return f"{head}\r\n{lines}\r\n".encode()


def compose(cover: Cover, payload: bytes, files: Sequence[File], style: MailStyle = USUAL) -> bytes:
    """The whole mail."""
    content_type, inner = entity(payload, files, style)
    mime_version = "MIME-Version: 1.0\r\n" if content_type == XML_TYPE else ""
    subject = Header(cover.subject, "iso-8859-1").encode() if style.encoded_subject else cover.subject
    colon = ":\r\n " if style.folded else ": "
    headers = {
        "From": f"<{cover.sender}>",
        "To": f"<{cover.recipient}>",
        "Subject": subject,
        "Date": format_datetime(cover.now),
        "Message-ID": f"<{cover.message_id}.{cover.attempt}@{cover.domain}>",
        "X-SPOC-Attempt": str(cover.attempt),
    }
    head = "".join(f"{name.upper() if style.folded else name}{colon}{value}\r\n" for name, value in headers.items())
    return (head + mime_version).encode() + inner


def text_of_mail(content: bytes) -> str | None:
    """The text of a mail that is nothing but text; None for any other."""
    message = BytesParser(policy=policy.compat32).parsebytes(content)
    if message.get_content_type() != "text/plain":
        return None
    return _content(message).decode("utf-8", "backslashreplace")


def open_mail(content: bytes) -> Opened:
    """The form and the files; raises `CannotOpen`."""
    message = BytesParser(policy=policy.compat32).parsebytes(content)
    leaves = [part for part in message.walk() if not part.is_multipart()][: MAX_PARTS + 1]
    if len(leaves) > MAX_PARTS:
        raise CannotOpen(f"more than {MAX_PARTS} parts")
    first = leaves[0]
    if first.get_content_type() not in (XML_TYPE, "text/xml"):
        raise CannotOpen(f"the first part is {first.get_content_type()}, not {XML_TYPE}")
    attempt = str(message.get("X-SPOC-Attempt", ""))
    return Opened(
        payload=_content(first),
        files=tuple(
            File(name=part.get_filename() or "", media_type=part.get_content_type(), content=_content(part))
            for part in leaves[1:]
        ),
        subject=str(message.get("Subject", "")),
        mail_id=str(message.get("Message-ID", "")).strip().strip("<>"),
        attempt=int(attempt) if attempt.isascii() and attempt.isdigit() and len(attempt) < 10 else 0,
    )


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
