"""Alerts that the law forbids to enter: an exchange here says so, for as long as what it says stands.

The one idea: the exchange itself is the list. A clock whose effect forbids an alert keeps its exchange open as long as it
stands, so the open exchanges are looked through when somebody intends such an alert, and the person is compared as
two alerts are.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

from msgspec import Struct

from gateway.alerts.law import AlertLaw, Likeness
from gateway.alerts.words import Alert
from gateway.exchanges.marks import TOOK_EFFECT
from gateway.exchanges.matter import MAX_MATTERS_LISTED, Kept, Matter, MatterQuery
from gateway.exchanges.picture import Picture, aside
from gateway.exchanges.running import Run
from gateway.findings import Finding, Severity
from gateway.identity import PartyId
from gateway.ledger import Ledger, readable
from gateway.subjects import Subject

RULE: Final = "ALT-BARRED"
_SEVERITY: Final = {Likeness.SAME: Severity.ERROR, Likeness.UNSURE: Severity.HOLD}
_WORDS: Final = {Likeness.SAME: "is about this person", Likeness.UNSURE: "may be about this person"}


class Barred(Struct, frozen=True, kw_only=True):
    """What the exchanges say against an alert."""

    findings: tuple[Finding, ...] = ()
    partial: bool = False
    """Whether the person of some exchange could not be compared: its messages cannot be read any more."""


class Bars:
    """Looks for exchanges that forbid an alert. `picture` says where an exchange stands now."""

    def __init__(
        self, ledger: Ledger, law: AlertLaw, family: str, own: frozenset[PartyId], picture: Callable[[Kept], Picture]
    ) -> None:
        self._ledger, self._law, self._family, self._own, self._picture = ledger, law, family, own, picture

    async def against(self, alert: Alert) -> Barred:
        """Everything that speaks against entering the alert."""
        effect = self._law.bar(alert)
        found: list[Finding] = []
        partial = False
        async for matter in self._open(effect):
            kept = await self._ledger.exchange(matter.exchange)
            runs = await self._standing(kept, effect)
            if not runs:
                continue
            subjects = await self._subjects(kept)
            likeness = self._law.about(alert, subjects)
            partial = partial or not subjects
            found += [_finding(matter.exchange, run, likeness) for run in runs if likeness is not Likeness.OTHER]
        return Barred(findings=tuple(found), partial=partial)

    async def _open(self, effect: str) -> AsyncIterator[Matter]:
        """The open exchanges of the family in which something has taken effect."""
        before = ""
        while effect:
            query = MatterQuery(family=self._family, closed=False, before=before, limit=MAX_MATTERS_LISTED)
            page = await self._ledger.matters(query)
            for matter in page:
                if any(mark.endswith(f":{TOOK_EFFECT}") for mark in matter.marks):
                    yield matter
            if len(page) < MAX_MATTERS_LISTED:
                return
            before = page[-1].exchange

    async def _standing(self, kept: Kept, effect: str) -> list[Run]:
        """The runs that forbid it now, against an office of ours."""
        picture = await aside(len(kept.steps), lambda: self._picture(kept))
        return [
            run
            for run in picture.runs
            if run.forbids and run.bound in self._own and run.clock.consequence and run.clock.consequence.effect == effect
        ]  # fmt: skip

    async def _subjects(self, kept: Kept) -> list[Subject]:
        """Whom the messages of the exchange are about, as far as they can still be read."""
        found: dict[Subject, None] = {}
        for step in kept.steps:
            row = None if step.void else await readable(self._ledger, step.envelope)
            form = row.envelope.learned.form if row else None
            found |= dict.fromkeys(form.subjects if form else ())
        return list(found)


def _finding(exchange: str, run: Run, likeness: Likeness) -> Finding:
    consequence = run.clock.consequence
    words = f"{consequence.text if consequence else ''} The exchange {exchange} {_WORDS[likeness]}: {run.clock.title}."
    sure = likeness is Likeness.SAME
    remedy = (
        "Do not enter it; it may be entered once the exchange says that this no longer stands."
        if sure
        else "Compare the persons; enter it only where they are not the same, and state why (`despite`)."
    )
    return Finding(
        rule=RULE, severity=_SEVERITY[likeness], field="subject", text=words, remedy=remedy, citation=run.clock.citation
    )
