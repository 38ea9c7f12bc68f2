"""What people do with exchanges: list, read, record what took place beside the messages. Each act is journalled.

Reading and searching need a stated purpose, as for messages. What is recorded is a word of the family's own list, with a
moment; it is never changed, and the clocks see it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from gateway.clocks.happening import Happening
from gateway.dialogues.happened import Happened
from gateway.errors import Refused
from gateway.exchanges.matter import MAX_HAPPENED, Kept, Matter, MatterQuery
from gateway.exchanges.picture import Picture, aside
from gateway.exchanges.watch import Watch
from gateway.families import Family
from gateway.identity import derived_id, digest
from gateway.journal.entry import Entry
from gateway.ledger import Ledger
from gateway.persons import Who, actor_of, entry_by
from gateway.ports import Clock, Formats, IdSource

MAX_REASON_CHARACTERS: Final = 1000
MAX_AMOUNT: Final = 10_000
OFFICE: Final = "office"
"""Key of exchanges that no message began."""


class Seen(Struct, frozen=True, kw_only=True):
    """One exchange as a person sees it."""

    matter: Matter
    kept: Kept
    picture: Picture
    vocabulary: Mapping[str, str]
    """What may be recorded for it, each with its words."""


class Record(Struct, frozen=True, kw_only=True):
    """What a person says took place."""

    name: str
    at: datetime | None = None
    about: str = ""
    """Message id of the request that it belongs to; empty for the exchange as a whole."""
    reason: str = ""
    until: datetime | None = None
    amount: int = 0


class ExchangeDesk:
    """The acts of people on exchanges."""

    def __init__(self, ledger: Ledger, clock: Clock, formats: Formats, watch: Watch, ids: IdSource) -> None:
        self._ledger, self._clock, self._formats, self._watch, self._ids = ledger, clock, formats, watch, ids

    async def find(self, query: MatterQuery, person: Who, purpose: str) -> list[Matter]:
        """List or search; journalled with a digest of what was asked."""
        _stated(purpose, "purpose")
        found = await self._ledger.matters(query)
        details = (("purpose", purpose), ("query", digest(msgspec.json.encode(query))), ("found", str(len(found))))
        await self._journal("exchanges.searched", person, details)
        return found

    async def read(self, exchange: str, person: Who, purpose: str) -> Seen:
        """One exchange as it stands now; raises `Refused` with `exchange.unknown`."""
        _stated(purpose, "purpose")
        seen = await self._seen(exchange)
        await self._journal("exchange.read", person, (("exchange", exchange), ("purpose", purpose)))
        return seen

    async def open(self, family: str, person: Who, reason: str) -> Seen:
        """Open an exchange that no message begins: a duty of the office itself, such as yearly figures or the keeping of a
        log. What starts and stops its clocks is recorded by people. Raises `Refused` for a family without such duties.
        """
        _stated(reason, "reason")
        if not vocabulary_of(self._formats.family(f"{family}/")):
            raise Refused("family.no-duties", f"Nothing is recorded by hand for the family {family[:16]}.")
        now, exchange = self._clock.now(), self._ids.new()
        opened = Matter(
            exchange=exchange, family=family, key=OFFICE, opened_at=now, updated_at=now, next_look_at=now
        )  # fmt: skip
        details = (("exchange", exchange), ("family", family), ("why", reason))
        entry = entry_by(person, "exchange.opened", now, details=details)
        await self._ledger.conclude(opened, [], [entry], 0)
        self._watch.look()
        return await self._seen(exchange)

    async def record(self, exchange: str, record: Record, person: Who) -> Seen:
        """Keep what took place; the same again changes nothing. Raises `Refused` for what cannot have taken place."""
        seen = await self._seen(exchange)
        now = self._clock.now()
        happened = self._happened(seen, exchange, record, person, now)
        envelope = next(
            (step.envelope for step in seen.kept.steps if record.about and step.message_id == record.about), ""
        )
        happened = msgspec.structs.replace(happened, envelope=envelope)
        if happened.id not in {each.id for each in seen.kept.happened}:
            if len(seen.kept.happened) >= MAX_HAPPENED:
                raise Refused("exchange.full", f"An exchange holds at most {MAX_HAPPENED} happenings.")
            await self._ledger.record_happened([happened], [_entry(happened, person, now)])
            self._watch.look()
        return await self._seen(exchange)

    def _happened(self, seen: Seen, exchange: str, record: Record, person: Who, now: datetime) -> Happened:
        if record.name not in seen.vocabulary:
            known = ", ".join(sorted(seen.vocabulary))
            raise Refused("happening.unknown", f"That is nothing to record for this exchange. Known are: {known}.")
        if record.at is not None and record.at > now:
            raise Refused("happening.future", "What has not taken place yet cannot be recorded.")
        if record.about and record.about not in {step.message_id for step in seen.kept.steps}:
            raise Refused("happening.about", "No message of the exchange has this message id.")
        if len(record.reason) > MAX_REASON_CHARACTERS or not 0 <= record.amount <= MAX_AMOUNT:
            raise Refused(
                "happening.unreasonable",
                f"A reason has at most {MAX_REASON_CHARACTERS} characters, an amount is at most {MAX_AMOUNT}.",
            )
        try:
            happening = Happening(
                name=record.name, at=record.at or now, reason=record.reason, until=record.until, amount=record.amount
            )
        except ValueError as error:
            raise Refused(
                "happening.unreasonable", "A moment needs a time zone and lies between 1970 and 2500."
            ) from error
        stated = record.at.isoformat() if record.at else now.isoformat()
        own = derived_id(exchange, f"{record.name}/{record.about}/{stated}/{record.amount}/{record.reason}")
        return Happened(id=own, exchange=exchange, happening=happening, about=record.about, actor=actor_of(person))

    async def _seen(self, exchange: str) -> Seen:
        kept = await self._ledger.exchange(exchange)
        if kept.matter is None:
            raise Refused("exchange.unknown", "There is no exchange with this id.")
        family = self._formats.family(f"{kept.matter.family}/")
        picture = await aside(len(kept.steps), lambda: self._watch.picture(kept))
        return Seen(matter=kept.matter, kept=kept, picture=picture, vocabulary=vocabulary_of(family))

    async def _journal(self, event: str, person: Who, details: tuple[tuple[str, str], ...]) -> None:
        await self._ledger.record([entry_by(person, event, self._clock.now(), details=details)])


def vocabulary_of(family: Family) -> Mapping[str, str]:
    """What people may record for exchanges of a family: what its dialogues list, else every word of its clocks."""
    if family.charts is not None:
        return family.charts.recorded
    return family.clocks.happenings if family.clocks is not None else {}


def _entry(happened: Happened, person: Who, now: datetime) -> Entry:
    happening = happened.happening
    details = (
        ("exchange", happened.exchange), ("name", happening.name), ("happened_at", happening.at.isoformat()), ("about", happened.about),
        ("why", happening.reason), ("until", happening.until.isoformat() if happening.until else ""),
        ("amount", str(happening.amount) if happening.amount else ""),
    )  # fmt: skip
    return entry_by(
        person, "happening.recorded", now, envelope=happened.envelope,
        details=tuple(detail for detail in details if detail[1]),
    )  # fmt: skip


def _stated(text: str, what: str) -> None:
    if not text.strip() or len(text) > MAX_REASON_CHARACTERS:
        raise Refused(
            f"{what}.missing", f"State a {what} in at most {MAX_REASON_CHARACTERS} characters; it is journalled."
        )
