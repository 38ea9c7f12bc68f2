"""The front's side of the signer process: it is started before any worker, and replaced at once when it dies or does not answer any more.

The front owns the listening socket and hands it on: requests that come while one signer has gone and the next one loads
its keys wait in the socket's queue.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from gateway.errors import Unavailable
from gateway.ports import Clock
from gateway.signer import SignerBriefing
from gateway.workers import READY, START_SECONDS, frame

SOCKET: Final = "key.sock"
QUEUE: Final = 64
HEARTBEAT_EVERY: Final = timedelta(seconds=10)
HEARTBEAT_SECONDS: Final = 20.0
"""A token may take its time over one signature, and requests stand in one line."""
FAST_DEATH_PAUSE: Final = timedelta(seconds=2)
"""Before a signer that could not start is tried again."""
MAX_SOCKET_PATH: Final = 107
"""What the kernel takes (unix(7))."""
log = logging.getLogger(__name__)
Brief = Callable[[int], SignerBriefing]


class SignerProcess:
    """One signer and its socket."""

    def __init__(self, path: Path, brief: Brief, clock: Clock) -> None:
        """`brief` is told the number of the listening socket."""
        self.path, self._brief, self._clock = path, brief, clock
        self._listening: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._beats: asyncio.Task[None] | None = None
        self.trouble = ""
        """Why it does not sign now."""
        self.deaths = 0
        """How often one had to be replaced."""

    @property
    def pid(self) -> int:
        """Its process id; 0 while there is none."""
        return self._process.pid if self._process and self._process.returncode is None else 0

    async def start(self) -> None:
        """Open the socket and start; raises `Unavailable` when it cannot."""
        self._listening = _opened(self.path)
        await self._begin()
        self._task = asyncio.create_task(self._keep(), name="signer-keeper")
        self._beats = asyncio.create_task(self._beat(), name="signer-heartbeat")

    async def stop(self) -> None:
        """End it."""
        tasks = [task for task in (self._task, self._beats) if task]
        self._task = self._beats = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._kill()
        if self._listening is not None:
            self._listening.close()
            self._listening = None
            self.path.unlink(missing_ok=True)

    async def reload(self) -> None:
        """Replace the signer, so that new keys are known; requests wait meanwhile."""
        await self._kill()

    async def probe(self) -> None:
        """Raise `Unavailable` while there is no signer."""
        if self.trouble or not self.pid:
            words = self.trouble or "The signer process has ended and is being replaced."
            raise Unavailable("signing.signer-away", "The gateway cannot sign now.", operator=words)

    async def _begin(self) -> None:
        assert self._listening is not None, "it was opened first"
        number = self._listening.fileno()
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.signer_main",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, pass_fds=(number,),
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                process.stdin.write(frame(msgspec.msgpack.encode(self._brief(number))))
                await process.stdin.drain()
                (length,) = struct.unpack(">I", await process.stdout.readexactly(4))
                ready = await process.stdout.readexactly(min(length, len(READY)))
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            await self._kill()
            self.trouble = "The signer process does not start; its log says why."
            raise Unavailable("signing.signer-start", self.trouble) from error
        if ready != READY:
            await self._kill()
            self.trouble = "The signer process does not speak as it should."
            raise Unavailable("signing.signer-start", self.trouble)
        self.trouble = ""

    async def _keep(self) -> None:
        while True:
            process = self._process
            if process is not None:
                code = await process.wait()
                self.deaths += 1
                log.warning("signer ended with %s; the next one is started", code)
            try:
                await self._begin()
            except Unavailable as error:
                log.error("signer: %s", error.code)  # noqa: TRY400  # the code says it; a trace would say no more
                await self._clock.wait_until(self._clock.now() + FAST_DEATH_PAUSE)

    async def _beat(self) -> None:
        while True:
            await self._clock.wait_until(self._clock.now() + HEARTBEAT_EVERY)
            await self.beat()

    async def beat(self) -> None:
        """Ask the signer whether it answers, and end one that does not: the next one is started at once."""
        process = self._process
        if not self.pid:
            return
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await _asked(self.path)
        except TimeoutError:
            if process is self._process and process is not None and process.returncode is None:
                log.error("the signer does not answer and is replaced")  # noqa: TRY400  # a trace would say no more
                process.kill()
        except (OSError, asyncio.IncompleteReadError):
            pass  # it has just ended, and the keeper knows

    async def _kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


async def _asked(path: Path) -> None:
    """Any answer will do: this request names no key."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    try:
        writer.write(frame(b"?"))
        await writer.drain()
        await reader.readexactly(4)
    finally:
        writer.close()


def _opened(path: Path) -> socket.socket:
    """The listening socket, reachable by this user alone."""
    if len(str(path)) > MAX_SOCKET_PATH:
        raise Unavailable(
            "signing.socket", "The signer cannot be reached.", operator=f"{path} is too long for a socket."
        )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    path.chmod(0o600)
    listening.listen(QUEUE)
    return listening
