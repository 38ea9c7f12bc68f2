"""Commands as a reader types them, in a folder of their own, and a gateway beside them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.docs.pages import ROOT
from tests.loop_time import PATIENCE_SECONDS

BIN = Path(sys.executable).parent
API = "http://127.0.0.1:8480"
"""How the pages write the address of the gateway."""


@contextmanager
def short_folder() -> Iterator[Path]:
    """A new folder whose path is short enough for the socket of a gateway below it (about 100 octets)."""
    with tempfile.TemporaryDirectory(prefix="docs-") as folder:
        yield Path(folder)


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPOC_")}
    return kept | {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "160",
    }


def run(line: str, folder: Path) -> str:
    """One line as the reader types it; it must end with 0."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"$ {line}\n{done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def gateway(folder: Path) -> Iterator[str]:
    """A gateway in the home folder of the page, on free ports."""
    if not (folder / "spoc-home").exists():
        run("spoc init", folder)
    ports = {
        "SPOC_SET_api__listen_port": "0",
        "SPOC_SET_channels__smtp__listen_port": "0",
        "SPOC_SET_workers__count": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "--json", "serve"],
        cwd=folder,
        env=environment(folder) | ports,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        ready = process.stdout.readline()
        assert ready, "the gateway did not start"
        yield json.loads(ready)["api"]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
