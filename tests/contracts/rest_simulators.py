"""Starts simulators of registers and case systems for tests, and talks to their control port."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.loop_time import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """One running simulator."""

    url: str
    control: str
    token: str
    ca: str

    def script(self, rules: str = "") -> None:
        """Replace its scenario; an empty one makes it behave."""
        self._control("POST", "/sim/scenario", rules.encode())

    def reset(self) -> None:
        """Seeded records, empty ledger, no misbehaviour."""
        self._control("POST", "/sim/reset", b"")
        self.script()

    def ledger(self, event: str = "") -> list[dict[str, Any]]:
        """What arrived and was answered, in order."""
        entries: list[dict[str, Any]] = json.loads(self._control("GET", "/sim/ledger"))["entries"]
        return [entry for entry in entries if not event or entry["event"] == event]

    def _control(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(self.control + path, data=body, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return bytes(answer.read())


@contextlib.contextmanager
def running(name: str, folder: Path, *options: str) -> Iterator[Simulated]:
    """A simulator process that ends with the test."""
    command = [sys.executable, "-m", "simulators", name, "--folder", str(folder), "--parent-pid", str(os.getpid())]
    process = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        if not process.stdout.readline():
            raise AssertionError(process.stderr.read().decode())
        facts = json.loads((folder / f"{name}.json").read_text())
        yield Simulated(url=facts["url"], control=facts["control"], token=facts["token"], ca=facts.get("ca", ""))
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)
