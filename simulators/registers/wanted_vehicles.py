"""NR-12, the police register of wanted vehicles.

The one idea: a vehicle and its plates are wanted separately, each entry is held until the object is found or the entry
is cancelled, and nobody changes an entry without knowing its present version.
"""

import copy
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from simulators.declaration import Running, Simulator, Station
from simulators.rest import keys as formats
from simulators.rest.contract import Problem
from simulators.rest.keys import read_keys
from simulators.rest.outcomes import Answer, Match, answer_with, read_persona
from simulators.rest.seeds import SEEDS_SETTING, read_seeds
from simulators.rest.server import Call, Operation, RestServer
from simulators.scenario import REST

REGISTER_ID = "NR-12"
COMBINATIONS = (("plate",), ("partialPlate",), ("vin",), ("wantedId",))
OBJECTS = frozenset({"VEHICLE", "PLATE_FRONT", "PLATE_REAR", "PLATES"})
REASONS = frozenset({"STOLEN", "WANTED", "BLOCKED_FOR_CONFISCATION"})
ACTIONS = frozenset({"CREATE", "UPDATE", "CANCEL", "CONFIRM_FOUND"})
_FIELDS = (
    "wantedId", "object", "reason", "since", "journalNumber", "priority", "officerSafety", "plate", "vin", "status",
    "retentionHold", "foundOn", "version",
)  # fmt: skip
_CHANGEABLE = frozenset({"priority", "officerSafety", "journalNumber", "reason"})


class WantedRegister:
    """The entries, open and closed."""

    def __init__(self, station: Station) -> None:
        self.seeds = read_seeds("simulators.registers", "wanted_vehicles", station.extra.get("seeds"))
        self.reset()

    def reset(self) -> None:
        self.entries = [copy.deepcopy(record) for record in self.seeds.records]

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(name="wanted-search", method="POST", path="/wanted-vehicles/searches", answer=self.search),
            Operation(name="wanted-write", method="POST", path="/wanted-vehicles/entries", answer=self.write),
        )

    def search(self, call: Call) -> Answer:
        keys = read_keys(call.body, COMBINATIONS)
        found = [(_match(entry, how), read_persona(entry)) for entry, how in self._find(keys)]
        return answer_with(found, context=call.context, limit=self.seeds.too_many_over, now=call.now)

    def _find(self, keys: dict[str, str]) -> Iterator[tuple[dict[str, Any], str]]:
        """Open entries only, except by id: who asks for one entry may see how it ended."""
        for entry in self.entries:
            if "wantedId" in keys:
                if entry["wantedId"] == keys["wantedId"]:
                    yield entry, "EXACT_KEY"
            elif entry["status"] != "OPEN":
                continue
            elif "partialPlate" in keys:
                if fnmatchcase(entry.get("plate") or "", keys["partialPlate"]):
                    yield entry, "PARTIAL_KEY"
            elif all(entry.get(key) == value for key, value in keys.items()):
                yield entry, "EXACT_KEY"

    def write(self, call: Call) -> Answer:
        action = call.body.get("action")
        if action not in ACTIONS:
            raise Problem("schema-invalid", f"action must be one of {', '.join(sorted(ACTIONS))}", fields=["action"])
        entry = self._create(call) if action == "CREATE" else self._change(call, action)
        match = _match(entry, "REFERENCE")
        return Answer(
            outcome="MATCHES", matches=(match,), status=201 if action == "CREATE" else 200, members={"effect": action}
        )

    def _create(self, call: Call) -> dict[str, Any]:
        body = call.body
        wanted_object, reason = body.get("object"), body.get("reason")
        if wanted_object not in OBJECTS or reason not in REASONS or not (body.get("plate") or body.get("vin")):
            raise Problem("schema-invalid", "object, reason and a plate or a vin are needed",
                          fields=["object", "reason", "plate", "vin"])  # fmt: skip
        number = 1 + max((int(each["wantedId"].rpartition("-")[2]) for each in self.entries), default=0)
        entry = {
            "ref": f"nr12-rec-{number:04d}",
            "wantedId": f"w-{number:04d}",
            "object": wanted_object,
            "reason": reason,
            "since": call.now.date().isoformat(),
            "plate": formats.plate(str(body["plate"])) if body.get("plate") else None,
            "vin": formats.vin(str(body["vin"])) if body.get("vin") else None,
            "status": "OPEN",
            "retentionHold": True,
            "version": 1,
            **{key: body[key] for key in _CHANGEABLE if key in body},
        }
        self.entries.append(entry)
        return entry

    def _change(self, call: Call, action: str) -> dict[str, Any]:
        body = call.body
        entry = next((each for each in self.entries if each["wantedId"] == body.get("wantedId")), None)
        if entry is None:
            raise Problem("record-unknown", "no entry has this wantedId")
        if body.get("version") != entry["version"]:
            raise Problem("version-mismatch", "the entry has changed; read it again", version=entry["version"])
        if entry["status"] != "OPEN":
            raise Problem("record-on-hold", "a closed entry is evidence and is not changed")
        if action == "UPDATE":
            entry |= {key: body[key] for key in _CHANGEABLE if key in body}
        elif action == "CONFIRM_FOUND":
            entry |= {"status": "FOUND", "foundOn": call.now.date().isoformat(), "retentionHold": False}
        else:
            entry |= {"status": "CANCELLED", "retentionHold": False}
        entry["version"] += 1
        return entry


def _match(entry: dict[str, Any], how: str) -> Match:
    return Match(
        ref=entry["ref"],
        type=how,
        score=0.5 if how == "PARTIAL_KEY" else 1.0,
        content={name: entry.get(name) for name in _FIELDS},
        categories=("VEHICLE", "WANTED"),
        disclosable="YES",  # facts about an object; who holds it is only a reference
        role="HOLDER",
        retention={"ruleId": "RR-071", "dueOn": None},
    )


async def start(station: Station) -> Running:
    register = WantedRegister(station)
    return await RestServer(station, REGISTER_ID, register.operations(), register.seeds).start(register.reset)


SIMULATOR = Simulator(
    name="wanted-vehicles",
    kind="register",
    summary="NR-12: stolen, wanted and blocked vehicles and plates",
    start=start,
    abilities=REST,
    settings=SEEDS_SETTING,
)
