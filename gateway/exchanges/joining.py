"""To which exchange does a message belong, and what does the exchange keep of it?

By message ids and references of the same counterpart, then by what all messages of a matter share (the Schengen ID)
together with a counterpart that takes part in it; never by the subject line of a mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.dialogues.step import Step
from gateway.envelope import Envelope
from gateway.exchanges.matter import MatterQuery
from gateway.facts import fact
from gateway.identity import PartyId, digest
from gateway.ledger import Ledger, Query, Summary
from gateway.ports import Formats

MAX_CANDIDATES: Final = 20
MAX_KEY_CHARACTERS: Final = 200
"""A longer key is kept as its digest: an index cannot hold a key of any length."""


def key_of(formats: Formats, envelope: Envelope) -> str:
    """What all messages of the matter share, in a length that every store can find it by."""
    shared = formats.family(envelope.form.format).shared_fact
    stated = fact(envelope.learned.facts or (), shared) if shared else ""
    matter = stated or formats.get(envelope.form.format).matter(envelope.form)
    return matter if len(matter) <= MAX_KEY_CHARACTERS else f"sha256:{digest(matter.encode('utf-8', 'replace'))}"


def step_of(envelope: Envelope, exchange: str, key: str) -> Step:
    """What an exchange keeps of a message. One form to several offices goes out once to each: each copy is its own step."""
    header = envelope.form.header
    return Step(
        envelope=envelope.id, exchange=exchange, format=envelope.form.format, sender=header.sender,
        to=header.to if envelope.inbound else envelope.claim.recipients[:1], message_id=header.message_id,
        reference=header.our_reference, sent=header.sent, known_at=envelope.received_at, in_reply_to=header.in_reply_to,
        your_references=header.your_references, urgent=header.urgency != "NORMAL", test=header.test,
        inbound=envelope.inbound, facts=envelope.learned.facts or (), key=key,
    )  # fmt: skip


async def find_exchange(ledger: Ledger, formats: Formats, envelope: Envelope) -> tuple[str, str]:
    """The exchange of an envelope with a form, and by what it was found; a new one bears the envelope's own id."""
    header = envelope.form.header
    others = tuple(_others(envelope))
    key = key_of(formats, envelope)
    candidates = (
        ("in-reply-to", header.in_reply_to),
        *(("your-reference", reference) for reference in header.your_references),
    )
    for how, reference in candidates:
        if reference and (found := await _earlier(ledger, envelope, others[0], reference)):
            return found.exchange or found.id, how
    if key:
        for other in others:
            matters = await ledger.matters(MatterQuery(key=key, counterpart=other, limit=1))
            if matters:
                return matters[0].exchange, "matter"
        if found := await _earlier(ledger, envelope, others[0], key):
            return found.exchange or found.id, "matter"
    return envelope.id, "new"


def _others(envelope: Envelope) -> Iterator[PartyId]:
    """The counterpart first, then everybody else whom the message names."""
    header = envelope.form.header
    first = header.sender if envelope.inbound else envelope.claim.recipients[0]
    yield first
    if envelope.inbound:
        yield from (party for party in dict.fromkeys((*header.to, *header.info)) if party != first)


async def _earlier(ledger: Ledger, envelope: Envelope, other: PartyId, key: str) -> Summary | None:
    """The newest earlier envelope with this key that this same counterpart sent or got."""
    found = await ledger.find(Query(text=key, counterpart=other, limit=MAX_CANDIDATES))
    return next((each for each in found if each.id != envelope.id), None)
