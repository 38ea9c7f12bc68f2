"""What a request does to the tables, inside a transaction that somebody else opens and commits.

The idea: `Writes` keeps the end of the chain and the counter in memory while a transaction is built, so that many
requests share one durable commit. A request that fails is undone to where it began and does not spoil the others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from adapters.stores import columns
from adapters.stores.columns import PAYLOAD, explaining, microseconds, text, working
from adapters.stores.lifetimes import explained
from adapters.stores.sealing import NOTHING, Seals, committed
from adapters.stores.sqlite import exchanges, lifetimes, numbers
from gateway import lifecycle
from gateway.dialogues.happened import Happened
from gateway.envelope import Envelope
from gateway.exchanges.matter import Matter
from gateway.handover import Accepted
from gateway.journal import chain
from gateway.journal.entry import Entry
from gateway.journal.publishing.head import LeaseLost, LogHead
from gateway.ledger import Committed, KeyConflict, Move, Spawned, StaleMove
from gateway.numbers.series import Numbered
from gateway.protection.retention.lifetime import Lifetime
from gateway.vault.port import Destruction
from gateway.vault.subjects import SubjectId
from gateway.verdict import DuplicateKey

Work = Callable[["Writes"], Any]


_REQUEST_FAULTS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)
"""Errors of SQLite that one request brings upon itself; all others are the store's."""


class Standing(NamedTuple):
    """What is kept apart from the tables and must agree with them."""

    accepted: int
    number: int
    hash: str


class _Duplicate(Exception):
    def __init__(self, answer: Committed) -> None:
        super().__init__("the duplicate key belongs to another envelope")
        self.answer = answer


