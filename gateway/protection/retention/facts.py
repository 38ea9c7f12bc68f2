"""Gathers what retention must know of each content: to which lawful file it belongs, what started its lifetime, who works on it.

The one idea: a receipt, a repetition and what else was made for a message belong to the file of that message, because they tell of it. What
belongs to no exchange is a file by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from gateway import lifecycle
from gateway.envelope import Direction
from gateway.errors import GatewayError
from gateway.exchanges.matter import Kept
from gateway.exchanges.picture import standing_of
from gateway.identity import EnvelopeId, PartyId, family_of
from gateway.journal import entry as entries
from gateway.ledger import Ledger, Query, Summary
from gateway.ports import Formats
from gateway.protection.retention.lifetime import Lifetime, Stage
from gateway.protection.retention.rules import About, Rules, Start, Thing
from gateway.protection.retention.words import Content, File
from gateway.vault.subjects import of_envelope, of_exchange

DELETED: Final = "alert.deleted"
ISSUER: Final = "issuer"
MOST_CAUSES: Final = 8
"""How far a chain of causes is followed: a receipt of a repetition of a message is three."""
MOST_MESSAGES: Final = 2000
"""Of one exchange, receipts included; one with more stays, because nobody has looked at all of it."""
NAMESAKES: Final = 20


class Facts:
    """Gathers for one round; what it read of an exchange it does not read again."""

    def __init__(self, ledger: Ledger, formats: Formats, own: Sequence[PartyId], rules: Rules) -> None:
        self._ledger, self._formats, self._own, self._rules = ledger, formats, tuple(own), rules
        self._files: dict[str, File | None] = {}
        self._lifetimes: dict[str, Lifetime] = {}

    async def contents(self, found: Sequence[Summary]) -> list[Content]:
        """What is known of each of these messages, in their order."""
        await self.know(of_envelope(each.id) for each in found)
        return [await self._content(each) for each in found]

    async def know(self, subjects: Iterable[str]) -> None:
        """Read what was decided about these subjects."""
        unknown = [each for each in dict.fromkeys(subjects) if each not in self._lifetimes]
        if unknown:
            self._lifetimes |= await self._ledger.lifetimes(unknown)

    async def of_exchange(self, exchange: str) -> File | None:
        """The file of an exchange; None where there is no such exchange."""
        if exchange not in self._files:
            self._files[exchange] = await self._file(exchange)
        return self._files[exchange]

    def lifetime(self, subject: str) -> Lifetime:
        """What was decided about a subject that is known by now."""
        return self._lifetimes.get(subject) or Lifetime(subject=subject)

    async def _content(self, found: Summary) -> Content:
        life = self.lifetime(of_envelope(found.id))
        destroyed = life.stage is Stage.DESTROYED
        return Content(
            id=found.id, final=lifecycle.state(found.direction, found.state).final, destroyed=destroyed,
            files=() if destroyed else (await self._file_of(found),), hold=life.hold, order=life.order, plain=life.plain,
        )  # fmt: skip

    # --- which file

    async def _file_of(self, found: Summary) -> File:
        first = await self._told_of(found)
        for exchange in dict.fromkeys((found.exchange, first.exchange)):
            file = await self.of_exchange(exchange) if exchange else None
            if file is not None:
                return file
        happened = ((Start.RECEIVED, found.received_at), (Start.DECIDED, found.updated_at))
        family = family_of(first.format or found.format)
        return File(name="", thing=Thing.ALONE, family=family, happened=happened, bound=self._bound(family))

    async def _told_of(self, found: Summary) -> Summary:
        """The message that this one was made for, or tells of; itself where it is a message of its own."""
        for _ in range(MOST_CAUSES):
            other = await self._one(await self._before(found))
            if other is None or other.id == found.id:
                return found
            found = other
        return found

    async def _before(self, found: Summary) -> EnvelopeId:
        if found.cause:
            return found.cause
        if found.state == "repeated":
            return await self._first(found.id)
        return await self._settled(found) if found.state == "settled" else ""

    async def _first(self, repeated: EnvelopeId) -> EnvelopeId:
        """The message that came before this repetition of it; the journal says so."""
        for link in await self._ledger.timeline(repeated):
            told = entries.read(link.entry)
            if told.event == "envelope.repeated":
                return dict(told.details).get("first", "")
        return ""

    async def _settled(self, found: Summary) -> EnvelopeId:
        """The message of ours that a receipt speaks of."""
        try:
            row = await self._ledger.get(found.id)
            form = row.envelope.learned.form if row else None
            message = self._formats.receipt_content(form).of_message if form else ""
        except (GatewayError, ValueError, LookupError):
            return ""  # what cannot be read as a receipt tells of nothing: a file by itself
        if not message:
            return ""
        query = Query(message_id=message, direction=Direction.OUTBOUND, limit=NAMESAKES)
        ours = [each for each in await self._ledger.find(query) if each.kind != "repeat"]
        meant = [each for each in ours if found.counterpart in ("", each.counterpart)]
        return meant[0].id if meant else ""

    async def _one(self, envelope: EnvelopeId) -> Summary | None:
        found = await self._ledger.find(Query(text=envelope, limit=NAMESAKES)) if envelope else []
        return next((each for each in found if each.id == envelope), None)

    # --- exchanges

    async def _file(self, exchange: str) -> File | None:
        kept = await self._ledger.exchange(exchange)
        if kept.matter is None:
            return None
        subject = of_exchange(exchange)
        await self.know([subject])
        life, family = self.lifetime(subject), kept.matter.family
        return File(
            name=exchange, family=family, about=self._about(kept), happened=tuple(_happened(kept)), busy=await self._busy(exchange),
            bound=self._keeper(kept, family), hold=life.hold, order=life.order,
        )  # fmt: skip

    async def _busy(self, exchange: str) -> EnvelopeId:
        """A message of the exchange that has not come to its end."""
        found = await self._ledger.find(Query(exchange=exchange, limit=MOST_MESSAGES))
        if len(found) == MOST_MESSAGES:
            return found[-1].id
        return next((each.id for each in found if not lifecycle.state(each.direction, each.state).final), "")

    def _about(self, kept: Kept) -> About:
        """Whose alert it is, as far as forms and dialogues say. Where one of them names us, it is ours: that is kept longer."""
        assert kept.matter is not None
        family, own = self._formats.family(f"{kept.matter.family}/"), frozenset(self._own)
        if family.charts is None:
            return About.ANY
        issuers = {step.says(ISSUER) for step in kept.steps if not step.void}
        for course in standing_of(family, kept.steps, kept.happened, own).courses:
            issuers |= {
                course.party(chart.issuer)
                for chart in family.charts.charts
                if chart.id == course.dialogue and chart.issuer
            }
        issuers -= {""}
        if not issuers:
            return About.ANY
        if issuers & own:
            return About.OWN
        acting = self._rules.acting(kept.matter.family)
        acted = any(
            step.letter in acting and step.sender in own and not (step.inbound or step.void) for step in kept.steps
        )
        return About.ACTED_UPON if acted else About.FOREIGN

    def _keeper(self, kept: Kept, family: str) -> PartyId:
        parties = (party for step in kept.steps for party in (step.sender, *step.to))
        return next((party for party in parties if party in self._own), "") or self._bound(family)

    def _bound(self, family: str) -> PartyId:
        """Our office for a family; all of them lie in one state."""
        named = (party for party in self._own if party.partition(":")[0] == family)
        return next(named, self._own[0] if self._own else "")


def _happened(kept: Kept) -> Iterable[tuple[Start, datetime]]:
    """What periods may count from."""
    for each in kept.happened:
        if each.happening.name == DELETED:
            yield Start.ALERT_DELETED, each.happening.at
    known = [step.known_at for step in kept.steps]
    if known:
        yield Start.LAST_MESSAGE, max(known)
    taken = [step.taken_at for step in kept.steps if step.taken_at]
    last = [*known, *taken, *(each.happening.at for each in kept.happened)]
    if kept.matter is not None and kept.matter.closed and last:
        yield Start.CLOSED, max(last)
