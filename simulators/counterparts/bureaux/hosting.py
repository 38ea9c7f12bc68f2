"""Many bureaux in one process: each its own port, keys, folder and place on the control port, all on one clock.

The one idea: a federation is a table of states with their settings. One event loop serves all, since thirty-one
processes of their own are too much for a laptop; on the wire nobody can tell.
"""

import asyncio
import json
import os
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from simulators.clock import Clock
from simulators.control import MAX_ORDER_OCTETS, Control
from simulators.counterparts.bureaux.bureau import Bureau, identity_of
from simulators.counterparts.bureaux.states import State, find_states
from simulators.counterparts.sirene_bureau import SIMULATOR
from simulators.declaration import AT_ONCE_SECONDS, LOOPBACK, Station
from simulators.office.cards import CardInvalid, read_card
from simulators.office.desk import running
from simulators.process import announce, end_with_parent, end_with_signals, write_atomically
from simulators.recorder import Recorder
from simulators.scenario import Rule, Script, read_scenario

FILE = "federation.json"
MAX_FILE_BYTES = 64 * 1024
STOP_SECONDS = 10.0
_ONE_EACH = frozenset({"state", "domain", "amqp-queue"})  # cannot be the same for all


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which bureaux, and how each is set up."""

    states: Sequence[State]
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # code -> what --set would say
    strangers: bool = False  # they do not know each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where and when they are."""

    folder: Path
    first_port: int = 0  # the others follow; 0: any free ones
    control_port: int = 0
    scenarios: Path | None = None  # holds CODE.toml for those that misbehave
    parent_pid: int | None = None
    fixed_time: datetime | None = None


class FederationInvalid(ValueError):
    """A federation that cannot be; the text says why."""


def make_plan(states: str, file: Path | None, given: Mapping[str, str], *, strangers: bool = False) -> Plan:
    """From the command line and a federation file; the command line has the last word for all of them."""
    table = _read(file) if file else {}
    words = states or ",".join(table.get("states", ()))
    found = find_states(words)
    own = {code.upper(): row for code, row in table.get("bureau", {}).items()}
    unknown = sorted(own.keys() - {each.code for each in found})
    if unknown and not states:
        raise FederationInvalid(f"{file and file.name}: bureau.{unknown[0]} is not among the states")
    common = {**_texts(table.get("all", {}), "all"), **given}
    for key in _ONE_EACH & common.keys():
        raise FederationInvalid(
            f"--set {key} cannot be the same for all; name it in a federation file, bureau by bureau"
        )
    settings = {
        each.code: {**_texts(table.get("all", {}), "all"), **_texts(own.get(each.code, {}), each.code), **given}
        for each in found
    }
    for each in settings.values():
        SIMULATOR.refuse_unknown(each)
    return Plan(states=found, settings=settings, strangers=strangers)


