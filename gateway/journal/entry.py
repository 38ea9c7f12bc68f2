"""One entry of the journal: what happened, when, to which envelope, by whom.

An entry holds codes, ids and digests, never content or personal data of subjects. Details that may name a person
(`gateway.journal.personal` lists them) move to `personal` when the entry is made: the canonical bytes hold only commitments to them
(`gateway.journal.commitments`), which stay when the words themselves are destroyed.
Canonical bytes are JSON with sorted keys after RFC 8785; to keep a plain sorted encoder equal to that standard, entries hold text
only: no floats, no numbers, no keys beyond ASCII.
"""

from datetime import UTC, datetime

import msgspec
import orjson
from msgspec import Struct

from gateway.journal.events import EVENTS
from gateway.journal.personal import ACCESS, may_name
from gateway.vault.subjects import SubjectId, of_day, of_envelope

MAX_DETAIL_CHARACTERS = 4000


class Entry(Struct, frozen=True, kw_only=True):
    """One happening. Raises `ValueError` for an event that the language does not have."""

    event: str
    at: datetime
    actor: str = "gateway"
    """Who made it happen: `gateway`, `worker`, `user:…`, `client:…`, `channel:…`, `party:…`."""
    envelope: str = ""
    reason: str = ""
    """Stable reason code."""
    details: tuple[tuple[str, str], ...] = ()
    personal: tuple[tuple[str, str], ...] = ()
    """What may name a person: purposes, reasons in words, what a partner's server said. Kept beside the journal under
    the key of the entry's subject; the ledger replaces it by commitments when it writes."""
    commitments: tuple[tuple[str, str], ...] = ()
    """Name and commitment of what was personal: made by the ledger, never by who writes the entry."""
    opening: bytes = b""
    """What opens the commitments, sealed: kept beside the journal, never in it."""

    def __post_init__(self) -> None:
        if self.event not in EVENTS:
            raise ValueError(f"not an event of the journal: {self.event}")
        own = tuple(detail for detail in self.details if may_name(self.event, detail[0]))
        if own:
            msgspec.structs.force_setattr(self, "personal", (*self.personal, *own))
            msgspec.structs.force_setattr(self, "details", tuple(each for each in self.details if each not in own))

    def canonical(self) -> bytes:
        """The bytes that are hashed: RFC 8785 canonical JSON. Raises `ValueError` while something personal is in the open."""
        if self.personal:
            raise ValueError(f"{self.event}: what is personal goes into the journal as commitments only")
        record: dict[str, object] = {
            "actor": self.actor,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "details": {_key(key): clean(value) for key, value in self.details},
            "envelope": self.envelope,
            "event": self.event,
            "reason": self.reason,
        }
        if self.commitments:
            record["personal"] = {_key(name): commitment for name, commitment in self.commitments}
        return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def subject_of(entry: Entry) -> SubjectId:
    """Whose key seals what an entry says of persons: the message's, and for who looked at it the day's."""
    if entry.envelope and entry.event not in ACCESS:
        return of_envelope(entry.envelope)
    return of_day(entry.at)


def _key(name: str) -> str:
    if not name.isascii():
        raise ValueError(f"detail names are ASCII: {name!r}")
    return name


def clean(value: str) -> str:
    """Text that JSON can carry: lone surrogates replaced, length bounded with a visible mark."""
    text = value.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= MAX_DETAIL_CHARACTERS else text[:MAX_DETAIL_CHARACTERS] + "…"


class _Read(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    actor: str
    at: datetime
    details: dict[str, str]
    envelope: str
    event: str
    reason: str
    personal: dict[str, str] = {}


def read(canonical: bytes) -> Entry:
    """The entry in canonical bytes; raises `msgspec.MsgspecError` or `ValueError` when they are not one."""
    record = msgspec.json.decode(canonical, type=_Read)
    return Entry(
        event=record.event, at=record.at, actor=record.actor, envelope=record.envelope,
        reason=record.reason, details=tuple(record.details.items()), commitments=tuple(record.personal.items()),
    )  # fmt: skip
