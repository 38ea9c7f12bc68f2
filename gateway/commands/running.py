"""Setting up and running: init, serve, demo, processes, and the hidden worker."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import NOT_RUNNING, Ending
from gateway.commands.terminal import Terminal, facts, table

if TYPE_CHECKING:
    from rich.console import Console

OUR_PARTIES: Final = ("sirene:XA", "ncb:XA", "enu:XA")
OUR_DOMAIN: Final = "xa.spoc.example"


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(help="Make a home folder that works: settings, test authority, keys, one API client for each role.", epilog="Example: `spoc --home /srv/spoc init --party sirene:XA --party ncb:XA --domain xa.spoc.example`")(init)
    app.command(help="Run the gateway until SIGTERM or Ctrl-C.", epilog="Example: `spoc --home /srv/spoc serve`. Any setting can be given by the environment: `SPOC_SET_api__listen_port=9000`.")(serve)
    app.command(help="The gateway, its simulators and three stories, with nothing prepared.", epilog="Example: `spoc demo --exit`")(demo)
    app.command(help="Role and process id of everything that runs.")(processes)
    app.command(hidden=True, help="One worker process; started by the gateway.")(worker)


def init(
    context: typer.Context,
    party: Annotated[list[str], typer.Option(help="An office of ours as role:code; may be repeated.")] = list(OUR_PARTIES),  # noqa: B006  # typer reads defaults
    domain: Annotated[str, typer.Option(help="Our mail domain.")] = OUR_DOMAIN,
) -> None:
    from gateway.clock import SystemClock
    from gateway.setup import make_home

    terminal: Terminal = context.obj
    folder = homes.folder(terminal)
    try:
        made = make_home(folder, party, domain, SystemClock().now())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    except OSError as error:
        raise Ending(73, "init.cannot-write", f"{folder} cannot be written: {error.strerror}.", "Name another folder with --home.") from error
    following = [f"spoc --home {folder} doctor", f"spoc --home {folder} serve", f"spoc --home {folder} partners card {party[0]}"]
    document = {
        "home": str(folder), "parties": party, "domain": domain, "files": [str(file) for file in made.files],
        "authority": str(made.keys.authority.certificate), "clients": [{"id": name, "secret": secret} for name, secret in made.secrets],
        "next": following,
    }  # fmt: skip

    def draw(out: Console) -> None:
        out.print(facts([("home", folder), ("parties", ", ".join(party)), ("mail domain", domain), ("test authority", made.keys.authority.certificate)]))
        out.print()
        out.print(table("API clients. The secrets are shown this once; only their hashes are kept.", ("client id", "secret"), made.secrets))
        out.print("Next:")
        for line in following:
            out.print(f"  {line}", soft_wrap=True)

    terminal.answer(document, draw)


def serve(context: typer.Context) -> None:
    from gateway import front, logs
    from gateway.commands.local_door import run

    terminal: Terminal = context.obj
    home = homes.read(terminal)
    logs.set_up(home.log, "gateway", verbose=terminal.verbose)

    def say(ready: dict[str, Any]) -> None:
        if terminal.as_json:
            terminal.document(ready, lines=True)
            return
        channels = [(f"channel {name}", f"port {door['port']}") for name, door in ready["channels"].items() if door.get("port")]
        terminal.out.print(facts([("home", home.folder), ("process", ready["pid"]), ("API", ready["api"]), ("API docs", ready["docs"]), *channels]))
        terminal.out.print("Ready. Ctrl-C stops it; nothing is lost however it stops.")

    run(front.serve(home, say=say))


def demo(
    context: typer.Context,
    exit_: Annotated[bool, typer.Option("--exit", help="End by itself: 0 only if every story reached its expected end.")] = False,
) -> None:
    from gateway.demo import play  # type: ignore[import-not-found,unused-ignore]

    raise typer.Exit(play(stay=not exit_, as_json=context.obj.as_json))


def alive(pid: int) -> bool:
    """Whether a process with this id runs."""
    with suppress(OSError):
        os.kill(pid, 0)
        return True
    return Path(f"/proc/{pid}").exists()


def processes(context: typer.Context) -> None:
    from gateway.front import PROCESS_FILE, READY_FILE, RUN

    terminal: Terminal = context.obj
    home = homes.read(terminal)
    folder = home.data / RUN
    try:
        front = json.loads((folder / READY_FILE).read_text("utf-8"))
        found = json.loads((folder / PROCESS_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        front, found = {}, []
    running = [one for one in found if alive(int(one["pid"]))]
    if not front or not alive(int(front["pid"])):
        raise Ending(NOT_RUNNING, "gateway.not-running", f"The gateway of {home.folder} does not run.", f"Start it with: spoc --home {home.folder} serve")
    terminal.answer(running, lambda out: out.print(table("", ("role", "pid"), ((one["role"], one["pid"]) for one in running))))


def worker(context: typer.Context) -> None:
    from gateway import logs
    from gateway.assembly import worker_table
    from gateway.clock import SystemClock
    from gateway.worker import serve as judge

    # Ctrl-C reaches the whole process group; the front decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Standard output carries frames to the front: whatever else would write there is sent to standard error.
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    home = homes.read(context.obj)
    logs.set_up(home.log, "worker")
    with suppress(BrokenPipeError):  # the front has gone; so does the worker
        judge(worker_table(home, SystemClock().now()), sys.stdin.buffer, pipe)
        pipe.close()
