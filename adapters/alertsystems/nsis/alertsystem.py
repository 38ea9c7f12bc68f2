"""Alerts in N.SIS: entered, changed, found and followed.

The one idea: every change names the version that was read (`If-Match`) and bears an id under which a repetition is
recognised, so that nothing is done twice and nobody overwrites what he has not seen.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from adapters.alertsystems.nsis import translate
from adapters.alertsystems.nsis.documents import AlertDocument, ChangeDocument, Members, PageDocument
from adapters.alertsystems.nsis.settings import NsisSettings
from adapters.rest.problems import Problem
from adapters.rest.wire import Wire, within
from adapters.rest.words import AnswerDocument, Asked, context_document, read_answer
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
from gateway.alerts.words import Alert, Changes, Found, Sought
from gateway.errors import GatewayError, Refused, RegisterUnavailable
from gateway.questions import MATCHES, NO_MATCH, NOT_DISCLOSABLE, STALE, TOO_MANY, WITHHELD, Context

SYSTEM_ID: Final = "FC-03"
STALE_VERSION: Final = "version-mismatch"
UNKNOWN: Final = "record-unknown"
_GRACE_SECONDS: Final = 1.0
_RESERVED: Final = (TOO_MANY, NOT_DISCLOSABLE, WITHHELD)
T = TypeVar("T")
D = TypeVar("D", bound=Struct)


class Nsis:
    """Implements `gateway.ports.AlertSystem`."""

    name = "nsis"

    def __init__(self, settings: NsisSettings) -> None:
        settings.check_own(self.name)
        self.time_limit_seconds = settings.longest_seconds + _GRACE_SECONDS
        self.follow_seconds = settings.follow_seconds
        self._settings = settings
        self._pattern = re.compile(settings.id_pattern)
        self._wire = Wire(self.name, settings)

    async def enter(self, command: EnterAlert, asking: Asking) -> Alert:
        """The alert as it was entered. The same key enters one alert, whatever is lost or repeated."""
        headers = {"Idempotency-Key": quote(command.idempotency_key, safe="")}
        return await self._one("POST", "/sis/alerts", {"alert": translate.content_of(command.alert)}, headers, asking)

    async def change(self, change: Change, asking: Asking) -> Alert:
        """The alert after the change."""
        method, path, body = self._call_of(change)
        headers = {"If-Match": f'"{quote(change.version, safe="")}"'}
        return self._meant(await self._one(method, path, body, headers, asking), change.alert)

    async def get(self, alert: str, asking: Asking) -> Alert | None:
        """The alert as it stands, or None."""
        try:
            answer, _ = await self._asked("GET", f"/sis/alerts/{self._id(alert)}", {}, {}, asking)
        except RegisterUnavailable as error:
            if isinstance(error.__cause__, Problem) and error.__cause__.kind == UNKNOWN:
                return None
            raise
        alerts = self._alerts(answer)
        return self._meant(alerts[0], alert) if alerts else None

    async def search(self, sought: Sought, asking: Asking) -> Found:
        """Alerts of all states, from as many searches as that takes."""
        all_keys = translate.searches(sought)
        if not all_keys:
            raise Refused(
                "alerts.no-key",
                "This cannot be searched for: a name needs a full date of birth, an object one of its numbers.",
            )
        answers = []
        for number, keys in enumerate(all_keys, 1):
            asked = (
                asking if number == 1 else msgspec.structs.replace(asking, request_id=f"{asking.request_id}/{number}")
            )
            answers.append((await self._asked("POST", "/sis/searches", {"keys": keys}, {}, asked))[0])
        alerts = {alert.id: alert for answer in answers for alert in self._alerts(answer, reserved=True)}
        partial = any(answer.partial or answer.outcome in (*_RESERVED, STALE) for answer in answers)
        return Found(alerts=tuple(alerts.values()), as_of=min(answer.as_of for answer in answers), partial=partial)

    async def expiring(self, days: int, asking: Asking) -> tuple[Alert, ...]:
        """Own alerts that end within so many days."""
        answer, _ = await self._asked("GET", f"/sis/expiring?days={days}", {}, {}, asking)
        return self._alerts(answer)

    async def changes(self, cursor: str, asking: Asking) -> Changes:
        """A page of the notices since the cursor."""
        answer, body = await self._asked("GET", f"/sis/changes?since={quote(cursor, safe='')}", {}, {}, asking)
        page = self._page(body)
        if answer.outcome not in (MATCHES, NO_MATCH):
            raise self._unusable("It answered its notices with an outcome that says nothing.")
        found = self._read((match.data for match in answer.matches), ChangeDocument, translate.change_of)
        unique = {change.number: change for change in found}
        return Changes(changes=tuple(unique[number] for number in sorted(unique)), cursor=page.cursor, more=page.more)

    async def start(self) -> None:
        """Load keys and open the pool; no call is made."""
        await self._wire.start()

    async def stop(self) -> None:
        """Close the pool."""
        await self._wire.stop()

    async def probe(self) -> None:
        """Raise `RegisterUnavailable` when it is not there or does not know us. No alert is asked for."""
        await self._wire.probe()

    # --- calls

    def _call_of(self, change: Change) -> tuple[str, str, Members]:
        """Method, path and body of a change."""
        path = f"/sis/alerts/{self._id(change.alert)}"
        match change:
            case UpdateAlert():
                return "PATCH", path, {"alert": translate.changes_of(change)}
            case ExtendAlert():
                return (
                    "POST",
                    f"{path}/extension",
                    {"validUntil": change.until.isoformat(), "assessment": change.assessment},
                )
            case FlagAlert():
                body = {
                    "state": translate.state_of(change.state),
                    "reason": change.reason,
                    "requestedBy": change.requested_by,
                }
                return "POST", f"{path}/flags/removal" if change.remove else f"{path}/flags", body
            case DeleteAlert():
                return "POST", f"{path}/deletion", {"ground": change.ground}
            case LinkAlerts():
                return "POST", f"{path}/links", {"others": [*change.others], "remove": change.remove}
            case MisuseIdentity():
                return "POST", f"{path}/misused-identity", {"misusedIdentity": translate.misuse_out(change.identity)}
            case HideAlert():
                until = change.until.isoformat() if change.until else None
                return "POST", f"{path}/hiding", {"hiddenUntil": until, "authorisation": change.authorisation}

    async def _one(self, method: str, path: str, body: Members, headers: dict[str, str], asking: Asking) -> Alert:
        try:
            answer, _ = await self._asked(method, path, body, headers, asking)
        except (Refused, RegisterUnavailable) as error:
            raise _in_words_of_alerts(error) from error
        alerts = self._alerts(answer)
        if len(alerts) != 1:
            raise self._unusable("It did not say what became of the alert.")
        return alerts[0]

    async def _asked(
        self, method: str, path: str, body: Members, headers: dict[str, str], asking: Asking
    ) -> tuple[AnswerDocument, bytes]:
        """The answer to one call, within the limit of its urgency, with its bytes."""
        limit = self._settings.limit_seconds(asking.urgency)
        return await within(limit, self._conversation(method, path, body, headers, asking), self.name)

    async def _conversation(
        self, method: str, path: str, body: Members, headers: dict[str, str], asking: Asking
    ) -> tuple[AnswerDocument, bytes]:
        context = self._context(asking)
        document = {"context": context_document(context, self._settings), **body}
        asked = Asked(name=self.name, register_id=SYSTEM_ID, context=context, subject_kind="alert")
        if method == "GET":
            content = await self._wire.get(self._wire.address(path), document["context"])
        elif method == "PATCH":
            content = await self._wire.patch(path, document, headers)
        else:
            content = await self._wire.post(path, document, headers)
        answer = read_answer(content, asked)
        while answer.status_url:
            # Their wire has no other way than to ask again; the pause is theirs to need, the limit is ours.
            await asyncio.sleep(self._settings.poll_seconds)
            content = await self._wire.get(self._wire.link(answer.status_url), document["context"])
            answer = read_answer(content, asked)
        return answer, content

    def _context(self, asking: Asking) -> Context:
        return Context(
            correlation_id=asking.request_id, request_id=asking.request_id, purpose=self._settings.purpose,
            legal_basis=self._settings.legal_basis, case_reference=asking.request_id, requester=asking.actor[:200],
            on_behalf_of=self._settings.on_behalf_of or "-", channel_origin="SIRENE", urgency=asking.urgency,
        )  # fmt: skip

    # --- answers

    def _alerts(self, answer: AnswerDocument, *, reserved: bool = False) -> tuple[Alert, ...]:
        if answer.outcome in _RESERVED and not reserved:
            raise self._unusable(f"It answered {answer.outcome}.")
        found = self._read((match.data for match in answer.matches), AlertDocument, translate.alert_of)
        return tuple({alert.id: alert for alert in found}.values())

    def _meant(self, told: Alert, asked: str) -> Alert:
        """The alert that was asked for, and no other."""
        if told.id != asked:
            raise self._unusable("It told of another alert than it was asked for.")
        return told

    def _read(self, found: Iterable[dict[str, Any]], kind: type[D], into: Callable[[D], T]) -> list[T]:
        try:
            return [into(msgspec.convert(_without_nothing(each), kind)) for each in found]
        except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
            raise self._unusable("It told of an alert in a way that cannot be understood.") from error

    def _page(self, body: bytes) -> PageDocument:
        try:
            return msgspec.json.decode(body, type=PageDocument)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise self._unusable("Its notices say not where the next ones begin.") from error

    def _id(self, alert: str) -> str:
        if not self._pattern.fullmatch(alert):
            raise Refused(
                "alert.id", "This is no Schengen ID as they are here.", operator=f"{self.name}: see id_pattern."
            )
        return quote(alert, safe="")

    def _unusable(self, words: str) -> RegisterUnavailable:
        public = f"The national system {self.name} does not answer now."
        return RegisterUnavailable("register.unreadable", public, operator=f"{self.name}: {words}")


def _without_nothing(document: dict[str, Any]) -> dict[str, Any]:
    """A member that is null is one that is not there: a deleted alert has many of them."""
    return {name: value for name, value in document.items() if value is not None}


def _in_words_of_alerts(error: GatewayError) -> GatewayError:
    """What the system will not do with an alert, with a code of its own where an officer can do something about it."""
    problem = error.__cause__
    if not isinstance(problem, Problem) or problem.kind not in _REFUSALS:
        return error
    code, public = _REFUSALS[problem.kind]
    fields = problem.members.get("fields")
    named = ", ".join(str(each)[:60] for each in fields[:10]) if isinstance(fields, list) else ""
    return Refused(code, f"{public} It names: {named}." if named else public, operator=error.operator)


_REFUSALS: Final = {
    STALE_VERSION: ("alert.version", "The alert has changed since it was read. Read it again and decide again."),
    "owner-only": ("alert.owner", "Only the state that issued the alert may change it."),
    "record-shredded": ("alert.deleted", "The alert was deleted."),
    UNKNOWN: ("alert.unknown", "There is no such alert."),
    "compatibility-conflict": ("alert.conflict", "The alert system has an alert on this person or object that stands against it."),
    "flag-in-force": ("alert.flagged", "The alert is flagged for this state already."),
    "approval-missing": ("alert.approval", "The alert system wants the approval of a second person."),
    "quality-failed": ("alert.quality", "The alert system finds the alert not complete, or not allowed as it stands."),
    "idempotency-conflict": ("idempotency.conflict", "This idempotency key was used before for another alert. Use a new key."),
}  # fmt: skip

SETTINGS = NsisSettings
ADAPTER = Nsis
