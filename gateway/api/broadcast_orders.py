"""What a broadcast was when it was ordered first: who got it, who was left out and why, by which issue of the address book.

The one idea: the journal entry of the order is the only record. The same request under the same key is answered from it, so
that a book taken in meanwhile, or a partner that has gone, changes nothing about an order that was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from gateway.api.problems import Problem
from gateway.envelope import Claim
from gateway.form import Form
from gateway.identity import PartyId, derived_id, digest
from gateway.journal import entry as entries
from gateway.journal.entry import Entry
from gateway.ledger import Ledger
from gateway.parcel import File

EVENT: Final = "broadcast.ordered"
WHY: Final = "why "
"""Before the party that was left out, as the name of a detail."""


class Addressed(Struct, frozen=True, kw_only=True):
    """Who gets a broadcast and who does not."""

    receivers: tuple[PartyId, ...]
    left_out: tuple[tuple[PartyId, str, str], ...]
    """Party, reason and source."""
    issue: int


class Ordered(Struct, frozen=True, kw_only=True):
    """A broadcast as it was ordered."""

    addressed: Addressed
    content: str
    sent: datetime

    def check(self, content: str) -> None:
        """Raise `Problem` when the key is used for another order."""
        if self.content != content:
            raise Problem(
                409, "idempotency.conflict", "This idempotency key was used before for another message. Use a new key."
            )


def name_of(claim: Claim) -> str:
    """The id under which the journal has the order: it follows from who ordered it under which key."""
    return derived_id(f"{claim.sender}\n{claim.reference}", "broadcast")


def content_of(form: Form, files: Sequence[File], sent: datetime) -> str:
    """What is ordered, whoever gets it: the digest of the form as of this time of sending, and of its files."""
    header = msgspec.structs.replace(form.header, to=(), sent=sent)
    whole = (msgspec.structs.replace(form, header=header), [each.part() for each in files])
    return digest(msgspec.json.encode(whole))


def entry_of(name: str, form: Form, ordered: Ordered, at: datetime, actor: str) -> Entry:
    """The entry that remembers it."""
    addressed = ordered.addressed
    details = (
        ("message_id", form.header.message_id), ("format", form.format), ("issue", str(addressed.issue)),
        ("content", ordered.content), ("sent", ordered.sent.isoformat()), ("to", " ".join(addressed.receivers)),
        ("left_out", " ".join(party for party, _, _ in addressed.left_out)),
        *((f"{WHY}{party}", f"{why}\n{source}") for party, why, source in addressed.left_out),
    )  # fmt: skip
    return Entry(event=EVENT, at=at, actor=actor, envelope=name, details=tuple(each for each in details if each[1]))


async def ordered_before(ledger: Ledger, name: str) -> Ordered | None:
    """The broadcast of this name, or None when it is new."""
    for link in await ledger.timeline(name):
        found = entries.read(link.entry)
        if found.event == EVENT:
            return _read(dict(found.details))
    return None


def _read(details: dict[str, str]) -> Ordered:
    left_out = []
    for party in details.get("left_out", "").split():
        why, _, source = details.get(f"{WHY}{party}", "").partition("\n")
        left_out.append((party, why, source))
    addressed = Addressed(
        receivers=tuple(details["to"].split()), left_out=tuple(left_out), issue=int(details["issue"])
    )  # fmt: skip
    return Ordered(addressed=addressed, content=details["content"], sent=datetime.fromisoformat(details["sent"]))
