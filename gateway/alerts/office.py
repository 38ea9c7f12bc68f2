"""Everything about alerts in one running gateway: the system, the desks, the look-up and the follower.

Off unless an alert system is configured: then there is no such office, nothing is looked up, and rules that need the
alert say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from gateway.alerts.barring import Bars
from gateway.alerts.cursor import Cursor
from gateway.alerts.desk import AlertDesk
from gateway.alerts.follower import Follower
from gateway.alerts.hitting import HitDesk
from gateway.alerts.law import AlertLaw
from gateway.alerts.lookup import LiveLookup
from gateway.alerts.matters import AlertMatters
from gateway.exchanges.matter import Kept
from gateway.exchanges.picture import Picture
from gateway.ledger import Ledger
from gateway.office import Office
from gateway.partners import Directory
from gateway.ports import AlertSystem, Clock, Formats, IdSource, Intake


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertWay:
    """What the assembly opens: the way to one alert system, and the family whose alerts it holds."""

    system: AlertSystem
    family: str
    law: AlertLaw
    lookup: LiveLookup
    cursor: Cursor
    pause: timedelta
    """Between two looks at the notices; zero follows nothing by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOffice:
    """The parts that a running gateway holds."""

    system: AlertSystem
    desk: AlertDesk
    hits: HitDesk
    follower: Follower

    async def start(self) -> None:
        """The system first, then the follower, which waits for nothing."""
        await self.system.start()
        self.follower.start()

    async def stop(self) -> None:
        """The follower first."""
        await self.follower.stop()
        await self.system.stop()


def open_office(  # noqa: PLR0913  one keyword for each part it stands on
    way: AlertWay, *, ledger: Ledger, clock: Clock, ids: IdSource, formats: Formats, directory: Directory, office: Office,
    intake: Intake, noticed: Callable[[], None], picture: Callable[[Kept], Picture],
) -> AlertOffice:  # fmt: skip
    """The office over one alert system; nothing is started."""
    matters = AlertMatters(ledger, way.law, way.family, clock, noticed)
    own = frozenset(office.parties)
    desk = AlertDesk(
        system=way.system,
        law=way.law,
        matters=matters,
        ledger=ledger,
        clock=clock,
        ids=ids,
        own=own,
        bars=Bars(ledger, way.law, way.family, own, picture),
    )
    hits = HitDesk(
        alerts=desk, formats=formats, directory=directory, office=office, intake=intake, ledger=ledger, clock=clock
    )
    follower = Follower(
        system=way.system, matters=matters, lookup=way.lookup, cursor=way.cursor, clock=clock, ids=ids, pause=way.pause
    )
    return AlertOffice(system=way.system, desk=desk, hits=hits, follower=follower)
