"""How an envelope becomes columns and comes back: the part that all stores share. Pure functions, no I/O.

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

from gateway import lifecycle
from gateway.envelope import Claim, Direction, Envelope, Learned, Payload
from gateway.identity import PARTY_PATTERN
from gateway.journal.chain import Link
from gateway.journal.entry import Entry
from gateway.ledger import Row, Summary
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


# --- rows ----------------------------------------------------------------------------------------------------------

STANDING = (
    "id", "direction", "kind", "channel", "state", "format", "counterpart", "message_id", "our_reference", "exchange",
    "cause", "urgency", "test", "received_at", "updated_at", "due", "attempts", "reason_code", "reason_public",
    "digest", "octets",
)  # fmt: skip
"""Columns of one envelope in a list, in the order in which `summary` reads them."""

FULL = (*STANDING, "version", "breaks", "reason_operator", "media_type", "claim", "learned")
"""Columns of one whole row, in the order in which `row` reads them."""


def summary(values: tuple[Any, ...]) -> Summary:
    """A row of the `STANDING` columns."""
    named = dict(zip(STANDING, values, strict=False))
    direction = Direction(named["direction"])
    named |= {
        "direction": direction, "test": bool(named["test"]),
        "account": lifecycle.state(direction, named["state"]).account,
        "received_at": moment(named["received_at"]), "updated_at": moment(named["updated_at"]),
        "due": None if named["due"] is None else moment(named["due"]),
    }  # fmt: skip
    return Summary(**named)


def row(values: tuple[Any, ...], parts: Mapping[str, bytes]) -> Row:
    """A row of the `FULL` columns with the bytes of its parts."""
    named = dict(zip(FULL, values, strict=True))
    reason = Reason(code=named["reason_code"], public=named["reason_public"], operator=named["reason_operator"])
    envelope = Envelope(
        id=named["id"], direction=Direction(named["direction"]), channel=named["channel"],
        received_at=moment(named["received_at"]), kind=named["kind"], cause=named["cause"],
        payload=Payload(content=parts[PAYLOAD], media_type=named["media_type"], digest=named["digest"]),
        claim=_CLAIM.decode(named["claim"]), learned=assemble(named["learned"], parts),
    )  # fmt: skip
    return Row(
        envelope=envelope, state=named["state"], version=named["version"], attempts=named["attempts"],
        breaks=named["breaks"], due=None if named["due"] is None else moment(named["due"]),
        reason=reason if reason.code else None, updated_at=moment(named["updated_at"]),
    )  # fmt: skip


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
