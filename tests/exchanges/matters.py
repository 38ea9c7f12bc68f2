"""An exchange in a store with the watch over it, in virtual time: no pipeline, only what was recorded and the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from gateway.clock import Uuid7Source
from gateway.clocks.calendar import Calendar, ListedDays, UnknownPlace, legal_time
from gateway.clocks.happening import Happening
from gateway.clocks.table import read_clocks
from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.exchanges.matter import Matter
from gateway.exchanges.watch import Watch
from gateway.families import Family
from gateway.journal import entry as entries
from gateway.journal.entry import Entry
from gateway.ledger import Ledger
from gateway.office import Office
from gateway.statements import Statements
from schemas.catalogue import Catalogue
from tests.contracts.store_examples import new_id, step, take
from tests.gateway.rig import TurnedClock

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CLOCKS = read_clocks((files("schemas.sirene") / "clocks.toml").read_text("utf-8"))
EXCHANGE = "x-1"


class Places:
    """XA and XB lie in Copenhagen's time and rest on the first of December; of other states nothing is known."""

    def of(self, party: str) -> Calendar:
        if party.partition(":")[2] not in {"XA", "XB"}:
            return UnknownPlace(party)
        return ListedDays(legal_time("Europe/Copenhagen"), {datetime(2026, 12, 1, tzinfo=UTC).date()})


class Watched:
    """A store, a clock and a watch with the clocks of the SIRENE family."""

    def __init__(self, ledger: Ledger, clock: TurnedClock | None = None) -> None:
        self.ledger, self.clock = ledger, clock or TurnedClock(START)
        formats = Catalogue((), {"sirene": Family(name="sirene", clocks=CLOCKS)})
        statements = Statements(formats, Office(parties=("sirene:XA",)), Uuid7Source())
        self.watch = Watch(ledger, formats, frozenset({"sirene:XA"}), self.clock, Places(), statements)

    async def message(self, exchange: str = EXCHANGE, **fields: Any) -> Step:
        """A message that is a step of the exchange."""
        row = await take(self.ledger)
        plain: dict[str, Any] = {
            "envelope": row.envelope.id, "exchange": exchange, "format": "sirene/M@1", "sender": "sirene:XB",
            "to": ("sirene:XA",), "message_id": new_id(), "reference": "XB-M-2026-0000001", "sent": self.clock.now(),
            "known_at": self.clock.now(), "key": "XA0000000000000000001",
        }  # fmt: skip
        known = Step(**plain | fields)
        await self.ledger.commit([step(row, "identified", steps=(known,), at=self.clock.now())])
        return known

    async def happens(self, name: str, about: str = "", exchange: str = EXCHANGE, **fields: Any) -> None:
        """Something takes place now and is recorded, and the watch has seen it."""
        happening = Happening(name=name, at=self.clock.now(), **fields)
        recorded = Happened(
            id=f"{name}/{about}/{self.clock.now()}", exchange=exchange, about=about, happening=happening
        )
        told = Entry(event="happening.recorded", at=self.clock.now(), details=(("name", name),))
        await self.ledger.record_happened([recorded], [told])
        await self.watch.quiet()

    async def later(self, **time: float) -> None:
        """Time passes, and what became due was looked at."""
        self.clock.turn(timedelta(**time))
        await self.watch.quiet()

    async def matter(self, exchange: str = EXCHANGE) -> Matter:
        found = (await self.ledger.exchange(exchange)).matter
        assert found is not None
        return found

    async def told(self, *events: str) -> list[tuple[str, str, str]]:
        """Event, clock and mark of every entry of the clocks, in order."""
        links = await self.ledger.journal(0, 1000)
        found = [entries.read(link.entry) for link in links]
        return [
            (each.event, each.reason, dict(each.details).get("mark", ""))
            for each in found
            if each.event.startswith("clock.") and (not events or each.event in events)
        ]
