"""The SIRENE bureau of a state (`--set state=DK`).

The one idea: a bureau writes forms of all fourteen letters, and answers those it gets when that is its habit. States and
habits are data in `bureaux/`.
"""

from simulators.counterparts.bureaux.bureau import BUREAU_SETTINGS, Bureau, identity_of
from simulators.declaration import Running, Simulator, Station
from simulators.office.desk import open_office
from simulators.scenario import MAIL


async def start(station: Station) -> Running:
    return await open_office(station, identity_of(station), Bureau)


SIMULATOR = Simulator(
    name="sirene-bureau",
    kind="counterpart",
    summary="SIRENE bureau of any state: signed forms and receipts by mail or queue, with habits",
    start=start,
    abilities=MAIL,
    settings=BUREAU_SETTINGS,
)
