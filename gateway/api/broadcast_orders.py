"""What a broadcast was when it was ordered first: who got it, who was left out and why, by which issue of the address book.

The one idea: what was decided stands in the entry with which the first of its orders was accepted, in the same write. The same
request under the same key is answered from there, so that a book taken in meanwhile, or a partner that has gone, changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from gateway.addressbook.book import EVERYBODY
from gateway.api.problems import Problem
from gateway.envelope import Claim, Direction
from gateway.form import Form
from gateway.identity import PartyId, digest
from gateway.journal import entry as entries
from gateway.ledger import Ledger, Query
from gateway.parcel import File
from gateway.verdict import Details

BROADCAST: Final = "broadcast."
"""Before the names of details in the entry of an acceptance."""
MAX_NAMESAKES: Final = 200
"""Among how many orders under the same words the caller's own is looked for."""
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


def claim_of(claim: Claim, party: PartyId) -> Claim:
    """The caller's claim for one of the orders: each has its own idempotency key, with a space, which no caller's key has."""
    return msgspec.structs.replace(claim, reference=f"{claim.reference} {party}")


def content_of(form: Form, files: Sequence[File], sent: datetime) -> str:
    """What is ordered, whoever gets it: the digest of the form as of this time of sending, and of its files."""
    header = msgspec.structs.replace(form.header, to=(), sent=sent)
    whole = (msgspec.structs.replace(form, header=header), [each.part() for each in files])
    return digest(msgspec.json.encode(whole))


def told(form: Form, ordered: Ordered) -> Details:
    """What the journal says of it."""
    addressed = ordered.addressed
    details = (
        ("message_id", form.header.message_id), ("format", form.format), ("issue", str(addressed.issue)),
        ("content", ordered.content), ("sent", ordered.sent.isoformat()), ("to", " ".join(addressed.receivers)),
        ("left_out", " ".join(party for party, _, _ in addressed.left_out)),
        *((f"{WHY}{party}", f"{why}\n{source}") for party, why, source in addressed.left_out),
    )  # fmt: skip
    return tuple(each for each in details if each[1])


async def ordered_before(ledger: Ledger, claim: Claim) -> Ordered | None:
    """The broadcast that this caller ordered under this key, or None when it is new. Its first order has the key of everybody."""
    wanted = claim_of(claim, EVERYBODY)
    for found in await ledger.find(Query(direction=Direction.OUTBOUND, text=wanted.reference, limit=MAX_NAMESAKES)):
        row = await ledger.get(found.id)
        if row and (row.envelope.claim.sender, row.envelope.claim.reference) == (wanted.sender, wanted.reference):
            return await _of(ledger, found.id)
    return None


async def _of(ledger: Ledger, envelope: str) -> Ordered | None:
    for link in await ledger.timeline(envelope):
        details = dict(entries.read(link.entry).details)
        if f"{BROADCAST}content" in details:
            prefix = len(BROADCAST)
            return _read({name[prefix:]: value for name, value in details.items() if name.startswith(BROADCAST)})
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
