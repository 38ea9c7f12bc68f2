"""What is kept of running numbers: rows that are added and never changed, so that a late word amends and overwrites nothing.

A series belongs to one office and one receiver, begins at 1 and goes on for ever; no year begins it anew, because then two
offices would have to agree when a year ends. The sender names the receiver beside the number, since one form may be
addressed to several offices and each of them has a series of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec import Struct

from gateway.form import Running

GIVEN: Final = "given"
"""Ours: a message got this number, in the write that found its way out."""
SIGNED: Final = "signed"
"""Ours: its bytes exist; their digest is known."""
TAKEN: Final = "taken"
"""Ours: the other side's server has it."""
VOID: Final = "void"
"""No message with this number went out, and none will."""
COME: Final = "come"
"""Theirs: a message with this number came and its signature is genuine."""
TOLD: Final = "told"
"""Theirs: their sheet lists a number that had not come to us."""
MISSING: Final = "missing"
"""Theirs: nothing came with this number in time."""
UNHEARD: Final = "unheard"
"""Ours: their sheet says that nothing came to them with this number."""
DIFFERS: Final = "differs"
"""Either: their sheet names another digest or another message than we know."""
TWICE: Final = "twice"
"""Theirs: the number came again with another message."""
FOREIGN: Final = "foreign"
"""Ours: their sheet lists a number that we never gave."""
SETTLED: Final = "settled"
"""A difference is settled: by what came later, or by a person with a reason."""
DIFFERENCES: Final = (MISSING, UNHEARD, DIFFERS, TWICE, FOREIGN)
"""Each of these is a task until it is settled."""
KINDS: Final = (GIVEN, SIGNED, TAKEN, VOID, COME, TOLD, *DIFFERENCES, SETTLED)
MAX_NUMBER: Final = 999_999_999_999


class Numbered(Struct, frozen=True, kw_only=True):
    """One thing known of one number. The same number, kind and `about` are kept once; a later one changes nothing."""

    sender: str
    receiver: str
    number: int
    kind: str
    about: str = ""
    """The envelope of ours that it is about; of `settled` the kind of difference that it settles."""
    message_id: str = ""
    digest: str = ""
    """SHA-256 of the signed document without its signature, in canonical form."""
    at: datetime
    note: str = ""

    @property
    def series(self) -> tuple[str, str]:
        """Who counts, and for whom."""
        return self.sender, self.receiver

    @property
    def key(self) -> tuple[str, str, int, str, str]:
        """What is kept once."""
        return self.sender, self.receiver, self.number, self.kind, self.about

    @property
    def place(self) -> tuple[int, str, str]:
        """Where it stands within its series."""
        return self.number, self.kind, self.about


class NumberQuery(Struct, frozen=True, kw_only=True):
    """Which rows to read: all given conditions must hold. In order of number, kind and `about`."""

    sender: str
    receiver: str
    kinds: tuple[str, ...] = ()
    least: int = 0
    most: int | None = None
    since: datetime | None = None
    before: datetime | None = None
    after: tuple[int, str, str] = (-1, "", "")
    """Only rows behind this place: the next page."""
    newest_first: bool = False
    """From the highest number down; `after` is not for this order."""
    limit: int = 1000


def given(envelope: str, sender: str, running: Running, message_id: str, at: datetime) -> Numbered:
    """A number of ours that a message gets."""
    return Numbered(
        sender=sender, receiver=running.to, number=running.number, kind=GIVEN, about=envelope, message_id=message_id, at=at
    )  # fmt: skip


def open_tasks(rows: Iterable[Numbered]) -> list[Numbered]:
    """The differences among these rows that nothing has settled."""
    found = list(rows)
    done = {(row.series, row.number, row.about) for row in found if row.kind == SETTLED}
    return [row for row in found if row.kind in DIFFERENCES and (row.series, row.number, row.kind) not in done]
