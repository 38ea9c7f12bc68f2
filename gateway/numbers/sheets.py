"""What a daily sheet says, in the core's words: how many messages went each way, with number, id and digest of each.

A sheet is told by series and not by time: which messages belong to a day is for their sender to say, and nothing has to be
known about the other side's midnight. A day with many messages is told in parts, each of which stands by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import zip_longest
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.identity import PartyId, digest

SENT: Final = "sent"
"""Handed over: it should have come."""
WAITING: Final = "waiting"
"""Given and not handed over yet, or nobody knows whether it was; a later edition says what became of it."""
VOID: Final = "void"
"""Nothing went out with this number and nothing will."""
CAME: Final = "came"
MISSING: Final = "missing"
"""A higher number is known, and nothing has come with this one."""
MAX_LINES: Final = 5000
"""Of one section of one part; `sheet.xsd` says the same."""
FORMAT: Final = "spoc/Sheet@1"
KIND: Final = "sheet"
"""Kind of the envelopes that carry our sheets."""


class Line(Struct, frozen=True, kw_only=True):
    """One number."""

    number: int
    state: str
    message_id: str = ""
    digest: str = ""

    @property
    def text(self) -> str:
        """The line as the digest of a section sees it."""
        return f"{self.number} {self.state} {self.message_id} {self.digest}\n"


class Sheet(Struct, frozen=True, kw_only=True):
    """One part of one edition of a sheet."""

    sender: PartyId
    receiver: PartyId
    day: date
    begins: datetime
    ends: datetime
    edition: int = 1
    part: int = 1
    parts: int = 1
    sent: tuple[Line, ...] = ()
    """What its sender gave numbers to on that day, without a gap."""
    received: tuple[Line, ...] = ()
    """What came on that day from its receiver, and what is missing."""
    received_up_to: int = 0
    """The highest number of its receiver that is known."""
    test: bool = False


def digest_of(lines: Iterable[Line]) -> str:
    """SHA-256 over the lines in order of their numbers: number, state, message id and digest with spaces between, a newline after each."""
    ordered = sorted(lines, key=lambda line: (line.number, line.state, line.message_id, line.digest))
    return digest("".join(line.text for line in ordered).encode())


def in_parts(whole: Sheet, most: int = MAX_LINES) -> tuple[Sheet, ...]:
    """The sheet in parts of so many lines for each section; one part where it fits."""
    pairs = list(zip_longest(_cut(whole.sent, most), _cut(whole.received, most), fillvalue=()))
    return tuple(
        replace(whole, part=place, parts=len(pairs), sent=sent, received=received)
        for place, (sent, received) in enumerate(pairs, 1)
    )


def _cut(lines: Sequence[Line], most: int) -> list[tuple[Line, ...]]:
    return [tuple(lines[start : start + most]) for start in range(0, max(len(lines), 1), most)]
