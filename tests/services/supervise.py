"""Runs one server for a test run, and ends it whatever becomes of the run.

The idea: the server's life hangs on two kernel handles, not on anyone's clean-up code. This process becomes the
parent of everything that the server starts (a "subreaper"), waits until the test run or the server has died, then
stops the server, kills what is left of its family, and removes the folder. Only the standard library is used.

Usage: `supervise.py ORDER` with ORDER a JSON object of the fields of `Order` (see `rendezvous.py`). It prints
`ready PID` or `failed: REASON` to standard output, and nothing else ever.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
SECONDS_TO_STOP = 15.0
SECONDS_BETWEEN_KILLS = 0.05
TAIL_CHARACTERS = 800


def main(order: dict[str, Any]) -> None:
    answer = os.fdopen(os.dup(1), "w", buffering=1)
    log = Path(order["log"])
    if os.fork():
        os._exit(0)
    os.setsid()
    _let_go_of_standard_streams()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        run = os.pidfd_open(order["owner"])
    except ProcessLookupError:
        return
    stop_read, stop_write = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(stop_write, b"x"))
    server = None
    try:
        server = _start(order)
        _watch(server, run, stop_read, answer, order)
    except Exception as problem:  # noqa: BLE001 - whatever it was, the test run is told and the server ended
        with contextlib.suppress(OSError):
            answer.write(f"failed: {problem}; {_tail(log)}\n")
    finally:
        if server is not None:
            _stop(server, getattr(signal, order["stop_signal"]))
        shutil.rmtree(order["folder"], ignore_errors=True)
        if _has_ended(run):
            shutil.rmtree(order["meeting_place"], ignore_errors=True)


def _let_go_of_standard_streams() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


def _start(order: dict[str, Any]) -> subprocess.Popen[bytes]:
    account = order.get("account")
    as_account = {"user": account, "group": order["group"], "extra_groups": []} if account else {}
    return subprocess.Popen(
        order["command"],
        env=order["environment"],
        cwd=order["folder"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **as_account,
    )


def _watch(server: subprocess.Popen[bytes], run: int, stop: int, answer: Any, order: dict[str, Any]) -> None:
    """Copy the server's words to the log, say `ready` at the right one, return when it is time to end."""
    assert server.stdout is not None
    os.set_blocking(server.stdout.fileno(), False)
    words, is_ready, mark = b"", False, order["ready"].encode()
    with selectors.DefaultSelector() as selector, open(order["log"], "ab", buffering=0) as log:
        selector.register(server.stdout, selectors.EVENT_READ)
        selector.register(run, selectors.EVENT_READ)
        selector.register(stop, selectors.EVENT_READ)
        while True:
            events = selector.select(None if is_ready else order["seconds_to_start"])
            if not events:
                raise TimeoutError(f"not ready after {order['seconds_to_start']} s")
            if any(key.fileobj in {run, stop} for key, _ in events):
                return
            chunk = server.stdout.read(65536)
            if not chunk:
                raise RuntimeError("the server ended")
            log.write(chunk)
            if not is_ready:
                words += chunk
                if mark in words:
                    is_ready, words = True, b""
                    answer.write(f"ready {os.getpid()}\n")
                    answer.close()


def _stop(server: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        server.send_signal(stop_signal)
    if server.stdout is not None:
        server.stdout.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(SECONDS_TO_STOP)
    pause = threading.Event()
    while family := _descendants(os.getpid()):
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        pause.wait(SECONDS_BETWEEN_KILLS)


def _descendants(ancestor: int) -> list[int]:
    """Every process below this one, read from /proc; a name there may hold blanks, so look behind its bracket."""
    parent_of: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent_of[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found: list[int] = []
    level = [ancestor]
    while level:
        level = [pid for pid, parent in parent_of.items() if parent in level]
        found += level
    return found


def _has_ended(handle: int) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(handle, selectors.EVENT_READ)
        return bool(selector.select(0))


def _tail(log: Path) -> str:
    with contextlib.suppress(OSError):
        return "the end of its log: " + log.read_text(errors="replace")[-TAIL_CHARACTERS:].replace("\n", " | ")
    return "it left no log"


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
