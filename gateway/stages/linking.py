"""Where in our journal stands what a receipt or statement says? Looked up once it is there, and written into the form before it is signed.

The one idea: the number of an entry is known only after its commit, and a receipt is an envelope of its own that is made by
that same commit. So the receipt finds the entry when it takes its own way out, and nobody has to guess a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.envelope import Envelope
from gateway.journal.chain import Link
from gateway.journal.entry import Entry, read
from gateway.journal.tree.hashing import leaf_hash
from gateway.journal.tree.leaves import leaf_of
from gateway.ledger import Ledger
from gateway.ports import Formats
from gateway.receipts import SPEAKS_OF
from gateway.reply import JournalPlace
from gateway.statements import STATEMENT

RECEIPT: Final = "receipt"
LINKED: Final = frozenset({RECEIPT, STATEMENT})


async def linked(ledger: Ledger, formats: Formats, envelope: Envelope) -> Envelope:
    """The envelope with the place in its form; as it is where the journal has no such entry."""
    place = place_of(await ledger.timeline(envelope.cause), envelope)
    return envelope.learn(form=formats.linked(envelope.form, place)) if place else envelope


def place_of(links: Sequence[Link], envelope: Envelope) -> JournalPlace | None:
    """Where the journal of the message says what a receipt or statement about it says."""
    told = [(link, read(link.entry)) for link in links]
    event = SPEAKS_OF.get(envelope.form.value("Stage"), "") if envelope.kind == RECEIPT else ""
    # What names it was written with it; of what is only of the right kind, the newest.
    found = [link for link, entry in told if _names(entry, envelope)][:1]
    found = found or [link for link, entry in told if event and entry.event == event][-1:]
    return JournalPlace(number=found[0].number, leaf=leaf_hash(leaf_of(found[0].entry)).hex()) if found else None


def _names(entry: Entry, envelope: Envelope) -> bool:
    """Whether the entry names this very receipt or statement."""
    return (envelope.kind, envelope.id) in entry.details
