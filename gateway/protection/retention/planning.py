"""What is due at a moment: one way to find it, for the sweep that destroys and for the dry run that only tells.

The one idea: both go through the same contents and the same decision, so a dry run says what a run would do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.clocks.calendar import Calendars
from gateway.exchanges.matter import MAX_MATTERS_LISTED, Matter, MatterQuery
from gateway.identity import EnvelopeId, PartyId, family_of
from gateway.journal import entry as entries
from gateway.ledger import Ledger, Query, Summary
from gateway.ports import Formats
from gateway.protection.retention.decide import decide
from gateway.protection.retention.facts import Facts
from gateway.protection.retention.lifetime import Stage
from gateway.protection.retention.rules import Rules, Start, Thing
from gateway.protection.retention.words import Content, Decision, File
from gateway.vault.subjects import EXCHANGE, JOURNAL, SubjectId, of_day, of_envelope, of_exchange

PAGE: Final = 200
LONGEST_LOG: Final = timedelta(days=40_000)
"""Days of a log that are looked at, from now back."""


class Planned(Struct, frozen=True, kw_only=True):
    """One subject with what is decided about it."""

    subject: SubjectId
    thing: Thing
    decision: Decision
    content: Content
    exchange: str = ""
    envelope: EnvelopeId = ""
    message: Summary | None = None
    day: date | None = None
    """Of a log."""
    again: bool = False
    """Words were recorded for an exchange after it was destroyed."""


class Planning:
    """Goes through everything that has a lifetime."""

    def __init__(
        self, ledger: Ledger, formats: Formats, own: Sequence[PartyId], rules: Rules, calendars: Calendars
    ) -> None:
        self.rules, self._ledger, self._formats, self._own, self._calendars = (
            rules,
            ledger,
            formats,
            tuple(own),
            calendars,
        )

    async def all(self, at: datetime) -> AsyncIterator[Planned]:
        """Every subject that is not destroyed: messages, then exchanges, then logs."""
        facts = self._facts()
        async for each in self.messages(at, facts):
            yield each
        async for each in self.exchanges(at, facts):
            yield each
        async for each in self.logs(at, facts):
            yield each

    async def messages(self, at: datetime, facts: Facts | None = None) -> AsyncIterator[Planned]:
        """Messages, the newest first."""
        facts = facts or self._facts()
        before = ""
        while True:
            page = await self._ledger.find(Query(before_id=before, limit=PAGE))
            for each in await self._planned(page, at, facts):
                yield each
            if len(page) < PAGE:
                return
            before = page[-1].id

    async def exchanges(self, at: datetime, facts: Facts | None = None) -> AsyncIterator[Planned]:
        """What was recorded of exchanges beside their messages."""
        facts = facts or self._facts()
        before = ""
        while True:
            page = await self._ledger.matters(MatterQuery(before=before, limit=MAX_MATTERS_LISTED))
            await facts.know(of_exchange(matter.exchange) for matter in page)
            for matter in page:
                planned = await self._exchange(matter, at, facts)
                if planned is not None:
                    yield planned
            if len(page) < MAX_MATTERS_LISTED:
                return
            before = page[-1].exchange

    async def logs(self, at: datetime, facts: Facts | None = None) -> AsyncIterator[Planned]:
        """Days of the journal whose personal part may be over, the oldest first. One day belongs to every family that the office has: it
        lives as long as the longest of their rules.
        """
        facts = facts or self._facts()
        first = await self._first_day(at)
        if first is None:
            return
        days = [first + timedelta(days=past) for past in range((at.astimezone(UTC).date() - first).days)]
        for begin in range(0, len(days), PAGE):
            some = [_noon(day) for day in days[begin : begin + PAGE]]
            await facts.know(of_day(moment) for moment in some)
            for moment in some:
                if facts.lifetime(of_day(moment)).stage is not Stage.DESTROYED:
                    yield self._day(moment, at, facts)

    async def of(self, envelope: EnvelopeId, at: datetime) -> Planned | None:
        """One message; None where there is none."""
        found = [each for each in await self._ledger.find(Query(text=envelope, limit=PAGE)) if each.id == envelope]
        if not found:
            return None
        facts = self._facts()
        (content,) = await facts.contents(found)
        return self._of(found[0], content, at)

    async def of_exchange(self, exchange: str, at: datetime) -> list[Planned]:
        """The messages of an exchange that name it, and the exchange itself, destroyed ones among them; nothing where there is none."""
        facts = self._facts()
        file = await facts.of_exchange(exchange)
        if file is None:
            return []
        found = await self._ledger.find(Query(exchange=exchange, limit=PAGE))
        planned = [
            self._of(each, content, at) for each, content in zip(found, await facts.contents(found), strict=True)
        ]
        return [*planned, self._of_file(exchange, file, at, facts)]

    async def of_day(self, day: str, at: datetime) -> Planned | None:
        """One day of the journal, such as 2026-11-21, destroyed or not; None for what is no past day in it."""
        try:
            wanted = date.fromisoformat(day)
        except ValueError:
            return None
        first = await self._first_day(at)
        if first is None or not first <= wanted < at.astimezone(UTC).date():
            return None
        facts = self._facts()
        await facts.know([of_day(_noon(wanted))])
        return self._day(_noon(wanted), at, facts)

    async def apart(self, subject: SubjectId, at: datetime) -> AsyncIterator[Planned]:
        """A subject that is no message."""
        if subject.startswith(EXCHANGE):
            for each in await self.of_exchange(subject.removeprefix(EXCHANGE), at):
                if each.subject == subject:
                    yield each
        elif day := await self.of_day(subject.removeprefix(JOURNAL), at):
            yield day

    # --- one by one

    def _facts(self) -> Facts:
        return Facts(self._ledger, self._formats, self._own, self.rules)

    async def _planned(self, page: Sequence[Summary], at: datetime, facts: Facts) -> Iterable[Planned]:
        contents = await facts.contents(page)
        pairs = zip(page, contents, strict=True)
        return [self._of(found, content, at) for found, content in pairs if not content.destroyed]

    def _of(self, found: Summary, content: Content, at: datetime) -> Planned:
        file = content.files[0] if content.files else None
        return Planned(
            subject=of_envelope(found.id), thing=file.thing if file else Thing.EXCHANGE, decision=self._decided(content, at),
            content=content, exchange=file.name if file else found.exchange, envelope=found.id, message=found,
        )  # fmt: skip

    async def _exchange(self, matter: Matter, at: datetime, facts: Facts) -> Planned | None:
        life = facts.lifetime(of_exchange(matter.exchange))
        again = life.stage is Stage.DESTROYED
        if again and (life.destroyed_at is None or matter.updated_at <= life.destroyed_at):
            return None
        if again and not await self._words(matter.exchange):
            return None
        file = await facts.of_exchange(matter.exchange)
        if file is None:
            return None
        planned = self._of_file(matter.exchange, file, at, facts)
        if not again:
            return planned
        content = replace(planned.content, destroyed=False)
        return replace(planned, content=content, decision=self._decided(content, at), again=True)

    async def _words(self, exchange: str) -> bool:
        """Whether something that was recorded in words can be read."""
        return any(each.happening.reason for each in (await self._ledger.exchange(exchange)).happened)

    def _of_file(self, exchange: str, file: File, at: datetime, facts: Facts) -> Planned:
        subject = of_exchange(exchange)
        destroyed = facts.lifetime(subject).stage is Stage.DESTROYED
        content = Content(id=subject, final=True, files=(file,), destroyed=destroyed)
        return Planned(
            subject=subject,
            thing=Thing.EXCHANGE,
            decision=self._decided(content, at),
            content=content,
            exchange=exchange,
        )

    def _day(self, moment: datetime, at: datetime, facts: Facts) -> Planned:
        subject = of_day(moment)
        life = facts.lifetime(subject)
        written = ((Start.WRITTEN, moment + timedelta(hours=12)),)  # the last moment of the day counts for all of it
        files = tuple(
            File(name=family, thing=Thing.LOG, family=family, happened=written, bound=self._own[0] if self._own else "")
            for family in self._families()
        )
        content = Content(
            id=subject,
            final=True,
            files=files,
            hold=life.hold,
            order=life.order,
            destroyed=life.stage is Stage.DESTROYED,
        )
        return Planned(
            subject=subject, thing=Thing.LOG, decision=self._decided(content, at), content=content, day=moment.date()
        )

    def _families(self) -> list[str]:
        return sorted({family_of(spec.id) for spec in self._formats if not self._formats.family(spec.id).technical})

    def _decided(self, content: Content, at: datetime) -> Decision:
        return decide(content, self.rules, self._calendars, at)

    async def _first_day(self, at: datetime) -> date | None:
        first = await self._ledger.journal(0, 1)
        if not first:
            return None
        written = entries.read(first[0].entry).at.astimezone(UTC)
        return max(written, at.astimezone(UTC) - LONGEST_LOG).date()


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
