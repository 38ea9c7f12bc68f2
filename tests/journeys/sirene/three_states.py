"""Three states on one clock: our gateway with its national systems, and two bureaux that share no code with it.

Everything is real but the time: mails go over loopback ports, registers, case system and N.SIS are asked over HTTP, officers use the API.
The simulators run in the test's own process, so that all clocks turn together and nobody waits for anybody.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from adapters.stores.memory.ledger import MemoryLedger
from config.load import Home, load
from gateway.api.server import ApiServer, Listening
from gateway.assembly import api_door, assemble, briefing, directory_of, worker_table
from gateway.commands import partner_file
from gateway.commands.partner_card import Overrides, own_card, read_card
from gateway.gateway import Gateway
from gateway.ledger import Ledger
from gateway.signing.authority import set_up_authority
from gateway.workers import InlineCompute
from simulators.alertsystems.nsis import REGISTER_ID, NationalParts
from simulators.counterparts.bureaux.bureau import Bureau
from simulators.counterparts.bureaux.hosting import Federation, Ground, make_plan
from simulators.declaration import Running, Station
from simulators.discovery import find
from simulators.office.cards import read_card as read_their_card
from simulators.recorder import Recorder
from simulators.rest.server import RestServer
from simulators.scenario import Script, parse_scenario
from tests.gateway.rig import TurnedClock
from tests.loop_time import PATIENCE_SECONDS

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday; summer time begins on the 29th."""
OWN, DOMAIN, TOKEN = "sirene:XA", "xa.spoc.example", "fictitious-token"
REGISTERS = {"cpr": "cpr", "crm": "crm", "wanted-vehicles": "wanted_vehicles", "passports": "passports"}
OF_ONE_STATE = ("crm", "passports")
LOOK_SECONDS = 0.001
NO_ALERTS = "[house]\ntooManyOver = 20\n"
SETTINGS = """
[office]
name = "SPOC XA"
parties = ["sirene:XA"]
[api]
listen_port = 0
[channels.smtp]
listen_port = 0
hostname = "mail.xa.spoc.example"
domains = ["xa.spoc.example"]
starttls = "never"
[channels.smtp.addresses]
"sirene:XA" = "sirene@xa.spoc.example"
[calendars.XA]
holidays_of = "DK"
zone = "Europe/Copenhagen"
[calendars.XB]
holidays_of = "SE"
zone = "Europe/Stockholm"
[calendars.XC]
holidays_of = "FI"
zone = "Europe/Helsinki"
"""


@dataclass
class National:
    """A simulated national system: where it is, what reached it, and how it misbehaves."""

    station: Station
    running: Running

    @property
    def url(self) -> str:
        return str(self.running.ready["url"])

    def away(self) -> None:
        """It answers nobody any more."""
        rule = '[[rule]]\nwhen = {}\ndo = { action = "refuse", status = 503, problem = "source-unavailable" }'
        self.station.script.replace(
            parse_scenario(rule.encode(), source="story", can=find(self.station.name).abilities)
        )

    def ledger(self, event: str) -> list[dict[str, Any]]:
        """What it wrote down under this word, in order."""
        return [entry for entry in self.station.recorder.entries() if entry["event"] == event]


@dataclass
class ThreeStates:
    """XA with the gateway, XB and XC with bureaux, one central SIS."""

    federation: Federation
    national: dict[str, National]
    sis: NationalParts
    gateway: Gateway
    clock: TurnedClock
    api: aiohttp.ClientSession
    home: Home
    _keys: int = field(default=0)

    def bureau(self, code: str) -> Bureau:
        """One of the foreign bureaux."""
        return self.federation.bureaux[code]

    @property
    def ledger(self) -> Ledger:
        return self.gateway.ledger

    # --- time

    async def settle(self) -> None:
        """Return when nobody has anything to do before somebody turns the clocks."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                await self.gateway.quiet()
                if not self._at_work():
                    return
                await asyncio.sleep(LOOK_SECONDS)

    def _at_work(self) -> int:
        """How many bureaux' tasks are under way and do not wait for a later hour."""
        waiting = sum(not future.done() for _, _, future in self.federation.clock._waiting)
        return sum(len(bureau._tasks) for bureau in self.federation.bureaux.values()) - waiting

    async def later(self, **time: float) -> None:
        """Time passes for all, stopping wherever a bureau does something by itself."""
        end = self.clock.now() + timedelta(**time)
        await self.settle()
        while (moment := self.federation.clock.next) is not None and moment < end:
            await self._turn_to(moment)
        await self._turn_to(end)

    async def at(self, moment: datetime) -> None:
        """Time passes until this moment."""
        await self.later(seconds=(moment - self.clock.now()).total_seconds())

    async def _turn_to(self, moment: datetime) -> None:
        self.clock.turn(moment - self.clock.now())
        self.federation.clock.turn_to(moment)
        await self.settle()

    # --- the API

    async def ask(self, method: str, path: str, *, ok: Sequence[int] = (200, 202), **rest: Any) -> Any:
        """One request of an officer; anything but these answers ends the story."""
        self._keys += 1
        headers = {
            "X-SPOC-Purpose": "Case 9999-99999-00001-26", "Idempotency-Key": f"key-{self._keys}", **rest.pop("headers", {}),
        }  # fmt: skip
        async with self.api.request(method, f"http://local/api/v1{path}", headers=headers, **rest) as answer:
            found = await answer.json(content_type=None)
            assert answer.status in ok, (answer.status, found)
            return found


