"""FC-03, the national parts of SIS (N.SIS) of several states, before one central system (FC-02, CS-SIS).

The one idea: one process serves `/XA/sis/…`, `/XB/sis/…`: each state its own door, all the same alerts. So what one
state enters is found by the others, and what it deletes is gone for all.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from simulators.alertsystems import house_rules
from simulators.alertsystems.central import CONTENT, Central
from simulators.declaration import Running, Simulator, Station
from simulators.rest.contract import Problem
from simulators.rest.keys import plate as read_plate
from simulators.rest.keys import read_keys
from simulators.rest.names import how_names_match
from simulators.rest.outcomes import Answer, Match
from simulators.rest.seeds import read_seeds
from simulators.rest.server import Call, Operation, RestServer
from simulators.scenario import REST

REGISTER_ID = "FC-03"
STATES = "XA,XB,XC"
COMBINATIONS = (
    ("entryId",), ("name", "birthDate"), ("documentNumber",), ("documentNumber", "country"), ("plate",),
    ("plate", "country"), ("vin",), ("serial",), ("icaoRegistration",), ("externalId",), ("bic",), ("printReference",),
)  # fmt: skip
PAGE = 100
SETTINGS = {
    "states": f"codes of the states that have a door, {STATES} when absent",
    "seeds": "a file with other alerts",
}


class NationalParts:
    """Every state's door."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.seeds = read_seeds("simulators.alertsystems", "nsis", station.extra.get("seeds"))
        self.states = tuple(each.strip() for each in station.extra.get("states", STATES).split(",") if each.strip())
        self.central = Central()
        self.keys: dict[tuple[str, str], tuple[object, str]] = {}  # state and idempotency key -> what was asked, entry
        self.reset()

    def reset(self) -> None:
        self.keys = {}
        self.central.reset(self.seeds.records, self.station.now())

    def operations(self) -> tuple[Operation, ...]:
        """The contract; every path begins with the state."""
        door, alert = "/{state}/sis", "/{state}/sis/alerts/{id}"
        return (
            Operation(name="alert-search", method="POST", path=f"{door}/searches", answer=self.search),
            Operation(name="alert-enter", method="POST", path=f"{door}/alerts", answer=self.enter),
            Operation(name="alert-read", method="GET", path=alert, answer=self.read),
            Operation(name="alert-update", method="PATCH", path=alert, answer=self.update),
            Operation(name="alert-delete", method="POST", path=f"{alert}/deletion", answer=self.delete),
            Operation(name="alert-extend", method="POST", path=f"{alert}/extension", answer=self.extend),
            Operation(name="alert-flag", method="POST", path=f"{alert}/flags", answer=self.flag),
            Operation(name="alert-unflag", method="POST", path=f"{alert}/flags/removal", answer=self.unflag),
            Operation(name="alert-link", method="POST", path=f"{alert}/links", answer=self.link),
            Operation(name="alert-misuse", method="POST", path=f"{alert}/misused-identity", answer=self.misuse),
            Operation(name="alert-hide", method="POST", path=f"{alert}/hiding", answer=self.hide),
            Operation(name="alert-expiring", method="GET", path=f"{door}/expiring", answer=self.expiring),
            Operation(name="alert-changes", method="GET", path=f"{door}/changes", answer=self.changes),
        )

    # --- reading

    def search(self, call: Call) -> Answer:
        state, keys = self._state(call), read_keys(call.body, COMBINATIONS)
        found = [
            (alert, how)
            for alert in self.central.living(call.now)
            if (how := _how(alert, keys)) and self._seen(alert, call)
        ]
        if len(found) > self.seeds.too_many_over:
            return Answer(outcome="TOO_MANY")
        return _answer([self._match(alert, state, how) for alert, how in found])

    def read(self, call: Call) -> Answer:
        state = self._state(call)
        list(self.central.living(call.now))  # time may have ended it
        alert = self.central.alerts.get(call.params["id"])
        if alert is None or not self._seen(alert, call):
            return Answer(outcome="NO_MATCH")
        return _answer([self._match(alert, state)])

    def expiring(self, call: Call) -> Answer:
        state, days = self._state(call), call.query.get("days", "120")
        if not days.isdecimal():
            raise Problem("schema-invalid", "days is no number", fields=["days"])
        own = [each for each in self.central.living(call.now) if each["issuingState"] == state]
        soon = [
            each for each in own if (house_rules.moment(each["validUntil"], "validUntil") - call.now).days < int(days)
        ]
        return _answer([self._match(each, state) for each in soon])

    def changes(self, call: Call) -> Answer:
        state = self._state(call)
        told, cursor, more = self.central.feed(call.query.get("since", ""), state, call.context.role, PAGE, call.now)
        matches = tuple(
            Match(ref=str(each["number"]), type="EXACT_KEY", content=each, categories=("ALERT",)) for each in told
        )
        return Answer(
            outcome="MATCHES" if matches else "NO_MATCH", matches=matches, members={"cursor": cursor, "more": more}
        )

    # --- writing

    def enter(self, call: Call) -> Answer:
        state, key = self._state(call), call.idempotency_key
        if not key:
            raise Problem("schema-invalid", "the header Idempotency-Key is missing", fields=["Idempotency-Key"])
        given = call.body.get("alert")
        if not isinstance(given, dict):
            raise Problem("schema-invalid", "alert is missing", fields=["alert"])
        known = self.keys.get((state, key))
        if known is not None:
            if known[0] != given:
                raise Problem("idempotency-conflict", "this key entered an alert with other content")
            return self._written(self.central.alerts[known[1]], state, "REPEATED", 200)
        alert = self.central.enter(state, given, call.now)
        self.keys[state, key] = given, alert["entryId"]
        return self._written(alert, state, "CREATED", 201)

    def update(self, call: Call) -> Answer:
        alert, given = self._own(call), call.body.get("alert")
        if not isinstance(given, dict) or not given or set(given) - set(CONTENT):
            raise Problem("schema-invalid", "alert may hold content only", fields=["alert"])
        return self._written(self.central.update(alert, given, call.now), alert["issuingState"])

    def delete(self, call: Call) -> Answer:
        alert = self._own(call)
        ground = _text(call.body, "ground")
        return self._written(self.central.delete(alert, call.now, ground), alert["issuingState"])

    def extend(self, call: Call) -> Answer:
        alert = self._own(call)
        _text(call.body, "assessment")
        end = house_rules.end_of(alert, call.body.get("validUntil"), call.now)
        alert |= {"validUntil": end.isoformat(), "reviewOn": end.isoformat()}
        return self._written(self.central.changed(alert, "EXTENDED", call.now), alert["issuingState"])

    def flag(self, call: Call) -> Answer:
        alert, whom = self._own(call), _text(call.body, "state")
        if not house_rules.CATEGORIES[alert["category"]][3]:
            raise Problem("quality-failed", "alerts of this category cannot be flagged", fields=["category"])
        if any(each["state"] == whom for each in alert["flags"]):
            raise Problem("flag-in-force", "the alert is flagged for this state")
        flag = {"state": whom, "since": call.now.isoformat()}
        alert["flags"].append(
            {**flag, "reason": call.body.get("reason", ""), "requestedBy": call.body.get("requestedBy", "")}
        )
        return self._written(self.central.changed(alert, "FLAGGED", call.now), alert["issuingState"])

    def unflag(self, call: Call) -> Answer:
        alert, whom = self._own(call), _text(call.body, "state")
        kept = [each for each in alert["flags"] if each["state"] != whom]
        if len(kept) == len(alert["flags"]):
            raise Problem("record-unknown", "there is no flag of this state")
        alert["flags"] = kept
        return self._written(self.central.changed(alert, "UNFLAGGED", call.now), alert["issuingState"])

    def link(self, call: Call) -> Answer:
        """Both ways: a link is a link of either."""
        alert, named = self._own(call), call.body.get("others")
        others = [self.central.alerts.get(str(each)) for each in named] if isinstance(named, list) and named else [None]
        if any(each is None or each["status"] not in ("ACTIVE", "HIDDEN") for each in others):
            raise Problem("record-unknown", "one of the alerts is not there")
        for other in (each for each in others if each is not None):
            if other["issuingState"] != alert["issuingState"]:
                raise Problem("owner-only", "a state links its own alerts")
            for one, two in ((alert, other), (other, alert)):
                kept = [each for each in one["links"] if each != two["entryId"]]
                one["links"] = kept if call.body.get("remove") else [*kept, two["entryId"]]
            self.central.changed(other, "UPDATED", call.now)
        return self._written(self.central.changed(alert, "UPDATED", call.now), alert["issuingState"])

    def misuse(self, call: Call) -> Answer:
        alert, given = self._own(call), call.body.get("misusedIdentity")
        if given is not None:
            consents = {
                each.get("category")
                for each in given.get("consents", [])
                if each.get("givenOn") and not each.get("withdrawnOn")
            }
            without = [name for name in given.get("content", {}) if name not in consents]
            if without:
                raise Problem("quality-failed", "the person has not consented to all of it", fields=without)
        alert["misusedIdentity"] = given
        return self._written(self.central.changed(alert, "UPDATED", call.now), alert["issuingState"])

    def hide(self, call: Call) -> Answer:
        alert, until = self._own(call), call.body.get("hiddenUntil")
        if alert["category"] != "ARR":
            raise Problem("quality-failed", "only arrest alerts are hidden", fields=["category"])
        if until is None:
            alert |= {"hiddenUntil": None, "status": "ACTIVE"}
            return self._written(self.central.changed(alert, "SHOWN_AGAIN", call.now), alert["issuingState"])
        end = house_rules.moment(until, "hiddenUntil")
        if not call.now < end <= call.now + house_rules.HIDDEN_AT_MOST or not call.body.get("authorisation"):
            raise Problem(
                "quality-failed", "48 hours at most, with an authorisation", fields=["hiddenUntil", "authorisation"]
            )
        alert |= {"hiddenUntil": end.isoformat(), "status": "HIDDEN"}
        return self._written(self.central.changed(alert, "HIDDEN", call.now), alert["issuingState"])

    # --- small things

    def _state(self, call: Call) -> str:
        state = call.params["state"]
        if state not in self.states:
            raise Problem("path-unknown", "no state has this door")
        return state

    def _seen(self, alert: Mapping[str, Any], call: Call) -> bool:
        return self.central.seen(alert, call.params["state"], call.context.role)

    def _own(self, call: Call) -> dict[str, Any]:
        return self.central.own(self._state(call), call.params["id"], call.if_match, call.now)

    def _match(self, alert: Mapping[str, Any], state: str, how: str = "EXACT_KEY") -> Match:
        return Match(ref=alert["entryId"], type=how, content=self.central.shown(alert, state), categories=("ALERT",))

    def _written(self, alert: Mapping[str, Any], state: str, effect: str = "CHANGED", status: int = 200) -> Answer:
        match = self._match(alert, state)
        return Answer(outcome="MATCHES", matches=(match,), status=status, members={"effect": effect})


