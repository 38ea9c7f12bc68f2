"""NR-09, the central passport register.

The one idea: a passport that is wanted is held until it is found, or until a named assessment releases it. The register
keeps no fingerprints, so it has no key for them.
"""

import copy
from collections.abc import Iterator
from typing import Any

from simulators.declaration import Running, Simulator, Station
from simulators.rest import keys as formats
from simulators.rest.contract import Problem
from simulators.rest.keys import read_keys
from simulators.rest.names import how_names_match
from simulators.rest.outcomes import Answer, Match, answer_with, read_persona
from simulators.rest.seeds import SEEDS_SETTING, read_seeds
from simulators.rest.server import Call, Operation, RestServer
from simulators.scenario import REST

REGISTER_ID = "NR-09"
COMBINATIONS = (("cpr",), ("passportNumber",), ("name", "birthDate"))
WANTED_REASONS = frozenset({"LOST", "STOLEN", "WANTED"})
_FIELDS = (
    "passportNumber", "type", "issuedOn", "expiresOn", "status", "wantedSince", "foundOn", "retentionHold", "holderRef",
)  # fmt: skip


class PassportRegister:
    """The passports and their wanted notices."""

    def __init__(self, station: Station) -> None:
        self.seeds = read_seeds("simulators.registers", "passports", station.extra.get("seeds"))
        self.reset()

    def reset(self) -> None:
        self.passports = [copy.deepcopy(record) for record in self.seeds.records]

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(name="passport-search", method="POST", path="/passports/searches", answer=self.search),
            Operation(name="passport-wanted", method="POST", path="/passports/wanted-notices", answer=self.notice),
            Operation(name="passport-holds", method="GET", path="/passports/{ref}/holds", answer=self.holds),
        )

    def search(self, call: Call) -> Answer:
        keys = read_keys(call.body, COMBINATIONS)
        found = [(_match(passport, how), read_persona(passport)) for passport, how in self._find(keys)]
        return answer_with(found, context=call.context, limit=self.seeds.too_many_over, now=call.now)

    def _find(self, keys: dict[str, str]) -> Iterator[tuple[dict[str, Any], str]]:
        for passport in self.passports:
            if "name" in keys:
                how = how_names_match(keys["name"], [passport["holderName"]])
                if how and passport["holderBirthDate"] == keys["birthDate"]:
                    yield passport, how
            elif keys.get("passportNumber") == passport["passportNumber"] or keys.get("cpr") == passport["holderCpr"]:
                yield passport, "EXACT_KEY"

    def notice(self, call: Call) -> Answer:
        """Set or release the wanted notice of one passport."""
        body = call.body
        action, number = body.get("action"), body.get("passportNumber")
        if action not in {"SET", "RELEASE"} or not isinstance(number, str):
            raise Problem("schema-invalid", "action SET or RELEASE and a passportNumber are needed",
                          fields=["action", "passportNumber"])  # fmt: skip
        plain = formats.passport_number(number)
        passport = next((each for each in self.passports if each["passportNumber"] == plain), None)
        if passport is None:
            raise Problem("record-unknown", "no passport has this number")
        if action == "SET":
            _set_notice(passport, call)
        else:
            _release_notice(passport, call)
        return Answer(outcome="MATCHES", matches=(_match(passport, "REFERENCE"),), members={"effect": action})

    def holds(self, call: Call) -> Answer:
        ref = call.params["ref"]
        passport = next((each for each in self.passports if each["ref"] == ref), None)
        self.seeds.check_known(ref, passport is not None)
        assert passport is not None
        found = [(_match(passport, "REFERENCE"), read_persona(passport))]
        answer = answer_with(found, context=call.context, limit=1, now=call.now)
        if answer.outcome not in {"MATCHES", "STALE"}:
            return answer
        held = {"ruleId": "RR-063", "since": passport.get("wantedSince"), "blocks": ["RR-061", "RR-062"]}
        return Answer(outcome="MATCHES", matches=answer.matches,
                      members={"holds": [held] if passport["retentionHold"] else []})  # fmt: skip


def _set_notice(passport: dict[str, Any], call: Call) -> None:
    reason = call.body.get("reason")
    if reason not in WANTED_REASONS:
        raise Problem("schema-invalid", f"reason must be one of {', '.join(sorted(WANTED_REASONS))}", fields=["reason"])
    if not passport["retentionHold"]:
        passport["wantedSince"] = call.now.date().isoformat()
    passport |= {"status": reason, "foundOn": None, "retentionHold": True}


def _release_notice(passport: dict[str, Any], call: Call) -> None:
    found_on, assessment = call.body.get("foundOn"), call.body.get("assessmentId")
    if passport["retentionHold"] and not found_on and not assessment:
        raise Problem("record-on-hold", "a wanted passport is held until found or until an assessment releases it")
    expired = passport["expiresOn"] < call.now.date().isoformat()
    passport |= {"retentionHold": False, "status": "EXPIRED" if expired else "VALID"}
    if found_on:
        passport["foundOn"] = formats.calendar_date(str(found_on), "foundOn")


def _match(passport: dict[str, Any], how: str) -> Match:
    return Match(
        ref=passport["ref"],
        type=how,
        score=0.9 if how == "TRANSLITERATED_NAME" else 1.0,
        content={name: passport.get(name) for name in _FIELDS},
        categories=("DOCUMENT", "HOLDER_REFERENCE"),
        disclosable="YES",  # facts about an object; who holds it is only a reference
        role="HOLDER",
        retention={"ruleId": "RR-063" if passport["retentionHold"] else "RR-061", "dueOn": None},
    )


async def start(station: Station) -> Running:
    register = PassportRegister(station)
    return await RestServer(station, REGISTER_ID, register.operations(), register.seeds).start(register.reset)


SIMULATOR = Simulator(
    name="passports",
    kind="register",
    summary="NR-09: passports, lost, stolen and wanted ones",
    start=start,
    abilities=REST,
    settings=SEEDS_SETTING,
)
