"""NR-10, the central register of motor vehicles (CRM).

The one idea: a plate does not follow a vehicle for life. A search by plate answers with every vehicle that ever bore
it, each with its periods, and says so when there is more than one.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from simulators.declaration import Running, Simulator, Station
from simulators.rest.keys import read_keys
from simulators.rest.outcomes import Answer, Match, answer_with, read_persona
from simulators.rest.seeds import SEEDS_SETTING, read_seeds
from simulators.rest.server import Call, Operation, RestServer
from simulators.scenario import REST

REGISTER_ID = "NR-10"
COMBINATIONS = (
    ("plate",), ("partialPlate",), ("vin",), ("ownerCpr",), ("ownerCompany",), ("registrationDocumentNumber",),
)  # fmt: skip
_FIELDS = (
    "vehicleId", "plate", "plateKind", "vin", "make", "model", "colour", "firstRegistration", "status", "ownerRef",
    "userRef", "insuranceStatus", "inspectionStatus", "registrationDocumentNumber",
)  # fmt: skip


class VehicleRegister:
    """The vehicles and their plates over time."""

    def __init__(self, station: Station) -> None:
        self.seeds = read_seeds("simulators.registers", "crm", station.extra.get("seeds"))

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(name="vehicle-search", method="POST", path="/vehicles/searches", answer=self.search),
            Operation(name="vehicle-read", method="GET", path="/vehicles/{ref}", answer=self.read),
        )

    def search(self, call: Call) -> Answer:
        keys = read_keys(call.body, COMBINATIONS)
        found = [
            (_match(vehicle, how, call.now.isoformat()), read_persona(vehicle)) for vehicle, how in self._find(keys)
        ]
        notes = ("plate-reissued",) if "plate" in keys and len(found) > 1 else ()
        return answer_with(found, context=call.context, limit=self.seeds.too_many_over, now=call.now, notes=notes)

    def _find(self, keys: dict[str, str]) -> Iterator[tuple[dict[str, Any], str]]:
        for vehicle in self.seeds.records:
            now_on, earlier = _plates(vehicle)
            if "plate" in keys:
                if keys["plate"] in now_on:
                    yield vehicle, "EXACT_KEY"
                elif keys["plate"] in earlier:
                    yield vehicle, "HISTORIC_KEY"
            elif "partialPlate" in keys:
                if any(fnmatchcase(plate, keys["partialPlate"]) for plate in now_on | earlier):
                    yield vehicle, "PARTIAL_KEY"
            elif all(vehicle.get(key) == value for key, value in keys.items()):
                yield vehicle, "EXACT_KEY"

    def read(self, call: Call) -> Answer:
        ref = call.params["ref"]
        vehicle = next((each for each in self.seeds.records if each["ref"] == ref), None)
        self.seeds.check_known(ref, vehicle is not None)
        assert vehicle is not None
        found = [(_match(vehicle, "REFERENCE", call.now.isoformat()), read_persona(vehicle))]
        return answer_with(found, context=call.context, limit=1, now=call.now)


def _plates(vehicle: dict[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    """The plates it bears now, and those it bore."""
    periods = vehicle["periods"]
    now_on = frozenset(each["plate"] for each in periods if not each.get("to"))
    return now_on, frozenset(each["plate"] for each in periods) - now_on


def _match(vehicle: dict[str, Any], how: str, feed_as_of: str) -> Match:
    content = {name: vehicle.get(name) for name in _FIELDS}
    content["periods"] = [{"to": None, **period} for period in vehicle["periods"]]
    content["wanted"] = vehicle.get("wanted", [])  # the copy the register of wanted vehicles delivered
    content["feedAsOf"] = feed_as_of
    return Match(
        ref=vehicle["ref"],
        type=how,
        score=0.5 if how == "PARTIAL_KEY" else 1.0,
        content=content,
        categories=("VEHICLE", "OWNER_REFERENCE"),
        disclosable="YES",  # facts about an object; who holds it is only a reference
        role="HOLDER",  # no connection to crime is implied
        retention={"ruleId": "RR-072", "dueOn": None},
    )


async def start(station: Station) -> Running:
    register = VehicleRegister(station)
    return await RestServer(station, REGISTER_ID, register.operations(), register.seeds).start(lambda: None)


SIMULATOR = Simulator(
    name="crm",
    kind="register",
    summary="NR-10 CRM: vehicles, plates, owners",
    start=start,
    abilities=REST,
    settings=SEEDS_SETTING,
)
