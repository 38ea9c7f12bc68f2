"""Whether the books balance: accepted = delivered + rejected + held + waiting + quarantined (promise 6), counted three times.

From the rows; from the counter that is kept apart; and from the journal alone, which says for each message where it stands.
Messages go on moving meanwhile, so a difference counts only when the row and the entries of that message, read again
together, still disagree. Memory is bounded: the messages are looked at in shares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Final
from zlib import crc32

from msgspec import Struct

from gateway import lifecycle
from gateway.books import books
from gateway.journal.rows import RECEIVED, entry_of, looked_at, reached_by
from gateway.ledger import Ledger

PAGE: Final = 1000
SHARE: Final = 500_000
"""Messages that are held in memory at once."""
MAX_TOLD: Final = 1000
ACCOUNT_OF: Final = {row.name: row.account for row in lifecycle.STATES}
"""A name that both directions have counts in the same account; a test says so."""


class Difference(Struct, frozen=True, kw_only=True):
    """One message that is not booked alike, or a total that is wrong."""

    envelope: str
    """Its id; empty where the totals differ and no message says why."""
    row: str
    """The state that its row says; empty where there is no row."""
    journal: str
    """The state that its last entry says; empty where none tells of it."""
    words: str


class Balance(Struct, frozen=True, kw_only=True):
    """The three counts and what differs."""

    counter: int
    rows: dict[str, int]
    journal: dict[str, int]
    head: int
    """Up to which entry the journal was counted."""
    differences: tuple[Difference, ...]
    more: int = 0
    """Differences beyond those that are named."""

    @property
    def balanced(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


async def balanced_books(ledger: Ledger, share: int = SHARE) -> Balance:
    """Count three times and name what differs."""
    counts, counter = await books(ledger)
    least = await ledger.accepted()
    head, _ = await ledger.head()
    found: list[Difference] = []
    totals: Counter[str] = Counter()
    more = taken_in = 0
    shares = max(1, -(-max(least, sum(counts.values())) // share))
    for part in range(shares):
        told = await _told_by_journal(ledger, head, part, shares)
        taken_in += len(told)
        totals.update(ACCOUNT_OF.get(state, state) for _, state in told.values())
        async for difference in _compared(ledger, told, part, shares):
            if len(found) < MAX_TOLD:
                found.append(difference)
            else:
                more += 1
    most = await ledger.accepted()
    rows = _by_account(counts)
    found += _totals(rows, counter, least, taken_in, most)
    return Balance(
        counter=counter, rows=rows, journal=_whole(totals), head=head, differences=tuple(found[:MAX_TOLD]),
        more=more,
    )  # fmt: skip


def _by_account(counts: dict[tuple[str, str], int]) -> dict[str, int]:
    """Rows by account; a state that there is not is shown by its own name, and the books do not balance."""
    totals: Counter[str] = Counter()
    for (direction, name), number in counts.items():
        totals[lifecycle.account(direction, name) or f"{direction}/{name}"] += number
    return _whole(totals)


def _whole(totals: Counter[str]) -> dict[str, int]:
    return {**dict.fromkeys(lifecycle.ACCOUNTS, 0), **totals}


async def _told_by_journal(ledger: Ledger, head: int, part: int, shares: int) -> dict[str, tuple[int, str]]:
    """For each message of this share, where it was taken in and the state that its last entry up to `head` led to."""
    told: dict[str, tuple[int, str]] = {}
    after = 0
    while after < head and (links := await ledger.journal(after, min(PAGE, head - after))):
        after = links[-1].number
        for link in links:
            entry = entry_of(link)
            if entry is None or not entry.envelope or _share(entry.envelope, shares) != part:
                continue
            state = reached_by(entry)
            if entry.event == RECEIVED:
                told.setdefault(entry.envelope, (link.number, state))
            elif state and entry.envelope in told:
                told[entry.envelope] = (told[entry.envelope][0], state)
    return told


async def _compared(
    ledger: Ledger, told: dict[str, tuple[int, str]], part: int, shares: int
) -> AsyncIterator[Difference]:
    """Every message of this share whose row and entries disagree; `told` loses those that were looked at."""
    left = dict(told)
    async for envelope, direction, stands in _rows(ledger):
        if _share(envelope, shares) != part:
            continue
        place, state = left.pop(envelope, (0, ""))
        if state != stands or not lifecycle.account(direction, stands):
            difference = await _again(ledger, envelope, place, stands)
            if difference:
                yield difference
    for envelope, (place, _) in left.items():
        difference = await _again(ledger, envelope, place, "")
        if difference:
            yield difference


async def _rows(ledger: Ledger) -> AsyncIterator[tuple[str, str, str]]:
    after = ""
    while page := await ledger.standings(after, PAGE):
        for row in page:
            yield row
        after = page[-1][0]


async def _again(ledger: Ledger, envelope: str, place: int, stands: str) -> Difference | None:
    """What is wrong with one message, once its row and its entries were read together; None when it has only moved."""
    steps, broken = await looked_at(ledger, envelope, place)
    state = reached_by(last) if steps and (last := entry_of(steps[-1])) else ""
    if not steps:
        words = f"message {envelope}: no entry tells that it was taken in"
    elif broken:
        words = broken.fault
    else:
        return None
    return Difference(envelope=envelope, row=stands, journal=state, words=words)


def _totals(rows: dict[str, int], counter: int, least: int, taken_in: int, most: int) -> list[Difference]:
    """What is wrong with the totals themselves. While messages come, the journal may be one behind the counter or ahead of it."""
    found = []
    if sum(rows.values()) != counter:
        found.append(f"the counter says {counter}, and there are {sum(rows.values())} messages")
    if not least <= taken_in <= most:
        found.append(f"the counter says {least}, and by the journal {taken_in} were taken in")
    unknown = [name for name in rows if name not in lifecycle.ACCOUNTS]
    found += [f"messages stand in a state that there is not: {name}" for name in unknown]
    return [Difference(envelope="", row="", journal="", words=words) for words in found]


def _share(envelope: str, shares: int) -> int:
    return crc32(envelope.encode()) % shares if shares > 1 else 0
