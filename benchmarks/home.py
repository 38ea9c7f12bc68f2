"""The gateway under test: a home folder as `spoc init` makes it, one partner, and the front as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from benchmarks.office import ADDRESSES, FARTHER
from gateway.setup import make_home
from gateway.signing.authority import SetUp, signer_name

PARTIES: Final = ("sirene:XA", "ncb:XA", "enu:XA")
START_SECONDS: Final = 60.0
LEG_ROUTES: Final = """\
[[route]]
name = "receipt"
because = "A technical receipt is recorded on the message it speaks of, and never answered."
when.form = "spoc/Receipt"
do.settle = true

[[route]]
name = "forward"
because = "The benchmark measures the way through the gateway alone: nobody is asked, nothing is filed, an office farther on gets the query."
when.form = "interpol/TravelDocumentQuery"
do.forward = ["FARTHER"]
""".replace("FARTHER", FARTHER)


class Surroundings(Struct, frozen=True, kw_only=True):
    """Where the partner and the national systems are."""

    mail_port: int
    national_port: int
    keys: SetUp
    tls: bool


class Front:
    """A running gateway."""

    def __init__(self, folder: Path, profile: str = "") -> None:
        self.folder, self._profile = folder, profile
        self.authority = ""
        self.doors: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self, variant: str, workers: int, around: Surroundings) -> None:
        """Write the home folder. The variant `leg` has its own routing table, `full` the shipped one."""
        made = make_home(self.folder, PARTIES, "xa.spoc.example", datetime.now(UTC))
        self.authority = str(made.keys.authority.certificate) if around.tls else ""
        file = self.folder / "spoc.toml"
        text = (
            file.read_text("utf-8")
            .replace("listen_port = 8480", "listen_port = 0")
            .replace("listen_port = 2525", "listen_port = 0")
        )
        text = text if around.tls else text.replace('starttls = "required"', 'starttls = "never"')
        text += f"\n[workers]\ncount = {workers}\n"
        text += "\n[flow]\ncanary_seconds = 0\n"  # every message of a run is one of its own
        address = f'base_url = "http://127.0.0.1:{around.national_port}"\ntoken = "benchmark"\n'
        text += f'\n[registers.passports]\n{address}country = "XA"\n\n[case_systems.polsas]\n{address}'
        file.write_text(text, "utf-8")
        (self.folder / "partners.toml").write_text("\n".join(_partner(party, around) for party in ADDRESSES), "utf-8")
        if variant == "leg":
            (self.folder / "routes.toml").write_text(LEG_ROUTES, "utf-8")

    def start(self) -> None:
        """Start it and wait until its doors are open; raises `RuntimeError` with its last words."""
        program = ["benchmarks.profiled", self._profile] if self._profile else ["gateway"]
        command = [sys.executable, "-m", *program, "--home", str(self.folder), "serve"]
        with (self.folder / "output.txt").open("wb") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        run, until = self.folder / "data" / "run", time.monotonic() + START_SECONDS
        while not ((run / "ready.json").exists() and (run / "processes.json").exists()):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(
                    "the gateway does not start:\n" + (self.folder / "output.txt").read_text("utf-8", "replace")[-2000:]
                )
            time.sleep(0.05)
        self.doors = json.loads((run / "ready.json").read_text("utf-8"))

    @property
    def port(self) -> int:
        """The mail door."""
        return int(self.doors["channels"]["smtp"]["port"])

    def pids(self) -> dict[str, list[int]]:
        """Process ids by role."""
        found: dict[str, list[int]] = {}
        for one in json.loads((self.folder / "data" / "run" / "processes.json").read_text("utf-8")):
            found.setdefault(one["role"], []).append(int(one["pid"]))
        return found

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _partner(party: str, around: Surroundings) -> str:
    pem = around.keys.authority.certificate.read_text("utf-8")
    return f"""\
[[partner]]
party = "{party}"
name = "{party} (fictitious)"
addresses = ["{ADDRESSES[party]}"]
channel = "smtp"
signers = ["{signer_name(party)}"]
anchors_pem = ['''{pem}''']

[partner.mail]
host = "127.0.0.1"
port = {around.mail_port}
starttls = "{"required" if around.tls else "never"}"
ca_pem = ['''{pem}''']
messages_per_hour = 1000000
"""
