"""Bytes that cannot be read past their end: every reader of a stranger's file goes through here."""

from __future__ import annotations


class Unreadable(Exception):
    """The header is not as its kind demands; the sentence says what is wrong and repeats nothing of the file."""


class Cursor:
    """A place in a part of some bytes. Nothing is copied but what is taken."""

    def __init__(self, content: bytes, start: int = 0, end: int | None = None) -> None:
        self.content = content
        self.at = start
        self.end = len(content) if end is None else min(end, len(content))

    @property
    def left(self) -> int:
        """Octets from here to the end of the part."""
        return self.end - self.at

    def take(self, octets: int) -> bytes:
        """The next octets."""
        self.skip(octets)
        return self.content[self.at - octets : self.at]

    def skip(self, octets: int) -> None:
        """Go on; raises `Unreadable` past the end, or backwards."""
        if octets < 0 or octets > self.left:
            raise Unreadable("The file ends before its header does.")
        self.at += octets

    def number(self, octets: int) -> int:
        """The next octets as a number, the highest octet first."""
        return int.from_bytes(self.take(octets), "big")
