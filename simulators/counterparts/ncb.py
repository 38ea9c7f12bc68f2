"""The INTERPOL National Central Bureau of another state (`--set state=XB`).

The one idea: an NCB asks other NCBs whether a document or a vehicle is wanted, and writes free text and diffusions.
"""

from simulators.declaration import Running, Simulator, Station
from simulators.office.desk import open_office
from simulators.office.identity import SETTINGS, Identity
from simulators.scenario import MAIL


async def start(station: Station) -> Running:
    state = station.extra.get("state", "XB")
    identity = Identity(
        party=f"ncb:{state}",
        name=f"INTERPOL NCB of {state} (simulated)",
        address=f"ncb@{state.lower()}.interpol.example",
        partner_role="ncb",
        reference=f"{state}-NCB",
    )
    return await open_office(station, identity)


SIMULATOR = Simulator(
    name="ncb",
    kind="counterpart",
    summary="INTERPOL National Central Bureau of another state: queries, free text, diffusions",
    start=start,
    abilities=MAIL,
    settings={"state": "whose bureau, for instance XB", **SETTINGS},
)