def _answer(matches: list[Match]) -> Answer:
    return Answer(outcome="MATCHES" if matches else "NO_MATCH", matches=tuple(matches))


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Problem("schema-invalid", f"{name} is missing", fields=[name])
    return value


def _how(alert: Mapping[str, Any], keys: Mapping[str, str]) -> str:
    """How an alert matches the keys; empty when it does not."""
    if "printReference" in keys:
        references = [each["reference"] for each in alert["biometrics"]]
        return "EXACT_KEY" if keys["printReference"] in references else ""
    if "entryId" in keys:
        return "EXACT_KEY" if keys["entryId"] == alert["entryId"] else ""
    subject = alert["subject"] or {}
    if "name" in keys:
        return (
            how_names_match(keys["name"], list(_names(subject)))
            if subject.get("birthDate") == keys["birthDate"]
            else ""
        )
    return "EXACT_KEY" if _has(subject, keys) else ""


def _names(subject: Mapping[str, Any]) -> Iterator[str]:
    forenames = " ".join(subject.get("forenames") or ())
    for surname in (" ".join(subject.get("surnames") or ()), *(subject.get("aliases") or ())):
        yield f"{forenames} {surname}"
        yield surname


def _has(subject: Mapping[str, Any], keys: Mapping[str, str]) -> bool:
    country = keys.get("country")
    if "documentNumber" in keys:
        return _alike(subject.get("number"), keys["documentNumber"]) and country in (
            None,
            subject.get("issuingCountry"),
        )
    if "plate" in keys:
        held = subject.get("plate")
        return bool(held) and read_plate(str(held)) == keys["plate"] and country in (None, subject.get("country"))
    for key in house_rules.DETAILS:
        if key in keys:
            return _alike_marks(_marked(subject, key), keys[key])
    return _alike(subject.get("vin" if "vin" in keys else "serial"), keys.get("vin") or keys.get("serial", ""))


