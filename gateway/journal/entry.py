"""One entry of the journal: what happened, when, to which envelope, by whom.

An entry holds codes, ids and digests, never content or personal data of subjects. Its canonical bytes are JSON with
sorted keys after RFC 8785; to keep a plain sorted encoder equal to that standard, entries hold text only: no floats,
no numbers, no keys beyond ASCII.
"""

from datetime import UTC, datetime

import msgspec
import orjson
from msgspec import Struct

from gateway.journal.events import EVENTS

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

    def __post_init__(self) -> None:
        if self.event not in EVENTS:
            raise ValueError(f"not an event of the journal: {self.event}")

    def canonical(self) -> bytes:
        """The bytes that are hashed: RFC 8785 canonical JSON."""
        record = {
            "actor": self.actor,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "details": {_key(key): _clean(value) for key, value in self.details},
            "envelope": self.envelope,
            "event": self.event,
            "reason": self.reason,
        }
        return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def _key(name: str) -> str:
    if not name.isascii():
        raise ValueError(f"detail names are ASCII: {name!r}")
    return name


def _clean(value: str) -> str:
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


def read(canonical: bytes) -> Entry:
    """The entry in canonical bytes; raises `msgspec.MsgspecError` or `ValueError` when they are not one."""
    record = msgspec.json.decode(canonical, type=_Read)
    return Entry(
        event=record.event, at=record.at, actor=record.actor, envelope=record.envelope,
        reason=record.reason, details=tuple(record.details.items()),
    )  # fmt: skip
