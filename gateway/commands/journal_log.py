"""The published log on the command line: prove, fsck, and the export of checkpoint and tiles. Asked of the running gateway, else of the
files, which are then only read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import CANNOT_WRITE, DONE, FINDINGS, NOT_FOUND, Ending
from gateway.commands.local_door import LocalDoor, run
from gateway.commands.terminal import Terminal, facts, table, to_json
from gateway.errors import GatewayError
from gateway.journal.publishing.doubt import Doubt

if TYPE_CHECKING:
    from rich.console import Console

    from config.load import Home
    from gateway.journal.publishing.proving import Prover
    from gateway.journal.tree.tiles import Tile
    from gateway.ledger import Ledger

LOG: Final = "/api/v1/log"
PROOF: Final = "/api/v1/journal/proof/inclusion"
MAX_FAULTS: Final = 100


def join(group: typer.Typer) -> None:
    """Add the commands to those of the journal."""
    group.command(epilog="Example: `spoc journal prove 1250 --to entry-1250.tlog-proof`")(prove)
    group.command(epilog="Example: `spoc journal fsck --json`")(fsck)


def prove(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(metavar="NUMBER|MESSAGE", help="An entry of the journal, or a message: then all its entries."),
    ],
    to: Annotated[
        Path | None, typer.Option(help="Write the proof here: as text for an entry, as JSON for a message.")
    ] = None,
) -> None:
    """A proof that can be checked offline: the entry, its way to the root, and a signed checkpoint. Taking it out is journalled."""
    terminal: Terminal = context.obj
    home = homes.read(terminal)
    found = run(_proofs(home, what))
    text = found["proofs"][0]["tlog_proof"] if what.isdigit() else to_json(found) + "\n"
    if to is not None:
        _write(to, text.encode())
    told = {**found, "file": str(to) if to else ""}

    def draw(out: Console) -> None:
        if to is None and what.isdigit():
            out.print(text, soft_wrap=True, markup=False, end="")
            return
        rows = ((each["number"], each["size"], each["leaf_hash"]) for each in found["proofs"])
        out.print(
            table("Proved" if to is None else f"Proofs are in {to}", ("entry", "in a log of", "hash of the leaf"), rows)
        )
        out.print(f"They hold under the key {found['key']}", soft_wrap=True)

    terminal.answer(told, draw)


async def _proofs(home: Home, what: str) -> dict[str, Any]:
    async with LocalDoor(home) as door:
        if await door.runs():
            query = {"number": what} if what.isdigit() else {"envelope": what}
            found: dict[str, Any] = await door.ask("GET", PROOF, query=query)
            return found
    from gateway.api.published_log import shown_proof
    from gateway.assembly import log_keys
    from gateway.commands import ledgers
    from gateway.journal.publishing.keys import JOURNAL

    async with _opened(home) as (ledger, prover):
        numbers = [int(what)] if what.isdigit() else [link.number for link in await ledger.timeline(what)]
        size = (await prover.checkpoint())[0].size
        packets = [await prover.inclusion(each) for each in numbers if what.isdigit() or each <= size]
    if not packets:
        raise Ending(
            NOT_FOUND, "log.no-entry", f"There are no published entries about {what[:64]}.", "See: spoc messages list"
        )
    told = (("proofs", " ".join(str(each.index + 1) for each in packets)),)
    await ledgers.record_while_stopped(home, "journal.exported", told)
    key = log_keys(home).public(JOURNAL)
    return {"key": key.text() if key else "", "proofs": [shown_proof(each).model_dump() for each in packets]}


def fsck(
    context: typer.Context,
    rebuild: Annotated[
        bool,
        typer.Option(
            "--rebuild",
            help="Before, write lost or damaged tiles again from the entries, if these have the root that was signed.",
        ),
    ] = False,
) -> None:
    """Hold every entry, every tile, the checkpoints and time-stamps against each other. Each fault is named with its place. Exit code 1 when there are any."""
    terminal: Terminal = context.obj
    home = homes.read(terminal)
    written = run(_rebuilt(home)) if rebuild else 0
    found = {**run(_examined(home)), "rebuilt": written}

    def draw(out: Console) -> None:
        state = "ok" if found["intact"] else "fault"
        out.print(
            facts(
                [
                    ("entries in the log", found["size"]),
                    ("root", found["root"]),
                    ("log", state),
                    ("tiles written again", found["rebuilt"]),
                ]
            )
        )
        if found["faults"]:
            rows = ((one["code"], one["place"], one["number"], one["fault"]) for one in found["faults"])
            out.print(table("What is wrong", ("", "place", "entry", "fault"), rows))

    terminal.answer(found, draw)
    raise typer.Exit(DONE if found["intact"] else FINDINGS)


async def _rebuilt(home: Home) -> int:
    """Works on the files also beside a running gateway: what is written is what it would have written."""
    from gateway.assembly import log_folder, log_keys
    from gateway.commands import ledgers
    from gateway.journal.publishing.rebuilding import rebuild

    async with _opened(home) as (ledger, _):
        entries = await rebuild(ledger, log_folder(home), log_keys(home))
    await ledgers.journalled(home, "log.rebuilt", f"{entries} entries")
    return entries


async def _examined(home: Home) -> dict[str, Any]:
    async with LocalDoor(home) as door:
        if await door.runs():
            found: dict[str, Any] = await door.ask("GET", "/api/v1/journal/fsck")
            return found
    from gateway.api.published_log import examined
    from gateway.assembly import log_folder, log_keys
    from gateway.assembly.log import known_authorities

    async with _opened(home) as (ledger, _):
        return (await examined(ledger, log_folder(home), log_keys(home), known_authorities(home))).model_dump()


async def written(home: Home, folder: Path) -> int:
    """Checkpoint, public key, tiles, bundles of entries and time-stamps below a new folder, as C2SP tlog-tiles lays it out; how many files."""
    _make(folder)
    from gateway.assembly import log_folder, log_keys
    from gateway.journal.publishing.keys import JOURNAL
    from gateway.journal.tree.tiles import tiles_of

    key = log_keys(home).public(JOURNAL)
    _write(folder / "log.vkey", f"{key.text() if key else ''}\n".encode())
    async with _source(home) as (note, read):
        _write(folder / "checkpoint", note)
        count = 2
        for tile in tiles_of(int(note.split(b"\n")[1]), entries=True):
            file = folder / tile.path
            _write(file, await read(tile))
            count += 1
    return count + _stamps_written(log_folder(home).folder, folder)


def _stamps_written(log: Path, folder: Path) -> int:
    """Every time-stamp with the checkpoint that it is over. They are never written again, so a running gateway need not be asked."""
    from gateway.journal.stamping.shelf import STAMPS

    files = [file for end in ("tst", "note") for file in sorted(log.glob(f"{STAMPS}/**/[0-9]*.{end}"))]
    for file in files:
        _write(folder / file.relative_to(log), file.read_bytes())
    return len(files)


@asynccontextmanager
async def _source(home: Home) -> AsyncIterator[tuple[bytes, Callable[[Tile], Awaitable[bytes]]]]:
    """The last checkpoint, and a way to read what it speaks of."""
    async with LocalDoor(home) as door:
        if await door.runs():

            async def asked(tile: Tile) -> bytes:
                return await door.content("GET", f"{LOG}/{tile.path}")

            yield await door.content("GET", f"{LOG}/checkpoint"), asked
            return
    from gateway.commands import ledgers

    async with _opened(home) as (_, prover):
        yield (await prover.checkpoint())[1], prover.tile
    await ledgers.record_while_stopped(home, "journal.exported", (("what", "the published log"),))


@asynccontextmanager
async def _opened(home: Home) -> AsyncIterator[tuple[Ledger, Prover]]:
    """The ledger, only read, with its log; what goes wrong becomes an `Ending`."""
    from gateway.assembly import log_folder
    from gateway.commands import ledgers
    from gateway.journal.publishing.proving import Prover

    try:
        async with ledgers.read_only(home) as ledger:
            yield ledger, Prover(ledger, log_folder(home))
    except Doubt as doubt:
        raise Ending(
            FINDINGS, doubt.code, f"The log is in doubt at {doubt.place}: {doubt.words}.", "See: spoc journal fsck"
        ) from doubt
    except GatewayError as error:
        exit_code = NOT_FOUND if error.code in ("log.no-entry", "log.empty") else FINDINGS
        raise Ending(exit_code, error.code, error.operator, "See: spoc journal fsck") from error


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        words = f"{folder} cannot be made: {error.strerror}."
        raise Ending(CANNOT_WRITE, "file.unwritable", words, "Name a folder that is not there yet.") from error


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as opened:
            opened.write(content)
    except OSError as error:
        words = f"{file} cannot be written: {error.strerror}."
        raise Ending(CANNOT_WRITE, "file.unwritable", words, "Name a file that is not there yet.") from error
