"""What officers do with alerts. Each act is checked against the law first, journalled before and after, carried out by
the alert system, and told to the exchanges about the alert.

The one idea: the gateway keeps no alert. It asks for it as it stands, judges the act on that, and names the version that
it has judged, so that nothing is done to an alert that somebody changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime
from functools import cmp_to_key
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from gateway.alerts.barring import Bars
from gateway.alerts.commands import (
    Asking,
    Change,
    DeleteAlert,
    EnterAlert,
    ExtendAlert,
    FlagAlert,
    HideAlert,
    LinkAlerts,
    MisuseIdentity,
    UpdateAlert,
)
from gateway.alerts.law import Advice, AlertLaw, CategoryFacts, Todo
from gateway.alerts.matters import AlertMatters, notice
from gateway.alerts.words import Alert, ChangeKind, Found, PrintReference, Sought, tidy_id
from gateway.errors import GatewayError, Refused
from gateway.findings import Finding, Severity, worst
from gateway.identity import PartyId, derived_id, digest
from gateway.ledger import Ledger
from gateway.persons import Who, actor_of, entry_by
from gateway.ports import AlertSystem, Clock, IdSource

T = TypeVar("T")
MAX_PURPOSE: Final = 1000
BY_HAND: Final = frozenset({
    "alert.purpose-achieved", "creator.notified", "creator.answered", "alert.corrected", "similar-alert.found",
    "similar-alert.discussed", "information-alert.proposed", "information-alert.outcome-reported",
})  # fmt: skip
"""What only a person can know of an alert, for its clocks (the fifteen days of its creator among them)."""
PARTIAL: Final = Finding(
    rule="ALT-PARTIAL", severity=Severity.WARNING, text="Not every alert on this person or object may have been found.",
    remedy="Search again, and consult by form E where an alert stands against this one.",
)  # fmt: skip
_EVENTS: Final = {
    UpdateAlert: "alert.updated", ExtendAlert: "alert.extended", FlagAlert: "alert.flagged", DeleteAlert: "alert.deleted",
    LinkAlerts: "alert.linked", MisuseIdentity: "alert.misuse-changed", HideAlert: "alert.hidden",
}  # fmt: skip
_KINDS: Final = {ExtendAlert: ChangeKind.EXTENDED, DeleteAlert: ChangeKind.DELETED}


class AlertRefused(Refused):
    """The law, or what exists already, speaks against it. `findings` and `advice` say what to do instead."""

    def __init__(self, code: str, public: str, findings: Sequence[Finding] = (), advice: Advice | None = None) -> None:
        super().__init__(code, public)
        self.findings, self.advice = tuple(findings), advice


class Advised(Struct, frozen=True, kw_only=True):
    """What the gateway says about an alert that somebody intends to enter."""

    findings: tuple[Finding, ...]
    advice: Advice | None
    """None where the alert is not fit to be entered anyway."""
    partial: bool = False
    """Whether the search for other alerts may have missed some."""


class Shown(Struct, frozen=True, kw_only=True):
    """An alert with what an officer should know about it."""

    alert: Alert
    warnings: tuple[Finding, ...] = ()
    exchanges: int = 0
    """How many exchanges here were told of the act, or are about the alert."""
    advice: Advice | None = None


class AlertDesk:
    """The acts of officers on one alert system."""

    def __init__(  # noqa: PLR0913  one keyword for each part it stands on
        self, *, system: AlertSystem, law: AlertLaw, matters: AlertMatters, ledger: Ledger, clock: Clock, ids: IdSource,
        own: frozenset[PartyId], bars: Bars,
    ) -> None:  # fmt: skip
        self._bars = bars
        self.system, self.law, self.own = system, law, own
        self._matters, self._ledger, self._clock, self._ids = matters, ledger, clock, ids

    # --- reading

    def categories(self) -> tuple[CategoryFacts, ...]:
        """Every kind of alert, with its source."""
        return self.law.categories()

    async def show(self, alert: str, actor: Who, purpose: str) -> Shown:
        """One alert; journalled before anything is shown. Raises `Refused` with `alert.unknown`."""
        name = self._id(alert)
        await self._journal("alert.read", actor, (("alert", name), ("purpose", _stated(purpose))))
        found = await self._found(name, self._asking(actor, purpose))
        about = await self._matters.about(found.id)
        return Shown(alert=found, warnings=self.law.warnings(found, self._clock.now()), exchanges=len(about))

    async def search(self, sought: Sought, actor: Who, purpose: str) -> Found:
        """Alerts of all states, those that are executed first at the top; journalled with a digest of what was asked."""
        asked = digest(msgspec.json.encode(sought))
        kind = str(sought.__struct_config__.tag)
        await self._journal("alerts.searched", actor, (("purpose", _stated(purpose)), ("kind", kind), ("query", asked)))
        found = await self.system.search(sought, self._asking(actor, purpose))
        return msgspec.structs.replace(found, alerts=tuple(sorted(found.alerts, key=cmp_to_key(self._order))))

    async def expiring(self, days: int, actor: Who, purpose: str) -> tuple[Shown, ...]:
        """Own alerts that end soon."""
        await self._journal(
            "alerts.searched", actor, (("purpose", _stated(purpose)), ("kind", "expiring"), ("days", str(days)))
        )
        now = self._clock.now()
        found = await self.system.expiring(days, self._asking(actor, purpose))
        return tuple(Shown(alert=each, warnings=self.law.warnings(each, now)) for each in found)

    async def advise(self, alert: Alert, actor: Who, purpose: str) -> Advised:
        """What would become of an alert if it were entered now. Nothing is entered."""
        kind = f"advice {alert.category}"
        await self._journal("alerts.searched", actor, (("purpose", _stated(purpose)), ("kind", kind[:60])))
        return await self._advised(alert, self._asking(actor, purpose))

    # --- acts

    async def enter(self, command: EnterAlert, actor: Who, purpose: str) -> Shown:
        """Enter an alert. Raises `AlertRefused` with findings, or with advice where other alerts stand against it."""
        asking = self._asking(actor, purpose, command.idempotency_key)
        advised = await self._advised(command.alert, asking)
        alert = await self._as_entered(command, advised, asking)
        todo = str(advised.advice.todo) if advised.advice else ""
        details = (
            ("category", alert.category), ("article", alert.article), ("purpose", _stated(purpose)),
            ("advice", todo), ("despite", command.despite), ("request", asking.request_id),
        )  # fmt: skip
        await self._journal("alert.ordered", actor, (("act", "enter"), *details))
        entered = await self._carried_out(
            self.system.enter(msgspec.structs.replace(command, alert=alert), asking), "enter", asking
        )
        await self._journal("alert.entered", actor, (("alert", entered.id), *details))
        told = await self._tell(entered, ChangeKind.ENTERED, entered.entered_at, actor)
        warnings = (
            *(each for each in advised.findings if each.severity is not Severity.ERROR),
            *((PARTIAL,) if advised.partial else ()),
            *self.law.warnings(entered, asking.at),
        )
        return Shown(alert=entered, warnings=warnings, exchanges=told, advice=advised.advice)

    async def change(self, change: Change, actor: Who, purpose: str, key: str = "") -> Shown:
        """Change an alert as the law allows; raises `AlertRefused`, or `Refused` with `alert.version`."""
        name = self._id(change.alert)
        asking = self._asking(actor, purpose, f"{key}\n{name}\n{change.version}" if key else "")
        alert = await self._found(name, asking)
        others = await self._others(change, asking)
        findings = self.law.change_findings(change, alert, others, self.own, asking.at)
        if worst(findings) is Severity.ERROR and not await self._was_done(change, alert, key):
            raise AlertRefused("alert.refused", _told(findings), findings)
        event = _event(change)
        details = (
            ("alert", name),
            ("category", alert.category),
            ("purpose", _stated(purpose)),
            ("request", asking.request_id),
            *_said(change),
        )
        await self._journal("alert.ordered", actor, (("act", event.partition(".")[2]), *details))
        after = await self._carried_out(self.system.change(change, asking), event.partition(".")[2], asking, name)
        await self._journal(event, actor, details)
        told = await self._told_after(change, after, asking.at, actor)
        return Shown(
            alert=after,
            warnings=tuple(each for each in findings if each.severity is not Severity.ERROR),
            exchanges=told,
        )

    async def tell_by_hand(self, alert: str, name: str, actor: Who, note: str) -> int:
        """Record for the exchanges about an alert what only a person can know; how many there are."""
        if name not in BY_HAND:
            raise Refused("happening.unknown", f"Only these are recorded by hand: {', '.join(sorted(BY_HAND))}.")
        told = await self._matters.tell_by_hand(self._id(alert), name, self._clock.now(), actor, note[:MAX_PURPOSE])
        if not told:
            raise Refused("alert.no-exchange", "There is no exchange here about this alert.")
        return told

    async def found(self, alert: str, actor: Who, purpose: str) -> Alert:
        """An alert for an act of somebody, without a list of exchanges; journalled as read."""
        return (await self.show(alert, actor, purpose)).alert

    # --- parts

    async def _advised(self, alert: Alert, asking: Asking) -> Advised:
        findings = self.law.entry_findings(alert, self.own, asking.at)
        if worst(findings) is Severity.ERROR:
            return Advised(findings=findings, advice=None)
        barred = await self._bars.against(alert)
        findings = (*findings, *barred.findings)
        if worst(findings) is Severity.ERROR:
            return Advised(findings=findings, advice=None, partial=barred.partial)
        found = await self._existing(alert, asking)
        advice = self.law.advice(alert, found.alerts, self.own)
        return Advised(findings=findings, advice=advice, partial=found.partial or barred.partial)

    async def _existing(self, alert: Alert, asking: Asking) -> Found:
        """Alerts on the same person or object, by its subject and its prints."""
        sought: list[Sought] = [alert.subject] if alert.subject is not None else []
        sought += [PrintReference(reference=each.reference) for each in alert.biometrics if "PRINTS" in each.kind.value]
        found: dict[str, Alert] = {}
        partial = False
        for number, each in enumerate(sought):
            one = msgspec.structs.replace(asking, request_id=derived_id(f"{self._ids.new()}/{number}", "search"))
            try:
                answer = await self.system.search(each, one)
            except Refused as refusal:
                if refusal.code != "alerts.no-key":
                    raise
                partial = True
            else:
                partial = partial or answer.partial
                found |= {alert.id: alert for alert in answer.alerts}
        return Found(alerts=tuple(found.values()), as_of=asking.at, partial=partial)

    async def _as_entered(self, command: EnterAlert, advised: Advised, asking: Asking) -> Alert:
        """The alert with its end stated; raises `AlertRefused` where it must not be entered."""
        alert, advice = command.alert, advised.advice
        if advice is None:
            raise AlertRefused("alert.refused", _told(advised.findings), advised.findings)
        if advice.todo is Todo.HAVE_ALREADY:
            return await self._entered_before(alert, advice, advised, asking)
        held = [each for each in advised.findings if each.severity is Severity.HOLD]
        if held and not command.despite.strip():
            raise AlertRefused("alert.held", " ".join(each.text for each in held), advised.findings, advice)
        if not (advice.may_enter or command.despite.strip()):
            raise AlertRefused("alert.incompatible", advice.text, advised.findings, advice)
        if alert.expires_at is None:
            return msgspec.structs.replace(alert, expires_at=self.law.expires_at(alert, asking.at))
        return alert

    async def _entered_before(self, alert: Alert, advice: Advice, advised: Advised, asking: Asking) -> Alert:
        """An own alert with the very same content may be this request, repeated: then the alert system decides by its key."""
        for rival in advice.rivals:
            if rival.issuer not in self.own:
                continue
            known = await self.system.get(rival.alert, msgspec.structs.replace(asking, request_id=self._ids.new()))
            if known is not None and _same_content(alert, known):
                return msgspec.structs.replace(alert, expires_at=known.expires_at, review_at=alert.review_at)
        raise AlertRefused("alert.conflict", advice.text, advised.findings, advice)

    async def _was_done(self, change: Change, alert: Alert, key: str) -> bool:
        """Whether this may be the repetition of an act that was done: the alert has gone on from the version it names."""
        return bool(key) and alert.issuer in self.own and alert.version != change.version

    async def _others(self, change: Change, asking: Asking) -> list[Alert]:
        if not isinstance(change, LinkAlerts) or change.remove:
            return []
        found = [
            await self.system.get(self._id(name), msgspec.structs.replace(asking, request_id=self._ids.new()))
            for name in change.others
        ]
        return [each for each in found if each is not None]

    async def _found(self, alert: str, asking: Asking) -> Alert:
        found = await self.system.get(alert, msgspec.structs.replace(asking, request_id=self._ids.new()))
        if found is None:
            raise Refused("alert.unknown", "There is no alert with this Schengen ID, or we may not see it.")
        return found

    async def _carried_out(self, act: Awaitable[T], what: str, asking: Asking, alert: str = "") -> T:
        try:
            return await act
        except GatewayError as error:
            details = (("act", what), ("alert", alert), ("request", asking.request_id))
            await self._journal("alert.not-done", asking.actor, details, error.code)
            raise

    async def _told_after(self, change: Change, after: Alert, at: datetime, actor: Who) -> int:
        if isinstance(change, HideAlert):
            kind = ChangeKind.HIDDEN if change.until else ChangeKind.SHOWN_AGAIN
            return await self._tell(after, kind, at, actor)
        known = _KINDS.get(type(change))
        if known is None:
            return len(await self._matters.about(after.id))
        return await self._tell(after, known, (after.deleted_at if known is ChangeKind.DELETED else None) or at, actor)

    async def _tell(self, alert: Alert, kind: ChangeKind, at: datetime | None, actor: Who) -> int:
        return await self._matters.tell(notice(alert, kind, at or self._clock.now()), actor)

    def _order(self, one: Alert, other: Alert) -> int:
        first = self.law.comes_before(one, other)
        if first is None or (not first and not self.law.comes_before(other, one)):
            return 0
        return -1 if first else 1

    def _asking(self, actor: Who, purpose: str, key: str = "") -> Asking:
        request = derived_id(f"{actor_of(actor)}\n{key}", "alert") if key else self._ids.new()
        return Asking(actor=actor_of(actor), purpose=_stated(purpose), request_id=request, at=self._clock.now())

    def _id(self, text: str) -> str:
        try:
            return tidy_id(text)
        except ValueError as error:
            raise Refused("alert.id", f"This is no Schengen ID: {error}.") from error

    async def _journal(self, event: str, actor: Who, details: tuple[tuple[str, str], ...], reason: str = "") -> None:
        kept = tuple(detail for detail in details if detail[1])
        await self._ledger.record([entry_by(actor, event, self._clock.now(), reason=reason, details=kept)])


def _event(change: Change) -> str:
    """How the journal calls a change; taking something back has a name of its own, so that figures count the act only."""
    if isinstance(change, FlagAlert) and change.remove:
        return "alert.unflagged"
    if isinstance(change, HideAlert) and change.until is None:
        return "alert.shown-again"
    return _EVENTS[type(change)]


def _stated(purpose: str) -> str:
    words = " ".join(purpose.split())
    if not words or len(words) > MAX_PURPOSE:
        raise Refused("purpose.missing", f"State a purpose in at most {MAX_PURPOSE} characters; it is journalled.")
    return words


def _told(findings: Sequence[Finding]) -> str:
    wrong = [each for each in findings if each.severity is Severity.ERROR]
    return " ".join(["The alert cannot be entered or changed like this:", *(each.text for each in wrong[:5])])


def _same_content(intended: Alert, known: Alert) -> bool:
    names = ("category", "article", "subject", "action", "reason", "authority", "decision", "biometrics", "remarks")
    return all(getattr(intended, name) == getattr(known, name) for name in names)


def _said(change: Change) -> tuple[tuple[str, str], ...]:
    """What the journal keeps of a change: codes, ids and times, never what the alert says."""
    match change:
        case ExtendAlert():
            return (("until", change.until.isoformat()),)
        case FlagAlert():
            return (("state", change.state), ("asked_by", change.requested_by))
        case LinkAlerts():
            return (("others", " ".join(change.others)), ("remove", "yes" if change.remove else ""))
        case HideAlert():
            return (("until", change.until.isoformat() if change.until else "now"),)
        case DeleteAlert():
            return (("ground", digest(change.ground.encode())[:16]),)
        case UpdateAlert():
            names = (name for name in msgspec.structs.asdict(change) if name not in ("alert", "version"))
            return (("fields", " ".join(name for name in names if getattr(change, name) is not msgspec.UNSET)),)
        case _:
            return ()
