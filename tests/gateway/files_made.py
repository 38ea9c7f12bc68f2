"""Small files of each kind, made for tests: true headers, pictures of nobody. No picture can be decoded from them."""

from __future__ import annotations

import struct

GS, RS, US, FS = "\x1d", "\x1e", "\x1f", b"\x1c"


def jpeg(width: int = 480, height: int = 600, *, components: int = 3, precision: int = 8, ppi: int = 300) -> bytes:
    """SOI, JFIF, frame header, an empty scan, EOI."""
    jfif = b"\xff\xe0" + struct.pack(">H5sHBHHBB", 16, b"JFIF\0", 0x0102, 1, ppi, ppi, 0, 0)
    parts = b"".join(bytes([number, 0x11, 0]) for number in range(1, components + 1))
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 8 + len(parts), precision, height, width, components) + parts
    return b"\xff\xd8" + jfif + frame + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x55\xff\xd9"


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def jp2(width: int = 800, height: int = 750, *, components: int = 1, bits: int = 8, ppi: int = 1000) -> bytes:
    """Signature, file type, header with capture resolution, a code stream of one marker."""
    per_metre = round(ppi / 0.0254)
    resolution = box(b"res ", box(b"resc", struct.pack(">HHHHbb", per_metre, 1, per_metre, 1, 0, 0)))
    head = box(b"ihdr", struct.pack(">IIHBBBB", height, width, components, bits - 1, 7, 0, 0))
    colour = box(b"colr", struct.pack(">BBBI", 1, 0, 0, 17 if components == 1 else 16))
    start = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return start + box(b"jp2h", head + colour + (resolution if ppi else b"")) + box(b"jp2c", b"\xff\x4f\xff\xd9")


def wsq(width: int = 400, height: int = 375, *, ppi: int = 500) -> bytes:
    """SOI, NISTCOM comment, frame header, start of a block, EOI."""
    text = f"NIST_COM 3\nPIX_WIDTH {width}\nPPI {ppi}\n".encode() if ppi else b"made for a test"
    comment = b"\xff\xa8" + struct.pack(">H", 2 + len(text)) + text
    frame = b"\xff\xa2" + struct.pack(">HBBHHBHBHBH", 17, 0, 255, height, width, 2, 1, 2, 1, 0, 0)
    return b"\xff\xa0" + comment + frame + b"\xff\xa3\x00\x03\x00" + b"\x55\xff\xa1"


def pdf() -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def tagged(record: int, fields: dict[int, str], image: bytes | None = None) -> bytes:
    """A record of fields with its own length in field 1."""
    told = GS.join(f"{record}.{number:03}:{value}" for number, value in fields.items()).encode("latin-1")
    rest = GS.encode() + told + (GS.encode() + f"{record}.999:".encode() + image if image is not None else b"") + FS
    length = 0
    while True:
        head = f"{record}.001:{length}".encode()
        if length == len(head) + len(rest):
            return head + rest
        length = len(head) + len(rest)


def finger(
    position: int, *, impression: int = 1, image: bytes = b"", compression: str = "WSQ20", ppi: int = 500,
    size: tuple[int, int] = (400, 375), record: int = 14,
) -> tuple[int, bytes]:  # fmt: skip
    """One image record: type 14 for fingers, 15 for palms."""
    fields = {
        2: "01", 3: str(impression), 4: "XB0000001", 5: "20261121", 6: str(size[0]), 7: str(size[1]), 8: "1",
        9: str(ppi), 10: str(ppi), 11: compression, 12: "8", 13: str(position),
    }  # fmt: skip
    return record, tagged(record, fields, image or wsq(*size))


def old_finger(position: int, *, impression: int = 1, resolution: int = 0) -> tuple[int, bytes]:
    """A type-4 record."""
    image = wsq()
    head = struct.pack(
        ">IBB6sBHHB", 18 + len(image), 1, impression, bytes([position]) + b"\xff" * 5, resolution, 400, 375, 1
    )
    return 4, head + image


def nist(*records: tuple[int, bytes], native: str = "19.69") -> bytes:
    """A whole file: record 1, a record 2 with nothing of anybody, then these."""
    everything = [(2, tagged(2, {2: "00", 3: "0201"})), *records]
    listed = RS.join(
        [f"1{US}{len(everything)}", *(f"{kind}{US}{place:02}" for place, (kind, _) in enumerate(everything))]
    )
    head = {
        2: "0500", 3: listed, 4: "CPS", 5: "20261121", 7: "XA", 8: "XB", 9: "T-1", 11: native, 12: native,
    }  # fmt: skip
    return tagged(1, head) + b"".join(content for _, content in everything)


def ten_prints() -> bytes:
    """Ten rolled fingers, the four plain impressions, two palms: what the law allows at most."""
    rolled = [finger(position) for position in range(1, 11)]
    plain = [finger(position, impression=0) for position in (11, 12, 13, 14)]
    palms = [finger(position, impression=10, record=15) for position in (21, 23)]
    return nist(*rolled, *plain, *palms)