class Writes:
    """The tables during one or more transactions of one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._do = connection.execute
        self._many = connection.executemany
        self._standing = self._stored()
        self._seals: Seals = NOTHING

    def under(self, seals: Seals) -> Writes:
        """The tables for one request, with the keys that it needs; which key is whose is written with it."""
        self._seals = seals
        if seals.taken:
            self._many(KEEP_KEY, seals.taken)
        return self

    def _stored(self) -> Standing:
        return Standing(*self._do("SELECT accepted, number, hash FROM standing").fetchone())

    # --- transactions

    def together(self, works: Sequence[Work]) -> list[Any]:
        """Apply all in one durable commit; an answer or an exception for each. `sqlite3.Error`: none was kept."""
        before = self._standing
        self._do("BEGIN IMMEDIATE")
        answers = [self._one(work) for work in works]
        if self._standing != before:
            self._do("UPDATE standing SET accepted = ?, number = ?, hash = ?", self._standing)
        self._do("COMMIT")
        return answers

    def _one(self, work: Work) -> Any:
        before = self._standing
        self._do("SAVEPOINT request")
        try:
            self._seals = NOTHING
            answer = work(self)
        except _REQUEST_FAULTS as fault:
            self._undo(before)
            answer = ValueError(f"the ledger refuses this: {fault}")
        except sqlite3.Error:
            raise  # the store itself fails: nothing of this transaction is kept
        except Exception as fault:  # noqa: BLE001  # whatever one request does wrong is told to that request alone
            self._undo(before)
            answer = fault.answer if isinstance(fault, _Duplicate) else fault
        self._do("RELEASE request")
        return answer

    def _undo(self, before: Standing) -> None:
        self._do("ROLLBACK TO request")
        self._standing = before

    # --- requests

    def probe(self) -> None:
        """A write that changes nothing but must reach the disk."""
        self._do("UPDATE standing SET one = 1")

    def accept(self, envelope: Envelope, entry: Entry, key: str) -> Accepted:
        """See `gateway.ledger.Ledger.accept`."""
        token = self._seals.token(text(key)) if key else ""
        known = self._do(DELIVERED_AS, (text(envelope.channel), token, text(key))).fetchone() if key else None
        known = known or self._do("SELECT id, digest FROM envelopes WHERE id = ?", (envelope.id,)).fetchone()
        if known:
            if known[1] != envelope.payload.digest:
                raise KeyConflict(f"the delivery was taken in before as {known[0]} with other bytes")
            return Accepted(envelope=known[0], known_before=True)
        explaining([entry], envelope.id)
        number = self._journal([entry])
        self._insert(Spawned(envelope=envelope), number, microseconds(envelope.received_at))
        if key:
            self._do(KEEP_DELIVERY, (text(envelope.channel), token, envelope.id, envelope.payload.digest))
        return Accepted(envelope=envelope.id)

    def record(self, entries: Sequence[Entry]) -> None:
        """See `gateway.ledger.Ledger.record`."""
        self._journal(entries)

    def lease_log(self, holder: str, now: int, until: int) -> int:
        """See `gateway.ledger.Ledger.lease_log`."""
        self._do(LEASE_LOG, {"holder": text(holder), "now": now, "until": until})
        leader, token = self._do("SELECT holder, token FROM log").fetchone()
        return int(token) if leader == text(holder) else 0

    def publish_log(self, head: LogHead, after: int, token: int) -> None:
        """See `gateway.ledger.Ledger.publish_log`."""
        values = {"size": head.size, "hash": head.hash, "note": head.note, "after": after, "token": token}
        if self._do(PUBLISH_LOG, values).rowcount != 1:
            raise LeaseLost("the log is led or continued by somebody else")

    def record_happened(self, happened: Sequence[Happened], entries: Sequence[Entry]) -> None:
        """See `gateway.ledger.Ledger.record_happened`."""
        if not entries:
            raise ValueError("a happening is recorded for an exchange that is there, with an entry that explains it")
        self._journal(entries)
        exchanges.record(self._do, self._seals, happened, max(entry.at for entry in entries))

    def keep_lifetimes(self, kept: Sequence[Lifetime], entries: Sequence[Entry]) -> None:
        """See `gateway.ledger.Ledger.keep_lifetimes`."""
        explained(entries)
        lifetimes.keep(self._do, kept)
        self._journal(entries)

    def record_numbers(self, numbered: Sequence[Numbered], entries: Sequence[Entry]) -> None:
        """See `gateway.ledger.Ledger.record_numbers`."""
        if not entries:
            raise ValueError("what became known of a running number is kept with an entry that explains it")
        self._journal(entries)
        numbers.keep(self._do, numbered)

    def conclude(self, matter: Matter, happened: Sequence[Happened], entries: Sequence[Entry], expected: int) -> None:
        """See `gateway.ledger.Ledger.conclude`."""
        exchanges.refuse_stale(self._do, matter.exchange, expected)
        self._journal(entries)
        exchanges.conclude(self._do, self._seals, matter, happened, expected, explained=bool(entries))

    def destroyed(
        self, keys: Mapping[SubjectId, Sequence[int]], destruction: Destruction, entries: Sequence[Entry]
    ) -> None:
        """Note which keys were destroyed, with the entries that tell of it."""
        at = microseconds(destruction.at)
        self._many(MARK_DESTROYED, [
            (at, destruction.rule, subject, number) for subject, numbers in keys.items() for number in numbers
        ])  # fmt: skip
        self._journal(entries)

    def commit(self, moves: Sequence[Move]) -> Committed:
        """See `gateway.ledger.Ledger.commit`."""
        same_matter = ""
        for move in moves:
            same_matter = self._move(move) or same_matter
        return Committed(same_matter=same_matter)

    # --- steps

    def _move(self, move: Move) -> str:
        envelope = move.envelope
        row = self._do("SELECT version, state FROM envelopes WHERE id = ?", (envelope.id,)).fetchone()
        if row != (move.version, move.before):
            raise StaleMove(f"{envelope.id} is not in state {move.before} with version {move.version}: {row}")
        for exchange, revision in move.expects:
            exchanges.refuse_stale(self._do, exchange, revision)
        entry = explaining(move.entries, envelope.id) + 1 - len(move.entries) + self._journal(move.entries)
        exchanges.tell(self._do, self._seals, move.steps, move.happened, move.at)
        numbers.keep(self._do, move.numbers)
        changing, parts = columns.changing(envelope, move.reason, self._seals)
        self._do(UPDATE_ENVELOPE, {
            "id": envelope.id, "version": move.version + 1, "state": move.after,
            "working": working(envelope.direction, move.after),
            "due": None if move.due is None else microseconds(move.due), "entry": entry,
            "updated_at": microseconds(move.at), "attempts": move.attempts, "breaks": move.breaks,
            **changing,
        })  # fmt: skip
        self._keep(envelope.id, parts)
        same_matter = self._claim(move.claim, envelope.id, entry) if move.claim else ""
        for spawned in move.spawn:
            self._spawn(spawned, entry, microseconds(move.at))
        return same_matter

    def _claim(self, claim: DuplicateKey, envelope: str, entry: int) -> str:
        """The earlier envelope with the same matter, if any; the key itself may belong to no other envelope."""
        found = self._do(CLAIMED_BY, (claim.sender, claim.message_id)).fetchone()
        if found and found[0] != envelope:
            raise _Duplicate(Committed(duplicate_of=found[0], same_content=found[1] == claim.content))
        if found:
            entry = found[2]
        else:
            self._do(KEEP_CLAIM, (claim.sender, claim.message_id, claim.content, claim.matter, envelope, entry))
        earlier = self._do(SAME_MATTER, (claim.sender, claim.matter, entry, envelope)).fetchone()
        return earlier[0] if earlier else ""

    def _spawn(self, spawned: Spawned, entry: int, at: int) -> None:
        if self._do("SELECT 1 FROM envelopes WHERE id = ?", (spawned.envelope.id,)).fetchone():
            return
        if spawned.entries:
            own = explaining(spawned.entries, spawned.envelope.id) + 1 - len(spawned.entries)
            entry = own + self._journal(spawned.entries)
        self._insert(spawned, entry, at)

    def _insert(self, new: Spawned, entry: int, at: int) -> None:
        envelope = new.envelope
        lifecycle.state(envelope.direction, new.state)
        changing, parts = columns.changing(envelope, new.reason, self._seals)
        self._do(INSERT_ENVELOPE, {
            "id": envelope.id, "version": 1, "direction": envelope.direction.value, "state": new.state,
            "working": working(envelope.direction, new.state), "due": None, "entry": entry,
            "received_at": microseconds(envelope.received_at), "updated_at": at, "attempts": 0, "breaks": 0,
            "kind": envelope.kind, "channel": text(envelope.channel), "cause": envelope.cause,
            "reference": self._seals.searched(text(envelope.claim.reference)),
            "media_type": columns.media_type(envelope, self._seals),
            "digest": envelope.payload.digest, "octets": len(envelope.payload.content),
            **changing, "claim": columns.claim(envelope, self._seals),
        })  # fmt: skip
        self._keep(
            envelope.id, [columns.sealed_part(envelope.id, PAYLOAD, envelope.payload.content, self._seals), *parts]
        )
        self._standing = self._standing._replace(accepted=self._standing.accepted + 1)

    def _keep(self, envelope: str, parts: Sequence[columns.Part]) -> None:
        self._many(KEEP_CONTENT, [(envelope, part, content, mark) for part, content, mark in parts])

    def _journal(self, entries: Sequence[Entry]) -> int:
        """Extend the chain; the number of the last entry."""
        accepted, number, before = self._standing
        entries = committed(entries, self._seals)
        links = chain.extend(number, before, [entry.canonical() for entry in entries])
        self._many(EXTEND_JOURNAL, [
            (link.number, link.before, link.hash, text(entry.envelope), entry.event, link.entry)
            for link, entry in zip(links, entries, strict=True)
        ])  # fmt: skip
        opened = [(link.number, entry.opening) for link, entry in zip(links, entries, strict=True) if entry.opening]
        if opened:
            self._many(KEEP_PERSONAL, opened)
        if links:
            self._standing = Standing(accepted, links[-1].number, links[-1].hash)
        return self._standing.number


# --- statements ----------------------------------------------------------------------------------------------------

_CHANGING = (
    "version", "state", "working", "rank", "due", "entry", "updated_at", "attempts", "breaks", "format", "counterpart",
    "message_id", "our_reference", "exchange", "urgency", "test", "reason_code", "reason_public", "reason_operator",
    "words", "learned",
)  # fmt: skip
_FIXED = (
    "id", "direction", "received_at", "kind", "channel", "cause", "reference", "media_type", "digest", "octets",
    "claim",
)  # fmt: skip

# Column names come from the two lists above, values are always bound.
INSERT_ENVELOPE = (
    f"INSERT INTO envelopes ({', '.join(_FIXED + _CHANGING)}) "  # noqa: S608
    f"VALUES ({', '.join(':' + name for name in _FIXED + _CHANGING)})"
)
UPDATE_ENVELOPE = f"UPDATE envelopes SET {', '.join(f'{name} = :{name}' for name in _CHANGING)} WHERE id = :id"  # noqa: S608

KEEP_CONTENT = """
    INSERT INTO contents (envelope, part, content, mark) VALUES (?, ?, ?, ?)
    ON CONFLICT (envelope, part) DO UPDATE SET content = excluded.content, mark = excluded.mark
    WHERE mark IS NOT excluded.mark OR (mark IS NULL AND content <> excluded.content)
