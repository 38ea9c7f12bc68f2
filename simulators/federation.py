"""Several simulators at once, as child processes that end together.

The one idea: this process serves nothing; it starts the others, waits until each is ready, and takes them down with it.
A child that dies early is reported, and the others go on: a register that is down is a thing testers want.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.process import end_with_parent

READY_SECONDS = 60.0
STOP_SECONDS = 15.0  # longer than each child gives itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Who is started, and with what."""

    names: Sequence[str]
    folder: Path
    arguments: Sequence[str]  # passed on to each
    own: Mapping[str, Sequence[str]]  # name -> passed on to this one only
    scenarios: Path | None  # holds NAME.toml for those that misbehave
    parent_pid: int | None


class StartFailed(Exception):
    """A child ended, or said nothing, before it was ready."""


async def run_all(crew: Crew) -> None:
    """Start all, print one line of JSON when all are ready, and serve until a signal arrives or none is left."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    children: dict[str, asyncio.subprocess.Process] = {}
    try:
        for name in crew.names:
            children[name] = await _start(name, crew)
        ready = {name: await _ready(name, child) for name, child in children.items()}
        sys.stdout.write(json.dumps({"pid": os.getpid(), "simulators": ready}) + "\n")
        sys.stdout.flush()
        watches = [asyncio.create_task(_watch(name, child, ended)) for name, child in children.items()]
        ends = [
            asyncio.create_task(_all_done(watches, ended)),
            asyncio.create_task(end_with_parent(crew.parent_pid, ended)),
        ]
        await ended.wait()
        for end in ends:
            end.cancel()
    finally:
        await _stop(list(children.values()))


def _scenario(name: str, scenarios: Path | None) -> list[str]:
    file = scenarios / f"{name}.toml" if scenarios else None
    return ["--scenario", str(file)] if file and file.exists() else []


async def _start(name: str, crew: Crew) -> asyncio.subprocess.Process:
    own = ("--folder", str(crew.folder), "--parent-pid", str(os.getpid()), *_scenario(name, crew.scenarios))
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", name, *own, *crew.arguments, *crew.own.get(name, ()),
        stdout=asyncio.subprocess.PIPE, start_new_session=True,  # Ctrl-C reaches this process, which ends the children
    )  # fmt: skip


async def _ready(name: str, child: asyncio.subprocess.Process) -> dict[str, Any]:
    assert child.stdout is not None
    try:
        async with asyncio.timeout(READY_SECONDS):
            line = await child.stdout.readline()
    except TimeoutError as error:
        raise StartFailed(f"{name} was not ready within {READY_SECONDS:.0f} s") from error
    if not line:
        raise StartFailed(f"{name} ended before it was ready")
    ready: dict[str, Any] = json.loads(line)
    return ready


async def _watch(name: str, child: asyncio.subprocess.Process, ended: asyncio.Event) -> None:
    code = await child.wait()
    if not ended.is_set():
        sys.stderr.write(f"simulator {name} ended early with code {code}\n")


async def _all_done(watches: Sequence[asyncio.Task[None]], ended: asyncio.Event) -> None:
    await asyncio.gather(*watches)
    ended.set()


async def _stop(children: Sequence[asyncio.subprocess.Process]) -> None:
    for child in children:
        if child.returncode is None:
            child.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await asyncio.gather(*(child.wait() for child in children))
    except TimeoutError:
        for child in children:
            if child.returncode is None:
                child.kill()
                await child.wait()
