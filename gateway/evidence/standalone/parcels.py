"""Form and files in what came: a bare form, or a mail with one. Only found here; the form's signature decides what counts."""

from __future__ import annotations

from email import policy
from email.message import Message
from email.parser import BytesParser
from hashlib import sha256
from typing import Final

from .report import Bad, NotCheckable

MAX_PARTS: Final = 200
MAX_LINE_ENDS: Final = 4_000_000
MAX_BOUNDARIES: Final = 2000
MAILS: Final = ("message/rfc822", "multipart/mixed")
ENCRYPTED: Final = ("application/pkcs7-mime", "application/x-pkcs7-mime")


def leaves(content: bytes, media_type: str) -> list[bytes]:
    """Every part, decoded; raises `Bad`, or `NotCheckable` for what is encrypted."""
    if media_type.partition(";")[0].strip().lower() not in MAILS:
        return [content]
    if content.count(b"\n--") > MAX_BOUNDARIES or content.count(b"\n") > MAX_LINE_ENDS:
        raise Bad("it has more lines or parts than a verifier reads")
    found: list[bytes] = []
    _collect(BytesParser(policy=policy.compat32).parsebytes(content), found)
    return found


def _collect(message: Message, found: list[bytes]) -> None:
    if message.get_content_type() in ENCRYPTED:
        raise NotCheckable(
            "the mail is encrypted, or signed as one piece; what is inside cannot be held against it without the office's key"
        )
    parts = message.get_payload() if message.is_multipart() else None
    if isinstance(parts, list):
        for part in parts:
            if isinstance(part, Message):
                _collect(part, found)
        return
    body = message.get_payload(decode=True)
    if len(found) == MAX_PARTS:
        raise Bad(f"it has more than {MAX_PARTS} parts")
    found.append(body if isinstance(body, bytes) else b"")


def digests(parts: list[bytes]) -> set[str]:
    """SHA-256 of each part, in hexadecimal."""
    return {sha256(part).hexdigest() for part in parts}
