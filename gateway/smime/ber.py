"""A bounded reader and writer of ASN.1, for what comes from outside.

CMS may be written in BER, and widely used programs do: lengths that are told at the end, octet strings in pieces. Here it
becomes a small tree, and from there DER. Everything is counted before anything else looks at it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

MAX_DEPTH: Final = 24
"""CMS with certificates needs about twelve levels."""
MAX_ELEMENTS: Final = 60_000
"""An encrypted mail of the largest size in pieces of a thousand octets stays below."""
INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x02, 0x03, 0x04, 0x05, 0x06
SEQUENCE, SET = 0x30, 0x31
_CONSTRUCTED: Final = 0x20
_INDEFINITE: Final = 0x80


class Unreadable(ValueError):
    """Not ASN.1, or more of it than is taken."""


class TooMuch(Unreadable):
    """Deeper, or of more elements, than is taken."""


class Node:
    """One element: its tag and either its octets or its children."""

    __slots__ = ("children", "octets", "tag")

    def __init__(self, tag: int, octets: bytes = b"", children: list[Node] | None = None) -> None:
        self.tag, self.octets, self.children = tag, octets, children

    def __getitem__(self, number: int) -> Node:
        if self.children is None or not 0 <= number < len(self.children):
            raise Unreadable("an element is missing")
        return self.children[number]

    def __len__(self) -> int:
        return len(self.children or ())

    @property
    def der(self) -> bytes:
        """The element with definite lengths of the shortest form."""
        return tlv(self.tag, self.content)

    @property
    def content(self) -> bytes:
        """What stands between tag and end."""
        return self.octets if self.children is None else b"".join(child.der for child in self.children)

    def expect(self, *tags: int) -> Node:
        """Itself, if it is one of these; raises `Unreadable`."""
        if self.tag not in tags:
            raise Unreadable("an element is of another kind than it should be")
        return self

    def joined(self) -> bytes:
        """The octets of an octet string, also of one in pieces."""
        if self.children is None:
            return self.octets
        if any(child.tag not in (OCTET_STRING, OCTET_STRING | _CONSTRUCTED) for child in self.children):
            raise Unreadable("an octet string is made of other things")
        return b"".join(child.joined() for child in self.children)


class _Reader:
    def __init__(self, content: bytes, most: int) -> None:
        self.content, self.most, self.elements = content, most, 0

    def element(self, start: int, end: int, depth: int) -> tuple[Node, int]:
        """The element at `start` and where the next one begins."""
        self.elements += 1
        if depth > MAX_DEPTH or self.elements > self.most:
            raise TooMuch("too deep or of too many elements")
        if end - start < 2:
            raise Unreadable("cut off")
        tag, content = self.content[start], self.content
        if tag & 0x1F == 0x1F or tag == 0:
            raise Unreadable("a tag that CMS does not use")
        length, place = content[start + 1], start + 2
        if length == _INDEFINITE:
            return self._until_end_mark(tag, place, end, depth)
        if length > _INDEFINITE:
            octets = length - _INDEFINITE
            if octets > 4 or end - place < octets:
                raise Unreadable("a length that cannot be")
            length, place = int.from_bytes(content[place : place + octets], "big"), place + octets
        stop = place + length
        if stop > end:
            raise Unreadable("cut off")
        if not tag & _CONSTRUCTED:
            return Node(tag, content[place:stop]), stop
        children = []
        while place < stop:
            child, place = self.element(place, stop, depth + 1)
            children.append(child)
        return Node(tag, children=children), stop

    def _until_end_mark(self, tag: int, place: int, end: int, depth: int) -> tuple[Node, int]:
        if not tag & _CONSTRUCTED:
            raise Unreadable("a length that cannot be")
        children = []
        while self.content[place : place + 2] != b"\x00\x00":
            child, place = self.element(place, end, depth + 1)
            children.append(child)
        if place + 2 > end:
            raise Unreadable("cut off")
        return Node(tag, children=children), place + 2


def read(content: bytes, most: int = MAX_ELEMENTS) -> Node:
    """The one element that the bytes are; raises `Unreadable` for anything else. Octet strings in pieces are joined."""
    node, end = _Reader(content, most).element(0, len(content), 0)
    if end != len(content):
        raise Unreadable("there is more than one element")
    return _whole(node)


def _whole(node: Node) -> Node:
    if node.tag == OCTET_STRING | _CONSTRUCTED:
        return Node(OCTET_STRING, node.joined())
    if node.children is not None:
        node.children = [_whole(child) for child in node.children]
    return node


def tlv(tag: int, content: bytes) -> bytes:
    """An element in DER."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*elements: bytes) -> bytes:
    """A SEQUENCE in DER of elements in DER."""
    return tlv(SEQUENCE, b"".join(elements))


def set_of(elements: Iterable[bytes]) -> bytes:
    """A SET OF in DER."""
    return tlv(SET, b"".join(sorted(elements)))


def integer(value: int) -> bytes:
    """A non-negative INTEGER in DER."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER in DER."""
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        piece = [arc & 0x7F]
        while arc := arc >> 7:
            piece.append(arc & 0x7F | 0x80)
        content += bytes(reversed(piece))
    return tlv(OID, bytes(content))
