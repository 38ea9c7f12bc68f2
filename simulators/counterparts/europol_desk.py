"""The desk of Europol, which writes to national units.

The one idea: Europol asks national units under its handling codes; `--set party=enu:XB` makes it the unit of a state.
"""

from simulators.declaration import Running, Simulator, Station
from simulators.office.desk import open_office
from simulators.office.identity import SETTINGS, Identity
from simulators.scenario import MAIL


async def start(station: Station) -> Running:
    party = station.extra.get("party", "europol:EUROPOL")
    state = party.partition(":")[2]
    is_europol = party == "europol:EUROPOL"
    identity = Identity(
        party=party,
        name="Europol desk (simulated)" if is_europol else f"Europol National Unit of {state} (simulated)",
        address="desk@europol.example" if is_europol else f"enu@{state.lower()}.europol.example",
        partner_role="enu",
        reference="EUROPOL" if is_europol else f"{state}-ENU",
    )
    return await open_office(station, identity)


SIMULATOR = Simulator(
    name="europol-desk",
    kind="counterpart",
    summary="Europol desk, or the Europol National Unit of another state: requests with handling codes",
    start=start,
    abilities=MAIL,
    settings={"party": "europol:EUROPOL or the unit of a state, for instance enu:XB", **SETTINGS},
)