def _marked(subject: Mapping[str, Any], key: str) -> object:
    """What an object bears under a key; a container may bear its BIC number as its serial number."""
    held = house_rules.detail(subject, key)
    return held or (subject.get("serial") if key == "bic" and subject.get("objectKind") == "CONTAINER" else "")


def _alike_marks(held: object, asked: str) -> bool:
    """Marks painted on an object: hyphens and blanks count for nothing."""
    one, other = ("".join(each for each in str(text).upper() if each.isalnum()) for text in (held, asked))
    return bool(held) and bool(one) and one == other


def _alike(held: object, asked: str) -> bool:
    return bool(held) and str(held).replace(" ", "").upper() == asked.replace(" ", "").upper()


async def start(station: Station) -> Running:
    parts = NationalParts(station)
    server = RestServer(station=station, register_id=REGISTER_ID, operations=parts.operations(), seeds=parts.seeds)
    running = await server.start(parts.reset)
    doors = {state: f"{running.ready['url']}/{state}" for state in parts.states}
    return Running(ready={**running.ready, "doors": doors}, stop=running.stop, reset=running.reset)


SIMULATOR = Simulator(
    name="nsis", kind="alert system", summary="FC-03 N.SIS of several states before one CS-SIS: alerts", start=start,
    abilities=REST, settings=SETTINGS,
)  # fmt: skip
