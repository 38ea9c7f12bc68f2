"""Starting a gateway and simulators as processes, introducing them to each other, and ending exactly those again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp

from config.load import load
from gateway.commands import partner_file
from gateway.commands.partner_card import Overrides, own_card, read_card
from gateway.errors import Unavailable
from gateway.setup import make_home

REGISTERS: Final = {"cpr": "cpr", "crm": "crm", "wanted-vehicles": "wanted_vehicles", "passports": "passports"}
"""Simulators of registers and the adapters that speak to them."""
COUNTERPARTS: Final = ("sirene-bureau", "ncb", "europol-desk")
SIMULATORS: Final = (*REGISTERS, "polsas", *COUNTERPARTS)
STAMPS: Final = "timestamps"
"""The simulated time-stamp authority; it is there where `openssl` is, which makes its stamps."""
OVER_THE_QUEUE: Final = frozenset({"europol-desk"})
"""Counterparts that write over the broker where there is one."""
PARTIES: Final = ("sirene:XA", "ncb:XA", "enu:XA")
DOMAIN: Final = "xa.spoc.example"
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
"""Then it is killed."""
LOOK_EVERY_SECONDS: Final = 0.05


class Federation:
    """One gateway with all simulators around it, in one folder."""

    def __init__(self, folder: Path, *, amqp_url: str = "") -> None:
        self.folder, self.home = folder, folder / "home"
        self.simulators: dict[str, dict[str, Any]] = {}
        self.doors: dict[str, Any] = {}
        self._amqp_url = amqp_url
        self._names = (*SIMULATORS, STAMPS) if shutil.which("openssl") else SIMULATORS
        self._processes: list[asyncio.subprocess.Process] = []
        self._logs: list[Path] = []

    async def start(self) -> None:
        """Start everything; raises `Unavailable` with the reason when something does not come up."""
        await self._start_simulators()
        await asyncio.to_thread(make_home, self.home, PARTIES, DOMAIN, datetime.now(UTC))
        await self._simulators_ready()
        self._write_settings()
        self._write_partners()
        await self._run("gateway", [sys.executable, "-m", "gateway", "--home", str(self.home), "serve"])
        self.doors = await self._ready(self.home / "data" / "run" / "ready.json")
        await self._introduce()

    async def stop(self) -> None:
        """End what was started here, and nothing else."""
        for process in reversed(self._processes):
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()

    # --- pieces

    async def _start_simulators(self) -> None:
        place = self.folder / "simulators"
        for name in self._names:
            command = [
                sys.executable,
                "-m",
                "simulators",
                name,
                "--folder",
                str(place),
                "--parent-pid",
                str(os.getpid()),
            ]
            if self._amqp_url and name in OVER_THE_QUEUE:
                command += [
                    "--set",
                    f"amqp-url={self._amqp_url}",
                    "--set",
                    f"amqp-queue={self._queue(name)}",
                    "--set",
                    "channel=amqp",
                ]
            await self._run(name, command)

    async def _simulators_ready(self) -> None:
        for name in self._names:
            self.simulators[name] = await self._ready(self.folder / "simulators" / f"{name}.json")

    def _queue(self, name: str) -> str:
        """A queue of this demonstration's own, so that two on one broker do not meet."""
        return f"spoc.demo.{os.getpid()}.{name}"

    def _write_settings(self) -> None:
        """The settings that `init` wrote, with free ports and with the simulators as national systems."""
        file = self.home / "spoc.toml"
        text = (
            file.read_text("utf-8")
            .replace("listen_port = 8480", "listen_port = 0")
            .replace("listen_port = 2525", "listen_port = 0")
        )
        for name, adapter in REGISTERS.items():
            ready = self.simulators[name]
            country = 'country = "XA"\n' if adapter in ("crm", "passports") else ""
            text += f'\n[registers.{adapter}]\nbase_url = "{ready["url"]}"\ntoken = "{ready["token"]}"\n{country}'
        ready = self.simulators["polsas"]
        text += f'\n[case_systems.polsas]\nbase_url = "{ready["url"]}"\ntoken = "{ready["token"]}"\n'
        for code in ("XA", "XB", "XC", "XD"):
            text += f'\n[calendars.{code}]\nholidays_of = "DK"\n'
        if stamps := self.simulators.get(STAMPS):
            text += f'\n[timestamps.demo]\nurl = "{stamps["url"]}"\nanchors_file = "{stamps["anchors"]}"\npolicy = "{stamps["policy"]}"\n'
            text += "every_seconds = 2\n"
        if self._amqp_url:
            text += f'\n[channels.amqp]\nurl = "{self._amqp_url}"\ninbound_queue = "{self._queue("gateway")}"\n'
        file.write_text(text, encoding="utf-8")

    def _write_partners(self) -> None:
        """What `spoc partners add` does for each card, in one go."""
        file = self.home / partner_file.FILE
        text = file.read_text("utf-8")
        for name in COUNTERPARTS:
            card = Path(self.simulators[name]["card"]).read_bytes()
            text = partner_file.put(text, read_card(card, Overrides(), datetime.now(UTC)), replace=False)
        partner_file.save(file, text)

    async def _introduce(self) -> None:
        """Give every counterpart the cards of our offices."""
        home = load(self.home)
        async with aiohttp.ClientSession() as session:
            for party in PARTIES:
                card = own_card(home, party, self.doors)
                for name in COUNTERPARTS:
                    over_queue = bool(self._amqp_url) and name in OVER_THE_QUEUE
                    told = (
                        card | {"channel": "amqp", "amqp": {"exchange": "", "routing_key": self._queue("gateway")}}
                        if over_queue
                        else card
                    )
                    async with session.post(f"{self.simulators[name]['control']}/sim/partner", json=told) as answer:
                        if answer.status != 200:
                            raise Unavailable("demo.partner", f"{name} does not take our card: {await answer.text()}")

    async def _run(self, name: str, command: Sequence[str]) -> None:
        logs = self.folder / "output"
        logs.mkdir(parents=True, exist_ok=True)
        file = logs / f"{name}.txt"
        self._logs.append(file)
        with file.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command, stdout=output, stderr=asyncio.subprocess.STDOUT, stdin=asyncio.subprocess.DEVNULL
            )
        self._processes.append(process)

    async def _ready(self, file: Path) -> dict[str, Any]:
        """The ready file of a process that was started; raises when the process ends instead."""
        try:
            async with asyncio.timeout(START_SECONDS):
                while not file.exists():
                    self._raise_ended()
                    await asyncio.sleep(LOOK_EVERY_SECONDS)
        except TimeoutError as error:
            raise Unavailable("demo.start", f"{file.stem} did not start within {START_SECONDS:.0f} s.") from error
        content: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return content

    def _raise_ended(self) -> None:
        for process, output in zip(self._processes, self._logs, strict=True):
            if process.returncode is not None:
                words = output.read_text("utf-8", "replace")[-1500:]
                raise Unavailable("demo.start", f"{output.stem} ended with {process.returncode}:\n{words}")
