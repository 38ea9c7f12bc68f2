"""What is known of a file after its header was read. Families judge it by their own rules; nothing here judges."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from gateway.identity import Digest


class Kind(StrEnum):
    """Kinds of files whose headers are read here."""

    JPEG = "JPEG"
    JP2 = "JPEG 2000"
    WSQ = "WSQ"
    PDF = "PDF"
    NIST = "NIST container"
    UNKNOWN = "unknown"


MEDIA_TYPES = {
    "image/jpeg": Kind.JPEG, "image/jp2": Kind.JP2, "image/x-wsq": Kind.WSQ, "application/x-nist": Kind.NIST,
    "application/pdf": Kind.PDF,
}  # fmt: skip
"""Media types by kind. WSQ and NIST containers have no registered type; these two are our choice."""


class Picture(Struct, frozen=True, kw_only=True):
    """A picture by its header. Zero stands for what the header does not say."""

    width: int
    height: int
    bits: int
    """Bits of one pixel, all components together."""
    ppi: int = 0
    """Pixels per inch, horizontally."""


class Position(StrEnum):
    """How a print was taken, as far as the limits of the law tell prints apart."""

    ROLLED = "rolled"
    FLAT = "flat"
    PALM = "palm"
    LATENT = "latent"
    OTHER = "other"


class Print(Struct, frozen=True, kw_only=True):
    """One image record of a NIST container."""

    record: int
    """Its place in the file; the header record is 1."""
    type: int
    position: Position
    finger: int
    """The position code as it stands in the record."""
    fingers: int = 1
    """How many fingers the image shows: four for the plain impression of a hand."""
    ppi: int = 0
    compression: str = ""
    """`WSQ`, `JP2` or whatever else the record says, in capitals."""
    picture: Picture | None = None
    """What the header of the compressed image says, where its kind is read here."""


class Recognised(Struct, frozen=True, kw_only=True):
    """One file. `trouble` is empty, or says in words what is wrong with its header."""

    sha256: Digest
    kind: Kind = Kind.UNKNOWN
    trouble: str = ""
    picture: Picture | None = None
    prints: tuple[Print, ...] = ()
    record_types: tuple[int, ...] = ()
    """Types of the records of a NIST container, in order."""
