"""Simulators as processes: how they start, tell that they serve, and end."""

import asyncio
import json
import os
import select
import signal
import socket
import ssl
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simulators import discovery
from simulators.authority import Authority
from tests.loop_time import PATIENCE_SECONDS
from tests.services.ports import free_port
from tests.simulators.callers import ROOT, CallingOwn, Starter, launch

AT_ONCE_SECONDS = 20
"""Generous, as the machine may be busy; a server that waited for its callers would take a minute."""
HERE = {"cpr", "crm", "wanted-vehicles", "passports", "polsas"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulators", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)


def ends(pid: int) -> bool:
    """Whether the process ends; its pid may belong to no child of ours."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], PATIENCE_SECONDS)[0])
    finally:
        os.close(descriptor)


def test_the_list_names_every_simulator() -> None:
    listed = run("--list")
    assert listed.returncode == 0
    assert {line.split()[0] for line in listed.stdout.splitlines()} >= HERE


def test_every_declaration_is_found_under_its_name() -> None:
    for simulator in discovery.find_all():
        assert discovery.find(simulator.name) is simulator
        assert discovery.find(simulator.name.replace("-", "_")) is simulator
        assert simulator.kind in {"register", "case system", "counterpart", "witness", "alert system", "time-stamps"}
        assert simulator.summary


def test_the_ready_file_and_the_printed_line_agree_but_for_the_token(tmp_path: Path) -> None:
    process = launch(tmp_path, "crm", "--token", "a-known-token")
    assert process.stdout is not None
    printed = json.loads(process.stdout.readline())
    file = tmp_path / "crm.json"
    ready = json.loads(file.read_text())
    assert ready == {**printed, "token": "a-known-token"}
    assert (ready["name"], ready["pid"], ready["ready_file"]) == ("crm", process.pid, str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {entry.name for entry in tmp_path.iterdir()} == {"crm.json", "crm.ledger.jsonl", "crm.stderr"}
    process.terminate()
    assert process.wait(PATIENCE_SECONDS) == 0
    process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_and_removes_the_ready_file(start_simulator: Starter, number: signal.Signals) -> None:
    started = start_simulator("cpr")
    started.process.send_signal(number)
    assert started.process.wait(AT_ONCE_SECONDS) == 0
    assert not (started.folder / "cpr.json").exists()
    assert (started.folder / "cpr.stderr").read_text() == ""


async def test_a_signal_ends_it_while_a_call_waits(calling_own: CallingOwn) -> None:
    crm = calling_own("crm")
    await crm.scenario('[[rule]]\ndo = "silent"')
    url = crm.simulator.ready["url"] + "/vehicles/nr10-rec-0001"
    headers = {"Authorization": f"Bearer {crm.simulator.ready['token']}"}
    reader = crm.session.get(url, headers=headers)
    waiting = asyncio.ensure_future(reader.__aenter__())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (await crm.ledger(contains="not-answered"))["entries"]:
            pass
    crm.simulator.process.send_signal(signal.SIGTERM)
    assert crm.simulator.process.wait(AT_ONCE_SECONDS) == 0
    assert (crm.simulator.folder / "crm.stderr").read_text() == ""  # nothing had to be waited for
    with pytest.raises(aiohttp.ClientError):
        await waiting


def test_it_listens_on_loopback_only(start_simulator: Starter) -> None:
    port = start_simulator("crm").ready["port"]
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex(("127.0.0.2", port)) != 0


def test_a_port_can_be_chosen(start_simulator: Starter) -> None:
    port = free_port()
    assert start_simulator("crm", "--port", str(port)).ready["url"] == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody",), "no simulator is named 'nobody'"),
        (("crm", "--set", "novalue"), "--set takes KEY=VALUE"),
        (("crm", "--scenario", "missing.toml"), "missing.toml: cannot be read"),
        (("crm", "--set", "seeds=missing.toml"), "missing.toml"),
        (("all", "--port", "1"), "belong to one simulator"),
        (("all", "--only", "crm,nobody"), "no simulator is named 'nobody'"),
        (("crm", "--clock", "2026-01-01T00:00:00"), "needs an offset"),
        (("crm", "--client-ca", "missing.pem"), "No such file"),
    ],
)
def test_what_cannot_start_says_why(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    refused = run(*arguments, "--folder", str(tmp_path))
    assert refused.returncode == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not list(tmp_path.glob("*.json"))


def test_a_folder_is_needed() -> None:
    assert "--folder is missing" in run("crm").stderr


def test_a_bad_scenario_file_names_rule_and_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('# nothing\n[[rule]]\ndo = "explode"\n')
    refused = run("crm", "--folder", str(tmp_path), "--scenario", str(file))
    assert (refused.returncode, "bad.toml: rule 1 (line 2): do.action is 'explode'" in refused.stderr) == (2, True)


def test_it_ends_when_its_parent_is_gone(start_simulator: Starter) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as parent:
        started = start_simulator("crm", "--parent-pid", str(parent.pid))
    assert started.process.wait(PATIENCE_SECONDS) == 0


async def test_tls_is_served_under_its_own_ca(calling_own: CallingOwn) -> None:
    crm = calling_own("crm", "--tls")
    assert crm.simulator.ready["url"].startswith("https://")
    body = {"context": crm.context(), "keys": {"plate": "QQ00001"}}
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await crm.send("POST", "/vehicles/searches", json=body)
    trust = ssl.create_default_context(cafile=crm.simulator.ready["ca"])
    assert (await crm.send("POST", "/vehicles/searches", json=body, ssl=trust)).status == 200


async def test_a_client_certificate_can_be_demanded(calling_own: CallingOwn, tmp_path: Path) -> None:
    ours = Authority(tmp_path, "gateway")
    pair = ours.issue("gateway.xa.example", hosts=("gateway.xa.example",), label="client")
    crm = calling_own("crm", "--client-ca", str(ours.certificate))
    body = {"context": crm.context(), "keys": {"plate": "QQ00001"}}
    trust = ssl.create_default_context(cafile=crm.simulator.ready["ca"])
    with pytest.raises(aiohttp.ClientError):
        await crm.send("POST", "/vehicles/searches", json=body, ssl=trust)
    trust.load_cert_chain(pair.certificate, pair.key)
    assert (await crm.send("POST", "/vehicles/searches", json=body, ssl=trust)).status == 200
    assert ["commonName", "gateway.xa.example"] in (await crm.ledger())["entries"][-2]["client_certificate"]


def start_all(folder: Path, *options: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    process = launch(folder, "all", *options)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (folder / "all.stderr").read_text()
    return process, json.loads(line)["simulators"]


def test_all_start_together_and_end_together(tmp_path: Path) -> None:
    process, ready = start_all(tmp_path, "--only", ",".join(sorted(HERE)))
    assert set(ready) == HERE
    assert all((tmp_path / f"{name}.json").exists() for name in HERE)
    process.terminate()
    assert process.wait(PATIENCE_SECONDS) == 0
    assert all(ends(each["pid"]) for each in ready.values())
    assert not list(tmp_path.glob("*.json"))
    assert process.stdout is not None
    process.stdout.close()


def test_all_die_with_the_process_that_started_them(tmp_path: Path) -> None:
    process, ready = start_all(tmp_path, "--only", "crm,cpr")
    process.kill()
    process.wait(PATIENCE_SECONDS)
    assert all(ends(each["pid"]) for each in ready.values())
    assert process.stdout is not None
    process.stdout.close()


def test_all_end_when_the_parent_of_all_is_gone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as parent:
        process, ready = start_all(tmp_path, "--only", "crm,cpr", "--parent-pid", str(parent.pid))
    assert process.wait(PATIENCE_SECONDS) == 0
    assert all(ends(each["pid"]) for each in ready.values())
    assert process.stdout is not None
    process.stdout.close()


async def test_one_that_dies_is_reported_and_the_others_go_on(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    process, ready = start_all(tmp_path, "--only", "crm,cpr")
    os.kill(ready["cpr"]["pid"], signal.SIGKILL)
    async with asyncio.timeout(PATIENCE_SECONDS):
        reported = ""
        while "simulator cpr ended early with code -9" not in reported:
            async with http.get(ready["crm"]["control"] + "/sim/health") as response:
                assert (await response.json())["serving"] is True
            reported = (tmp_path / "all.stderr").read_text()
    process.terminate()
    assert process.wait(PATIENCE_SECONDS) == 0
    assert process.stdout is not None
    process.stdout.close()


async def test_all_give_each_its_scenario(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    (scenarios / "crm.toml").write_text('[[rule]]\ndo = "silent"\n')
    process, ready = start_all(tmp_path, "--only", "crm,cpr", "--scenarios", str(scenarios))
    counts = {}
    for name, each in ready.items():
        async with http.get(each["control"] + "/sim/health") as response:
            counts[name] = (await response.json())["rules"]
    assert counts == {"crm": 1, "cpr": 0}
    process.terminate()
    assert process.wait(PATIENCE_SECONDS) == 0
    assert process.stdout is not None
    process.stdout.close()
