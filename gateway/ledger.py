"""Where envelopes and their journal live: the one place in which state, facts and entries are written, always
together.

A `Move` is one step of one envelope. `commit` takes several and writes all or none. A caller cannot move an envelope
and forget the entry, because a move without entries is refused here, before any store sees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Protocol

from msgspec import Struct

from gateway import lifecycle
from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.envelope import Direction, Envelope
from gateway.exchanges.matter import Kept, Matter, MatterQuery
from gateway.handover import Accepted
from gateway.identity import EnvelopeId
from gateway.journal.chain import Link
from gateway.journal.commitments import Openings
from gateway.journal.entry import Entry
from gateway.journal.publishing.head import LogHead
from gateway.numbers.series import Numbered, NumberQuery
from gateway.protection.retention.lifetime import Lifetime
from gateway.vault.port import Destruction
from gateway.vault.sealed import ContentDestroyed
from gateway.vault.subjects import SubjectId
from gateway.verdict import DuplicateKey, Reason


class Spawned(Struct, frozen=True, kw_only=True):
    """A new envelope that a move brings about. An id that exists already is left as it is: the step is a repetition."""

    envelope: Envelope
    state: str = lifecycle.FIRST
    reason: Reason | None = None
    entries: tuple[Entry, ...] = ()


class Move(Struct, frozen=True, kw_only=True):
    """One step of one envelope; raises `ValueError` when the lifecycle does not allow it or no entry explains it.

    `version` is the version of the row that was read: a store refuses the move with `StaleMove` when the row has
    changed since.
    """

    envelope: Envelope
    version: int
    before: str
    after: str
    entries: tuple[Entry, ...]
    at: datetime
    reason: Reason | None = None
    due: datetime | None = None
    """When the next stage may be tried; None for at once (working states) or never (others)."""
    attempts: int = 0
    """Failed tries of the stage that comes next."""
    breaks: int = 0
    """Worker processes that died over this envelope."""
    spawn: tuple[Spawned, ...] = ()
    claim: DuplicateKey | None = None
    via: tuple[str, ...] = ()
    """States passed on the way from `before` to `after` when one write covers several stages."""
    steps: tuple[Step, ...] = ()
    """What exchanges keep of messages: one per envelope, a later one takes the place of an earlier."""
    happened: tuple[Happened, ...] = ()
    """What this brings about in exchanges beside the messages. An id that is known there changes nothing."""
    expects: tuple[tuple[str, int], ...] = ()
    """Exchanges with the revision on which this was decided; `StaleMove` when somebody has written to them since."""
    numbers: tuple[Numbered, ...] = ()
    """What this tells of running numbers; `StaleMove` when one that is given does not follow the last of its series."""

    def __post_init__(self) -> None:
        path = (self.before, *self.via, self.after)
        for here, there in pairwise(path):
            if not lifecycle.allowed(self.envelope.direction, here, there):
                raise ValueError(f"the lifecycle does not lead from {here} to {there} ({self.envelope.direction})")
        if not self.entries:
            raise ValueError("a move needs at least one journal entry")


class Row(Struct, frozen=True, kw_only=True):
    """One envelope as the ledger holds it."""

    envelope: Envelope
    state: str
    version: int
    attempts: int
    breaks: int
    due: datetime | None
    reason: Reason | None
    updated_at: datetime


class Summary(Struct, frozen=True, kw_only=True):
    """One envelope in a list: what can be said without its content."""

    id: EnvelopeId
    direction: Direction
    kind: str
    channel: str
    state: str
    account: str
    format: str
    counterpart: str
    message_id: str
    our_reference: str
    exchange: str
    cause: str
    urgency: str
    test: bool
    received_at: datetime
    updated_at: datetime
    due: datetime | None
    attempts: int
    reason_code: str
    reason_public: str
    digest: str
    octets: int


class Waiting(Struct, frozen=True, kw_only=True):
    """One envelope whose next stage may be tried now, and what orders it."""

    id: EnvelopeId
    counterpart: str
    """As a list shows it: an office, or a claimed sender, which a store may show as a token."""
    urgent: bool
    again: bool
    """Whether it had to wait for a time before."""


class Backlog(Struct, frozen=True, kw_only=True):
    """What waits in one lane."""

    urgent: bool
    count: int
    """Envelopes in working states, also those that wait for a time."""
    oldest: datetime | None
    """Since when the oldest of those that may go on now could have; None where there is none."""


class Query(Struct, frozen=True, kw_only=True):
    """Which envelopes to list: all given conditions must hold; newest first. `text` matches id, message id,
    reference, exchange, digest or mail reference.
    """

    direction: Direction | None = None
    states: tuple[str, ...] = ()
    format: str = ""
    counterpart: str = ""
    exchange: str = ""
    cause: str = ""
    message_id: str = ""
    text: str = ""
    before_id: str = ""
    """Only envelopes with a smaller id: the next page."""
    limit: int = 50


class Committed(Struct, frozen=True, kw_only=True):
    """What became of a commit. With `duplicate_of` set nothing was written: the duplicate key belongs to another
    envelope.
    """

    duplicate_of: EnvelopeId = ""
    same_content: bool = False
    """Whether the earlier envelope had the very same verified bytes."""
    same_matter: EnvelopeId = ""
    """Written, but this earlier envelope of the sender had the same body under another id."""


class StaleMove(Exception):
    """The row, or an exchange that the decision rests on, has changed since it was read: read again and decide again."""

    exchange = ""
    """The exchange, where the decision rested on one."""


class KeyConflict(Exception):
    """The channel reference was used before with other bytes."""


class Ledger(Protocol):
    """What every store offers. All methods raise `Unavailable` when the store cannot answer or keep anything now.

    Rows are serialised by version; the journal is one chain in commit order; `accept` and `commit` return only when
    durable.
    """

    name: str

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self) -> None:
        """Raise `Unavailable` unless a write would be kept."""
        ...

    async def accept(self, envelope: Envelope, entry: Entry, key: str) -> Accepted:
        """Keep a new envelope in state `received` with its entry.

        `key` names the delivery within the channel (empty for none): the same key with the same payload digest
        returns the first envelope with `known_before`; with another digest `KeyConflict` is raised. Nothing is
        written in both cases.
        """
        ...

    async def commit(self, moves: Sequence[Move]) -> Committed:
        """Write all moves or none. Raises `StaleMove`."""
        ...

    async def record(self, entries: Sequence[Entry]) -> None:
        """Journal what is no step of an envelope: reading, searching, administration, refusals at the door."""
        ...

    async def record_happened(self, happened: Sequence[Happened], entries: Sequence[Entry]) -> None:
        """Keep what a person recorded for exchanges, with its entries; their matters are to be looked at now.

        Raises `ValueError` without entries, or for an exchange that is not there.
        """
        ...

    async def conclude(
        self, matter: Matter, happened: Sequence[Happened], entries: Sequence[Entry], expected_revision: int
    ) -> None:
        """What the clocks of an exchange have brought about, in one write: happenings, entries, the row with its next look.

        Raises `StaleMove` when somebody has written to the exchange since `expected_revision` was read. An exchange that
        no message began is opened by revision 0 with an entry that explains it.
        """
        ...

    async def record_numbers(self, numbers: Sequence[Numbered], entries: Sequence[Entry]) -> None:
        """Keep what became known of running numbers, with its entries. Raises `ValueError` without entries."""
        ...

    async def last_number(self, sender: str, receiver: str) -> int:
        """The last number that was given in a series of ours; 0 before the first."""
        ...

    async def numbers(self, query: NumberQuery) -> list[Numbered]: ...

    async def series(self) -> list[tuple[str, str]]:
        """Sender and receiver of every series of which something is known."""
        ...

    async def exchange(self, exchange: str) -> Kept:
        """What is kept of one exchange as of one moment: steps in the order in which they were known, happenings, its row."""
        ...

    async def matters(self, query: MatterQuery) -> list[Matter]: ...

    async def matters_due(self, now: datetime, limit: int) -> list[str]:
        """Exchanges that must be looked at now: those that have waited longest first."""
        ...

    async def next_look(self) -> datetime | None:
        """The earliest time at which an exchange must be looked at, past or future, or None."""
        ...

    async def get(self, envelope: EnvelopeId) -> Row | None:
        """The whole row. Raises `ContentDestroyed` when its key was destroyed, `ContentDamaged` when it does not open; lists and
        journal still tell of the envelope.
        """
        ...

    async def find(self, query: Query) -> list[Summary]: ...

    async def due(self, now: datetime, limit: int) -> list[EnvelopeId]:
        """Envelopes in working states whose time has come: urgent first, then oldest first."""
        ...

    async def waiting(self, now: datetime, each: int) -> list[Waiting]:
        """The same, office by office: at most `each` new and `each` repeated ones of every counterpart and urgency, oldest first, however
        much another counterpart has waiting.
        """
        ...

    async def backlog(self, now: datetime) -> list[Backlog]:
        """What waits, by lane."""
        ...

    async def arrivals(self, since: datetime, until: datetime) -> dict[str, int]:
        """How many messages came from each counterpart between these times, tests left out."""
        ...

    async def next_due(self) -> datetime | None:
        """The earliest future time at which an envelope becomes due, or None."""
        ...

    async def counts(self) -> dict[tuple[str, str], int]:
        """Envelopes by direction and state."""
        ...

    async def standings(self, after: str, limit: int) -> list[tuple[EnvelopeId, str, str]]:
        """Id, direction and state of envelopes behind this id, in order, as they stand there: also what somebody made of them."""
        ...

    async def accepted(self) -> int:
        """How many envelopes were ever taken in or made, by a counter that is kept apart from the rows (promise 6)."""
        ...

    async def timeline(self, envelope: EnvelopeId) -> list[Link]:
        """The journal of one envelope, oldest first."""
        ...

    async def journal(self, after: int, limit: int) -> list[Link]:
        """The journal from the entry after this number on."""
        ...

    async def head(self) -> tuple[int, str]:
        """Number and hash of the last link (0 and the genesis hash when empty)."""
        ...

    async def destroy(
        self, subjects: Sequence[SubjectId], destruction: Destruction, entries: Sequence[Entry]
    ) -> tuple[SubjectId, ...]:
        """Destroy the keys of these subjects (`gateway.vault.subjects`) for good, then write the entries that tell of it.

        Safe to repeat after a crash in between: who was destroyed stays destroyed with its first destruction. Returns those that
        have no key, whose content nothing was done to: there is none, or it is older than the vault and plain.
        """
        ...

    async def destroyed(self, subjects: Sequence[SubjectId]) -> Mapping[SubjectId, Destruction]:
        """Which of these subjects were destroyed, when and under which rule."""
        ...

    async def personal(self, numbers: Sequence[int]) -> Mapping[int, Openings | Destruction]:
        """What these entries of the journal say of persons, or that it was destroyed; entries that say nothing are left out.

        Raises `ContentDamaged` for what does not open.
        """
        ...

    async def keep_lifetimes(self, kept: Sequence[Lifetime], entries: Sequence[Entry]) -> None:
        """Keep what was decided about lifetimes, each over the revision that it rests on, with the entries that explain it.

        Raises `StaleMove` when somebody has decided meanwhile, `ValueError` without entries: then nothing is written.
        """
        ...

    async def lifetimes(self, subjects: Sequence[SubjectId]) -> dict[SubjectId, Lifetime]:
        """What was decided about these subjects; those about which nothing was are left out."""
        ...

    async def lifetimes_in(self, stage: str, after: str, limit: int) -> list[Lifetime]:
        """Lifetimes of one stage, by subject, from the one after this subject on."""
        ...

    async def log_head(self) -> LogHead:
        """The last checkpoint of the published log."""
        ...

    async def lease_log(self, holder: str, now: datetime, until: datetime) -> int:
        """Lead the log until then: a fencing token, which grows whenever the leader changes; 0 while somebody else leads."""
        ...

    async def publish_log(self, head: LogHead, after: int, token: int) -> None:
        """Keep a checkpoint that continues the one of `after` entries. Raises `LeaseLost` unless the log ends there, the token is
        that of the lease, and the journal has the head's hash at its size.
        """
        ...


async def readable(ledger: Ledger, envelope: EnvelopeId) -> Row | None:
    """The whole row, or None where there is none whose content can still be read: for whoever goes on without it."""
    try:
        return await ledger.get(envelope)
    except ContentDestroyed:
        return None