def _read(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    if len(content) > MAX_FILE_BYTES:
        raise FederationInvalid(f"{file.name}: larger than {MAX_FILE_BYTES} bytes")
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FederationInvalid(f"{file.name}: not TOML: {error}") from error
    unknown = sorted(table.keys() - {"states", "all", "bureau"})
    if unknown or not isinstance(table.get("states", []), list) or not isinstance(table.get("bureau", {}), dict):
        raise FederationInvalid(f"{file.name}: it has states (a list), [all] and [bureau.CODE], and nothing else")
    return table


def _texts(row: object, place: str) -> dict[str, str]:
    if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
        raise FederationInvalid(f"[{place}] holds texts, as --set does")
    return row


def run_federation(plan: Plan, ground: Ground) -> None:
    """Serve until a signal arrives or the parent is gone."""
    asyncio.run(_serve(plan, ground))


async def _serve(plan: Plan, ground: Ground) -> None:
    ended = end_with_signals()
    watch = asyncio.create_task(end_with_parent(ground.parent_pid, ended))
    federation = Federation(plan, ground)
    try:
        await federation.start(_tell)
        announce({"pid": os.getpid(), "file": str(federation.file), **federation.ready()})
        await ended.wait()
    finally:
        watch.cancel()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await federation.stop()
        except TimeoutError:
            sys.stderr.write(f"the federation did not stop in {STOP_SECONDS} s; ending anyway\n")


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Federation:
    """Started and stopped as one; `bureaux` are by their codes."""

    def __init__(self, plan: Plan, ground: Ground) -> None:
        self.plan, self.ground = plan, ground
        self.clock = Clock(ground.fixed_time)
        self.bureaux: dict[str, Bureau] = {}
        self.stations: dict[str, Station] = {}
        self.control = ""
        self._controls: list[Control] = []
        self._runner: web.AppRunner | None = None

    @property
    def file(self) -> Path:
        return self.ground.folder / FILE

    async def start(self, tell: Callable[[str], None] = lambda _: None) -> None:
        self.ground.folder.mkdir(parents=True, exist_ok=True)
        self.file.unlink(missing_ok=True)  # a stale one would lie
        total = len(self.plan.states)
        for number, state in enumerate(self.plan.states, 1):
            bureau = await self._open(state, number)
            tell(f"[{number:2}/{total}] {state.code} {state.name}: {LOOPBACK}:{bureau.port}")
        if not self.plan.strangers:
            self._introduce()
        await self._open_control()
        write_atomically(self.file, self.ready())

    async def stop(self) -> None:
        """Safe unstarted, and twice."""
        self.file.unlink(missing_ok=True)
        for bureau in self.bureaux.values():
            await bureau.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        for station in self.stations.values():
            station.recorder.close()
        self.clock.close()
        self.bureaux.clear()
        self.stations.clear()
        self._controls.clear()

    def ready(self) -> dict[str, Any]:
        """What `federation.json` says: one row for each bureau."""
        return {
            "control": self.control,
            "bureaux": {
                code: {
                    "name": self.stations[code].name,
                    "state": bureau.state.name,
                    "habits": bureau.habits,
                    "control": f"{self.control}/{code}",
                    "ledger": str(self.stations[code].recorder.path),
                    **running(bureau).ready,
                }
                for code, bureau in self.bureaux.items()
            },
        }

    # --- pieces

    async def _open(self, state: State, number: int) -> Bureau:
        station = self._station(state, number)
        self.stations[state.code] = station
        try:
            bureau = Bureau(station, identity_of(station))
        except CardInvalid as error:
            raise FederationInvalid(str(error)) from error
        self.bureaux[state.code] = bureau
        await bureau.start()
        return bureau

    def _station(self, state: State, number: int) -> Station:
        folder = self.ground.folder / state.code
        folder.mkdir(exist_ok=True)
        return Station(
            name=SIMULATOR.name,
            folder=folder,
            port=self.ground.first_port + number - 1 if self.ground.first_port else 0,
            token="",  # nobody calls a bureau over HTTP
            tls=False,
            client_ca=None,
            extra={**self.plan.settings.get(state.code, {}), "state": state.code},
            clock=self.clock,
            recorder=Recorder(folder / f"{SIMULATOR.name}.ledger.jsonl", self.clock.now),
            script=Script(self._rules(state.code)),
        )

    def _rules(self, code: str) -> tuple[Rule, ...]:
        file = self.ground.scenarios / f"{code}.toml" if self.ground.scenarios else None
        return read_scenario(file, can=SIMULATOR.abilities) if file and file.exists() else ()

    def _introduce(self) -> None:
        """Everybody has everybody's card."""
        cards = {code: read_card(json.dumps(bureau.card())) for code, bureau in self.bureaux.items()}
        for code, bureau in self.bureaux.items():
            for other, card in cards.items():
                if other != code:
                    bureau.cards.add(card)

    async def _open_control(self) -> None:
        app = web.Application(client_max_size=MAX_ORDER_OCTETS)
        app.add_routes(
            [
                web.get("/sim/federation", self._show),
                web.post("/sim/reset", self._reset),
                web.get("/sim/clock", self.clock.show),
                web.post("/sim/clock", self.clock.turn),
            ]
        )
        for code, bureau in self.bureaux.items():
            part = Control(SIMULATOR, self.stations[code], running(bureau))
            self._controls.append(part)
            app.add_subapp(f"/{code}", part.application())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=AT_ONCE_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self.ground.control_port).start()
        self.control = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}"

    async def _show(self, _request: web.Request) -> web.Response:
        return web.json_response(self.ready())

    async def _reset(self, _request: web.Request) -> web.Response:
        """All of them at once."""
        for each in self._controls:
            each.begin_again()
        return web.json_response({"bureaux": len(self.bureaux)})
