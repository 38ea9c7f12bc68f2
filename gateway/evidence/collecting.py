"""What belongs into a bundle: the messages of an exchange, all receipts for them and of them, and every entry about any of these.

Relations are followed through entries and the columns of lists, never through content: what was destroyed is found all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from msgspec import Struct

from gateway.errors import Refused, Unavailable
from gateway.evidence.standalone.summary import MAX_ENTRIES, MAX_MESSAGES
from gateway.identity import EnvelopeId
from gateway.journal.chain import Link
from gateway.journal.entry import Entry, read
from gateway.journal.publishing.log import PublishedLog
from gateway.ledger import Ledger, Query, Summary
from gateway.ports import Clock

EXCHANGE: Final = "exchange"
MESSAGE: Final = "message"
TECHNICAL: Final = frozenset({"receipt", "repeat", "statement"})
"""Kinds of envelopes that are about another message: receipts, receipts sent once more, statements about our own books."""
PAGE: Final = 200
PUBLISHED_WITHIN: Final = timedelta(seconds=10)
LOOK_AGAIN: Final = timedelta(milliseconds=250)


class Told(Struct, frozen=True, kw_only=True):
    """One entry with its place in the chain."""

    link: Link
    entry: Entry


class Matter(Struct, frozen=True, kw_only=True):
    """What a bundle is about."""

    kind: str
    id: str
    messages: tuple[Summary, ...]
    """By id."""
    entries: tuple[Told, ...]
    """By number."""


class Collector:
    """Follows what belongs together."""

    def __init__(self, ledger: Ledger, log: PublishedLog, clock: Clock) -> None:
        self._ledger, self._log, self._clock = ledger, log, clock

    async def exchange(self, exchange: str) -> Matter:
        """All messages of an exchange; raises `Refused` where there is none."""
        found = await self._found(Query(exchange=exchange, limit=PAGE))
        if not found:
            raise _unknown()
        return await self._whole(EXCHANGE, exchange, found)

    async def message(self, id: str) -> Matter:
        """One message, by our id or its message id, with its receipts; raises `Refused` where there is none."""
        found = [each for each in await self._found(Query(text=id, limit=PAGE)) if id in (each.id, each.message_id)]
        if not found:
            raise _unknown()
        return await self._whole(MESSAGE, id, found)

    async def _whole(self, kind: str, id: str, begin: Iterable[Summary]) -> Matter:
        messages: dict[EnvelopeId, Summary] = {}
        entries: dict[int, Told] = {}
        waiting = list(begin)
        while waiting:
            one = waiting.pop()
            if one.id in messages:
                continue
            messages[one.id] = one
            own = await self._entries(one.id)
            entries |= {each.link.number: each for each in own}
            if len(messages) > MAX_MESSAGES or len(entries) > MAX_ENTRIES:
                words = f"A bundle holds at most {MAX_MESSAGES} messages and {MAX_ENTRIES} entries; take out messages one by one."
                raise Refused("evidence.too-large", words)
            waiting += await self._related(one, own, kind)
        ordered = tuple(messages[each] for each in sorted(messages))
        return Matter(kind=kind, id=id, messages=ordered, entries=tuple(entries[each] for each in sorted(entries)))

    async def _entries(self, envelope: EnvelopeId) -> list[Told]:
        links = await self._ledger.timeline(envelope)
        return [told for link in links if (told := Told(link=link, entry=read(link.entry))).entry.envelope == envelope]

    async def _related(self, one: Summary, entries: Iterable[Told], kind: str) -> list[Summary]:
        """Receipts in both directions, copies that came again, and what a receipt speaks of."""
        caused = await self._found(Query(cause=one.id, limit=PAGE))
        found = [
            each for each in caused if each.kind in TECHNICAL or (kind == EXCHANGE and each.exchange == one.exchange)
        ]
        if one.message_id:
            found += [
                each
                for each in await self._found(Query(message_id=one.message_id, limit=PAGE))
                if each.direction == one.direction
            ]
        names = [
            dict(told.entry.details).get("receipt", "") for told in entries if told.entry.event == "receipt.recorded"
        ]
        for name in [*names, one.cause if one.kind in TECHNICAL else ""]:
            found += (
                [each for each in await self._found(Query(text=name, limit=PAGE)) if each.id == name] if name else []
            )
        return found

    async def _found(self, query: Query) -> list[Summary]:
        """All pages."""
        found = page = await self._ledger.find(query)
        while len(page) == query.limit and len(found) <= MAX_MESSAGES:
            page = await self._ledger.find(_after(query, page[-1].id))
            found = [*found, *page]
        return found

    async def under_a_checkpoint(self, matter: Matter) -> None:
        """Return when every entry is published; raises `Unavailable` when that takes too long."""
        last = matter.entries[-1].link.number if matter.entries else 0
        until = self._clock.now() + PUBLISHED_WITHIN
        while (await self._log.figures()).size < last:
            now = self._clock.now()
            if now >= until or self._log.integrator.doubt:
                words = (
                    "The last entries of this matter are not under a checkpoint of the published log yet; ask again."
                )
                raise Unavailable("evidence.not-published", words)
            await self._clock.wait_until(now + LOOK_AGAIN)


def _unknown() -> Refused:
    return Refused("evidence.unknown", "There is no exchange and no message with this id.")


def _after(query: Query, id: str) -> Query:
    from msgspec.structs import replace

    return replace(query, before_id=id)
