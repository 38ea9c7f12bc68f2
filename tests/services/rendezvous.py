"""Where the processes of one test run meet: one folder, one lock per thing, started once and shared.

pytest-xdist runs several workers; whoever needs a server first starts it under a lock, the others read what it wrote.
The folder lives as long as the run. Servers are kept by `supervise.py`, which watches the process named here as owner.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER_VARIABLE = "SPOC_TEST_MEETING_PLACE"
OWNER_VARIABLE = "SPOC_TEST_OWNER"
SECONDS_TO_END = 30.0


class Unavailable(Exception):
    """A service or program cannot be had on this machine; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the supervisor is told: the command, how it says that it is ready, how it wants to be stopped."""

    command: list[str]
    environment: dict[str, str]
    folder: str
    log: str
    ready: str
    stop_signal: str
    seconds_to_start: float = 90.0
    account: str | None = None
    group: int | None = None
    owner: int
    meeting_place: str


def open_meeting_place() -> None:
    """Called by the process that owns the run, before workers start: they inherit the two variables."""
    if FOLDER_VARIABLE not in os.environ:
        folder = tempfile.mkdtemp(prefix="spoc-tests-")
        os.chmod(folder, 0o711)  # a server's own account must be able to pass through
        os.environ[FOLDER_VARIABLE] = folder
        os.environ[OWNER_VARIABLE] = str(os.getpid())


def close_meeting_place() -> None:
    """Stop every server of the run, wait for each supervisor, remove the folder."""
    if os.environ.get(OWNER_VARIABLE) != str(os.getpid()):
        return
    folder = meeting_place()
    for record in folder.glob("*.json"):
        supervisor = json.loads(record.read_text()).get("supervisor")
        if supervisor:
            _end(supervisor)
    shutil.rmtree(folder, ignore_errors=True)
    del os.environ[FOLDER_VARIABLE], os.environ[OWNER_VARIABLE]


def meeting_place() -> Path:
    open_meeting_place()
    return Path(os.environ[FOLDER_VARIABLE])


def owner() -> int:
    return int(os.environ[OWNER_VARIABLE])


@contextlib.contextmanager
def lock(name: str) -> Iterator[None]:
    """Held by one process of the run at a time; the kernel lets go of it when the holder dies."""
    with open(meeting_place() / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once(name: str, make: Callable[[], dict[str, object]]) -> dict[str, object]:
    """The answer of `make`, which runs in one process of the run only; a refusal is remembered as well."""
    record = meeting_place() / f"{name}.json"
    with lock(name):
        if not record.exists():
            try:
                answer = make()
            except Unavailable as refusal:
                answer = {"missing": str(refusal)}
            record.write_text(json.dumps(answer))
        answer = json.loads(record.read_text())
    if "missing" in answer:
        raise Unavailable(answer["missing"])
    return answer


def start(order: Order) -> int:
    """Start a supervised server, wait until it is ready, give back the supervisor's process id."""
    script = Path(__file__).with_name("supervise.py")
    done = subprocess.run(
        [sys.executable, str(script), json.dumps(asdict(order))],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=order.seconds_to_start + SECONDS_TO_END,
        check=False,
    )
    answer, _, pid = done.stdout.strip().partition(" ")
    if answer != "ready":
        raise Unavailable(f"{order.command[0]} did not start: {done.stdout.strip() or 'no answer'}")
    return int(pid)


def missing() -> dict[str, str]:
    """What this run could not have, and why: for the last lines of the report."""
    answers = {record.stem: json.loads(record.read_text()) for record in sorted(meeting_place().glob("*.json"))}
    return {name: answer["missing"] for name, answer in answers.items() if "missing" in answer}


def _end(supervisor: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(supervisor)
        try:
            signal.pidfd_send_signal(handle, signal.SIGTERM)
            select.select([handle], [], [], SECONDS_TO_END)
        finally:
            os.close(handle)
