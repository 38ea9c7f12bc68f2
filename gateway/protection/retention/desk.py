"""What people do with lifetimes: look, hold, lift, order a destruction before its time, confirm or recall it, take certificates.

Each act names the person and is journalled in the write that it causes. Its reason may name a person, so it stands in the entry as something
personal and nowhere else. An order takes a second person, unless the office decided otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import Refused
from gateway.ledger import Ledger
from gateway.persons import Who, actor_of, entry_by
from gateway.ports import Clock
from gateway.protection.retention.certificate import Certificate, certificate_in
from gateway.protection.retention.lifetime import Lifetime, Stage
from gateway.protection.retention.planning import Planned, Planning
from gateway.protection.retention.words import GROUNDS, Hold, Order, Why
from gateway.vault.subjects import SubjectId, of_day, of_envelope, of_exchange

MAX_REASON_CHARACTERS: Final = 1000
MAX_SHOWN: Final = 1000
MOST_BETWEEN: Final = 10_000
"""Entries that others may have written between the look at the head of the journal and a certificate."""
EXCHANGE, MESSAGE, DAY = "exchange", "message", "day"
KINDS: Final = (EXCHANGE, MESSAGE, DAY)


class Named(Struct, frozen=True, kw_only=True):
    """What a person names: a whole exchange, one message, one day of the journal."""

    kind: str
    id: str

    @property
    def subject(self) -> SubjectId:
        """Whose key it is."""
        if self.kind == DAY:
            return of_day(datetime.fromisoformat(f"{self.id}T12:00:00+00:00"))
        return of_exchange(self.id) if self.kind == EXCHANGE else of_envelope(self.id)

    @property
    def envelope(self) -> str:
        """The message, where it is one."""
        return self.id if self.kind == MESSAGE else ""


class Seen(Struct, frozen=True, kw_only=True):
    """How it stands with what a person named."""

    named: Named
    lifetime: Lifetime
    planned: tuple[Planned, ...]
    """Every content that it reaches, with what is decided about it."""


class RetentionDesk:
    """The acts of people on lifetimes."""

    def __init__(
        self, *, planning: Planning, ledger: Ledger, clock: Clock, noticed: Callable[[], None] = lambda: None,
        second_person: bool = True,
    ) -> None:  # fmt: skip
        self.planning, self._ledger, self._clock, self._noticed = planning, ledger, clock, noticed
        self.second_person = second_person

    # --- looking

    async def due(self, on: datetime, person: Who, *, everything: bool = False) -> tuple[list[Planned], bool]:
        """What a sweep at that moment would destroy, or everything with what is decided about it; whether there is more than is shown."""
        found: list[Planned] = []
        async for each in self.planning.all(on):
            if everything or each.decision.destroy:
                found.append(each)
            if len(found) > MAX_SHOWN:
                break
        await self._journal("retention.read", person, (("on", on.isoformat()), ("found", str(len(found)))))
        return found[:MAX_SHOWN], len(found) > MAX_SHOWN

    async def read(self, id: str, kind: str, person: Who) -> Seen:
        """How it stands with one exchange, message or day; raises `Refused` with `retention.unknown`."""
        named, planned = await self._find(id, kind)
        life = await self._life(named)
        await self._journal("retention.read", person, (("subject", named.subject),), named.envelope)
        return Seen(named=named, lifetime=life, planned=tuple(planned))

    async def certificates(self, id: str, kind: str, person: Who) -> list[Certificate]:
        """The deletion certificates of a message, of a day, or of an exchange and all its messages; journalled."""
        named, planned = await self._find(id, kind)
        lives = await self._ledger.lifetimes([each.subject for each in planned])
        found = [
            await self._certificate(lives[each.subject], each.envelope) for each in planned if each.subject in lives
        ]
        await self._journal("retention.read", person, (("subject", named.subject),), named.envelope)
        return [each for each in found if each]

    async def _certificate(self, life: Lifetime, envelope: str) -> Certificate | None:
        if life.stage is not Stage.DESTROYED:
            return None
        if envelope:
            links = await self._ledger.timeline(envelope)
        else:
            links = await self._ledger.journal(life.certified_after, MOST_BETWEEN)
        return next((found for link in links if (found := certificate_in(link, life.subject))), None)

    # --- deciding

    async def hold(self, id: str, kind: str, person: Who, reason: str) -> Seen:
        """Nothing of this is destroyed from now on, whatever the rules say."""
        _stated(reason)
        named, planned = await self._find(id, kind)
        life = await self._life(named)
        if life.stage is Stage.DESTROYED or all(each.content.destroyed for each in planned):
            raise Refused("retention.destroyed", "It is destroyed; there is nothing left to hold.")
        if life.hold is not None:
            raise Refused("retention.held", "A legal hold stands on it already.")
        after = replace(life, hold=Hold(by=actor_of(person), at=self._clock.now()))
        return await self._decide(named, after, "retention.held", person, reason)

    async def lift(self, id: str, kind: str, person: Who, reason: str) -> Seen:
        """The hold no longer stands; lifetimes count from where they began, so what is over goes with the next sweep."""
        _stated(reason)
        named, _ = await self._find(id, kind)
        life = await self._life(named)
        if life.hold is None:
            raise Refused("retention.not-held", "No legal hold stands on it.")
        seen = await self._decide(named, replace(life, hold=None), "retention.lifted", person, reason)
        self._noticed()
        return seen

    async def order(self, id: str, kind: str, person: Who, ground: str, reason: str) -> Seen:
        """Destroy before the time. Refused while a message is worked on, waits for an officer, or is held."""
        _stated(reason)
        if ground not in GROUNDS:
            raise Refused("retention.ground", f"Name one of these grounds: {', '.join(GROUNDS)}.")
        named, planned = await self._find(id, kind)
        life = await self._life(named)
        if life.stage is not Stage.KEPT or all(each.content.destroyed for each in planned):
            raise Refused("retention.destroyed", "It is destroyed already, or about to be.")
        if life.order is not None:
            raise Refused("retention.ordered", "It is ordered already; confirm or recall that order.")
        self._refuse_bound(planned)
        now, alone = self._clock.now(), not self.second_person
        order = Order(
            by=actor_of(person),
            at=now,
            ground=ground,
            confirmed_by=actor_of(person) if alone else "",
            confirmed_at=now if alone else None,
        )
        seen = await self._decide(named, replace(life, order=order), "retention.ordered", person, reason, ground)
        if alone:
            self._noticed()
        return seen

    async def confirm(self, id: str, kind: str, person: Who, reason: str) -> Seen:
        """A second person agrees with an order: it is carried out by the next sweep, which begins now."""
        _stated(reason)
        named, planned = await self._find(id, kind)
        life = await self._life(named)
        if life.order is None or life.order.valid or life.stage is not Stage.KEPT:
            raise Refused("retention.not-ordered", "No order waits for a second person here.")
        if life.order.by == actor_of(person):
            raise Refused("retention.same-person", "Whoever ordered it cannot confirm it; another person must.")
        self._refuse_bound(planned)
        order = replace(life.order, confirmed_by=actor_of(person), confirmed_at=self._clock.now())
        seen = await self._decide(
            named, replace(life, order=order), "retention.confirmed", person, reason, order.ground
        )
        self._noticed()
        return seen

    async def recall(self, id: str, kind: str, person: Who, reason: str) -> Seen:
        """The order no longer stands; what is destroyed stays so."""
        _stated(reason)
        named, _ = await self._find(id, kind)
        life = await self._life(named)
        if life.order is None or life.stage is not Stage.KEPT:
            raise Refused("retention.not-ordered", "No order stands here that could be recalled.")
        return await self._decide(named, replace(life, order=None), "retention.recalled", person, reason)

    # --- within

    async def _find(self, id: str, kind: str) -> tuple[Named, list[Planned]]:
        """What is named: of one id that an exchange and a message share, the exchange, unless the kind is said."""
        now = self._clock.now()
        if kind in ("", EXCHANGE) and (found := await self.planning.of_exchange(id, now)):
            return Named(kind=EXCHANGE, id=id), found
        if kind in ("", MESSAGE) and (message := await self.planning.of(id, now)):
            return Named(kind=MESSAGE, id=id), [message]
        if kind in ("", DAY) and (day := await self.planning.of_day(id, now)):
            return Named(kind=DAY, id=id), [day]
        raise Refused("retention.unknown", "There is no exchange, message or day of the journal with this name.")

    async def _life(self, named: Named) -> Lifetime:
        return (await self._ledger.lifetimes([named.subject])).get(named.subject) or Lifetime(subject=named.subject)

    @staticmethod
    def _refuse_bound(planned: list[Planned]) -> None:
        for each in planned:
            if each.decision.why in (Why.AT_WORK, Why.OPEN):
                words = "A message is still worked on, or waits for an officer. Bring that to its end first."
                raise Refused("retention.at-work", words)
            if each.decision.why is Why.HELD:
                raise Refused("retention.held", "A legal hold stands on it. Lift it first.")

    async def _decide(
        self, named: Named, after: Lifetime, event: str, person: Who, reason: str, code: str = ""
    ) -> Seen:
        # Without the message: the reason must outlive the content that it was given for, so the key of the day seals it.
        details = (("subject", named.subject), ("why", reason))
        entry = entry_by(person, event, self._clock.now(), reason=code, details=details)
        await self._ledger.keep_lifetimes([after], [entry])
        _, planned = await self._find(named.id, named.kind)
        return Seen(named=named, lifetime=await self._life(named), planned=tuple(planned))

    async def _journal(self, event: str, person: Who, details: tuple[tuple[str, str], ...], envelope: str = "") -> None:
        entry = entry_by(person, event, self._clock.now(), envelope=envelope, details=details)
        await self._ledger.record([entry])


def _stated(reason: str) -> None:
    if not reason.strip() or len(reason) > MAX_REASON_CHARACTERS:
        words = f"State a reason in at most {MAX_REASON_CHARACTERS} characters; it is journalled."
        raise Refused("reason.missing", words)
