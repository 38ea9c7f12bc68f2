"""One transaction for a group of requests: lock the end of the chain, read what they need, decide, write the changes.

The number of statements does not grow with the group. Everything is decided by the plain functions of
`adapters.stores.draft` under the lock, so what was read cannot change before it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

from adapters.stores import columns
from adapters.stores.columns import microseconds, text, working
from adapters.stores.draft import Changes, Claimed, Inserted, Known, Moved, Needs, Request, Same, Standing, decide
from adapters.stores.postgres import exchanges, lifetimes, numbers
from gateway.envelope import Envelope
from gateway.identity import digest
from gateway.journal.publishing.head import LeaseLost, LogHead
from gateway.ledger import KeyConflict, StaleMove
from gateway.verdict import Reason

MAX_KEY_CHARACTERS = 500
"""An index cannot hold a key of any length; a longer one is kept as its digest."""


async def together(connection: asyncpg.Connection, requests: Sequence[Request]) -> list[Any]:
    """An answer or an exception for each, after one durable commit. Raises what the database raises: none was kept."""
    async with connection.transaction():
        accepted, number, before = await connection.fetchrow(LOCK)
        known = await _known(connection, Needs.of(requests))
        known.number, known.hash = number, before
        changes = Changes()
        answers = [_decided(known, request, changes) for request in requests]
        await _write(connection, changes)
        if changes.journal:  # a conclusion may have nothing to tell
            total = accepted + len(changes.inserted)
            await connection.execute(UPDATE_STANDING, total, known.number, known.hash)
    return answers


async def probe(connection: asyncpg.Connection) -> None:
    """A write that changes nothing but must reach the disk."""
    await connection.execute("UPDATE standing SET one = 1")


async def lease_log(connection: asyncpg.Connection, holder: str, now: int, until: int) -> int:
    """See `gateway.ledger.Ledger.lease_log`."""
    return int(await connection.fetchval(LEASE_LOG, text(holder), now, until) or 0)


async def publish_log(connection: asyncpg.Connection, head: LogHead, after: int, token: int) -> None:
    """See `gateway.ledger.Ledger.publish_log`."""
    done = await connection.execute(PUBLISH_LOG, head.size, head.hash, head.note, after, token)
    if done != "UPDATE 1":
        raise LeaseLost("the log is led or continued by somebody else")


def _decided(known: Known, request: Request, changes: Changes) -> Any:
    try:
        answer, changed = decide(known, request)
    except (StaleMove, KeyConflict, ValueError, LookupError, TypeError, AttributeError) as fault:
        return fault
    changes.add(changed)
    return answer


# --- reading what is needed ----------------------------------------------------------------------------------------


async def _known(connection: asyncpg.Connection, needs: Needs) -> Known:
    known = Known()
    for envelope, version, state, content in await connection.fetch(STANDINGS, list(needs.envelopes)):
        known.envelopes[envelope] = Standing(version, state, content)
    if needs.deliveries:
        stored = {(channel, _key(key)): (channel, key) for channel, key in needs.deliveries if key}
        for channel, key, envelope, content in await connection.fetch(DELIVERIES, *_columns(stored)):
            known.deliveries[stored[channel, key]] = (envelope, content)
    if needs.claims:
        for sender, message_id, envelope, content, entry in await connection.fetch(CLAIMS, *_columns(needs.claims)):
            known.claims[sender, message_id] = Claimed(envelope, content, entry)
        for sender, matter, entry, envelope in await connection.fetch(MATTERS, *_columns(needs.matters)):
            known.matters[sender, matter] = (*known.matters.get((sender, matter), ()), Same(entry, envelope))
    await exchanges.know(connection, needs, known)
    await numbers.know(connection, needs, known)
    await lifetimes.know(connection, needs, known)
    return known


def _columns(pairs: Any) -> tuple[list[str], list[str]]:
    return [one for one, _ in pairs], [other for _, other in pairs]


def _key(key: str) -> str:
    return key if len(key) <= MAX_KEY_CHARACTERS else f"sha256:{digest(key.encode())}"


# --- writing what changed ------------------------------------------------------------------------------------------


async def _write(connection: asyncpg.Connection, changes: Changes) -> None:
    contents = [
        *(part for inserted in changes.inserted for part in _payload(inserted.new.envelope)),
        *(part for inserted in changes.inserted for part in _parts(inserted.new.envelope)),
        *(part for moved in changes.moved for part in _parts(moved.move.envelope)),
    ]
    steps: Sequence[tuple[str, list[tuple[Any, ...]]]] = (
        (EXTEND_JOURNAL, [
            (link.number, link.before, link.hash, text(entry.envelope), entry.event, link.entry)
            for entry, link in changes.journal
        ]),
        (INSERT_ENVELOPE, [_inserted(inserted) for inserted in changes.inserted]),
        (UPDATE_ENVELOPE, [_moved(moved) for moved in changes.moved]),
        (KEEP_CONTENT, contents),
        (KEEP_DELIVERY, [
            (channel, _key(key), envelope, content) for (channel, key), envelope, content in changes.deliveries
        ]),
        (KEEP_CLAIM, [
            (claim.sender, claim.message_id, claim.content, claim.matter, own.envelope, own.entry)
            for claim, own in changes.claims
        ]),
        *exchanges.statements(changes),
        *numbers.statements(changes),
        *lifetimes.statements(changes),
    )  # fmt: skip
    for statement, rows in steps:
        if rows:
            await connection.executemany(statement, rows)


def _payload(envelope: Envelope) -> list[tuple[str, str, bytes]]:
    return [(envelope.id, columns.PAYLOAD, envelope.payload.content)]


def _parts(envelope: Envelope) -> list[tuple[str, str, bytes]]:
    return [(envelope.id, part, content) for part, content in columns.dismantle(envelope.learned)[1]]


def _inserted(inserted: Inserted) -> tuple[Any, ...]:
    envelope, state = inserted.new.envelope, inserted.new.state
    fixed = (
        envelope.id, envelope.direction.value, microseconds(envelope.received_at), envelope.kind,
        text(envelope.channel), envelope.cause, text(envelope.claim.reference), text(envelope.payload.media_type),
        envelope.payload.digest, len(envelope.payload.content), columns.facts(envelope.claim),
    )  # fmt: skip
    changing = (
        1, state, working(envelope.direction, state), None, inserted.entry, microseconds(inserted.at), 0, 0,
    )  # fmt: skip
    return (*fixed, *changing, *_learned(envelope), *_reason(inserted.new.reason))


def _moved(moved: Moved) -> tuple[Any, ...]:
    move, envelope = moved.move, moved.move.envelope
    changing = (
        move.version + 1, move.after, working(envelope.direction, move.after),
        None if move.due is None else microseconds(move.due), moved.entry, microseconds(move.at), move.attempts,
        move.breaks,
    )  # fmt: skip
    return (envelope.id, *changing, *_learned(envelope), *_reason(move.reason))


def _learned(envelope: Envelope) -> tuple[Any, ...]:
    known = columns.describe(envelope)
    return (
        known.rank, known.format, known.counterpart, known.message_id, known.our_reference, known.exchange,
        known.urgency, known.test, columns.dismantle(envelope.learned)[0],
    )  # fmt: skip


def _reason(reason: Reason | None) -> tuple[str, str, str]:
    return (reason.code, text(reason.public), text(reason.operator)) if reason else ("", "", "")


# --- statements ----------------------------------------------------------------------------------------------------

_FIXED = (
    "id", "direction", "received_at", "kind", "channel", "cause", "reference", "media_type", "digest", "octets",
    "claim",
)  # fmt: skip
_CHANGING = (
    "version", "state", "working", "due", "entry", "updated_at", "attempts", "breaks",
    "rank", "format", "counterpart", "message_id", "our_reference", "exchange", "urgency", "test", "learned",
    "reason_code", "reason_public", "reason_operator",
)  # fmt: skip
"""In the order in which `_inserted` and `_moved` give the values."""

LEASE_LOG = """
    UPDATE log SET token = token + (CASE WHEN holder <> $1 OR until <= $2 THEN 1 ELSE 0 END), holder = $1, until = $3
    WHERE holder = $1 OR until <= $2 RETURNING token
