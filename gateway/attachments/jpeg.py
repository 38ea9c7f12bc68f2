"""JPEG (ITU-T T.81 Annex B): markers up to the frame header. Orientation and other remarks are not touched."""

from __future__ import annotations

from typing import Final

from gateway.attachments.cursor import Cursor, Unreadable
from gateway.attachments.recognised import Picture

START: Final = b"\xff\xd8\xff"
MAX_SEGMENTS: Final = 1000
"""Before the frame header; a large colour profile takes some twenty."""
FRAMES: Final = frozenset({*range(0xC0, 0xD0)}) - {0xC4, 0xC8, 0xCC}
MAX_FILL: Final = 1000
"""Fill octets before one marker; none are needed."""
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_APP0, _SCAN, _FILL, _END = 0xE0, 0xDA, 0xFF, b"\xff\xd9"
_CM_PER_INCH: Final = 2.54


def read_jpeg(content: bytes) -> Picture:
    """What the frame header says; raises `Unreadable`."""
    cursor, ppi = Cursor(content, 2), 0
    for _ in range(MAX_SEGMENTS):
        marker = _marker(cursor)
        if marker in _ALONE:
            continue
        length = cursor.number(2)
        if length < 2 or length - 2 > cursor.left:
            raise Unreadable("A segment of the JPEG is longer than the file.")
        body = Cursor(content, cursor.at, cursor.at + length - 2)
        cursor.skip(length - 2)
        if marker == _APP0:
            ppi = _density(body) or ppi
        elif marker in FRAMES:
            return _frame(content, body, ppi)
        elif marker == _SCAN:
            break
    raise Unreadable("The JPEG has no frame header.")


def _marker(cursor: Cursor) -> int:
    if cursor.number(1) != _FILL:
        raise Unreadable("A segment of the JPEG does not begin with a marker.")
    for _ in range(min(cursor.left, MAX_FILL)):
        code = cursor.number(1)
        if code != _FILL:
            return code
    raise Unreadable("A segment of the JPEG does not begin with a marker.")


def _density(body: Cursor) -> int:
    """Pixels per inch from a JFIF segment, 0 where it says none."""
    if body.left < 12 or body.take(5) != b"JFIF\x00":
        return 0
    body.skip(2)
    unit, across = body.number(1), body.number(2)
    return {1: across, 2: round(across * _CM_PER_INCH)}.get(unit, 0)


def _frame(content: bytes, body: Cursor, ppi: int) -> Picture:
    precision, height, width, components = body.number(1), body.number(2), body.number(2), body.number(1)
    if not (width and height and components):
        raise Unreadable("The JPEG does not say how large the picture is.")
    if content.find(_END, body.end) < 0:
        raise Unreadable("The JPEG breaks off before its end.")
    return Picture(width=width, height=height, bits=precision * components, ppi=ppi)
