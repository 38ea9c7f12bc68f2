"""How an envelope becomes columns and comes back: the part that all stores share. Pure functions, no I/O.

What may name a person is sealed under the envelope's key (`sealing`): bytes and facts as a whole, texts in one piece (`words`) that
takes them out of their columns; where a column is searched, a token stands in it.

The idea: three kinds of things are kept apart because they change at different times. What a list shows (`Described`)
is derived from what is known; facts are JSON; large bytes (`parts`) leave the JSON, so that a move does not write
megabytes again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from adapters.stores.sealing import Seals
from gateway import lifecycle
from gateway.envelope import Claim, Direction, Envelope, Learned, Payload
from gateway.identity import PARTY_PATTERN
from gateway.journal.chain import Link
from gateway.journal.entry import Entry
from gateway.ledger import Backlog, Row, Summary
from gateway.vault.blind import MARK, is_party, telling_nothing
from gateway.vault.sealed import ContentDamaged, ContentDestroyed, KeyMissing
from gateway.verdict import Reason

PAYLOAD, VERIFIED, ENCODED, SIGNED = "payload", "verified", "encoded", "signed"
"""Names of the parts whose bytes are kept apart from the facts."""

URGENCY_RANKS = {"NORMAL": 0, "URGENT": 1, "VERY_URGENT": 2}
_PARTY = re.compile(PARTY_PATTERN)
MAX_CLAIMED_CHARACTERS = 320
"""Of a claimed counterpart in a list: the length of the longest mail address. An index cannot hold more than some."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Described(Struct, frozen=True, kw_only=True):
    """What a list says about an envelope beside its standing, as far as it is known."""

    format: str
    counterpart: str
    message_id: str
    our_reference: str
    exchange: str
    urgency: str
    test: bool

    @property
    def rank(self) -> int:
        """Urgent first: the higher the earlier."""
        return URGENCY_RANKS.get(self.urgency, 0)


def describe(envelope: Envelope) -> Described:
    """From the form where there is one, else from the identification and the claim, which prove nothing yet."""
    learned = envelope.learned
    exchange = text(learned.exchange or "")
    if learned.form is None:
        found = learned.identification
        return Described(
            format=found.format if found else "", counterpart=text(_claimed_counterpart(envelope)), message_id="",
            our_reference="", exchange=exchange, urgency="NORMAL", test=False,
        )  # fmt: skip
    header = learned.form.header
    # A form may be addressed to several offices; each copy goes to one, which the order names.
    ordered = [party for party in envelope.claim.recipients if _PARTY.fullmatch(party)]
    counterpart = header.sender if envelope.inbound else next(iter((*ordered, *header.to)), "")
    return Described(
        format=learned.form.format, counterpart=counterpart, message_id=header.message_id,
        our_reference=text(header.our_reference), exchange=exchange, urgency=header.urgency, test=header.test,
    )  # fmt: skip


def _claimed_counterpart(envelope: Envelope) -> str:
    if envelope.learned.leg:
        return envelope.learned.leg.counterpart
    if envelope.learned.identification:
        return envelope.learned.identification.partner
    claimed = envelope.claim.sender if envelope.inbound else next(iter(envelope.claim.recipients), "")
    return claimed[:MAX_CLAIMED_CHARACTERS]


def text(value: str) -> str:
    """Text that every store can keep and compare: lone surrogates and NUL are made visible."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")


def working(direction: Direction, state: str) -> bool:
    """Whether a stage goes on from here by itself."""
    return bool(lifecycle.state(direction, state).next_stage)


def backlogs(found: Sequence[Sequence[Any]], now: datetime) -> list[Backlog]:
    """What waits by lane, from rows of urgent or not, how many, and the earliest time of them."""
    counts: dict[bool, int] = {}
    oldest: dict[bool, datetime] = {}
    for lane, count, earliest in found:
        urgent = bool(lane)
        counts[urgent] = counts.get(urgent, 0) + count
        since = earliest if isinstance(earliest, datetime) else moment(earliest)
        if since <= now:
            oldest[urgent] = min(since, oldest.get(urgent, since))
    return [Backlog(urgent=urgent, count=count, oldest=oldest.get(urgent)) for urgent, count in counts.items()]


def id_at(at: datetime) -> str:
    """The smallest id of that time: UUIDv7 begins with milliseconds since 1970 (RFC 9562 section 5.7)."""
    digits = f"{max(0, (at - _EPOCH) // timedelta(milliseconds=1)):012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"


# --- facts and parts -----------------------------------------------------------------------------------------------


def facts(value: Struct) -> bytes:
    """JSON of facts; text that JSON cannot carry is made visible instead of being refused."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_visible(msgspec.to_builtins(value)))


