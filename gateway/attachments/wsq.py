"""WSQ fingerprint images (FBI IAFIS-IC-0110): markers up to the frame header, and the NISTCOM comment for the resolution."""

from __future__ import annotations

import re
from typing import Final

from gateway.attachments.cursor import Cursor, Unreadable
from gateway.attachments.recognised import Picture

START: Final = b"\xff\xa0\xff"
MAX_SEGMENTS: Final = 200
GREY_BITS: Final = 8
"""WSQ knows 256 grey levels and nothing else."""
_FIRST, _LAST = 0xFFA0, 0xFFA8
_END, _FRAME, _BLOCK, _COMMENT = 0xFFA1, 0xFFA2, 0xFFA3, 0xFFA8
_PPI: Final = re.compile(rb"^PPI[ \t]+(\d{1,5})[ \t\r]*$", re.MULTILINE)


def read_wsq(content: bytes) -> Picture:
    """What the frame header says; raises `Unreadable`."""
    cursor, size, ppi = Cursor(content, 2), None, 0
    for _ in range(MAX_SEGMENTS):
        marker = cursor.number(2)
        if not _FIRST < marker <= _LAST or marker == _END:
            raise Unreadable("A segment of the WSQ file does not begin with a marker.")
        length = cursor.number(2)
        if length < 2:
            raise Unreadable("A segment of the WSQ file has no length.")
        body = Cursor(content, cursor.at, cursor.at + length - 2)
        cursor.skip(length - 2)
        if marker == _COMMENT:
            ppi = _nistcom(body) or ppi
        elif marker == _FRAME:
            body.skip(2)
            height, width = body.number(2), body.number(2)
            size = (width, height)
        elif marker == _BLOCK:
            break
    if not size or not all(size):
        raise Unreadable("The WSQ file does not say how large the picture is.")
    return Picture(width=size[0], height=size[1], bits=GREY_BITS, ppi=ppi)


def _nistcom(body: Cursor) -> int:
    text = body.take(body.left)
    found = _PPI.search(text) if text.startswith(b"NIST_COM") else None
    return int(found[1]) if found else 0
