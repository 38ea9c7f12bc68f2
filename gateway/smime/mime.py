"""Headers and the two parts of multipart/signed, byte for byte.

A signature is over bytes, so parts are cut out of the mail and never written anew. Strict where two readers could see two
things: what a signature depends on is ASCII, stands once, and is not split or encoded.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from gateway.parcel import MAX_HEADER_CHARACTERS, MAX_HEADERS
from gateway.smime.reasons import refusal

SIGNED: Final = "multipart/signed"
SIGNATURES: Final = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
SEALED: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
ELSEWHERE: Final = frozenset({"message/partial", "message/external-body", "message/rfc822", "message/global"})
CONTENTS: Final = frozenset({"application/xml", "text/xml", "multipart/mixed"})
MAX_PREAMBLE: Final = 200
"""`openssl` writes a sentence there."""
MAX_SIGNATURE_OCTETS: Final = 65_536
_WORD: Final = r"[!#$%&'*+.^_`{|}~0-9A-Za-z\-]+"
_TYPE: Final = re.compile(rf"\s*({_WORD}/{_WORD})\s*")
_PARAMETER: Final = re.compile(rf';\s*({_WORD})=(?:({_WORD}(?:[/:=?]{_WORD})*)|"((?:[^"\\\x00-\x1f\x7f-\xff])*)")\s*')
_NAME: Final = re.compile(r"[!-9;-~]+")
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
"""RFC 2046 section 5.1.1."""
_PLAIN: Final = re.compile(rb"[\t\r\n -~]*")
_BARE: Final = re.compile(rb"(?<!\r)\n|\r(?!\n)")


class Kind(Struct, frozen=True):
    """A Content-Type."""

    name: str
    parameters: Mapping[str, str] = {}


class Entity(Struct, frozen=True, kw_only=True):
    """Headers and body, as they stand."""

    fields: tuple[tuple[str, str], ...]
    """Names in lower case; values unfolded. Bytes that are not ASCII are kept as surrogates."""
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for found, value in self.fields if found == name]

    def one(self, name: str, default: str = "") -> str:
        """The value of a header that may stand there once; raises `Refused`."""
        found = self.all(name)
        if len(found) > 1 or not all(each.isascii() and each.isprintable() for each in found):
            raise refusal("smime.header", name)
        return found[0] if found else default

    @property
    def kind(self) -> Kind:
        """Its Content-Type; raises `Refused` for one that can be read in two ways."""
        return read_kind(self.one("content-type", "text/plain"))


def read_entity(content: bytes) -> Entity:
    """Headers and body; raises `Refused` for what is no header."""
    if content.startswith(b"\r\n"):
        return Entity(fields=(), body=content[2:])
    head, blank, body = content.partition(b"\r\n\r\n")
    if not blank:
        raise refusal("smime.line-ends" if b"\n\n" in content else "smime.header", "no end of headers")
    if _BARE.search(head):
        raise refusal("smime.line-ends", "in a header")
    lines = re.split(rb"\r\n(?![ \t])", head)
    if len(lines) > MAX_HEADERS or max(map(len, lines)) > MAX_HEADER_CHARACTERS:
        raise refusal("smime.header", "too many, or too long")
    return Entity(fields=tuple(map(_field, lines)), body=body)


def _field(line: bytes) -> tuple[str, str]:
    name, colon, value = line.decode("ascii", "surrogateescape").partition(":")
    if not colon or not _NAME.fullmatch(name):
        raise refusal("smime.header", "a line without a name")
    return name.lower(), value.replace("\r\n", "").strip()


def read_kind(text: str) -> Kind:
    """A Content-Type with its parameters; raises `Refused` for one that is not plain."""
    found = _TYPE.match(text)
    if not found:
        raise refusal("smime.header", "content-type")
    parameters: dict[str, str] = {}
    place = found.end()
    while place < len(text):
        each = _PARAMETER.match(text, place)
        if not each:
            raise refusal("smime.parameters")
        name = each[1].lower()
        if name in parameters or "*" in name:
            raise refusal("smime.parameters", name)
        parameters[name] = each[2] if each[2] is not None else each[3]
        place = each.end()
    return Kind(found[1].lower(), parameters)


class Halves(Struct, frozen=True, kw_only=True):
    """What multipart/signed is made of."""

    content: bytes
    """The signed entity, byte for byte."""
    signature: bytes
    """The CMS object."""
    micalg: str


def halves(entity: Entity) -> Halves:
    """The signed part and its signature; raises `Refused` for every other shape."""
    kind = entity.kind
    if entity.one("content-transfer-encoding", "7bit").lower() not in ("7bit", "8bit", "binary"):
        raise refusal("smime.header", "a multipart with a transfer encoding")
    parts = _parts(entity.body, kind.parameters.get("boundary", ""))
    if len(parts) != 2:
        raise refusal("smime.parts", f"{len(parts)} parts")
    content, beside = parts[0], read_entity(parts[1])
    _check_content(read_entity(content))
    protocol = kind.parameters.get("protocol", "").lower()
    if protocol not in SIGNATURES or beside.kind.name not in SIGNATURES:
        raise refusal("smime.protocol")
    if (protocol == "application/pkcs7-signature") != (beside.kind.name == "application/pkcs7-signature"):
        raise refusal("smime.protocol")
    return Halves(content=content, signature=decoded(beside), micalg=kind.parameters.get("micalg", "").lower())


def _check_content(entity: Entity) -> None:
    """The signed part is a form with or without files, and nothing that leads elsewhere or has S/MIME in it."""
    kind = entity.kind
    if kind.name == SIGNED or kind.name in SIGNATURES | SEALED:
        raise refusal("smime.nested")
    if kind.name in ELSEWHERE:
        raise refusal("smime.message-part", kind.name)
    if kind.name not in CONTENTS:
        raise refusal("smime.content-type", kind.name)


def _parts(body: bytes, boundary: str) -> list[bytes]:
    if not _BOUNDARY.fullmatch(boundary):
        raise refusal("smime.boundary")
    # The CRLF before a delimiter belongs to it (RFC 2046 section 5.1.1).
    mark = b"\r\n--" + boundary.encode("ascii")
    pieces = (b"\r\n" + body).split(mark)
    if len(pieces) < 2:
        raise refusal("smime.parts", "no part")
    preamble, *between = pieces
    if len(preamble) > MAX_PREAMBLE + 2 or not _PLAIN.fullmatch(preamble):
        raise refusal("smime.preamble")
    parts = []
    for number, piece in enumerate(between, 1):
        if number == len(between):
            if not piece.startswith(b"--"):
                raise refusal("smime.boundary", "not closed")
            if piece[2:].strip(b" \t\r\n"):
                raise refusal("smime.epilogue")
            break
        found = re.match(rb"[ \t]{0,80}\r\n", piece)
        if not found:
            # Either closed before its end, or another boundary that begins alike.
            raise refusal("smime.epilogue" if piece.startswith(b"--") else "smime.boundary")
        parts.append(piece[found.end() :])
    return parts


def decoded(entity: Entity, limit: int = MAX_SIGNATURE_OCTETS) -> bytes:
    """The CMS object of a part: base64 and nothing else."""
    if entity.one("content-transfer-encoding").lower() != "base64":
        raise refusal("smime.transfer-encoding")
    if len(entity.body) > limit * 3 // 2:
        raise refusal("smime.too-large")
    try:
        return binascii.a2b_base64(entity.body.translate(None, b" \t\r\n"), strict_mode=True)
    except binascii.Error as error:
        raise refusal("smime.transfer-encoding") from error
