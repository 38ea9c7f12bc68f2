"""The published log of a gateway that runs as processes: a proof soon after the event, a witness that is another program, a kill, and damage."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.journal.tree.notes import read_verifier
from gateway.journal.tree.packets import read_packet, verify_packet
from gateway.setup import make_home
from tests.cli.conftest import SPOC, environment
from tests.gateway.rig import NOON
from tests.loop_time import PATIENCE_SECONDS
from tests.simulators.callers import Started, start

ON_FREE_PORTS = {"SPOC_SET_api__listen_port": "0", "SPOC_SET_workers__count": "1"}
LOOKS = 200


class Running:
    """A gateway on a home folder, and its command line."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [SPOC, "--home", str(self.home), "serve", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment(**ON_FREE_PORTS),
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "the gateway does not start"

    def end(self, number: int = signal.SIGTERM) -> None:
        process, self._process = self._process, None
        if process:
            os.kill(process.pid, number)
            process.wait(PATIENCE_SECONDS)
            assert process.stdout is not None
            process.stdout.close()

    def ask(self, *words: str, code: int = 0) -> Any:
        done = subprocess.run(
            [SPOC, "--home", str(self.home), *words, "--json"], capture_output=True, env=environment(**ON_FREE_PORTS), timeout=60, check=False
        )  # fmt: skip
        assert done.returncode == code, done.stderr.decode()
        return json.loads(done.stdout)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Started]:
    started = start(tmp_path, "log-witness")
    yield started
    started.end()


@pytest.fixture
def office(tmp_path: Path, witness: Started) -> Iterator[Running]:
    home = tmp_path / "home"
    make_home(home, ("sirene:XA",), "xa.spoc.example", NOON)
    settings = home / "spoc.toml"
    text = settings.read_text().replace("[channels.smtp]", "[channels.smtp]\nenabled = false")
    settings.write_text(
        f'{text}\n[[journal.witnesses]]\nurl = "{witness.ready["url"]}"\nkey = "{witness.ready["key"]}"\n'
    )
    running = Running(home)
    yield running
    running.end()


def know(witness: Started, home: Path) -> None:
    key = (home / "keys" / "log" / "journal.vkey").read_text().strip()
    request = urllib.request.Request(
        f"{witness.ready['control']}/sim/log", json.dumps({"key": key}).encode(), {"Content-Type": "application/json"}
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_a_proof_within_the_second_a_witness_a_kill_and_damage(
    office: Running, witness: Started, tmp_path: Path
) -> None:
    know(witness, office.home)
    office.start()
    key = read_verifier((office.home / "keys" / "log" / "journal.vkey").read_text())
    checkpoint = office.home / "data" / "log" / "checkpoint"

    office.ask("messages", "list", "--purpose", "a test of the log")
    number = office.ask("journal", "head")["number"]
    for _ in range(LOOKS):
        if int(checkpoint.read_text().split("\n")[1]) >= number:
            break
        office.ask("journal", "head")
    file = tmp_path / "entry.tlog-proof"
    office.ask("journal", "prove", str(number), "--to", str(file))
    assert verify_packet(read_packet(file.read_bytes()), key).size >= 1

    for _ in range(LOOKS):
        looks = [point for point in office.ask("doctor", "--offline")["points"] if point["what"] == "published log"]
        if any(
            point["text"].startswith("log-witness.example/w1 has countersigned") and not point["remedy"]
            for point in looks
        ):
            break
    assert {point["state"] for point in looks} == {"ok"}, looks
    assert "log-witness.example/w1" in checkpoint.read_text() + "".join(
        note.read_text() for note in (office.home / "data" / "witnessed").glob("*.note")
    )  # fmt: skip

    office.end(signal.SIGKILL)
    assert office.ask("journal", "fsck")["intact"] is True
    office.start()
    office.ask("messages", "list", "--purpose", "a test of the log")
    assert office.ask("journal", "verify")["intact"] is True
    office.end()

    size = int(checkpoint.read_text().split("\n")[1])
    tile = office.home / "data" / "log" / f"tile/0/000.p/{size}"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    assert office.ask("journal", "fsck", code=1)["faults"][0]["place"] == f"tile/0/000.p/{size}"
    doctor = [
        point for point in office.ask("doctor", "--offline", code=1)["points"] if point["what"] == "published log"
    ]
    assert [point["state"] for point in doctor] == ["fault"]
    office.start()
    office.ask("messages", "list", "--purpose", "messages go on")
    office.end()