"""
PUBLISH_LOG = """
    UPDATE log SET size = $1::bigint, hash = $2::text, note = $3
    WHERE size = $4 AND token = $5 AND $1::bigint >= $4
        AND EXISTS (SELECT 1 FROM journal WHERE number = $1::bigint AND hash = $2::text)
"""
LOCK = "SELECT accepted, number, hash FROM standing FOR UPDATE"
UPDATE_STANDING = "UPDATE standing SET accepted = $1, number = $2, hash = $3"
STANDINGS = "SELECT id, version, state, digest FROM envelopes WHERE id = ANY($1::text[])"
DELIVERIES = """
    SELECT channel, key, envelope, digest FROM delivery_keys
    JOIN unnest($1::text[], $2::text[]) AS wanted (channel, key) USING (channel, key)
"""
CLAIMS = """
    SELECT sender, message_id, envelope, content, entry FROM duplicate_keys
    JOIN unnest($1::text[], $2::text[]) AS wanted (sender, message_id) USING (sender, message_id)
"""
# The two earliest are enough: one of them may be the asking envelope itself.
MATTERS = """
    SELECT wanted.sender, wanted.matter, earliest.entry, earliest.envelope
    FROM unnest($1::text[], $2::text[]) AS wanted (sender, matter), LATERAL (
        SELECT entry, envelope FROM duplicate_keys AS found
        WHERE found.sender = wanted.sender AND found.matter = wanted.matter AND found.matter <> ''
        ORDER BY entry LIMIT 2
    ) AS earliest ORDER BY earliest.entry
"""
EXTEND_JOURNAL = """
    INSERT INTO journal (number, before, hash, envelope, event, entry) VALUES ($1, $2, $3, $4, $5, $6)
"""
INSERT_ENVELOPE = (
    f"INSERT INTO envelopes ({', '.join(_FIXED + _CHANGING)}) "  # noqa: S608  # names from the two lists above
    f"VALUES ({', '.join(f'${place}' for place in range(1, len(_FIXED + _CHANGING) + 1))})"
)
UPDATE_ENVELOPE = (
    f"UPDATE envelopes SET {', '.join(f'{name} = ${place}' for place, name in enumerate(_CHANGING, 2))} "  # noqa: S608
    "WHERE id = $1"
)
KEEP_CONTENT = """
    INSERT INTO contents (envelope, part, content) VALUES ($1, $2, $3)
    ON CONFLICT (envelope, part) DO UPDATE SET content = excluded.content WHERE contents.content <> excluded.content
"""
KEEP_DELIVERY = "INSERT INTO delivery_keys (channel, key, envelope, digest) VALUES ($1, $2, $3, $4)"
KEEP_CLAIM = """
    INSERT INTO duplicate_keys (sender, message_id, content, matter, envelope, entry) VALUES ($1, $2, $3, $4, $5, $6)
"""
