"""How far a message of ours came at the other side: every stage with its time and its evidence, what was missing, what came late.

One table for console, command line and interface: the receipts as they came, each with what a signed statement of ours says of it,
and in their place what did not come. Nothing is left out and nothing is put right.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from gateway import lifecycle
from gateway.envelope import Envelope
from gateway.reply import JournalPlace
from gateway.statements import NO_ANSWER, NO_RECEIPT, amended

ABSENT = {NO_RECEIPT: "no receipt", NO_ANSWER: "no answer"}


class Reached(Struct, frozen=True, kw_only=True):
    """One line of the table."""

    stage: str
    """What the other side said, or `no receipt`, `no answer`."""
    at: datetime
    """When it was recorded here, or until when it was awaited."""
    said_at: datetime | None = None
    """When the other side says that it wrote it."""
    evidence: str = ""
    """The envelope of the receipt, or of our statement."""
    digest: str = ""
    """SHA-256 of the receipt as it came."""
    entry: JournalPlace | None = None
    """Where the other side's journal says so."""
    note: str = ""
    """`LATE` or `CONTRADICTS`, for a receipt about which we had to state that."""
    statement: str = ""
    """The statement that says so."""


def reached(envelope: Envelope) -> tuple[Reached, ...]:
    """The table of one message, in the order in which it came to be known."""
    return tuple(sorted((*_missed(envelope), *_came(envelope)), key=lambda line: line.at))


def standing(envelope: Envelope, state: str) -> str:
    """How it stands in two words: `final`, `final, amended`, `open`, `open, amended`."""
    ended = lifecycle.state(envelope.direction, state).final
    return ("final" if ended else "open") + (", amended" if amended(envelope) else "")


def _came(envelope: Envelope) -> Iterator[Reached]:
    about = {each.receipt: each for each in envelope.learned.stated if each.receipt}
    for receipt in envelope.learned.receipts:
        stated = about.get(receipt.envelope)
        yield Reached(
            stage=receipt.stage, at=receipt.at, said_at=receipt.said_at, evidence=receipt.envelope, digest=receipt.digest,
            entry=receipt.entry, note=stated.kind if stated else "", statement=stated.envelope if stated else "",
        )  # fmt: skip


def _missed(envelope: Envelope) -> Iterator[Reached]:
    for each in envelope.learned.stated:
        if each.kind in ABSENT:
            words = f"{ABSENT[each.kind]} ({each.code})" if each.code else ABSENT[each.kind]
            yield Reached(stage=words, at=each.by or each.at, evidence=each.envelope, statement=each.envelope)
