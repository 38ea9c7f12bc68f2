"""CS-SIS, the central system: the alerts of all states, their versions, and what happened to them.

The one idea: an alert belongs to the state that entered it. Everybody sees it, as far as the law lets them; only its
state changes it, and only on the version that it has read. What happened is told to all in one numbered feed.
"""

import copy
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulators.alertsystems import house_rules
from simulators.rest.contract import Problem

IRELAND = "IE"
LIVING = ("ACTIVE", "HIDDEN")
TOMBSTONE = (
    "entryId",
    "issuingState",
    "category",
    "article",
    "enteredOn",
    "validUntil",
    "status",
    "deletedOn",
    "version",
)
CONTENT = (
    "subject",
    "action",
    "reason",
    "authority",
    "decisionReference",
    "particulars",
    "biometrics",
    "reportAtOnce",
    "remarks",
)
EMPTY: Mapping[str, Any] = {
    "subject": None, "action": "", "reason": "", "authority": "", "decisionReference": "", "particulars": {},
    "biometrics": [], "reportAtOnce": False, "remarks": [],
}  # fmt: skip


@dataclass(slots=True)
class Central:
    """All alerts. Numbers of alerts and of changes are never reused while the process lives."""

    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    warned: set[tuple[str, str]] = field(default_factory=set)
    epoch: str = field(
        default_factory=lambda: secrets.token_hex(4)
    )  # cursors of another life of the process start anew
    serial: int = 0

    def reset(self, records: Iterable[Mapping[str, Any]], now: datetime) -> None:
        """The seeded alerts again; serials go on."""
        self.alerts, self.changes, self.warned = {}, [], set()
        self.epoch = secrets.token_hex(4)
        for record in records:
            entered = record.get("enteredOn", now)
            self.enter(str(record["issuingState"]), record, entered, entry=str(record["entryId"]))

    # --- what a state does with its own alerts

    def enter(self, state: str, given: Mapping[str, Any], now: datetime, entry: str = "") -> dict[str, Any]:
        """A new alert; one for each state on the same person or object."""
        content = {name: copy.deepcopy(given.get(name, EMPTY[name])) for name in CONTENT}
        alert = {"category": given.get("category"), "article": given.get("article"), **content}
        house_rules.check(alert)
        end = house_rules.end_of(alert, given.get("validUntil"), now)
        if any(_same(alert, each) for each in self.living(now) if each["issuingState"] == state):
            raise Problem("compatibility-conflict", "this state has an alert on this person or object")
        self.serial += 1
        alert |= {
            "entryId": entry or f"{state}{self.serial:017d}", "issuingState": state, "enteredOn": now.isoformat(),
            "validUntil": end.isoformat(), "reviewOn": given.get("reviewOn") or end.isoformat(), "links": [], "flags": [],
            "misusedIdentity": None, "hiddenUntil": None, "status": "ACTIVE", "deletedOn": None, "version": "1",
        }  # fmt: skip
        self.alerts[alert["entryId"]] = alert
        self._tell("ENTERED", alert, now)
        return alert

    def own(self, state: str, entry: str, version: str, now: datetime) -> dict[str, Any]:
        """The state's own living alert, for a change of the version that it has read."""
        alert = self.alerts.get(entry)
        self._sweep(now)
        if alert is None:
            raise Problem("record-unknown", "no alert has this id")
        if alert["issuingState"] != state:
            raise Problem("owner-only", "only the state that issued an alert may change it")
        if alert["status"] not in LIVING:
            raise Problem("record-shredded", "the alert was deleted", ruleId="CS-SIS", shreddedOn=alert["deletedOn"])
        if not version:
            raise Problem("schema-invalid", "the header If-Match must name the version", fields=["If-Match"])
        if version != alert["version"]:
            raise Problem("version-mismatch", "the alert has changed since it was read")
        return alert

    def changed(self, alert: dict[str, Any], kind: str, now: datetime) -> dict[str, Any]:
        """Note that an alert was changed."""
        alert["version"] = str(int(alert["version"]) + 1)
        self._tell(kind, alert, now)
        return alert

    def update(self, alert: dict[str, Any], given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """Other content."""
        intended = {**alert, **{name: copy.deepcopy(given[name]) for name in CONTENT if name in given}}
        house_rules.check(intended)
        alert.update(intended)
        return self.changed(alert, "UPDATED", now)

    def delete(self, alert: dict[str, Any], now: datetime, ground: str) -> dict[str, Any]:
        """Nothing of the content remains, data of innocent persons included."""
        for name in (*CONTENT, "misusedIdentity", "links", "flags", "hiddenUntil", "reviewOn"):
            alert[name] = None
        alert |= {"status": "DELETED", "deletedOn": now.isoformat(), "ground": ground}
        for other in self.alerts.values():
            if alert["entryId"] in (other["links"] or ()):
                other["links"].remove(alert["entryId"])
        return self.changed(alert, "DELETED", now)

    # --- what a state sees

    def living(self, now: datetime) -> Iterator[dict[str, Any]]:
        """All alerts in force."""
        self._sweep(now)
        yield from (each for each in self.alerts.values() if each["status"] in LIVING)

    def seen(self, alert: Mapping[str, Any], state: str, role: str) -> bool:
        """Whether a user of this state with this role may know of it."""
        if alert["category"] in house_rules.NOT_FOR_IRELAND and state == IRELAND:
            return False
        return alert["status"] != "HIDDEN" or role.startswith("SIRENE")

    def shown(self, alert: Mapping[str, Any], state: str) -> dict[str, Any]:
        """The alert as this state gets it; of a deleted one no more than that it was."""
        names = TOMBSTONE if alert["status"] == "DELETED" else tuple(alert)
        told = {name: copy.deepcopy(alert[name]) for name in names}
        flagged = any(flag["state"] == state for flag in alert["flags"] or ())
        return {**told, "national": alert["issuingState"] == state, "flaggedHere": flagged}

    def feed(
        self, cursor: str, state: str, role: str, limit: int, now: datetime
    ) -> tuple[list[dict[str, Any]], str, bool]:
        """A page of what happened, the next cursor, and whether there is more."""
        self._sweep(now)
        epoch, _, text = cursor.rpartition(".")
        since = int(text) if epoch == self.epoch and text.isdecimal() else 0
        page = [each for each in self.changes if each["number"] > since]
        told = [each for each in page if self._told_to(each, state, role)][:limit]
        more = bool(told) and told[-1]["number"] < page[-1]["number"] and len(told) == limit
        last = told[-1]["number"] if more else (page[-1]["number"] if page else since)
        return [dict(each) for each in told], f"{self.epoch}.{last}", more

    def _told_to(self, change: Mapping[str, Any], state: str, role: str) -> bool:
        if change["kind"] == "EXPIRY_WARNING":
            return bool(change["issuingState"] == state)
        if change["kind"] in ("HIDDEN", "SHOWN_AGAIN") and not role.startswith("SIRENE"):
            return False
        return not (change["category"] in house_rules.NOT_FOR_IRELAND and state == IRELAND)

    def _tell(self, kind: str, alert: Mapping[str, Any], now: datetime) -> None:
        names = ("entryId", "issuingState", "category", "article", "validUntil")
        notice = {name: alert[name] for name in names}
        self.changes.append({"number": len(self.changes) + 1, "kind": kind, "at": now.isoformat(), **notice})

    def _sweep(self, now: datetime) -> None:
        """What time itself does: ends, warnings four months before, hiding that is over."""
        for alert in self.alerts.values():
            if alert["status"] not in LIVING:
                continue
            end = datetime.fromisoformat(alert["validUntil"])
            warning = (alert["entryId"], alert["validUntil"])
            if house_rules.four_months_before(end) <= now and warning not in self.warned:
                self.warned.add(warning)
                self._tell("EXPIRY_WARNING", alert, now)
            if alert["hiddenUntil"] and datetime.fromisoformat(alert["hiddenUntil"]) <= now:
                alert |= {"hiddenUntil": None, "status": "ACTIVE"}
                self.changed(alert, "SHOWN_AGAIN", now)
            if end <= now:
                self.delete(alert, end, "expired")


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    here, there = one["subject"] or {}, other["subject"] or {}
    if not here or not there or here["kind"] != there["kind"]:
        return False
    keys = {
        "PERSON": ("surnames", "forenames", "birthDate", "sex"), "VEHICLE": ("vin",), "DOCUMENT": ("number", "issuingCountry"),
        "OBJECT": ("serial", "objectKind"),
    }[here["kind"]]  # fmt: skip
    return all(here.get(key) for key in keys[:1]) and all(here.get(key) == there.get(key) for key in keys)
