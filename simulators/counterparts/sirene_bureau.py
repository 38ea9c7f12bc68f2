"""The SIRENE bureau of another state (`--set state=XB`).

The one idea: a bureau writes forms G, A, M and P to other bureaux, and asks for a P form when it has a hit.
"""

from simulators.declaration import Running, Simulator, Station
from simulators.office.desk import open_office
from simulators.office.identity import Identity
from simulators.scenario import MAIL


async def start(station: Station) -> Running:
    state = station.extra.get("state", "XB")
    identity = Identity(
        party=f"sirene:{state}",
        name=f"SIRENE bureau of {state} (simulated)",
        address=f"oper@{state.lower()}.sirene.example",
        partner_role="sirene",
        reference=state,
    )
    return await open_office(station, identity)


SIMULATOR = Simulator(
    name="sirene-bureau",
    kind="counterpart",
    summary="SIRENE bureau of another state: signed forms and receipts by mail or queue",
    start=start,
    abilities=MAIL,
)
