"""A gateway in virtual time with content that has a lifetime: forms come in, alerts are deleted, years pass, sweeps destroy."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from config.retention import read_retention, retention_file
from gateway.assembly.retention import rules_in
from gateway.exchanges.desk import Record
from gateway.journal import entry as entries
from gateway.journal.entry import Entry
from gateway.ledger import Query, Row, Summary
from gateway.protection.retention.desk import RetentionDesk
from gateway.protection.retention.lifetime import Lifetime
from gateway.protection.retention.office import RetentionLaw, open_retention
from gateway.protection.retention.planning import Planned
from gateway.protection.retention.rules import Rules
from gateway.protection.retention.sweeper import Sweeper
from gateway.vault.sealed import ContentDestroyed
from tests.exchanges.stories import FOREIGN_ALERT, Story, form_m
from tests.gateway.rig import CALENDARS, Rig, TurnedClock
from tests.retention.shredding import mortal

SHIPPED = rules_in(read_retention(retention_file(Path("nowhere")))[0])
OFFICER = "user:officer"


def corrected(**periods: str) -> Rules:
    """The shipped rules with periods that an office has entered: `corrected(own="P5Y")`."""
    rows = [
        msgspec.structs.replace(rule, lasts=period) if rule.id == f"RR-121-{name}" else rule
        for rule in SHIPPED
        for name, period in (next(((n, p) for n, p in periods.items() if rule.id == f"RR-121-{n}"), ("", "")),)
    ]
    return Rules(rows=tuple(rows), acts=SHIPPED.acts)


class Archive:
    """The rig, its story, and retention over its ledger."""

    def __init__(self, folder: Path, rules: Rules = SHIPPED, store: str = "memory", **law: Any) -> None:
        clock = TurnedClock()
        self.ledger: Any = mortal(store, folder, clock)
        self.rig = Rig(folder, self.ledger, clock)
        self.story = Story(self.rig)
        self.law: dict[str, Any] = law
        self.reopen(rules)

    def reopen(self, rules: Rules) -> None:
        """The same ledger under other rules, or in the next life of the process."""
        gateway = self.rig.gateway
        law = RetentionLaw(rules=rules, calendars=CALENDARS, pause=timedelta(0), **self.law)
        office = open_retention(
            law, ledger=self.ledger, formats=gateway.formats, own=self.rig.office.parties, clock=self.rig.clock
        )
        self.rig.gateway = replace(gateway, retention=office)
        self.desk: RetentionDesk = office.desk
        self.sweeper: Sweeper = office.sweeper

    async def about(self, alert: str = FOREIGN_ALERT, issuer: str = "XB", **header: Any) -> Row:
        """A form M about an alert comes in, and an officer sees to it."""
        form = form_m("Seen with a friend.", alert=alert, issuer=issuer, sent=self.rig.clock.now(), **header)
        row = await self.story.receives(form)
        return await self.seen_to(row) if row.state == "held" else row

    async def seen_to(self, row: Row) -> Row:
        """An officer lets a held message go on."""
        await self.rig.gateway.desk.release(row.envelope.id, OFFICER, "answered by telephone")
        await self.rig.gateway.quiet()
        return await self.rig.row(row.envelope.id)

    async def number_of(self, row: Row) -> int:
        """How many subjects the exchange of a message has: each of its messages and what was made for them, and itself."""
        found = {each.id for each in await self.of_exchange(row)}
        everything: list[Summary] = await self.ledger.find(Query(limit=200))
        return len(found | {each.id for each in everything if each.cause in found}) + 1

    async def alert_deleted(self, row: Row) -> None:
        """The alert of the message's exchange is deleted now."""
        record = Record(name="alert.deleted", reason="told by the alert system")
        await self.rig.gateway.exchanges.record(row.envelope.exchange, record, OFFICER)
        await self.rig.gateway.quiet()

    async def turn_to(self, moment: datetime) -> None:
        """Time passes, and what became due elsewhere has happened."""
        await self.rig.later(moment - self.rig.clock.now())

    async def due(self) -> list[str]:
        """Subjects that a sweep would destroy now."""
        found, _ = await self.desk.due(self.rig.clock.now(), OFFICER)
        return [each.subject for each in found]

    async def plan(self, id: str) -> Planned:
        """What is decided about one message now."""
        found = await self.desk.planning.of(id, self.rig.clock.now())
        assert found is not None
        return found

    async def readable(self, id: str) -> bool:
        """Whether the content of a message can be read."""
        try:
            return await self.ledger.get(id) is not None
        except ContentDestroyed:
            return False

    async def life(self, subject: str) -> Lifetime:
        """What is kept of the lifetime of a subject."""
        found: dict[str, Lifetime] = await self.ledger.lifetimes([subject])
        return found.get(subject) or Lifetime(subject=subject)

    async def of_exchange(self, row: Row) -> list[Summary]:
        """Messages that name the exchange of this one."""
        found: list[Summary] = await self.ledger.find(Query(exchange=row.envelope.exchange, limit=100))
        return found

    async def told(self, *events: str) -> list[Entry]:
        """Journal entries of these events, in order."""
        links = await self.ledger.journal(0, 100_000)
        return [found for link in links if (found := entries.read(link.entry)).event in events]

    async def reasons(self, *events: str) -> list[str]:
        """The reasons that people gave in entries of these events, as they can be read now."""
        links = [link for link in await self.ledger.journal(0, 100_000) if entries.read(link.entry).event in events]
        opened = await self.ledger.personal([link.number for link in links])
        return [each.value for link in links for each in opened[link.number] if each.name == "why"]
