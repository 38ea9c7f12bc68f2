"""The ZIP of a bundle in its one spelling (ASiC-E, ETSI EN 319 162-1): `mimetype` first, everything stored, nothing between or behind.

A bundle is written by us and read by strangers, and read by us when a stranger has had it. So there is one spelling: same members, same moment, same octets.
What is read is written again in thought and compared; a flipped bit in any header, a hidden member or a second directory has no place to be.
Nothing is compressed, so nothing can unfold into more than it is.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, Final

from .report import Bad

MIMETYPE: Final = "mimetype"
ASIC_E: Final = b"application/vnd.etsi.asic-e+zip"
MANIFEST: Final = "META-INF/ASiCManifest.xml"
SIGNATURE: Final = "META-INF/signature.p7s"
MAX_OCTETS: Final = 1 << 30
MAX_MEMBERS: Final = 20_000
MAX_MEMBER_OCTETS: Final = 192 * 1024 * 1024
"""A message of the largest size is enclosed as it came; three of them fit into memory."""
CHUNK: Final = 1 << 20
_NAME: Final = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,99}/){0,5}[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", re.ASCII)
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_NEEDED: Final = 20
_MADE_BY: Final = 3 << 8 | _NEEDED
_ATTRIBUTES: Final = 0o100600 << 16


@dataclass(frozen=True)
class Member:
    """One file inside."""

    name: str
    size: int
    crc: int
    offset: int

    def local(self, moment: tuple[int, int]) -> bytes:
        """Its header."""
        name = self.name.encode()
        return _LOCAL.pack(b"PK\x03\x04", _NEEDED, 0, 0, *moment, self.crc, self.size, self.size, len(name), 0) + name

    def central(self, moment: tuple[int, int]) -> bytes:
        """Its row in the directory."""
        name = self.name.encode()
        sizes = (self.crc, self.size, self.size, len(name))
        return (
            _CENTRAL.pack(b"PK\x01\x02", _MADE_BY, _NEEDED, 0, 0, *moment, *sizes, 0, 0, 0, 0, _ATTRIBUTES, self.offset)
            + name
        )

    @property
    def begin(self) -> int:
        """Where its octets begin."""
        return self.offset + _LOCAL.size + len(self.name)

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.begin + self.size


def dos(at: datetime) -> tuple[int, int]:
    """Time and date as a ZIP writes them; raises `ValueError` for a year that it cannot."""
    told = at.astimezone(UTC)
    if not 1980 <= told.year <= 2107:
        raise ValueError("a ZIP knows the years from 1980 to 2107")
    return told.hour << 11 | told.minute << 5 | told.second // 2, (told.year - 1980) << 9 | told.month << 5 | told.day


def allowed(name: str) -> bool:
    """Whether a member may have this name: no way out of a folder, nothing that systems read in two ways."""
    return _NAME.fullmatch(name) is not None


class Writer:
    """Writes a bundle, member after member, and knows their digests afterwards."""

    def __init__(self, file: BinaryIO, at: datetime) -> None:
        self._file, self._moment = file, dos(at)
        self._members: list[Member] = []
        self._offset = 0
        self.digests: dict[str, bytes] = {}
        self.add(MIMETYPE, ASIC_E)

    def add(self, name: str, content: bytes) -> None:
        """Write one member; raises `ValueError` for what no bundle may hold."""
        member = Member(name, len(content), zlib.crc32(content), self._offset)
        if not allowed(name) or name in self.digests:
            raise ValueError(f"{name!r} cannot be a member, or is one already")
        if member.size > MAX_MEMBER_OCTETS or member.end > MAX_OCTETS or len(self._members) == MAX_MEMBERS:
            raise ValueError("the bundle would be larger than a verifier takes")
        self._file.write(member.local(self._moment) + content)
        self._members.append(member)
        self._offset = member.end
        self.digests[name] = hashlib.sha256(content).digest()

    def close(self) -> None:
        """Write the directory."""
        self._file.write(_directory(self._members, self._moment, self._offset))


def _directory(members: list[Member], moment: tuple[int, int], offset: int) -> bytes:
    rows = b"".join(member.central(moment) for member in members)
    return rows + _END.pack(b"PK\x05\x06", 0, 0, len(members), len(members), len(rows), offset, 0)


class Container:
    """A bundle that is read. Raises `Bad` unless it is in its one spelling."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        size = file.seek(0, 2)
        if not _END.size <= size <= MAX_OCTETS + MAX_MEMBERS * 512:
            raise Bad("it is too short or too long to be a bundle")
        directory = self._directory(size)
        self.members = {member.name: member for member in self._read(directory)}
        self._compare(directory)

    def _directory(self, size: int) -> bytes:
        try:
            mark, *_, length, offset, comment = _END.unpack(self._at(size - _END.size, _END.size))
        except struct.error as error:
            raise Bad("it does not end as a ZIP does") from error
        if mark != b"PK\x05\x06" or comment or offset + length + _END.size != size or length > MAX_MEMBERS * 512:
            raise Bad("it does not end as a ZIP does, or something stands behind the end")
        self._end = offset
        return self._at(offset, size - offset)

    def _read(self, directory: bytes) -> Iterator[Member]:
        at, seen, last = 0, set[str](), len(directory) - _END.size
        while at < last:
            try:
                row = _CENTRAL.unpack_from(directory, at)
            except struct.error as error:
                raise Bad("its directory breaks off") from error
            crc, size, _, length, offset = row[7], row[8], row[9], row[10], row[16]
            name = directory[at + _CENTRAL.size : at + _CENTRAL.size + length].decode("ascii", "replace")
            if at == 0:
                self._moment = (row[5], row[6])
            if not allowed(name):
                raise Bad(f"a member is called {name[:100]!r}, which no member may be")
            if name.lower() in seen:
                raise Bad(f"{name} is there twice")
            if size > MAX_MEMBER_OCTETS or len(seen) == MAX_MEMBERS:
                raise Bad("it holds more than a verifier takes")
            seen.add(name.lower())
            yield Member(name, size, crc, offset)
            at += _CENTRAL.size + length

    def _compare(self, directory: bytes) -> None:
        members = list(self.members.values())
        if not members or directory != _directory(members, self._moment, self._end):
            raise Bad("its directory is not in the one spelling of a bundle")
        place = 0
        for member in members:
            header = member.local(self._moment)
            if member.offset != place or self._at(place, len(header)) != header:
                raise Bad(f"the header of {member.name} does not fit the directory, or something stands before it")
            place = member.end
        if place != self._end:
            raise Bad("something stands between the last member and the directory")
        if members[0].name != MIMETYPE or self.content(MIMETYPE) != ASIC_E:
            raise Bad("it does not begin with the mimetype of an ASiC-E container")

    def _at(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)

    @property
    def moment(self) -> tuple[int, int]:
        """When it was made, as the ZIP says."""
        return self._moment

    def content(self, name: str) -> bytes:
        """The octets of a member; raises `Bad` where there is none."""
        member = self.members.get(name)
        if member is None:
            raise Bad(f"{name} is not there")
        return self._at(member.begin, member.size)

    def digest(self, name: str) -> bytes:
        """Its SHA-256, read in pieces; raises `Bad` when the octets do not have the check sum of the ZIP."""
        member, sum_, crc, left = self.members[name], hashlib.sha256(), 0, self.members[name].size
        self._file.seek(member.begin)
        while left and (piece := self._file.read(min(left, CHUNK))):
            left -= len(piece)
            sum_.update(piece)
            crc = zlib.crc32(piece, crc)
        if crc != member.crc:
            raise Bad("its octets do not have the check sum of the ZIP: it was changed")
        return sum_.digest()
