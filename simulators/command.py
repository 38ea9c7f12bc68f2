"""The command line: `python -m simulators NAME`, `python -m simulators all`, `python -m simulators --list`."""

import argparse
import asyncio
import sys
from datetime import datetime
from pathlib import Path

from simulators import discovery
from simulators.federation import Crew, StartFailed, run_all
from simulators.process import Launch, run
from simulators.scenario import ScenarioInvalid

ALL = "all"


def main(arguments: list[str] | None = None) -> int:
    """Run what the arguments ask for; the exit code is 0, or 2 with the reason on the error output."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.list:
        _print_list()
        return 0
    if not given.name:
        parser.error("which simulator? `--list` names them")
    if given.folder is None:
        parser.error("--folder is missing: the simulator needs a place for what it writes")
    try:
        if given.name == ALL:
            _run_all(given)
        else:
            run(discovery.find(given.name), _launch(given))
    except (discovery.SimulatorUnknown, ScenarioInvalid, StartFailed, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _print_list() -> None:
    for simulator in discovery.find_all():
        sys.stdout.write(f"{simulator.name:18} {simulator.kind:12} {simulator.summary}\n")


def _run_all(given: argparse.Namespace) -> None:
    wanted = given.only.split(",") if given.only else discovery.all_names()
    names = [discovery.find(name).name for name in wanted]
    if given.port or given.control_port or given.scenario:
        raise ValueError(
            "--port, --control-port and --scenario belong to one simulator; `all` takes --scenarios FOLDER"
        )
    passed_on = [word for pair in given.set for word in ("--set", pair)]
    passed_on += ["--token", given.token] if given.token else []
    passed_on += ["--clock", given.clock.isoformat()] if given.clock else []
    passed_on += ["--tls"] if given.tls else []
    passed_on += ["--client-ca", str(given.client_ca)] if given.client_ca else []
    crew = Crew(
        names=names,
        folder=given.folder,
        arguments=passed_on,
        scenarios=given.scenarios,
        parent_pid=given.parent_pid,
    )
    asyncio.run(run_all(crew))


def _launch(given: argparse.Namespace) -> Launch:
    return Launch(
        folder=given.folder,
        port=given.port,
        control_port=given.control_port,
        scenario=given.scenario,
        parent_pid=given.parent_pid,
        token=given.token,
        tls=given.tls or given.client_ca is not None,
        client_ca=given.client_ca,
        fixed_time=given.clock,
        extra=_pairs(given.set),
    )


def _pairs(given: list[str]) -> dict[str, str]:
    """A key that is given several times has all its values, one a line."""
    pairs: dict[str, str] = {}
    for key, value in map(_pair, given):
        pairs[key] = f"{pairs[key]}\n{value}" if key in pairs else value
    return pairs


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ValueError(f"--set takes KEY=VALUE, not {text!r}")
    return key, value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("a time needs an offset, for instance 2026-03-01T10:15:00+01:00")
    return moment


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators", description="Stand-ins for what the gateway talks to."
    )
    parser.add_argument("name", nargs="?", help=f"the simulator, or {ALL!r}")
    parser.add_argument("--list", action="store_true", help="name all simulators and end")
    parser.add_argument("--folder", type=Path, help="where it keeps keys, recordings and its ready file NAME.json")
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--control-port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--scenario", type=Path, help="TOML file that says how it misbehaves")
    parser.add_argument("--parent-pid", type=int, help="end when this process is gone")
    parser.add_argument("--token", default="", help="bearer token of callers; default: a new one, in the ready file")
    parser.add_argument("--tls", action="store_true", help="serve HTTPS under its own throw-away CA")
    parser.add_argument("--client-ca", type=Path, help="with TLS: callers need a certificate of this CA")
    parser.add_argument("--clock", type=_moment, help="stop the simulator's clock at this time")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="what only one simulator knows")
    parser.add_argument("--only", default="", help="with all: names, separated by commas")
    parser.add_argument("--scenarios", type=Path, help="with all: a folder with NAME.toml for those that misbehave")
    return parser
