"""Time-stamps of the published log on the command line: how it stands with each authority, and the stamps that cover an entry, as files."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands import homes
from gateway.commands.endings import CANNOT_WRITE, NOT_FOUND, Ending
from gateway.commands.local_door import LocalDoor, run
from gateway.commands.terminal import Terminal, table

if TYPE_CHECKING:
    from rich.console import Console

    from config.load import Home

LOG = "/api/v1/log"


def join(group: typer.Typer) -> None:
    """Add the command to those of the journal."""
    group.command(epilog="Example: `spoc journal stamps 1250 --to stamps-1250`")(stamps)


def stamps(
    context: typer.Context,
    number: Annotated[
        int, typer.Argument(min=0, metavar="[NUMBER]", help="An entry: then the stamps that prove when it existed.")
    ] = 0,
    to: Annotated[
        Path | None,
        typer.Option(help="Write tokens and stamped checkpoints below this new folder, for other programs."),
    ] = None,
) -> None:
    """Who has stamped the published log, how far and when; or the first stamp of each authority over an entry."""
    terminal: Terminal = context.obj
    home = homes.read(terminal)
    if not number:
        found = run(_standing(home))
        terminal.answer(found, lambda out: _draw_standing(out, found))
        return
    covering = run(_covering(home, number))
    files = _written(to, covering["stamps"]) if to else []
    told = {**covering, "files": files}
    anchors = {name: str(home.folder / one.anchors_file) for name, one in home.settings.timestamps.items()}
    terminal.answer(told, lambda out: _draw(out, told, to, anchors))


async def _standing(home: Home) -> dict[str, Any]:
    async with LocalDoor(home) as door:
        if await door.runs():
            log = await door.ask("GET", LOG)
            return {"size": log["size"], "unstamped": log["unstamped"], "timestamps": log["timestamps"]}
    from gateway.api.log_stamps import authority_view
    from gateway.assembly.log import known_authorities, log_folder
    from gateway.commands import ledgers
    from gateway.journal.stamping.shelf import StampShelf
    from gateway.journal.stamping.stamping import taken_up

    shelf = StampShelf(log_folder(home).folder)
    states = [taken_up(authority, shelf) for authority in known_authorities(home)]
    async with ledgers.read_only(home) as ledger:
        (number, _), size = await ledger.head(), (await ledger.log_head()).size
    reached = max((state.size for state in states), default=None)
    return {
        "size": size, "unstamped": None if reached is None else max(0, number - reached),
        "timestamps": [authority_view(state).model_dump(mode="json") for state in states],
    }  # fmt: skip


async def _covering(home: Home, number: int) -> dict[str, Any]:
    async with LocalDoor(home) as door:
        if await door.runs():
            found: dict[str, Any] = await door.ask("GET", f"{LOG}/stamps", query={"size": number})
            return found
    from gateway.api.log_stamps import covering
    from gateway.assembly.log import known_authorities, log_folder
    from gateway.journal.stamping.shelf import StampShelf

    read = await covering(StampShelf(log_folder(home).folder), known_authorities(home), number)
    if not read.stamps:
        words = f"No time-stamp is over {number} entries yet."
        raise Ending(NOT_FOUND, "log.unstamped", words, "See: spoc journal stamps")
    return read.model_dump(mode="json")


def _written(folder: Path, found: list[dict[str, Any]]) -> list[str]:
    files = []
    try:
        folder.mkdir(parents=True)
        for each in found:
            name = f"{each['authority']}-{each['size']}"
            (folder / f"{name}.tst").write_bytes(b64decode(each["token"]))
            (folder / f"{name}.note").write_text(each["checkpoint"], "utf-8")
            files += [f"{name}.tst", f"{name}.note"]
    except OSError as error:
        words = f"{folder} cannot be written: {error.strerror}."
        raise Ending(CANNOT_WRITE, "file.unwritable", words, "Name a folder that is not there yet.") from error
    return files


def _draw_standing(out: Console, found: dict[str, Any]) -> None:
    if not found["timestamps"]:
        out.print("Nobody is asked for time-stamps. See [timestamps.NAME] in the guide for operators.", markup=False)
        return
    rows = (
        (
            each["name"],
            each["size"],
            each["stamped_at"] or "never",
            f"{each['words']} {each['trouble']}".strip() or "ok",
        )
        for each in found["timestamps"]
    )
    out.print(table(f"{found['unstamped']} entries are not yet stamped", ("authority", "entries", "at", "state"), rows))


def _draw(out: Console, told: dict[str, Any], to: Path | None, anchors: dict[str, str]) -> None:
    rows = ((each["authority"], each["size"], each["at"] or "", each["trouble"] or "ok") for each in told["stamps"])
    out.print(table("Time-stamps", ("authority", "over so many entries", "existed by", "state"), rows))
    for each in told["stamps"] if to else ():
        name = f"{to}/{each['authority']}-{each['size']}"
        authority = anchors.get(each["authority"], "ANCHORS")
        line = f"openssl ts -verify -token_in -in {name}.tst -data {name}.note -CAfile {authority}"
        out.print(line, soft_wrap=True, markup=False)
