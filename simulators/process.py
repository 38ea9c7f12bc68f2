"""One simulator as a process of its own.

The one idea: whoever starts a simulator learns from one place when it serves and where: the ready file `NAME.json`,
written atomically after everything listens and removed at the end. A signal ends the process at once; nothing it keeps
needs a farewell.
"""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from simulators.clock import Clock
from simulators.control import Control
from simulators.declaration import Simulator, Station
from simulators.recorder import Recorder
from simulators.scenario import Script, read_scenario

PARENT_CHECK_SECONDS = 0.25
STOP_SECONDS = 10.0  # longer than any clean-up takes on a busy machine; after that the process just ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What the command line asks for."""

    folder: Path
    port: int = 0
    control_port: int = 0
    scenario: Path | None = None
    parent_pid: int | None = None
    token: str = ""  # empty: a new one is made
    tls: bool = False
    client_ca: Path | None = None
    fixed_time: datetime | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


def run(simulator: Simulator, launch: Launch) -> None:
    """Serve until a signal arrives or the parent is gone. Raises `ScenarioInvalid` or `OSError` before serving."""
    asyncio.run(_serve(simulator, launch))


async def _serve(simulator: Simulator, launch: Launch) -> None:
    simulator.refuse_unknown(launch.extra)
    launch.folder.mkdir(parents=True, exist_ok=True)
    ready_file = launch.folder / f"{simulator.name}.json"
    ready_file.unlink(missing_ok=True)  # a stale one would lie
    station = _station(simulator, launch)
    ended = end_with_signals()
    try:
        running = await simulator.start(station)
    except BaseException:
        station.recorder.close()
        raise
    control = Control(simulator, station, running)
    control_runner, control_url = await control.start(launch.control_port)
    ready = {
        "name": simulator.name,
        "kind": simulator.kind,
        "pid": os.getpid(),
        "control": control_url,
        "ledger": str(station.recorder.path),
        "ready_file": str(ready_file),
        **running.ready,
    }
    write_atomically(ready_file, ready)
    announce({key: value for key, value in ready.items() if key != "token"})
    watch = asyncio.create_task(end_with_parent(launch.parent_pid, ended))
    try:
        await ended.wait()
    finally:
        ready_file.unlink(missing_ok=True)
        watch.cancel()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await running.stop()
                await control_runner.cleanup()
        except TimeoutError:
            sys.stderr.write(f"{simulator.name}: did not stop in {STOP_SECONDS} s; ending anyway\n")
        station.clock.close()
        station.recorder.close()


def _station(simulator: Simulator, launch: Launch) -> Station:
    clock = Clock(launch.fixed_time)
    rules = read_scenario(launch.scenario, can=simulator.abilities) if launch.scenario else ()
    return Station(
        name=simulator.name,
        folder=launch.folder,
        port=launch.port,
        token=launch.token or secrets.token_urlsafe(24),
        tls=launch.tls,
        client_ca=launch.client_ca,
        extra=launch.extra,
        clock=clock,
        recorder=Recorder(launch.folder / f"{simulator.name}.ledger.jsonl", clock.now),
        script=Script(rules),
    )


def end_with_signals() -> asyncio.Event:
    """Set when this process is asked to end."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    return ended


def announce(ready: Mapping[str, object]) -> None:
    """One line of JSON, without secrets, for whoever started the process."""
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()


def write_atomically(path: Path, ready: Mapping[str, object]) -> None:
    """Only the owner may read it: it holds the token."""
    partial = path.with_suffix(f".{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(ready, indent=2) + "\n")
    os.replace(partial, path)


async def end_with_parent(parent_pid: int | None, ended: asyncio.Event) -> None:
    """Set `ended` when that process is gone, be it our parent or another one."""
    if parent_pid is None:
        return
    is_child = os.getppid() == parent_pid
    while not ended.is_set():
        if (is_child and os.getppid() != parent_pid) or not _exists(parent_pid):
            ended.set()
        await asyncio.sleep(PARENT_CHECK_SECONDS)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
