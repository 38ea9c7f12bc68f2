"""A simulator process, and a caller that speaks the common contract to it."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.loop_time import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]


@dataclass
class Started:
    """A simulator process and what its ready file says."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    folder: Path

    def recorded(self) -> str:
        """All that the ledger file holds."""
        return Path(self.ready["ledger"]).read_text()

    def end(self) -> int:
        self.process.terminate()
        code = self.process.wait(PATIENCE_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()
        return code


def launch(folder: Path, name: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "simulators", name, "--folder", str(folder), *options]
    with (folder / f"{name}.stderr").open("a") as errors:
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)


def start(folder: Path, name: str, *options: str) -> Started:
    process = launch(folder, name, *options)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (folder / f"{name}.stderr").read_text()
    ready = json.loads((folder / f"{name}.json").read_text())
    return Started(process, ready, folder)


class Watched(socket.socket):
    """A socket that tells when it is closed."""

    def __init__(self, family: int, kind: int, protocol: int) -> None:
        super().__init__(family, kind, protocol)
        self.is_closed = asyncio.Event()

    def close(self) -> None:
        super().close()
        self.is_closed.set()


@asynccontextmanager
async def calls() -> AsyncIterator[aiohttp.ClientSession]:
    """A session for HTTP calls, at whose end every connection is closed.

    Each call has a connection of its own: a dropped one must not be retried behind our back. aiohttp forgets a connection once it
    has begun to close it, and TLS takes leave in several steps, so each socket is waited for.
    """
    sockets: list[Watched] = []

    def watched(address: Any) -> socket.socket:
        sockets.append(Watched(*address[:3]))
        return sockets[-1]

    connector = aiohttp.TCPConnector(force_close=True, socket_factory=watched)
    limits = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=limits) as session:
        yield session
    async with asyncio.timeout(PATIENCE_SECONDS):
        for each in sockets:
            await each.is_closed.wait()


@dataclass
class Reply:
    status: int
    document: dict[str, Any]
    raw: bytes
    content_type: str


@dataclass
class Caller:
    """Calls one simulator as the gateway would: token, context, JSON."""

    simulator: Started
    session: aiohttp.ClientSession
    calls: int = 0
    changes: dict[str, Any] = field(default_factory=dict)  # to the context of every call

    def context(self, **changes: Any) -> dict[str, Any]:
        self.calls += 1
        return {
            "correlationId": "case-2026-000042",
            "requestId": f"req-{self.calls:06d}",
            "purpose": "INVESTIGATE",
            "legalBasis": "LG-01",
            "caseRef": {"gatewayCase": "case-2026-000042", "journalNumber": None},
            "requester": {"userId": "spoc", "role": "SPOC_OFFICER", "desk": "SIRENE", "onBehalfOf": "XB"},
            "channelOrigin": "SIRENE",
            "urgency": "URGENT",
            "specialCategoryNeed": "NONE",
            "maxAge": 0,
            **self.changes,
            **changes,
        }

    async def send(self, method: str, path: str, **how: Any) -> Reply:
        headers = {"Authorization": f"Bearer {self.simulator.ready['token']}", **how.pop("headers", {})}
        url = self.simulator.ready["url"] + path
        async with self.session.request(method, url, headers=headers, **how) as response:
            raw = await response.read()
            return Reply(response.status, json.loads(raw), raw, response.content_type)

    async def post(
        self, path: str, body: dict[str, Any], *, headers: dict[str, str] | None = None, **context: Any
    ) -> Reply:
        whole = {"context": self.context(**context), **body}
        return await self.send("POST", path, json=whole, headers=headers or {})

    async def get(self, path: str, **context: Any) -> Reply:
        return await self.send("GET", path, headers={"X-Request-Context": json.dumps(self.context(**context))})

    async def search(self, path: str, **keys: str) -> Reply:
        return await self.post(path, {"keys": keys})

    async def ledger(self, **query: Any) -> dict[str, Any]:
        async with self.session.get(self.simulator.ready["control"] + "/sim/ledger", params=query) as response:
            assert response.status == 200
            found: dict[str, Any] = await response.json()
            return found

    async def scenario(self, text: str) -> tuple[int, dict[str, Any]]:
        async with self.session.post(self.simulator.ready["control"] + "/sim/scenario", data=text) as response:
            return response.status, await response.json()

    async def reset(self) -> None:
        async with self.session.post(self.simulator.ready["control"] + "/sim/reset") as response:
            assert response.status == 200


Starter = Callable[..., Started]  # (name, *options)
Calling = Callable[[str], Awaitable[Caller]]  # (name)
CallingOwn = Callable[..., Caller]  # (name, *options)
