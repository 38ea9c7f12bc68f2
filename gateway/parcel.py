"""One form and its files as bytes: how a payload is opened on the way in and composed on the way out.

Everything here is about MIME and nothing about forms. A part is a file of the message only if the signed manifest
names its digest; that is checked later, here the parts are only found. Strict where leniency could hide a second form
or a second reading of the same bytes.
"""

from __future__ import annotations

import base64
import binascii
import email.errors
import re
from collections.abc import Sequence
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Final

from msgspec import Struct

from gateway.envelope import Part, Payload
from gateway.errors import Refused
from gateway.identity import digest

MAX_PARTS: Final = 40
MAX_BOUNDARY_LINES: Final = 1000
"""Lines that begin with two hyphens, counted before parsing: the standard parser takes half a minute over a million parts."""
MAX_LINE_ENDS: Final = 2_000_000
"""CR and LF together: the largest message that is taken, in base64, stays below; a message of nothing but line ends costs a minute."""
MAX_HEADERS: Final = 200
"""Header lines of one part."""
MAX_HEADER_CHARACTERS: Final = 10_000
"""One header line, folded or not. The parser takes quadratic time over parameters; no office needs longer lines."""
FROM_CHARACTERS: Final = 1000
"""Longest From line that is read."""
XML_TYPES: Final = frozenset({"application/xml", "text/xml"})
FORM_TYPES: Final = XML_TYPES | {"application/json"}
MAIL: Final = "message/rfc822"
MIXED: Final = "multipart/mixed"
XML: Final = "application/xml"
SMIME_TYPES: Final = frozenset({
    "multipart/signed", "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pkcs7-signature",
    "application/x-pkcs7-signature",
})  # fmt: skip
_ADDRESS: Final = r"[^<>@\s\",;:()\[\]\\]+@[^<>@\s\",;:()\[\]\\]+"
_ONE_SENDER: Final = re.compile(rf"\s*(?:({_ADDRESS})|[^<>@\",;:()\[\]\\]*<({_ADDRESS})>)\s*")
"""A From line without its quoted names and comments: one address, bare or after a name (RFC 5322 section 3.4)."""
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\([^()]*\)')
_FILE_NAME: Final = re.compile(r"[^/\\\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]{1,120}")
"""No half characters, which a mail can bring in by naming an odd character set, and nothing that turns the writing direction."""

