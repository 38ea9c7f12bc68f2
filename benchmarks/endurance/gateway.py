"""The gateway as processes that can be killed: whoever dies inside is replaced by the front, the front comes back at the same doors."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
from pathlib import Path
from typing import Any, Final

from benchmarks.home import Front

COMMAND_SECONDS: Final = 120.0
PAGE: Final = 200


class Mortal(Front):
    """A front with a mail door that stays where it is, and with a ledger of the wanted kind."""

    lives = 0
    """How often the front was started."""

    def settle_down(self, postgres: str) -> None:
        """After `prepare`: a fixed door, and PostgreSQL where a URL is given."""
        file = self.folder / "spoc.toml"
        head, mark, tail = file.read_text("utf-8").partition("[channels.smtp]")
        text = head + mark + tail.replace("listen_port = 0", f"listen_port = {_free_port()}", 1)
        if postgres:
            text, found = re.subn(
                r'\[ledger\]\nkind = "sqlite"\n', f'[ledger]\nkind = "postgres"\nurl = "{postgres}"\n', text
            )
            text += '\n[vault]\nkind = "files"\n'  # one front: its keys lie beside it
            if found != 1:
                raise RuntimeError("the settings that `spoc init` writes name the ledger in another way")
        file.write_text(text, "utf-8")

    def start(self) -> None:
        """Start the front, for the first time or again."""
        run = self.folder / "data" / "run"
        for name in ("ready.json", "processes.json"):
            (run / name).unlink(missing_ok=True)
        if self.lives:
            with contextlib.suppress(OSError):
                (self.folder / "output.txt").replace(self.folder / f"output-{self.lives}.txt")
        super().start()
        self.lives += 1

    async def kill(self, role: str, pick: int) -> bool:
        """Kill -9 one process of this role; whether there was one. A killed front is started again."""
        pids = self.pids().get(role, []) if (self.folder / "data" / "run" / "processes.json").exists() else []
        if not pids:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pids[pick % len(pids)], signal.SIGKILL)
        if role == "front":
            assert self._process is not None
            await asyncio.to_thread(self._process.wait)
            await asyncio.to_thread(self.start)
        return True

    async def ask(self, *words: str, purpose: str = "") -> Any:
        """What a command of the gateway answers in JSON. Raises `RuntimeError` with its words when it fails twice."""
        command = [sys.executable, "-m", "gateway", "--home", str(self.folder), "--json", *words]
        command += ["--purpose", purpose] if purpose else []
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(COMMAND_SECONDS):
            out, err = await process.communicate()
        try:
            return json.loads(out)
        except ValueError:
            raise RuntimeError(f"{' '.join(words)}: {err.decode()[-1000:] or out.decode()[-1000:]}") from None

    async def standing(self, *states: str) -> list[dict[str, Any]]:
        """Messages in these states."""
        wanted = [word for state in states for word in ("--state", state)]
        found = await self.ask("messages", "list", *wanted, "--limit", str(PAGE), purpose="endurance run")
        listed: list[dict[str, Any]] = found if isinstance(found, list) else found["messages"]
        return listed


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def last_words(folder: Path) -> str:
    """The end of what the front printed."""
    return (folder / "output.txt").read_text("utf-8", "replace")[-3000:]