"""
KEEP_PERSONAL = "INSERT INTO journal_personal (number, opening) VALUES (?, ?)"
KEEP_KEY = "INSERT OR IGNORE INTO subject_keys (subject, key) VALUES (?, ?)"
MARK_DESTROYED = """
    UPDATE subject_keys SET destroyed_at = ?, rule = ? WHERE subject = ? AND key = ? AND destroyed_at IS NULL
"""
EXTEND_JOURNAL = "INSERT INTO journal (number, before, hash, envelope, event, entry) VALUES (?, ?, ?, ?, ?, ?)"
LEASE_LOG = """
    UPDATE log SET token = token + (holder <> :holder OR until <= :now), holder = :holder, until = :until
    WHERE holder = :holder OR until <= :now
"""
PUBLISH_LOG = """
    UPDATE log SET size = :size, hash = :hash, note = :note
    WHERE size = :after AND token = :token AND :size >= :after
        AND EXISTS (SELECT 1 FROM journal WHERE number = :size AND hash = :hash)
"""
DELIVERED_AS = "SELECT envelope, digest FROM delivery_keys WHERE channel = ? AND key IN (?, ?)"
KEEP_DELIVERY = "INSERT INTO delivery_keys (channel, key, envelope, digest) VALUES (?, ?, ?, ?)"
CLAIMED_BY = "SELECT envelope, content, entry FROM duplicate_keys WHERE sender = ? AND message_id = ?"
KEEP_CLAIM = """
    INSERT INTO duplicate_keys (sender, message_id, content, matter, envelope, entry) VALUES (?, ?, ?, ?, ?, ?)
"""
SAME_MATTER = """
    SELECT envelope FROM duplicate_keys
    WHERE sender = ? AND matter = ? AND matter <> '' AND entry < ? AND envelope <> ? ORDER BY entry LIMIT 1
"""
