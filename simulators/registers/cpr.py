"""NR-01, the civil register of persons (CPR).

The one idea: the register answers to a number or to a name with something beside it, gives protected addresses to
nobody, and sends callers on when a number was annulled.
"""

import copy
from collections.abc import Iterator
from typing import Any

from simulators.declaration import Running, Simulator, Station
from simulators.rest.contract import Problem
from simulators.rest.keys import cpr as read_cpr
from simulators.rest.keys import read_keys
from simulators.rest.names import exact_form, how_names_match
from simulators.rest.outcomes import Answer, Match, Persona, answer_with, read_persona
from simulators.rest.seeds import SEEDS_SETTING, read_seeds
from simulators.rest.server import Call, Operation, RestServer
from simulators.scenario import REST

REGISTER_ID = "NR-01"
COMBINATIONS = (("cpr",), ("name", "birthDate"), ("name", "address"), ("previousCpr",))
EVENTS = frozenset({"DEATH", "NAME", "NUMBER", "PROTECTION"})
_FIELDS = (
    "cpr", "names", "previousNames", "birthDate", "birthPlace", "sex", "citizenship", "civilStatus",
    "registrationStatus", "address", "addressProtected", "guardianship", "deathDate", "previousNumbers",
)  # fmt: skip


class PersonRegister:
    """The persons, and who wants to be told of their changes."""

    def __init__(self, station: Station) -> None:
        self.seeds = read_seeds("simulators.registers", "cpr", station.extra.get("seeds"))
        self.reset()

    def reset(self) -> None:
        self.persons = [copy.deepcopy(record) for record in self.seeds.records]
        self.subscriptions: list[dict[str, Any]] = []

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(name="person-search", method="POST", path="/cpr/searches", answer=self.search),
            Operation(name="person-read", method="GET", path="/cpr/persons/{ref}", answer=self.read),
            Operation(name="person-subscribe", method="POST", path="/cpr/change-subscriptions", answer=self.subscribe),
        )

    def search(self, call: Call) -> Answer:
        keys = read_keys(call.body, COMBINATIONS)
        hits = list(self._find(keys))
        for person, _ in hits:
            _refuse_annulled(person, keys)
        found = [(_match(person, how), read_persona(person)) for person, how in hits]
        return answer_with(
            found, context=call.context, limit=self.seeds.too_many_over, now=call.now, notes=_notes(found)
        )

    def _find(self, keys: dict[str, str]) -> Iterator[tuple[dict[str, Any], str]]:
        for person in self.persons:
            if keys.get("cpr") == person["cpr"]:
                yield person, "EXACT_KEY"
            elif "previousCpr" in keys and keys["previousCpr"] in person.get("previousNumbers", []):
                yield person, "HISTORIC_KEY"
            elif "name" in keys and (how := _fits(person, keys)):
                yield person, how

    def read(self, call: Call) -> Answer:
        ref = call.params["ref"]
        person = next((each for each in self.persons if each["ref"] == ref), None)
        self.seeds.check_known(ref, person is not None)
        assert person is not None
        _refuse_annulled(person, {"cpr": person["cpr"]})
        found = [(_match(person, "REFERENCE"), read_persona(person))]
        return answer_with(found, context=call.context, limit=1, now=call.now, notes=_notes(found))

    def subscribe(self, call: Call) -> Answer:
        """Remember who wants to hear of a change; repeated subscriptions are one."""
        ref, events = call.body.get("recordRef"), call.body.get("events")
        if not isinstance(ref, str) or not isinstance(events, list) or not events or not set(events) <= EVENTS:
            raise Problem("schema-invalid", f"recordRef and events of {', '.join(sorted(EVENTS))} are needed")
        self.seeds.check_known(ref, any(each["ref"] == ref for each in self.persons))
        wanted = {"recordRef": ref, "events": sorted(set(events))}
        if wanted not in self.subscriptions:
            self.subscriptions.append(wanted)
        subscription = f"sub-{self.subscriptions.index(wanted) + 1:04d}"
        match = Match(ref=ref, type="REFERENCE", content={}, categories=())
        members = {"effect": "SUBSCRIBED", "subscriptionId": subscription}
        return Answer(outcome="MATCHES", matches=(match,), status=201, members=members)


def _fits(person: dict[str, Any], keys: dict[str, str]) -> str:
    how = how_names_match(keys["name"], [*person["names"], *person.get("previousNames", [])])
    if "birthDate" in keys:
        return how if person["birthDate"] == keys["birthDate"] else ""
    address = person.get("address")
    if not how or not address or person.get("addressProtected"):
        return ""  # a protected address must not be confirmed by asking for it
    return "NAME_AND_ADDRESS" if exact_form(address) == exact_form(keys["address"]) else ""


def _refuse_annulled(person: dict[str, Any], keys: dict[str, str]) -> None:
    if person["registrationStatus"] == "NUMBER_ANNULLED" and keys.get("cpr") == read_cpr(person["cpr"]):
        raise Problem("number-annulled", "the number was annulled; read the new reference", newRef=person["newRef"])


def _match(person: dict[str, Any], how: str) -> Match:
    content = {name: person.get(name) for name in _FIELDS}
    content["previousNumbers"] = person.get("previousNumbers", [])
    content["previousNames"] = person.get("previousNames", [])
    content["addressProtected"] = bool(person.get("addressProtected"))
    if content["addressProtected"]:
        content["address"] = None
    return Match(
        ref=person["ref"],
        type=how,
        score=0.9 if how == "TRANSLITERATED_NAME" else 1.0,
        content=content,
        categories=("IDENTITY", "ADDRESS") if content["address"] else ("IDENTITY",),
        retention={"ruleId": "RR-076", "dueOn": None},
    )


def _notes(found: list[tuple[Match, Persona]]) -> tuple[str, ...]:
    return ("address-protected",) if any(match.content["addressProtected"] for match, _ in found) else ()


async def start(station: Station) -> Running:
    register = PersonRegister(station)
    server = RestServer(station, REGISTER_ID, register.operations(), register.seeds)
    return await server.start(register.reset)


SIMULATOR = Simulator(
    name="cpr",
    kind="register",
    summary="NR-01 CPR: persons, addresses, numbers",
    start=start,
    abilities=REST,
    settings=SEEDS_SETTING,
)
