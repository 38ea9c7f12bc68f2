"""The front process: takes the data folder for itself, starts the gateway and its doors, says where everything is,
and waits for a signal.

Nothing here is needed for a clean end: a kill at any moment leaves a data folder that the next start goes on from.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from config.load import PARTNERS_FILE, SETTINGS_FILE, Home
from config.retention import retention_file
from gateway.api.server import ApiServer, Listening
from gateway.assembly import api_door, assemble
from gateway.errors import Misconfigured
from gateway.gateway import Gateway
from gateway.identity import digest
from gateway.workers import WorkerPool

RUN: Final = "run"
READY_FILE: Final = "ready.json"
SOCKET: Final = "api.sock"
PROCESS_FILE: Final = "processes.json"
NOTE_PROCESSES_EVERY: Final = timedelta(seconds=2)
log = logging.getLogger(__name__)


class DataFolder:
    """The lock on a data folder: a second gateway on the same folder refuses to start."""

    def __init__(self, folder: Path) -> None:
        self.run = folder / RUN
        self._file: int | None = None

    def take(self) -> None:
        """Become the owner; raises `Misconfigured` naming the process that is, or the folder that cannot be written."""
        try:
            self.run.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self.run / "gateway.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            words = f"The data folder {self.run.parent} cannot be written: {error.strerror}. Run the gateway as its owner, or set folders.data in spoc.toml."
            raise Misconfigured("data.unwritable", "The data folder cannot be written.", operator=words) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            owner = os.read(file, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(file)
            words = f"The data folder {self.run.parent} is in use by the gateway with process id {owner}. Stop it, or give this one another folder."
            raise Misconfigured("data.in-use", words) from taken
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        self._file = file

    def write(self, name: str, content: Any) -> None:
        """Write a run-time file at once and whole, readable by its owner only."""
        temporary = self.run / f".{name}.new"
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=2) + "\n")
        temporary.replace(self.run / name)

    def forget(self, *names: str) -> None:
        """Remove run-time files."""
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                (self.run / name).unlink()


async def serve(home: Home, *, say: Callable[[dict[str, Any]], None] | None = None) -> None:
    """Run until SIGTERM or SIGINT. `say` is told once where the doors are; raises `Misconfigured`, `Unavailable`,
    `ConfigurationFaults`.
    """
    gateway = assemble(home)
    folder = DataFolder(home.data)
    folder.take()
    folder.forget(READY_FILE, SOCKET)
    api = ApiServer(gateway, api_door(home), listening(home, folder.run / SOCKET))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await gateway.start(configuration(home))
        await api.start()
        ready = doors(gateway, api, folder)
        folder.write(READY_FILE, ready)
        if say:
            say(ready)
        await _watch(gateway, folder, stop)
    finally:
        folder.forget(READY_FILE)
        await api.stop()
        await gateway.stop()


def configuration(home: Home) -> tuple[tuple[str, str], ...]:
    """What the journal keeps of the configuration at each start: who may call, and the digest of each file."""
    files = (home.folder / SETTINGS_FILE, home.folder / PARTNERS_FILE, home.routes, retention_file(home.folder))
    callers = " ".join(f"{client.id}:{'+'.join(client.roles)}" for client in home.settings.clients)
    digests = tuple((file.name, digest(file.read_bytes())) for file in files if file.is_file())
    return (*digests, ("clients", callers))


def listening(home: Home, socket: Path) -> Listening:
    """Where the API listens; certificate files stand below the home folder."""
    api = home.settings.api

    def below(name: str) -> str:
        return str(home.folder / name) if name else ""

    return Listening(
        listen_host=api.listen_host, listen_port=api.listen_port, tls_certificate=below(api.tls_certificate),
        tls_key=below(api.tls_key), client_ca=below(api.client_ca), socket_file=str(socket),
    )  # fmt: skip


def doors(gateway: Gateway, api: ApiServer, folder: DataFolder) -> dict[str, Any]:
    """Where the gateway can be reached."""
    ports = {name: getattr(door, "port", None) for name, door in gateway.inbound.items()}
    return {
        "pid": os.getpid(),
        "api": api.url,
        "docs": f"{api.url}/docs",
        "socket": str(folder.run / SOCKET),
        "channels": {name: {"port": port} for name, port in ports.items()},
    }


async def _watch(gateway: Gateway, folder: DataFolder, stop: asyncio.Event) -> None:
    """Keep the list of processes current until it is time to stop."""
    noted: list[dict[str, Any]] = []
    while not stop.is_set():
        now = processes(gateway)
        if now != noted:
            folder.write(PROCESS_FILE, now)
            noted = now
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(NOTE_PROCESSES_EVERY.total_seconds()):
                await stop.wait()


def processes(gateway: Gateway) -> list[dict[str, Any]]:
    """Role and process id of everything that runs."""
    workers = gateway.compute.pids if isinstance(gateway.compute, WorkerPool) else []
    signer = gateway.signatory.pid if gateway.signatory else 0
    signers = [{"role": "signer", "pid": signer}] if signer else []
    return [{"role": "front", "pid": os.getpid()}, *signers, *({"role": "worker", "pid": pid} for pid in workers)]
