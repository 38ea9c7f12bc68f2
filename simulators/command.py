"""The command line: `python -m simulators NAME`, or `all`, `federation`, `habits`, `states`, or `--list`."""

import argparse
import asyncio
import sys
from datetime import datetime
from pathlib import Path

from simulators import discovery
from simulators.clock import CannotTurn, read_moment
from simulators.counterparts.bureaux.habits import all_habits
from simulators.counterparts.bureaux.hosting import Ground, make_plan, run_federation
from simulators.counterparts.bureaux.states import fictitious_states, real_states
from simulators.declaration import Simulator
from simulators.federation import Crew, StartFailed, run_all
from simulators.process import Launch, run
from simulators.scenario import ScenarioInvalid

ALL = "all"
FEDERATION = "federation"


def main(arguments: list[str] | None = None) -> int:
    """Run what the arguments ask for; the exit code is 0, or 2 with the reason on the error output."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.list:
        _print_list()
        return 0
    if not given.name:
        parser.error("which simulator? `--list` names them")
    if given.name in _LISTS:
        _LISTS[given.name]()
        return 0
    if given.folder is None:
        parser.error("--folder is missing: the simulator needs a place for what it writes")
    try:
        if given.name == ALL:
            _run_all(given)
        elif given.name == FEDERATION:
            _run_federation(given)
        else:
            run(discovery.find(given.name), _launch(given))
    except (discovery.SimulatorUnknown, ScenarioInvalid, StartFailed, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _print_list() -> None:
    for simulator in discovery.find_all():
        sys.stdout.write(f"{simulator.name:18} {simulator.kind:12} {simulator.summary}\n")


def _print_habits() -> None:
    sys.stdout.write("Invented for tests; they say nothing about any real office. No state has one by itself.\n")
    for habit in all_habits().values():
        number = f":{habit.does[habit.value]:g}" if habit.value else ""
        sys.stdout.write(f"{habit.name + number:24} {habit.summary}\n")


def _print_states() -> None:
    for state in (*real_states(), *fictitious_states()):
        about = " ".join(filter(None, (state.since and f"since {state.since}.", state.remarks)))
        sys.stdout.write(f"{state.code}  {state.name:20} {state.confidence or 'fictitious':12} {about}".rstrip() + "\n")


_LISTS = {"habits": _print_habits, "states": _print_states}


def _run_federation(given: argparse.Namespace) -> None:
    for option in ("scenario", "token", "only", "tls", "client_ca"):
        if getattr(given, option):
            raise ValueError(f"--{option.replace('_', '-')} means nothing to {FEDERATION}")
    plan = make_plan(given.states, given.file, _pairs(given.set), strangers=given.strangers)
    ground = Ground(
        folder=given.folder,
        first_port=given.port,
        control_port=given.control_port,
        scenarios=given.scenarios,
        parent_pid=given.parent_pid,
        fixed_time=given.clock,
    )
    run_federation(plan, ground)


def _run_all(given: argparse.Namespace) -> None:
    wanted = given.only.split(",") if given.only else discovery.all_names()
    if given.port or given.control_port or given.scenario:
        raise ValueError(
            "--port, --control-port and --scenario belong to one simulator; `all` takes --scenarios FOLDER"
        )
    simulators = [discovery.find(name) for name in wanted]
    keys = sorted({key for each in simulators for key in each.settings})
    for key in _pairs(given.set):
        if key not in keys:
            raise ValueError(f"--set {key}: none of them knows such a key; known are {', '.join(keys)}")
    passed_on = ["--token", given.token] if given.token else []
    passed_on += ["--clock", given.clock.isoformat()] if given.clock else []
    passed_on += ["--tls"] if given.tls else []
    passed_on += ["--client-ca", str(given.client_ca)] if given.client_ca else []
    crew = Crew(
        names=[each.name for each in simulators],
        folder=given.folder,
        arguments=passed_on,
        own={each.name: _known_to(each, given.set) for each in simulators},
        scenarios=given.scenarios,
        parent_pid=given.parent_pid,
    )
    asyncio.run(run_all(crew))


def _known_to(simulator: Simulator, pairs: list[str]) -> list[str]:
    """Each gets the settings that mean something to it."""
    return [word for pair in pairs if _pair(pair)[0] in simulator.settings for word in ("--set", pair)]


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
    try:
        return read_moment(text)
    except CannotTurn as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from wrong


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators", description="Stand-ins for what the gateway talks to."
    )
    parser.add_argument("name", nargs="?", help=f"the simulator, or {ALL}, {FEDERATION}, habits, states")
    parser.add_argument("--list", action="store_true", help="name all simulators and end")
    parser.add_argument("--folder", type=Path, help="where it keeps keys, recordings and its ready file NAME.json")
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--control-port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--scenario", type=Path, help="TOML file that says how it misbehaves")
    parser.add_argument("--parent-pid", type=int, help="end when this process is gone")
    parser.add_argument("--token", default="", help="bearer token of callers; default: a new one, in the ready file")
    parser.add_argument("--tls", action="store_true", help="serve HTTPS under its own throw-away CA")
    parser.add_argument("--client-ca", type=Path, help="with TLS: callers need a certificate of this CA")
    parser.add_argument(
        "--clock", type=_moment, help="stop the simulator's clock at this time; POST /sim/clock turns it"
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="what only one simulator knows")
    parser.add_argument("--only", default="", help="with all: names, separated by commas")
    parser.add_argument("--scenarios", type=Path, help="with all: a folder with NAME.toml for those that misbehave")
    parser.add_argument("--states", default="", help="with federation: DK,DE,SE or all (the 31)")
    parser.add_argument("--file", type=Path, help="with federation: states and settings, bureau by bureau (TOML)")
    parser.add_argument("--strangers", action="store_true", help="with federation: they do not know each other")
    return parser
