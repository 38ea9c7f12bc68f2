"""A gateway and all simulators as real processes, started once for the journeys that need them, and killed and restarted by some."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from gateway.demo.federation import Federation
from gateway.demo.letters import Letters
from tests.loop_time import PATIENCE_SECONDS
from tests.services.ports import free_port

LOOK_SECONDS = 0.1
LOOK_TIMES = round(PATIENCE_SECONDS / LOOK_SECONDS)
PURPOSE = "journeys"


class Running(Federation):
    """The federation of the demonstration, with a front that can be killed and started again at the same doors."""

    def __init__(self) -> None:
        # The path of a Unix socket has no more than 107 octets.
        self._place = tempfile.TemporaryDirectory(prefix="spoc-")
        super().__init__(Path(self._place.name))
        self.letters: Letters

    async def start(self) -> None:
        await super().start()
        self.letters = Letters(self)

    async def stop(self) -> None:
        await self.letters.close()
        await super().stop()
        self._place.cleanup()

    def _write_settings(self) -> None:
        """With a mail door that stays where it is."""
        super()._write_settings()
        settings = self.home / "spoc.toml"
        head, door, tail = settings.read_text("utf-8").partition("[channels.smtp]")
        tail = tail.replace("listen_port = 0", f"listen_port = {free_port()}", 1)
        settings.write_text(head + door + tail, "utf-8")

    @property
    def ready_file(self) -> Path:
        return self.home / "data" / "run" / "ready.json"

    async def kill_front(self) -> None:
        """Kill -9, with nothing told to anybody; its workers see the closed pipe."""
        front = next(process for process in self._processes if process.pid == self.doors["pid"])
        front.send_signal(signal.SIGKILL)
        await front.wait()
        self._processes.remove(front)
        self._logs = [log for log in self._logs if log.stem != "gateway"]
        self.ready_file.unlink()

    async def start_front(self) -> None:
        """Start it again where partners know it to be."""
        await self._run("gateway", self.command)
        self.doors = await self._ready(self.ready_file)
        await self.letters.close()
        self.letters = Letters(self)

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "gateway", "--home", str(self.home), "serve"]

    async def spoc(self, *arguments: str) -> str:
        """What the command line answers."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "--home", str(self.home), *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode()

    async def sent(self, office: str, **order: Any) -> dict[str, Any]:
        """Have a counterpart send something."""
        return await self.letters.send(office, **order)

    async def ends(self, message_id: str, *states: str, **query: str) -> dict[str, Any]:
        """The envelope of this message, once it stands in one of these states."""
        found: list[dict[str, Any]] = []
        for _ in range(LOOK_TIMES):
            found = await self.letters.messages(q=message_id, **query)
            for each in found:
                if each["state"] in states:
                    return each
            await asyncio.sleep(LOOK_SECONDS)
        raise AssertionError(f"{message_id} is not {states}: {json.dumps(found)[:2000]}")

    async def proved(self) -> None:
        """The journal is whole and the books balance."""
        proof = await self.letters.get("/api/v1/journal/verify")
        balance = await self.letters.get("/api/v1/balance")
        assert proof["intact"], proof
        assert balance["balanced"], balance

    def workers(self) -> list[int]:
        """Process ids of the workers, as the gateway says."""
        told = json.loads((self.home / "data" / "run" / "processes.json").read_text())
        return [each["pid"] for each in told if each["role"] == "worker"]


def alive(pid: int) -> bool:
    """Whether there is such a process that is more than a remnant."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return os.path.exists(f"/proc/{pid}")
