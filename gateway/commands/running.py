"""Setting up and running: init, serve, demo, processes."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import CANNOT_WRITE, DONE, FINDINGS, NOT_RUNNING, Ending
from gateway.commands.terminal import Terminal, facts, table

if TYPE_CHECKING:
    from rich.console import Console

OUR_PARTIES: Final = ("sirene:XA", "ncb:XA", "enu:XA")
OUR_DOMAIN: Final = "xa.spoc.example"
_PARTY_HELP: Final = "An office of ours as role:code; may be repeated."


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: `spoc --home /srv/spoc init --party sirene:XA --domain xa.spoc.example`")(init)
    app.command(epilog="Example: `SPOC_SET_api__listen_port=9000 spoc --home /srv/spoc serve`")(serve)
    app.command(epilog="Example: `spoc demo --exit`")(demo)
    app.command()(processes)


def init(
    context: typer.Context,
    parties: Annotated[
        list[str] | None, typer.Option("--party", help=_PARTY_HELP, show_default=", ".join(OUR_PARTIES))
    ] = None,
    domain: Annotated[str, typer.Option(help="Our mail domain.")] = OUR_DOMAIN,
) -> None:
    """Make a home folder that works: settings, a test authority, keys, and one API client for each role."""
    from gateway.clock import SystemClock
    from gateway.setup import make_home

    terminal: Terminal = context.obj
    party = parties or list(OUR_PARTIES)
    folder = homes.folder(terminal)
    try:
        made = make_home(folder, party, domain, SystemClock().now())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    except OSError as error:
        raise Ending(
            CANNOT_WRITE,
            "init.cannot-write",
            f"{folder} cannot be written: {error.strerror}.",
            "Name another folder with --home.",
        ) from error
    following = [
        f"spoc --home {folder} doctor",
        f"spoc --home {folder} serve",
        f"spoc --home {folder} partners card {party[0]}",
    ]
    document = {
        "home": str(folder), "parties": party, "domain": domain, "files": [str(file) for file in made.files],
        "authority": str(made.keys.authority.certificate), "clients": [{"id": name, "secret": secret} for name, secret in made.secrets],
        "next": following,
    }  # fmt: skip

    def draw(out: Console) -> None:
        out.print(
            facts(
                [
                    ("home", folder),
                    ("parties", ", ".join(party)),
                    ("mail domain", domain),
                    ("test authority", made.keys.authority.certificate),
                ]
            )
        )
        out.print()
        out.print(
            table(
                "API clients. The secrets are shown this once; only their hashes are kept.",
                ("client id", "secret"),
                made.secrets,
            )
        )
        out.print("Next:")
        for line in following:
            out.print(f"  {line}", soft_wrap=True)

    terminal.answer(document, draw)


def serve(context: typer.Context) -> None:
    """Run the gateway until SIGTERM or Ctrl-C. Any setting can be given by the environment, see the example."""
    from gateway import front, logs
    from gateway.commands.local_door import run

    terminal: Terminal = context.obj
    home = homes.survey(terminal)
    logs.set_up(home.log, "gateway", verbose=terminal.verbose)

    def say(ready: dict[str, Any]) -> None:
        if terminal.as_json:
            terminal.document(ready, lines=True)
            return
        channels = [
            (f"channel {name}", f"port {door['port']}") for name, door in ready["channels"].items() if door.get("port")
        ]
        terminal.out.print(
            facts(
                [
                    ("home", home.folder),
                    ("process", ready["pid"]),
                    ("API", ready["api"]),
                    ("API docs", ready["docs"]),
                    *channels,
                ]
            )
        )
        terminal.out.print("Ready. Ctrl-C stops it; nothing is lost however it stops.")

    run(front.serve(home, say=say))


def demo(
    context: typer.Context,
    ends: Annotated[
        bool, typer.Option("--exit", help="End by itself: 0 only if every story went as expected.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Keep everything in this folder; else in a temporary one.")
    ] = None,
    amqp_url: Annotated[str, typer.Option(help="A broker to use as well.", envvar="SPOC_DEMO_AMQP_URL")] = "",
) -> None:
    """The gateway, its simulators and its stories, with nothing prepared."""
    from gateway.commands.local_door import run
    from gateway.demo.play import play

    well = run(play(ends=ends, folder=folder, amqp_url=amqp_url, as_json=context.obj.as_json))
    raise typer.Exit(DONE if well else FINDINGS)


def alive(pid: int) -> bool:
    """Whether a process with this id runs."""
    with suppress(OSError):
        os.kill(pid, 0)
        return True
    return Path(f"/proc/{pid}").exists()


def processes(context: typer.Context) -> None:
    """Role and process id of everything that runs."""
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
        raise Ending(
            NOT_RUNNING,
            "gateway.not-running",
            f"The gateway of {home.folder} does not run.",
            f"Start it with: spoc --home {home.folder} serve",
        )
    terminal.answer(
        running, lambda out: out.print(table("", ("role", "pid"), ((one["role"], one["pid"]) for one in running)))
    )