@asynccontextmanager
async def three_states(folder: Path, bureaux: str = "XB,XC", **habits: str) -> AsyncIterator[ThreeStates]:
    """Started, introduced to each other, and ended again; `habits` are those of a bureau, `XB="late:20"`."""
    async with AsyncExitStack() as stack:
        federation = await _federation(folder, stack, bureaux, habits)
        national, sis = await _national(folder, stack, federation)
        home = _home(folder, national, federation)
        clock = TurnedClock(START)
        table = worker_table(briefing(home, directory_of(home.partners)), START)
        gateway = assemble(home, clock=clock, compute=InlineCompute(table), ledger=MemoryLedger(clock))
        stack.push_async_callback(gateway.stop)
        await gateway.start()
        ports = {name: {"port": getattr(door, "port", None)} for name, door in gateway.inbound.items()}
        card = read_their_card(json.dumps(own_card(home, OWN, {"channels": ports})))
        for bureau in federation.bureaux.values():
            bureau.cards.add(card)
        socket = folder / "api.sock"
        server = ApiServer(gateway, api_door(home), Listening(listen_port=0, socket_file=str(socket)))
        stack.push_async_callback(server.stop)
        await server.start()
        api = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=str(socket))))
        yield ThreeStates(federation, national, sis, gateway, clock, api, home)


async def _federation(folder: Path, stack: AsyncExitStack, bureaux: str, habits: dict[str, str]) -> Federation:
    plan = make_plan(bureaux, None, {"starttls": "never"})
    settings = {code: {**row, "habits": habits.get(code, "")} for code, row in plan.settings.items()}
    made = Federation(
        type(plan)(states=plan.states, settings=settings), Ground(folder=folder / "abroad", fixed_time=START)
    )
    stack.push_async_callback(made.stop)
    await made.start()
    return made


async def _national(
    folder: Path, stack: AsyncExitStack, federation: Federation
) -> tuple[dict[str, National], NationalParts]:
    """Registers and POLSAS as their simulators are, and N.SIS with its central part in reach of the other states' officers."""
    place = folder / "national"
    place.mkdir()
    (place / "alerts.toml").write_text(NO_ALERTS, encoding="utf-8")

    def station(name: str, **extra: str) -> Station:
        recorder = Recorder(place / f"{name}.ledger.jsonl", federation.clock.now)
        stack.callback(recorder.close)
        return Station(
            name=name, folder=place, port=0, token=TOKEN, tls=False, client_ca=None, extra=extra, clock=federation.clock,
            recorder=recorder, script=Script(()),
        )  # fmt: skip

    found = {}
    for name in (*REGISTERS, "polsas"):
        at = station(name)
        running = await find(name).start(at)
        stack.push_async_callback(running.stop)
        found[name] = National(at, running)
    at = station("nsis", seeds=str(place / "alerts.toml"))
    sis = NationalParts(at)
    server = RestServer(station=at, register_id=REGISTER_ID, operations=sis.operations(), seeds=sis.seeds)
    running = await server.start(sis.reset)
    stack.push_async_callback(running.stop)
    found["nsis"] = National(at, running)
    return found, sis


def _home(folder: Path, national: dict[str, National], federation: Federation) -> Home:
    home = folder / "home"
    for room in ("data", "log", "keys"):
        (home / room).mkdir(parents=True)
    set_up_authority(home / "keys", (OWN,), (DOMAIN,), START - timedelta(days=1))
    (home / "spoc.toml").write_text(SETTINGS + "".join(_tables(national)), encoding="utf-8")
    partners = ""
    for bureau in federation.bureaux.values():
        card = read_card(json.dumps(bureau.card()).encode(), Overrides(), START)
        partners = partner_file.put(partners, card, replace=False)
    partner_file.save(home / "partners.toml", partners)
    return load(home)


def _tables(national: dict[str, National]) -> list[str]:
    def table(kind: str, name: str, url: str, more: str = "") -> str:
        return f'[{kind}.{name}]\nbase_url = "{url}"\ntoken = "{TOKEN}"\n{more}'

    country = 'country = "XA"\n'
    return [
        *(
            table("registers", adapter, national[name].url, country if adapter in OF_ONE_STATE else "")
            for name, adapter in REGISTERS.items()
        ),
        table("case_systems", "polsas", national["polsas"].url),
        table("alert_systems", "nsis", f"{national['nsis'].url}/XA", "follow_seconds = 0\n"),
    ]
