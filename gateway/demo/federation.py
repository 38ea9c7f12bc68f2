"""Starting a gateway and simulators as processes, introducing them to each other, and ending exactly those again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp

from gateway.errors import Unavailable
from gateway.setup import make_home

REGISTERS: Final = {"cpr": "cpr", "crm": "crm", "wanted-vehicles": "wanted_vehicles", "passports": "passports"}
"""Simulators of registers and the adapters that speak to them."""
COUNTERPARTS: Final = ("sirene-bureau", "ncb", "europol-desk")
PARTIES: Final = ("sirene:XA", "ncb:XA", "enu:XA")
DOMAIN: Final = "xa.spoc.example"
START_SECONDS: Final = 60.0
LOOK_EVERY_SECONDS: Final = 0.05


class Federation:
    """One gateway with all simulators around it, in one folder."""

    def __init__(self, folder: Path, *, amqp_url: str = "") -> None:
        self.folder, self.home = folder, folder / "home"
        self.simulators: dict[str, dict[str, Any]] = {}
        self.doors: dict[str, Any] = {}
        self._amqp_url = amqp_url
        self._processes: list[asyncio.subprocess.Process] = []
        self._logs: list[Path] = []

    async def start(self) -> None:
        """Start everything; raises `Unavailable` with the reason when something does not come up."""
        await self._start_simulators()
        made = await asyncio.to_thread(make_home, self.home, PARTIES, DOMAIN, datetime.now(UTC))
        self._write_settings()
        for name in COUNTERPARTS:
            await self._spoc("partners", "add", self.simulators[name]["card"], "--replace")
        await self._run("gateway", [sys.executable, "-m", "gateway", "--home", str(made.folder), "serve"])
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
                async with asyncio.timeout(5):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()

    # --- pieces

    async def _start_simulators(self) -> None:
        names = [*REGISTERS, "polsas", *COUNTERPARTS]
        place = self.folder / "simulators"
        extra = ["--set", f"amqp-url={self._amqp_url}"] if self._amqp_url else []
        for name in names:
            settings = extra if name in COUNTERPARTS else []
            command = [
                sys.executable,
                "-m",
                "simulators",
                name,
                "--folder",
                str(place),
                "--parent-pid",
                str(os.getpid()),
                *settings,
            ]
            await self._run(name, command)
        for name in names:
            self.simulators[name] = await self._ready(place / f"{name}.json")

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
        file.write_text(text, encoding="utf-8")

    async def _introduce(self) -> None:
        """Give every counterpart the cards of our offices."""
        async with aiohttp.ClientSession() as session:
            for party in PARTIES:
                card = await self._spoc("partners", "card", party)
                for name in COUNTERPARTS:
                    async with session.post(f"{self.simulators[name]['control']}/sim/partner", data=card) as answer:
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

    async def _spoc(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "--home", str(self.home), *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        out, err = await process.communicate()
        if process.returncode:
            raise Unavailable(
                "demo.command", f"spoc {' '.join(arguments[:2])} failed: {(err or out).decode(errors='replace')[-800:]}"
            )
        return out.decode()

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