def _visible(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_visible(key): _visible(item) for key, item in value.items()}
    return [_visible(item) for item in value] if isinstance(value, list | tuple) else value


def dismantle(learned: Learned) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The facts as JSON, and the large bytes that were taken out of them, each with the name of its part."""
    parts = [(name, content) for name in (ENCODED, SIGNED) if (content := getattr(learned, name)) is not None]
    emptied: dict[str, Any] = {name: b"" for name, _ in parts}
    if learned.signature is not None:
        parts.append((VERIFIED, learned.signature.verified))
        emptied["signature"] = msgspec.structs.replace(learned.signature, verified=b"")
    return facts(msgspec.structs.replace(learned, **emptied)), parts


def assemble(stored: bytes, parts: Mapping[str, bytes]) -> Learned:
    """What `dismantle` took apart."""
    learned = _LEARNED.decode(stored)
    filled: dict[str, Any] = {name: parts[name] for name in (ENCODED, SIGNED) if getattr(learned, name) is not None}
    if learned.signature is not None:
        filled["signature"] = msgspec.structs.replace(learned.signature, verified=parts[VERIFIED])
    return msgspec.structs.replace(learned, **filled) if filled else learned


_LEARNED = msgspec.json.Decoder(Learned)
_CLAIM = msgspec.json.Decoder(Claim)


# --- writing -------------------------------------------------------------------------------------------------------

Part = tuple[str, bytes, bytes | None]
"""Name of a part, its bytes as they are stored, and the mark of what was sealed (None: it is plain)."""


def changing(envelope: Envelope, reason: Reason | None, seals: Seals) -> tuple[dict[str, Any], list[Part]]:
    """The columns that a step writes and how they are stored, beside the standing; and the large bytes."""
    known = describe(envelope)
    learned, parts = dismantle(envelope.learned)
    found = {
        "rank": known.rank, "format": known.format, "counterpart": known.counterpart, "message_id": known.message_id,
        "our_reference": known.our_reference, "exchange": known.exchange, "urgency": known.urgency, "test": known.test,
        "reason_code": reason.code if reason else "", "reason_public": text(reason.public) if reason else "",
        "reason_operator": text(reason.operator) if reason else "",
    }  # fmt: skip
    words = {}
    if seals.sealing:
        words = {name: str(found[name]) for name in TEXTS if may_name(name, str(found[name]))}
        found |= {name: seals.token(words[name]) if name in SEARCHED else "" for name in words}
    if media_type(envelope, seals) != text(envelope.payload.media_type):
        words["media_type"] = text(envelope.payload.media_type)
    found["words"] = seals.words(envelope.id, words)
    found["learned"] = seals.seal(envelope.id, "learned", learned)
    return found, [sealed_part(envelope.id, part, content, seals) for part, content in parts]


def sealed_part(envelope: str, part: str, content: bytes, seals: Seals) -> Part:
    """Large bytes as they are stored."""
    return part, seals.seal(envelope, part, content), seals.mark(envelope, part, content)


def claim(envelope: Envelope, seals: Seals) -> bytes:
    """What the channel saw, as it is stored."""
    return seals.seal(envelope.id, "claim", facts(envelope.claim))


def media_type(envelope: Envelope, seals: Seals) -> str:
    """The column of the media type: empty where it says more than a media type."""
    kind = text(envelope.payload.media_type)
    return kind if not seals.sealing or _MEDIA_TYPE.fullmatch(kind) else ""


def may_name(name: str, value: str) -> bool:
    """Whether the text of this column may name a person."""
    return bool(value) and not _harmless(name, value)


def _harmless(name: str, value: str) -> bool:
    return telling_nothing(value) if name in SEARCHED[1:] else name == "counterpart" and is_party(value)


def sought(name: str, value: str, seals: Seals) -> str:
    """What stands in the column for a text that is searched there."""
    return text(value) if name not in SEARCHED or _harmless(name, value) else seals.token(text(value))


SEARCHED = ("counterpart", "message_id", "our_reference")
TEXTS = (*SEARCHED, "reason_public", "reason_operator")
"""What may hold a name in some rows. Exchanges bear ids of our own."""
_MEDIA_TYPE = re.compile(r"[a-z]{1,16}/[a-z0-9.+-]{1,60}")

# --- rows ----------------------------------------------------------------------------------------------------------

STANDING = (
    "id", "direction", "kind", "channel", "state", "format", "counterpart", "message_id", "our_reference", "exchange",
    "cause", "urgency", "test", "received_at", "updated_at", "due", "attempts", "reason_code", "reason_public",
    "digest", "octets", "words",
)  # fmt: skip
"""Columns of one envelope in a list, in the order in which `summary` reads them."""
WORDS_AT = STANDING.index("words")

FULL = (*STANDING, "version", "breaks", "reason_operator", "media_type", "claim", "learned")
"""Columns of one whole row, in the order in which `row` reads them."""


def summary(values: Sequence[Any], seals: Seals) -> Summary:
    """A row of the `STANDING` columns. What cannot be opened is left empty: a list tells what is left."""
    named = dict(zip(STANDING, values, strict=False))
    named |= _words_shown(named["id"], named.pop("words"), named, seals)
    named.pop("media_type", None)
    named.pop("reason_operator", None)
    direction = Direction(named["direction"])
    named |= {
        "direction": direction, "test": bool(named["test"]),
        "account": lifecycle.state(direction, named["state"]).account,
        "received_at": moment(named["received_at"]), "updated_at": moment(named["updated_at"]),
        "due": None if named["due"] is None else moment(named["due"]),
    }  # fmt: skip
    return Summary(**named)


def _words_shown(envelope: str, stored: bytes | None, named: Mapping[str, Any], seals: Seals) -> dict[str, Any]:
    try:
        return seals.read_words(envelope, stored)
    except (ContentDestroyed, ContentDamaged, KeyMissing):
        return {name: "" for name in SEARCHED if str(named[name]).startswith(MARK)}


def row(values: Sequence[Any], parts: Sequence[Part], seals: Seals) -> Row:
    """A row of the `FULL` columns with the bytes of its parts. Raises `ContentDestroyed`, `ContentDamaged`, `KeyMissing`."""
    named = dict(zip(FULL, values, strict=True))
    own = named["id"]
    named |= seals.read_words(own, named["words"])
    opened = {
        part: bytes(content) if mark is None else seals.unlock(own, part, bytes(content))
        for part, content, mark in parts
    }
    learned = assemble(seals.open(own, "learned", bytes(named["learned"])), opened)
    reason = Reason(code=named["reason_code"], public=named["reason_public"], operator=named["reason_operator"])
    envelope = Envelope(
        id=own, direction=Direction(named["direction"]), channel=named["channel"],
        received_at=moment(named["received_at"]), kind=named["kind"], cause=named["cause"],
        payload=Payload(content=opened[PAYLOAD], media_type=named["media_type"], digest=named["digest"]),
        claim=_CLAIM.decode(seals.open(own, "claim", bytes(named["claim"]))), learned=learned,
    )  # fmt: skip
    return Row(
        envelope=envelope, state=named["state"], version=named["version"], attempts=named["attempts"],
        breaks=named["breaks"], due=None if named["due"] is None else moment(named["due"]),
        reason=reason if reason.code else None, updated_at=moment(named["updated_at"]),
    )  # fmt: skip


def sealed_in(values: Sequence[Any], parts: Sequence[Part]) -> list[bytes | None]:
    """What has to be opened in one whole row."""
    return [values[WORDS_AT], *values[-2:], *(content for _, content, mark in parts if mark is not None)]


def link(values: tuple[Any, ...]) -> Link:
    """A journal row: number, hash before, hash, entry. Whatever somebody put there by hand is shown, for the proof to name."""
    number, before, own, entry = values
    octets = bytes(entry) if isinstance(entry, bytes | bytearray | memoryview) else str(entry).encode()
    return Link(number=number, entry=octets, before=str(before), hash=str(own))


# --- times ---------------------------------------------------------------------------------------------------------


def microseconds(at: datetime) -> int:
    """The moment as whole microseconds since 1970 in UTC: exact, sortable, and the same in every store."""
    return (at - _EPOCH) // _MICROSECOND


def moment(count: int) -> datetime:
    """What `microseconds` counted."""
    return _EPOCH + timedelta(microseconds=count)


# --- entries -------------------------------------------------------------------------------------------------------


def explaining(entries: Sequence[Entry], envelope: str) -> int:
    """Which of the entries explains this envelope: the last that names it. Raises `ValueError` when none does."""
    named = [position for position, entry in enumerate(entries) if entry.envelope == envelope]
    if not named:
        raise ValueError(f"no journal entry names the envelope {envelope}")
    return named[-1]
