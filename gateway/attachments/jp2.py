"""JPEG 2000 files (ITU-T T.800 Annex I): the boxes before the code stream. The code stream itself is not looked at."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from gateway.attachments.cursor import Cursor, Unreadable
from gateway.attachments.recognised import Picture

START: Final = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
MAX_BOXES: Final = 200
METRES_PER_INCH: Final = Fraction(254, 10_000)
MAX_PPI: Final = 100_000
MAX_EXPONENT: Final = 12
"""A capture resolution beyond ten to this power is no picture of this world."""
_VARIES: Final = 255


def read_jp2(content: bytes) -> Picture:
    """What the header box says; raises `Unreadable`."""
    header, stream = None, False
    for name, box in _boxes(Cursor(content)):
        if name == b"jp2h" and header is None:
            header = _header(box)
        elif name == b"jp2c":
            stream = True
            break
    if header is None or not stream:
        raise Unreadable("The JPEG 2000 file has no header box, or no picture after it.")
    return header


def _boxes(cursor: Cursor) -> Iterator[tuple[bytes, Cursor]]:
    for _ in range(MAX_BOXES):
        if cursor.left == 0:
            return
        start = cursor.at
        length, name = cursor.number(4), cursor.take(4)
        if length == 1:
            length = cursor.number(8)
        elif length == 0:
            length = cursor.end - start
        inside = length - (cursor.at - start)
        if inside < 0 or inside > cursor.left:
            raise Unreadable("A box of the JPEG 2000 file is longer than the file.")
        yield name, Cursor(cursor.content, cursor.at, cursor.at + inside)
        cursor.skip(inside)
    raise Unreadable(f"The JPEG 2000 file has more than {MAX_BOXES} boxes.")


def _header(cursor: Cursor) -> Picture:
    height = width = components = depth = ppi = 0
    for name, box in _boxes(cursor):
        if name == b"ihdr":
            height, width, components, depth = box.number(4), box.number(4), box.number(2), box.number(1)
        elif name == b"bpcc" and depth == _VARIES and components <= box.left:
            return Picture(width=width, height=height, bits=sum((one & 0x7F) + 1 for one in box.take(components)))
        elif name == b"res ":
            ppi = _resolution(box) or ppi
    if not (width and height and components):
        raise Unreadable("The JPEG 2000 file does not say how large the picture is.")
    bits = 0 if depth == _VARIES else components * ((depth & 0x7F) + 1)
    return Picture(width=width, height=height, bits=bits, ppi=ppi)


def _resolution(cursor: Cursor) -> int:
    """Horizontal pixels per inch; the resolution at capture goes before the one for display."""
    found = {name: _per_inch(box) for name, box in _boxes(cursor) if name in (b"resc", b"resd")}
    return found.get(b"resc") or found.get(b"resd") or 0


def _per_inch(box: Cursor) -> int:
    box.skip(4)
    over, under = box.number(2), box.number(2)
    box.skip(1)
    exponent = int.from_bytes(box.take(1), "big", signed=True)
    if not under or abs(exponent) > MAX_EXPONENT:
        return 0
    return min(round(Fraction(over, under) * Fraction(10) ** exponent * METRES_PER_INCH), MAX_PPI)
