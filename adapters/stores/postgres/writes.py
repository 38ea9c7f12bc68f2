"""One transaction for a group of requests: lock the end of the chain, read what they need, decide, write the changes.

The number of statements does not grow with the group. Everything is decided by the plain functions of
`adapters.stores.draft` under the lock, so what was read cannot change before it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg

from adapters.stores import columns
from adapters.stores.asking import Needs, Request
from adapters.stores.columns import microseconds, text, working
from adapters.stores.draft import Changes, Claimed, Inserted, Known, Moved, Same, Standing, decide
from adapters.stores.postgres import exchanges, lifetimes, numbers
from adapters.stores.sealing import Seals, SubjectNeeded
from gateway.envelope import Envelope
from gateway.identity import digest
from gateway.journal.publishing.head import LeaseLost, LogHead
from gateway.ledger import KeyConflict, StaleMove
from gateway.verdict import Reason

MAX_KEY_CHARACTERS = 500
"""An index cannot hold a key of any length; a longer one is kept as its digest."""


class Asked(NamedTuple):
    """A request with the keys that it needs."""

    request: Request
    seals: Seals


async def together(connection: asyncpg.Connection, asked: Sequence[Asked]) -> list[Any]:
    """An answer or an exception for each, after one durable commit. Raises what the database raises: none was kept."""
    async with connection.transaction():
        accepted, number, before = await connection.fetchrow(LOCK)
        seals = Seals.together([each.seals for each in asked])
        known = await _known(connection, Needs.of(each.request for each in asked), seals)
        known.number, known.hash = number, before
        changes = Changes()
        answers = [_decided(known, each, changes) for each in asked]
        await _write(connection, changes, seals)
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


def _decided(known: Known, asked: Asked, changes: Changes) -> Any:
    try:
        answer, changed = decide(known, *asked)
    except (StaleMove, KeyConflict, ValueError, LookupError, TypeError, AttributeError, SubjectNeeded) as fault:
        return fault
    changes.add(changed)
    return answer


# --- reading what is needed ----------------------------------------------------------------------------------------


async def _known(connection: asyncpg.Connection, needs: Needs, seals: Seals) -> Known:
    known = Known()
    for envelope, version, state, content in await connection.fetch(STANDINGS, list(needs.envelopes)):
        known.envelopes[envelope] = Standing(version, state, content)
    if needs.deliveries:
        asked = [(channel, key) for channel, key in needs.deliveries if key]
        stored = {(channel, kept): (channel, key) for channel, key in asked for kept in (_key(key), seals.token(key))}
        for channel, key, envelope, content in await connection.fetch(DELIVERIES, *_columns(stored)):
            known.deliveries[stored[channel, key]] = (envelope, content)
    if needs.claims:
        for sender, message_id, envelope, content, entry in await connection.fetch(CLAIMS, *_columns(needs.claims)):
            known.claims[sender, message_id] = Claimed(envelope, content, entry)
        for sender, matter, entry, envelope in await connection.fetch(MATTERS, *_columns(needs.matters)):
            known.matters[sender, matter] = (*known.matters.get((sender, matter), ()), Same(entry, envelope))
    await exchanges.know(connection, needs, known, seals)
    await numbers.know(connection, needs, known)
    await lifetimes.know(connection, needs, known)
    return known


def _columns(pairs: Any) -> tuple[list[str], list[str]]:
    return [one for one, _ in pairs], [other for _, other in pairs]


def _key(key: str) -> str:
    return key if len(key) <= MAX_KEY_CHARACTERS else f"sha256:{digest(key.encode())}"


# --- writing what changed ------------------------------------------------------------------------------------------


async def _write(connection: asyncpg.Connection, changes: Changes, seals: Seals) -> None:
    inserted = [_inserted(each, seals) for each in changes.inserted]
    moved = [_moved(each, seals) for each in changes.moved]
    steps: Sequence[tuple[str, list[tuple[Any, ...]]]] = (
        (EXTEND_JOURNAL, [
            (link.number, link.before, link.hash, text(entry.envelope), entry.event, link.entry)
            for entry, link in changes.journal
        ]),
        (KEEP_PERSONAL, [(link.number, entry.opening) for entry, link in changes.journal if entry.opening]),
        (KEEP_KEY, seals.taken),
        (MARK_DESTROYED, [
            (subject, number, microseconds(each.destruction.at), each.destruction.rule)
            for each in changes.destroyed for subject, number in each.keys
        ]),
        (INSERT_ENVELOPE, [values for values, _ in inserted]),
        (UPDATE_ENVELOPE, [values for values, _ in moved]),
        (KEEP_CONTENT, [part for _, parts in (*inserted, *moved) for part in parts]),
        (KEEP_DELIVERY, [
            (channel, _stored_key(key, seals), envelope, content) for (channel, key), envelope, content in changes.deliveries
        ]),
        (KEEP_CLAIM, [
            (claim.sender, claim.message_id, claim.content, claim.matter, own.envelope, own.entry)
            for claim, own in changes.claims
        ]),
        *exchanges.statements(changes, seals),
        *numbers.statements(changes),
        *lifetimes.statements(changes),
    )  # fmt: skip
    for statement, rows in steps:
        if rows:
            await connection.executemany(statement, rows)


Written = tuple[tuple[Any, ...], list[tuple[str, str, bytes, bytes | None]]]
"""The values of a row, and its large bytes."""


def _inserted(inserted: Inserted, seals: Seals) -> Written:
    envelope, state = inserted.new.envelope, inserted.new.state
    fixed = (
        envelope.id, envelope.direction.value, microseconds(envelope.received_at), envelope.kind,
        text(envelope.channel), envelope.cause, seals.searched(text(envelope.claim.reference)),
        columns.media_type(envelope, seals), envelope.payload.digest, len(envelope.payload.content),
        columns.claim(envelope, seals),
    )  # fmt: skip
    standing = (
        1, state, working(envelope.direction, state), None, inserted.entry, microseconds(inserted.at), 0, 0,
    )  # fmt: skip
    payload = columns.sealed_part(envelope.id, columns.PAYLOAD, envelope.payload.content, seals)
    learned, parts = _learned(envelope, inserted.new.reason, seals)
    return (*fixed, *standing, *learned), [(envelope.id, *payload), *parts]


def _moved(moved: Moved, seals: Seals) -> Written:
    move, envelope = moved.move, moved.move.envelope
    standing = (
        move.version + 1, move.after, working(envelope.direction, move.after),
        None if move.due is None else microseconds(move.due), moved.entry, microseconds(move.at), move.attempts,
        move.breaks,
    )  # fmt: skip
    learned, parts = _learned(envelope, move.reason, seals)
    return (envelope.id, *standing, *learned), parts


def _learned(envelope: Envelope, reason: Reason | None, seals: Seals) -> Written:
    found, parts = columns.changing(envelope, reason, seals)
    return tuple(found[name] for name in _LEARNED), [(envelope.id, *part) for part in parts]


def _stored_key(key: str, seals: Seals) -> str:
    return seals.token(key) if seals.sealing else _key(key)


# --- statements ----------------------------------------------------------------------------------------------------

_FIXED = (
    "id", "direction", "received_at", "kind", "channel", "cause", "reference", "media_type", "digest", "octets",
    "claim",
)  # fmt: skip
_LEARNED = (
    "rank", "format", "counterpart", "message_id", "our_reference", "exchange", "urgency", "test", "reason_code",
    "reason_public", "reason_operator", "words", "learned",
)  # fmt: skip
_CHANGING = (
    "version", "state", "working", "due", "entry", "updated_at", "attempts", "breaks", *_LEARNED,
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
    INSERT INTO contents (envelope, part, content, mark) VALUES ($1, $2, $3, $4)
    ON CONFLICT (envelope, part) DO UPDATE SET content = excluded.content, mark = excluded.mark
    WHERE contents.mark IS DISTINCT FROM excluded.mark
        OR (contents.mark IS NULL AND contents.content <> excluded.content)
"""
KEEP_PERSONAL = "INSERT INTO journal_personal (number, opening) VALUES ($1, $2)"
KEEP_KEY = "INSERT INTO subject_keys (subject, key) VALUES ($1, $2) ON CONFLICT DO NOTHING"
MARK_DESTROYED = """
    UPDATE subject_keys SET destroyed_at = $3, rule = $4 WHERE subject = $1 AND key = $2 AND destroyed_at IS NULL
"""
KEEP_DELIVERY = "INSERT INTO delivery_keys (channel, key, envelope, digest) VALUES ($1, $2, $3, $4)"
KEEP_CLAIM = """
    INSERT INTO duplicate_keys (sender, message_id, content, matter, envelope, entry) VALUES ($1, $2, $3, $4, $5, $6)
"""