_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+\-]{1,127}/[a-z0-9!#$&^_.+\-]{1,127}")
"""RFC 6838 section 4.2. A folded or quoted type would be written into the head of a part when the file is passed on."""
BYTES: Final = "application/octet-stream"


class File(Struct, frozen=True, kw_only=True):
    """One attachment with its bytes."""

    file_name: str
    media_type: str
    content: bytes

    def part(self) -> Part:
        """The file without its bytes."""
        return Part(
            file_name=self.file_name, media_type=self.media_type, size=len(self.content), sha256=digest(self.content)
        )


class _Bounded(Message):
    """A part with few and short headers: everything else is refused while it is parsed, before anything is read from it."""

    def set_raw(self, name: str, value: str) -> None:
        if len(value) > MAX_HEADER_CHARACTERS or len(self) >= MAX_HEADERS:
            raise Refused(
                "mail.header-too-large",
                f"A part has more than {MAX_HEADERS} header lines, or one longer than {MAX_HEADER_CHARACTERS} characters.",
            )
        super().set_raw(name, value)


class Parcel(Struct, frozen=True, kw_only=True):
    """What was found in a payload: the one form, the files beside it, and the address in the From line of a mail."""

    form: bytes
    form_type: str
    files: tuple[File, ...] = ()
    from_address: str = ""


def open_parcel(payload: Payload) -> Parcel:
    """The form and files in a payload; raises `Refused` with a code `mail.…` when there is not exactly one form to
    read.
    """
    kind = payload.media_type.partition(";")[0].strip().lower()
    if kind in FORM_TYPES:
        return Parcel(form=payload.content, form_type=kind)
    if kind not in (MAIL, MIXED):
        raise Refused(
            "mail.media-type",
            "The content is neither a form in XML nor a mail with one. Send application/xml or multipart/mixed.",
        )
    try:
        return _open_mail(payload.content)
    except (
        email.errors.MessageError,
        ValueError,
        LookupError,
        AttributeError,
        TypeError,
        RecursionError,
        binascii.Error,
    ) as error:
        # The standard parser raises many things on odd mails; all of them are the sender's to mend.
        raise Refused(
            "mail.not-readable",
            "The mail cannot be read as MIME. Send one application/xml part and base64 attachments.",
        ) from error


def is_report(payload: Payload) -> bool:
    """Whether the payload is a mail that says it is a report (RFC 6522), such as a delivery status notification (RFC
    3464).
    """
    if payload.media_type != MAIL:
        return False
    head = payload.content.partition(b"\r\n\r\n")[0][:65536].lower()
    return re.search(rb"^content-type:[ \t]*(?:\r\n[ \t]+)?multipart/report\b", head, re.MULTILINE) is not None


def _open_mail(content: bytes) -> Parcel:
    _refuse_bulk(content)
    message = BytesParser(_Bounded, policy=compat32).parsebytes(content)
    for name in ("From", "Content-Type", "MIME-Version"):
        if len(message.get_all(name, [])) > 1:
            raise Refused("mail.double-header", f"The mail has several {name} lines. Send exactly one.")
    forms: list[tuple[str, bytes]] = []
    files: list[File] = []
    for part in _leaves(message):
        kind, body = part.get_content_type(), _body(part)
        if kind in FORM_TYPES and not _attached(part):
            forms.append((kind, body))
        elif body.strip() or part.get_filename():
            files.append(_file(part, kind, body))
    if not forms:
        forms, files = _attached_forms(files)
    if not forms:
        raise Refused("mail.no-form", "The mail holds no form. Send the signed form as an application/xml part.")
    if len(forms) > 1:
        raise Refused("mail.two-forms", "The mail holds more than one form. Send one form per mail.")
    return Parcel(form=forms[0][1], form_type=forms[0][0], files=tuple(files), from_address=_from(message))


def _refuse_bulk(content: bytes) -> None:
    """What would keep the standard parser busy for a minute is told by counting."""
    if content.count(b"\n--") > MAX_BOUNDARY_LINES:
        raise Refused("mail.too-many-parts", f"The mail has more than {MAX_PARTS} parts.")
    if content.count(b"\n") + content.count(b"\r") > MAX_LINE_ENDS:
        raise Refused(
            "mail.too-many-lines", f"The mail has more than {MAX_LINE_ENDS} line ends. Send base64 in full lines."
        )


def _leaves(message: Message) -> list[Message]:
    if not message.is_multipart():
        return [message]
    if message.get_content_type() != MIXED:
        raise Refused(
            "mail.structure",
            "The mail is a multipart of another kind than multipart/mixed. Send multipart/mixed with one level.",
        )
    payload = message.get_payload()
    _refuse_wrapped(payload)
    leaves = [leaf for leaf in payload if isinstance(leaf, Message)] if isinstance(payload, list) else []
    if len(leaves) > MAX_PARTS:
        raise Refused("mail.too-many-parts", f"The mail has more than {MAX_PARTS} parts.")
    if any(leaf.is_multipart() for leaf in leaves):
        raise Refused("mail.structure", "The mail nests parts within parts. Send multipart/mixed with one level.")
    if message.defects:
        raise Refused("mail.not-readable", "The multipart mail is not closed or not well-formed. Send it again.")
    return leaves


def _refuse_wrapped(parts: object) -> None:
    """A signed or encrypted part beside others: people would see one thing and the signature cover another."""
    if isinstance(parts, list) and any(part.get_content_type() in SMIME_TYPES for part in parts):
        raise Refused(
            "smime.wrapped", "A part with S/MIME stands beside other parts. Let S/MIME enclose the whole mail."
        )


def _attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment"


def _attached_forms(files: list[File]) -> tuple[list[tuple[str, bytes]], list[File]]:
    """Mail programs like to attach the form itself: then the single XML file is the form."""
    forms = [(file.media_type, file.content) for file in files if file.media_type in FORM_TYPES]
    return forms, [file for file in files if file.media_type not in FORM_TYPES]


def _body(part: Message) -> bytes:
    encoding = str(part.get("Content-Transfer-Encoding", "7bit")).strip().lower()
    if encoding not in ("7bit", "8bit", "binary", "base64", "quoted-printable"):
        raise Refused("mail.transfer-encoding", "A part uses an unknown transfer encoding. Send base64.")
    body = part.get_payload(decode=True)
    return body if isinstance(body, bytes) else b""


def _file(part: Message, kind: str, body: bytes) -> File:
    name = part.get_filename() or ""
    clean = name if _FILE_NAME.fullmatch(name) else "unnamed"
    return File(file_name=clean, media_type=kind if _MEDIA_TYPE.fullmatch(kind) else BYTES, content=body)


def _from(message: Message) -> str:
    """The address in the From line, empty where there is no such line. One that names none, or several, is refused: a
    person would see another sender than the one that is checked.
    """
    line = next((str(value) for name, value in message.raw_items() if name.lower() == "from"), None)
    if line is None:
        return ""
    return one_address(line)


def one_address(line: str) -> str:
    """The one address in the value of a From line (or one like it); raises `Refused`."""
    text = line.encode("ascii", "surrogateescape").decode("utf-8", "replace")  # RFC 6532: headers may be UTF-8
    found = _ONE_SENDER.fullmatch(_QUOTED.sub(" ", text)) if len(text) <= FROM_CHARACTERS else None
    if found is None:
        raise Refused(
            "mail.from", "The From line does not name exactly one address. Write the office's own address there."
        )
    return found.group(1) or found.group(2)


def pack(form: bytes, files: Sequence[File] = (), form_type: str = XML) -> Payload:
    """The payload that carries a form and its files: bare XML when there are none, else one multipart/mixed entity."""
    if not files:
        return Payload.of(form, form_type)
    boundary = f"spoc-{digest(form)[:40]}"
    pieces = [f'Content-Type: multipart/mixed; boundary="{boundary}"\r\nMIME-Version: 1.0\r\n\r\n'.encode()]
    pieces.append(_piece(boundary, f"Content-Type: {form_type}", form))
    for file in files:
        if not _FILE_NAME.fullmatch(file.file_name) or '"' in file.file_name or not file.file_name.isascii():
            raise Refused(
                "attachment.name",
                "A file name holds characters that cannot travel. Use letters, digits, dots and hyphens.",
            )
        head = f'Content-Type: {file.media_type}\r\nContent-Disposition: attachment; filename="{file.file_name}"'
        pieces.append(_piece(boundary, head, file.content))
    pieces.append(f"--{boundary}--\r\n".encode())
    return Payload.of(b"".join(pieces), MIXED)


def _piece(boundary: str, head: str, content: bytes) -> bytes:
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return f"--{boundary}\r\n{head}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + encoded
