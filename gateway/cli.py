"""The command `spoc`: joins the groups of `gateway.commands`, reads the options that all share, and turns errors into exit codes.

`--home`, `--case`, `--json` and `-v` may stand anywhere on the line: `main` moves them to the front, where the one reader of them is.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from config.faults import ConfigurationFaults
from gateway.commands import (
    address_book,
    alerts,
    algorithms,
    broadcasting,
    catalogue,
    checking,
    clients,
    converting,
    dialogues,
    doctor,
    evidence,
    exchanges,
    journal,
    keys,
    messages,
    names,
    partners,
    retention,
    running,
    sending,
    sheets,
    statistics,
    tokens,
    vault,
)
from gateway.commands.endings import CONFIGURATION, NOT_RUNNING, OUR_FAULT, REFUSED, Ending
from gateway.commands.terminal import STATED_CASE, Terminal, plain, to_json
from gateway.errors import GatewayError, Misconfigured, Unavailable

FLAGS: Final = frozenset({"--json", "-v", "--verbose"})
VALUED: Final = frozenset({"--home", "--case"})

app = typer.Typer(
    name="spoc",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""The message gateway of a national Single Point of Contact for international police cooperation.

First steps: `spoc init`, `spoc doctor`, `spoc serve`. Without anything prepared: `spoc demo`.

Exit codes: 0 done, 1 findings, 2 usage, 65 refused, 66 not found, 69 the gateway does not run, 70 our own fault,
77 not allowed, 78 configuration.""",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"spoc-gateway {metadata.version('spoc-gateway')}")
        raise typer.Exit


@app.callback()
def _everywhere(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option("--home", help="Home folder; else SPOC_HOME, else ./spoc-home.", show_default=False)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer in JSON, for programs. Works with every command.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say more; show where our own faults happened.")
    ] = False,
    case: Annotated[
        str, typer.Option("--case", help="Reference of the case that you act for; journalled with what you do.")
    ] = "",
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    context.obj = Terminal(home=home, as_json=as_json, verbose=verbose)
    STATED_CASE.set(case)


for group in (
    running, checking, converting, catalogue, dialogues, sending, broadcasting, messages, sheets, exchanges, alerts, names,
    partners, keys, vault, address_book, algorithms, clients, statistics, journal, retention, evidence, tokens, doctor,
):  # fmt: skip
    group.join(app)


def hoisted(arguments: Sequence[str]) -> list[str]:
    """The arguments with the options that all commands share moved to the front; what follows `--` is left alone."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in FLAGS or (argument.partition("=")[0] in VALUED and "=" in argument):
            front.append(argument)
        elif argument in VALUED:
            front += [argument, *([value] if (value := next(waiting, None)) is not None else [])]
        else:
            rest.append(argument)
    return front + rest


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; ends the process with its exit code."""
    line = hoisted(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in line
    try:
        app(args=line, prog_name="spoc")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has gone: nothing more to say
        sys.exit(OUR_FAULT)
    except Exception as error:  # noqa: BLE001  # the last place where an error can become a sentence
        ending = as_ending(error)
        _tell(ending, as_json)
        if ending.exit_code == OUR_FAULT and ("-v" in line or "--verbose" in line):
            traceback.print_exception(error)
        sys.exit(ending.exit_code)


def as_ending(error: Exception) -> Ending:
    """What an error means for whoever called."""
    if isinstance(error, Ending):
        return error
    if isinstance(error, ConfigurationFaults):
        faults = [
            {"file": str(one.file), "line": one.line, "setting": one.setting, "text": one.text, "remedy": one.remedy}
            for one in error.faults
        ]
        count = len(faults)
        words = "One thing is wrong" if count == 1 else f"{count} things are wrong"
        return Ending(
            CONFIGURATION,
            "configuration",
            f"{words} with the configuration.",
            details={"faults": faults},
        )
    if isinstance(error, Misconfigured):
        return Ending(CONFIGURATION, error.code, error.operator)
    if isinstance(error, Unavailable):
        return Ending(NOT_RUNNING, error.code, error.operator)
    if isinstance(error, GatewayError):
        return Ending(REFUSED, error.code, error.operator)
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    return Ending(
        OUR_FAULT,
        "our-fault",
        f"This is our own fault: {type(error).__name__} at {where}.",
        "Run it again with -v and report what it shows.",
    )


def _tell(ending: Ending, as_json: bool) -> None:
    if as_json:
        sys.stderr.write(to_json(ending.document()) + "\n")
        return
    lines = [plain(ending.text)]
    lines += [_fault_line(fault) for fault in ending.details.get("faults", [])]
    if ending.remedy:
        lines.append(plain(ending.remedy))
    sys.stderr.write("\n".join(lines) + "\n")


def _fault_line(fault: dict[str, Any]) -> str:
    remedy = f" {fault['remedy']}" if fault["remedy"] else ""
    return plain(f"{fault['file']}:{fault['line']}: {fault['setting']}: {fault['text']}{remedy}")
