"""Fingerprint files after ANSI/NIST-ITL 1, traditional encoding: records one after the other, each with its length.

Record 1 is text and lists the types of all others (field 1.003). Types 3 to 8 begin with a length of four octets; all
others are fields `TYPE.NUMBER:value`, the first of which is the length. Images are the last field of a record and are
looked at only as far as their own header.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from gateway.attachments import jp2, wsq
from gateway.attachments.cursor import Cursor, Unreadable
from gateway.attachments.positions import fingers_in, position_of
from gateway.attachments.recognised import Picture, Print

START: Final = b"1.001:"
FS, GS, RS, US = b"\x1c", b"\x1d", b"\x1e", b"\x1f"
MAX_RECORDS: Final = 200
MAX_FIELDS: Final = 500
"""Fields of one record before its image."""
MAX_DIGITS: Final = 10
FINGER_IMAGES, PALM_IMAGES, LATENT_IMAGES = 14, 15, 13
OLD_FINGER_IMAGES: Final = 4
BINARY_TYPES: Final = frozenset(range(3, 9))
MIN_PPI: Final = 500
"""What ISR 0 of a type-4 record stands for: 19.69 pixels per millimetre."""
MM_PER_INCH: Final = 25.4
CM_PER_INCH: Final = 2.54
_OLD_COMPRESSIONS: Final = ("NONE", "WSQ", "JPEGB", "JPEGL", "JP2", "JP2L", "PNG")
_UNUSED: Final = 255


class _Found(Struct, frozen=True, kw_only=True):
    """One record while it is read: its fields up to the image, and where the image lies."""

    fields: dict[int, bytes]
    image: Cursor | None

    def number(self, field: int) -> int:
        value = self.fields.get(field, b"").partition(US)[0].partition(RS)[0]
        return _number(value) if value else 0

    def word(self, field: int) -> str:
        return self.fields.get(field, b"")[:20].decode("ascii", "replace").strip().upper()


def read_nist(content: bytes) -> tuple[tuple[Print, ...], tuple[int, ...]]:
    """The image records and the types of all records; raises `Unreadable`."""
    cursor = Cursor(content)
    first = _tagged(cursor, 1)
    types, native = _types(first.fields.get(3, b"")), _native_ppi(first.fields.get(11, b""))
    if not first.fields.get(2) or not first.fields.get(4):
        raise Unreadable("Record 1 does not name the version and the type of transaction.")
    prints = []
    for place, record_type in enumerate(types, 2):
        try:
            found = _record(cursor, place, record_type, native)
        except Unreadable as trouble:
            raise Unreadable(f"Record {place} cannot be read: {trouble}") from trouble
        if found is not None:
            prints.append(found)
    if cursor.left:
        raise Unreadable("The file goes on after the last record that field 1.003 lists.")
    return tuple(prints), (1, *types)


def _record(cursor: Cursor, place: int, record_type: int, native: int) -> Print | None:
    if record_type in BINARY_TYPES:
        body = _binary(cursor)
        return _old_print(body, place, native) if record_type == OLD_FINGER_IMAGES else None
    found = _tagged(cursor, record_type)
    if record_type not in (FINGER_IMAGES, PALM_IMAGES, LATENT_IMAGES):
        return None
    return _print(found, place, record_type)


def _types(listed: bytes) -> list[int]:
    """The types of the records after the first, from field 1.003: first the number of records, then type and IDC of each."""
    entries = listed.split(RS, MAX_RECORDS + 1)
    if len(entries) > MAX_RECORDS:
        raise Unreadable(f"The file has more than {MAX_RECORDS} records.")
    head, *rest = (entry.split(US, 2) for entry in entries)
    if len(head) != 2 or _number(head[0]) != 1 or _number(head[1]) != len(rest):
        raise Unreadable("Field 1.003 does not count the records that it lists.")
    return [_number(entry[0]) for entry in rest]


def _native_ppi(written: bytes) -> int:
    """Pixels per inch from field 1.011, which is in pixels per millimetre with a point: `19.69`."""
    whole, _, part = written.partition(b".")
    if not whole.isdigit() or not (part.isdigit() or not part) or len(written) > MAX_DIGITS:
        return 0
    return round(float(written) * MM_PER_INCH)


# --- records of fields


def _tagged(cursor: Cursor, record_type: int) -> _Found:
    start, mark = cursor.at, f"{record_type}.".encode()
    number, value = _field(Cursor(cursor.content, start, cursor.end), mark)
    if number != 1:
        raise Unreadable("It does not begin with its length.")
    length = _number(value)
    record = Cursor(cursor.content, start, start + length)
    cursor.skip(length)
    if length < 2 or cursor.content[cursor.at - 1 : cursor.at] != FS:
        raise Unreadable("Its length does not lead to its end.")
    return _fields(record, mark)


def _fields(record: Cursor, mark: bytes) -> _Found:
    fields: dict[int, bytes] = {}
    for _ in range(MAX_FIELDS):
        if not record.left:
            return _Found(fields=fields, image=None)
        here = record.at
        number, value = _field(record, mark)
        if number == 999:
            start = record.content.index(b":", here) + 1
            return _Found(fields=fields, image=Cursor(record.content, start, record.end - 1))
        fields.setdefault(number, value)
    raise Unreadable(f"It has more than {MAX_FIELDS} fields.")


def _field(record: Cursor, mark: bytes) -> tuple[int, bytes]:
    """Number and value of the field that begins here; of an image only the number."""
    if record.take(min(len(mark), record.left)) != mark:
        raise Unreadable("A field does not begin with the type of its record.")
    colon = record.content.find(b":", record.at, min(record.at + MAX_DIGITS, record.end))
    if colon < 0:
        raise Unreadable("A field does not say its number.")
    number = _number(record.content[record.at : colon])
    record.at = colon + 1
    if number == 999:
        return number, b""
    next_field = record.content.find(GS, record.at, record.end)
    end = record.content.find(FS, record.at, next_field if next_field >= 0 else record.end)
    end = end if end >= 0 else next_field
    if end < 0:
        raise Unreadable("A field does not end.")
    value = record.content[record.at : end]
    record.at = end + 1
    return number, value


def _number(text: bytes) -> int:
    if not text.isdigit() or len(text) > MAX_DIGITS:
        raise Unreadable("A number is not written in digits.")
    return int(text)


def _print(found: _Found, place: int, record_type: int) -> Print:
    across, unit, finger = found.number(9), found.number(8), found.number(13)
    impression, said = found.number(3), found.word(11)
    compression = "WSQ" if said.startswith("WSQ") else said
    return Print(
        record=place, type=record_type, finger=finger, position=position_of(record_type, impression, finger),
        fingers=fingers_in(finger), compression=compression,
        ppi={1: across, 2: round(across * CM_PER_INCH)}.get(unit, 0),
        picture=_picture(found.image, compression, (found.number(6), found.number(7))),
    )  # fmt: skip


# --- records with a binary head


def _binary(cursor: Cursor) -> Cursor:
    start, length = cursor.at, cursor.number(4)
    if length < 5 or length - 4 > cursor.left:
        raise Unreadable("Its length leads past the end of the file.")
    cursor.skip(length - 4)
    return Cursor(cursor.content, start + 4, start + length)


def _old_print(body: Cursor, place: int, native: int) -> Print:
    """A type-4 record: IDC, impression, six finger positions, resolution, width, height, compression, image."""
    body.skip(1)
    impression = body.number(1)
    fingers = [code for code in body.take(6) if code != _UNUSED]
    resolution, width, height, code = body.number(1), body.number(2), body.number(2), body.number(1)
    finger = fingers[0] if fingers else 0
    compression = _OLD_COMPRESSIONS[code] if code < len(_OLD_COMPRESSIONS) else f"CODE {code}"
    return Print(
        record=place, type=OLD_FINGER_IMAGES, finger=finger, fingers=fingers_in(finger),
        position=position_of(OLD_FINGER_IMAGES, impression, finger), compression=compression,
        ppi=native if resolution else MIN_PPI, picture=_picture(body, compression, (width, height)),
    )  # fmt: skip


def _picture(image: Cursor | None, compression: str, said: tuple[int, int]) -> Picture | None:
    """What the image itself says, which must be what the record says of it."""
    if image is None or image.left < 1:
        raise Unreadable("It holds no image.")
    reader = {"WSQ": (wsq.START, wsq.read_wsq), "JP2": (jp2.START, jp2.read_jp2)}.get(compression)
    if reader is None:
        return None
    start, read = reader
    content = image.content[image.at : image.end]
    if not content.startswith(start):
        raise Unreadable("Its image is not compressed as it says.")
    picture = read(content)
    if said != (picture.width, picture.height):
        raise Unreadable("Its image has another size than it says.")
    return picture
