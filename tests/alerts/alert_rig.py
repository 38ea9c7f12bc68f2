"""A rig whose gateway has alerts: N.SIS of XA, before the same simulated central system as the N.SIS of XB."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.alertsystems.nsis.alertsystem import Nsis
from adapters.alertsystems.nsis.settings import NsisSettings
from gateway.alerts.cursor import CursorFile
from gateway.alerts.lookup import LiveLookup
from gateway.alerts.office import AlertOffice, AlertWay
from gateway.alerts.words import Alert
from gateway.clock import Uuid7Source
from gateway.gateway import Gateway, join
from gateway.journal import entry as entries
from gateway.journal import told
from gateway.pipeline import Compute
from gateway.stages.line_up import Reach
from routing.decide import TableRouter
from routing.table import read_table
from schemas.sirene.alerts.law import ALERT_LAW
from tests.contracts.alert_examples import asking
from tests.contracts.rest_simulators import Simulated, running
from tests.gateway.rig import CALENDARS, NOON, Rig, TurnedClock

TOKEN = "fictitious-token"
PURPOSE = "Case 9999-99999-00001-26"


@contextmanager
def central_system(folder: Path, *options: str) -> Iterator[Simulated]:
    """The simulated N.SIS and CS-SIS, at the noon of the rig."""
    with running("nsis", folder, "--token", TOKEN, "--clock", NOON.isoformat(), *options) as simulated:
        yield simulated


def national_part(url: str, state: str, **changes: Any) -> Nsis:
    """The N.SIS of one state."""
    limits = {"immediate_seconds": 2, "urgent_seconds": 5, "normal_seconds": 8, "call_seconds": 2, "poll_seconds": 0.02}
    return Nsis(NsisSettings(base_url=f"{url}/{state}", token=TOKEN, **{**limits, **changes}))


class AlertRig(Rig):
    """A rig with N.SIS. Notices are read when a test asks for it (`follow`), not by themselves."""

    def __init__(self, folder: Path, url: str, clock: TurnedClock | None = None, **changes: Any) -> None:
        self._folder, self._url, self._changes = folder, url, changes
        self._pause = timedelta(seconds=changes.pop("follow", 0))
        super().__init__(folder, clock=clock)

    def joined(self, compute: Compute | None = None) -> Gateway:
        system = national_part(self._url, "XA", **self._changes)
        lookup = LiveLookup(system, self.clock, Uuid7Source(), limit_seconds=2)
        way = AlertWay(
            system=system, family="sirene", law=ALERT_LAW, lookup=lookup, cursor=CursorFile(self._folder / "nsis.cursor"),
            pause=self._pause,
        )  # fmt: skip
        reach = Reach(
            ledger=self.ledger, router=TableRouter(read_table(self._routes)),
            outbound={"wire": self.wire}, registers=self.shelves, case_systems={"polsas": self.cases}, clock=self.clock,
            ids=Uuid7Source(), calendars=CALENDARS,
        )  # fmt: skip
        return join(self.knowledge, reach, compute, {}, way)

    @property
    def alerts(self) -> AlertOffice:
        """What the gateway has for alerts."""
        assert self.gateway.alerts is not None
        return self.gateway.alerts

    async def follow(self) -> int:
        """Read the notices now, and let what follows happen."""
        told = await self.alerts.follower.look()
        await self.gateway.quiet()
        return told

    def forget_the_place(self) -> None:
        """The notices are read from their beginning the next time."""
        (self._folder / "nsis.cursor").unlink()

    async def events(self, event: str) -> list[dict[str, str]]:
        """Details of every journal entry of this event, with what it says of persons."""
        links = await self.ledger.journal(0, 10_000)
        opened = await told.opened(self.ledger, links)
        read = [(entries.read(link.entry), opened.get(link.number)) for link in links]
        return [told.details(entry, found) for entry, found in read if entry.event == event]


@asynccontextmanager
async def of_state(url: str, state: str) -> AsyncIterator[Nsis]:
    """The N.SIS of another state, for what its officers do."""
    system = national_part(url, state)
    await system.start()
    try:
        yield system
    finally:
        await system.stop()


async def theirs(system: Nsis, alert: str) -> Alert:
    """An alert as another state sees it."""
    found = await system.get(alert, asking())
    assert found is not None
    return found


__all__ = ["PURPOSE", "AlertRig", "central_system", "national_part", "of_state", "theirs"]
