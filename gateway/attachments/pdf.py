"""PDF (ISO 32000): the first line and the mark at the end. What is inside is for the reader's own program."""

from __future__ import annotations

import re
from typing import Final

from gateway.attachments.cursor import Unreadable

START: Final = b"%PDF-"
TAIL: Final = 1024
"""The end mark stands in this many last octets (ISO 32000-1 Annex H.3.4.4, as readers do it)."""
_FIRST_LINE: Final = re.compile(rb"%PDF-[12]\.\d[\r\n \t]")


def read_pdf(content: bytes) -> None:
    """Raises `Unreadable` where first line or end mark are missing."""
    if not _FIRST_LINE.match(content):
        raise Unreadable("The PDF does not name its version in the first line.")
    if b"%%EOF" not in content[-TAIL:]:
        raise Unreadable("The PDF breaks off before its end.")
