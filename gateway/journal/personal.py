"""Which details of an entry may name a person: the one list. `Entry` takes them out of what is hashed and leaves commitments there.

The idea: whoever writes an entry need not think of it, and cannot forget it. What is free text, typed by a person or said by another
system, stands here; codes, ids, digests and words from closed lists do not. Officers are named in the open: a lawful audit needs that.
"""

from __future__ import annotations

from typing import Final

EVERYWHERE: Final = {
    "purpose": "Why somebody reads, searches or acts, in their words.",
    "case": "The case that was stated with an act, as the office writes it.",
    "query": "Digest of what was searched: whoever guesses a name could try it against a plain digest.",
    "note": "Words about a happening or a difference.",
    "evidence": "What the other side's server said, word for word.",
    "diagnostic": "What a mail system said about a delivery.",
    "changes": "What became different in the address book.",
    "why": "A reason in words.",
}
ONLY_IN: Final = {
    "case.opened": frozenset({"reference"}),
    "door.refused": frozenset({"text", "remote"}),
    "envelope.received": frozenset({"from"}),
    "envelope.verified": frozenset({"who"}),
}
"""Names that hold free text in these events and a word of ours elsewhere."""
CODES: Final = {
    "why": frozenset({
        "envelope.alarm", "envelope.acknowledged", "log.doubted", "retention.intended", "retention.overdue", "retention.withdrawn",
        "content.destroyed",
    }),
}  # fmt: skip
"""Events in which such a name holds a code of ours."""

ACCESS: Final = frozenset({"envelope.read", "envelope.exported", "evidence.exported", "retention.read"})
"""Who looked at a message and why: the log of access has a lifetime of its own, longer than that of the message (Regulation (EU)
2018/1862 Art. 12: purpose and person are kept three years), so it does not go with the message's key but with that of its day.
"""


def may_name(event: str, name: str) -> bool:
    """Whether this detail of this event may name a person."""
    if name in EVERYWHERE:
        return event not in CODES.get(name, ())
    return name in ONLY_IN.get(event, ())
