"""What happens to an alert, told to every exchange about it: the clocks of those exchanges run on it.

The one idea: each happening has an id that follows from what it is, so that our own act, the notice of it and a notice
that comes twice are one and the same. Deleting an alert starts the retention clock of everything about it (T34).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from gateway.alerts.law import AlertLaw
from gateway.alerts.words import Alert, AlertChange, ChangeKind, Status
from gateway.clocks.happening import Happening
from gateway.dialogues.happened import Happened
from gateway.exchanges.matter import MAX_HAPPENED, MAX_MATTERS_LISTED, Matter, MatterQuery
from gateway.identity import derived_id
from gateway.ledger import Ledger
from gateway.persons import Who, actor_of, entry_by
from gateway.ports import Clock

ONCE: Final = frozenset({ChangeKind.ENTERED, ChangeKind.DELETED})
"""These happen once in the life of an alert, whenever they are told."""
MOST_TOLD: Final = MAX_HAPPENED // 2
"""Changes that one exchange is told of; that its alert was entered or deleted is told always."""
SAME_WITHIN: Final = timedelta(minutes=5)
"""By how much the clock of the alert system may differ from ours."""
log = logging.getLogger(__name__)


class AlertMatters:
    """The exchanges about alerts."""

    def __init__(
        self, ledger: Ledger, law: AlertLaw, family: str, clock: Clock, noticed: Callable[[], None] = lambda: None
    ) -> None:
        self._ledger, self._law, self._family, self._clock, self._noticed = ledger, law, family, clock, noticed

    async def about(self, alert: str) -> list[Matter]:
        """Every exchange about an alert."""
        found: list[Matter] = []
        before = ""
        while True:
            query = MatterQuery(family=self._family, key=alert, before=before, limit=MAX_MATTERS_LISTED)
            page = await self._ledger.matters(query)
            found += page
            if len(page) < MAX_MATTERS_LISTED:
                return found
            before = page[-1].exchange

    async def tell(self, change: AlertChange, actor: Who) -> int:
        """Tell the exchanges about an alert what happened to it; how many there are."""
        name = self._law.happening(change.kind)
        if not name:
            return 0
        matters = await self.about(change.alert)
        for matter in matters:
            await self._record(matter.exchange, change, name, actor)
        return len(matters)

    async def tell_by_hand(self, alert: str, name: str, at: datetime, actor: Who, note: str) -> int:
        """Tell the exchanges about an alert what only a person can know, for example that its purpose is achieved."""
        happening = Happening(name=name, at=at)
        matters = await self.about(alert)
        for matter in matters:
            own_id = derived_id(f"{matter.exchange}\n{alert}\n{name}\n{at.isoformat()}", "alert")
            happened = Happened(id=own_id, exchange=matter.exchange, happening=happening, actor=actor_of(actor))
            await self._keep(happened, alert, note, actor)
        return len(matters)

    async def acquaint(self, matter: Matter, alert: Alert) -> None:
        """Tell an exchange that began later what had happened to its alert by then."""
        for change in _past(alert):
            await self._record(matter.exchange, change, self._law.happening(change.kind), "gateway")

    async def newest(self) -> list[Matter]:
        """The newest exchanges of the family."""
        return await self._ledger.matters(MatterQuery(family=self._family, limit=MAX_MATTERS_LISTED))

    async def _record(self, exchange: str, change: AlertChange, name: str, actor: Who) -> None:
        about = f"{exchange}\n{change.alert}\n{name}"
        if change.kind not in ONCE:
            about += f"\n{(change.expires_at or change.at).isoformat()}\n{change.at.isoformat()}"
        happening = self._happening(name, change)
        if happening is None:
            log.warning(
                "a notice with a moment out of all reason tells nobody, exchange=%s number=%d", exchange, change.number
            )
            return
        happened = Happened(
            id=derived_id(about, "alert"), exchange=exchange, happening=happening, actor=actor_of(actor)
        )
        await self._keep(happened, change.alert, "", actor, always=change.kind in ONCE)

    def _happening(self, name: str, change: AlertChange) -> Happening | None:
        """What took place, as of now where the clock of the alert system is ahead of ours: nobody would look again when that
        moment comes. An end beyond all years (`9999-12-31`) is none.
        """
        at = min(change.at, self._clock.now())
        for end in (change.expires_at, None):
            try:
                return Happening(name=name, at=at, until=end)
            except ValueError:
                continue
        return None

    async def _keep(self, happened: Happened, alert: str, note: str, who: Who, *, always: bool = True) -> None:
        known = await self._ledger.exchange(happened.exchange)
        if any(each.id == happened.id or _same_act(each, happened) for each in known.happened):
            return
        if not always and len(known.happened) >= MOST_TOLD:
            log.warning("an exchange was told too much about its alert already, exchange=%s", happened.exchange)
            return
        details = (
            ("exchange", happened.exchange),
            ("alert", alert),
            ("happening", happened.happening.name),
            ("note", note),
        )
        entry = entry_by(
            who, "alert.told", self._clock.now(),
            details=tuple(detail for detail in details if detail[1]),
        )  # fmt: skip
        try:
            await self._ledger.record_happened([happened], [entry])
        except ValueError:
            # The exchange holds as much as one can hold: it is told apart, so that the others are told all the same.
            log.warning("an exchange cannot be told about its alert, exchange=%s", happened.exchange)
        else:
            self._noticed()


def _same_act(known: Happened, other: Happened) -> bool:
    """Whether this is our own act and the notice of it: their clocks differ a little, name and end do not."""
    one, two = known.happening, other.happening
    return (one.name, one.until) == (two.name, two.until) and abs(one.at - two.at) <= SAME_WITHIN


def notice(alert: Alert, kind: ChangeKind, at: datetime) -> AlertChange:
    """A change of ours in the words of the feed."""
    return AlertChange(
        number=0, kind=kind, alert=alert.id, issuer=alert.issuer, category=alert.category, article=alert.article, at=at,
        expires_at=alert.expires_at,
    )  # fmt: skip


def _past(alert: Alert) -> list[AlertChange]:
    past = []
    if alert.entered_at is not None:
        past.append(notice(alert, ChangeKind.ENTERED, alert.entered_at))
    if alert.status is Status.DELETED and alert.deleted_at is not None:
        past.append(notice(alert, ChangeKind.DELETED, alert.deleted_at))
    return past
