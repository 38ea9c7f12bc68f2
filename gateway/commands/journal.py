"""The journal: verify, export, head. Asked of the running gateway, else of its ledger, which is then only read."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes, journal_balance, journal_log, journal_stamps
from gateway.commands.endings import CANNOT_WRITE, FINDINGS, Ending
from gateway.commands.local_door import LocalDoor, run
from gateway.commands.terminal import Terminal, facts, table, to_json
from gateway.errors import GatewayError
from gateway.journal.chain import GENESIS

if TYPE_CHECKING:
    from rich.console import Console

    from config.load import Home

JOURNAL: Final = "/api/v1/journal"
PAGE: Final = 1000
MAX_FAULTS: Final = 100
NUMBER: Final = "[0-9]{1,18}"
HASH: Final = "[0-9a-f]{64}"
group = typer.Typer(no_args_is_help=True, help="The journal and its proof.")


def join(app: typer.Typer) -> None:
    """Add the commands."""
    journal_log.join(group)
    journal_balance.join(group)
    journal_stamps.join(group)
    app.add_typer(group, name="journal")


@group.command(epilog="Example: `spoc journal verify --head 1250:9f86…`, with a head that was noted earlier")
def verify(
    context: typer.Context,
    head: Annotated[
        str, typer.Option(help="A head that was noted earlier, as NUMBER:HASH: it must still stand there.")
    ] = "",
    rows: Annotated[
        bool, typer.Option("--rows/--no-rows", help="Hold each message against its entries too; it takes longer.")
    ] = True,
) -> None:
    """Check every entry against its hash and the one before it, each message against its entries, and whether the books balance.
    Exit code 1 when not.
    """
    terminal: Terminal = context.obj
    noted = _noted(head)
    document = run(_proof(homes.read(terminal), noted, rows=rows))
    terminal.answer(document, lambda out: _draw(out, document))
    raise typer.Exit(0 if document["intact"] and document["balance"]["balanced"] else FINDINGS)


def _noted(head: str) -> tuple[int, str] | None:
    if not head:
        return None
    number, _, hash_ = head.partition(":")
    if not re.fullmatch(NUMBER, number) or not re.fullmatch(HASH, hash_.lower()):
        raise typer.BadParameter(
            "Write the head as NUMBER:HASH, as `spoc journal head` prints it: a hash has 64 hexadecimal digits."
        )
    return int(number), hash_.lower()


async def _proof(home: Home, noted: tuple[int, str] | None, *, rows: bool) -> dict[str, Any]:
    async with LocalDoor(home) as door:
        if await door.runs():
            document = {
                "source": "gateway",
                **await door.ask("GET", f"{JOURNAL}/verify", query={"rows": str(rows).lower()}),
                "balance": await door.ask("GET", "/api/v1/balance"),
            }
            query = {"after": noted[0] - 1, "limit": 1} if noted and noted[0] > 0 else None
            entries = (await door.ask("GET", JOURNAL, query=query))["entries"] if query else []
            return _compared(document, noted, entries[0]["hash"] if entries else "")
    from gateway.assembly import log_folder, log_keys
    from gateway.assembly.log import known_authorities
    from gateway.commands import ledgers
    from gateway.commands.offline import proof
    from gateway.journal.publishing.verification import verify_published
    from gateway.journal.stamping.examination import broken_stamps

    try:
        async with ledgers.read_only(home) as ledger:
            found = await ledger.journal(noted[0] - 1, 1) if noted and noted[0] > 0 else []
            document = {"source": "ledger", **await proof(ledger, rows=rows), "published": 0}
            published, doubts = await verify_published(ledger, log_folder(home), log_keys(home))
            doubts += await broken_stamps(ledger, log_folder(home), log_keys(home), known_authorities(home), MAX_FAULTS)
            told = [{"number": one.number, "fault": one.fault} for one in doubts]
            document |= {
                "published": published,
                "intact": document["intact"] and not told,
                "faults": [*document["faults"], *told],
            }
            return _compared(document, noted, found[0].hash if found else "")
    except GatewayError as error:
        raise Ending(
            FINDINGS,
            error.code,
            f"The ledger cannot be read: {error.operator}",
            "Keep the file as it is, and restore a copy elsewhere.",
        ) from error


def _compared(document: dict[str, Any], noted: tuple[int, str] | None, found: str) -> dict[str, Any]:
    """The proof, held against a head that was noted earlier."""
    if noted is None or noted == (0, GENESIS) or noted[1] == found:
        return document
    fault = {
        "number": noted[0],
        "fault": "is not the entry that was noted" if found else "was noted earlier and is no longer there",
    }
    return {**document, "intact": False, "faults": [*document["faults"], fault]}


def _draw(out: Console, document: dict[str, Any]) -> None:
    balance = document["balance"]
    accounts = ", ".join(f"{name} {number}" for name, number in balance["accounts"].items())
    out.print(
        facts(
            [
                ("asked", "the running gateway" if document["source"] == "gateway" else "the ledger, read only; the gateway does not run"),
                ("entries", document["entries"]), ("head", f"{document['head']['number']}:{document['head']['hash']}"),
                ("published", f"{document.get('published', 0)} entries under the last checkpoint"),
                ("chain", "ok" if document["intact"] else "fault"), ("accepted", f"{balance['accepted']} = {accounts}"),
                ("balance", "ok" if balance["balanced"] else "fault"),
            ]
        )
    )  # fmt: skip
    if document["faults"]:
        out.print(
            table("What is wrong", ("entry", "fault"), ((one["number"], one["fault"]) for one in document["faults"]))
        )


@group.command()
def head(context: typer.Context) -> None:
    """Number and hash of the last entry. Noted elsewhere, it proves later that nothing before it was changed or removed."""
    terminal: Terminal = context.obj
    found = run(_head(homes.read(terminal)))
    terminal.answer(found, lambda out: out.print(f"{found['number']}:{found['hash']}", soft_wrap=True))


async def _head(home: Home) -> dict[str, Any]:
    async with LocalDoor(home) as door:
        if await door.runs():
            found: dict[str, Any] = await door.ask("GET", f"{JOURNAL}/head")
            return found
    from gateway.commands import ledgers

    async with ledgers.read_only(home) as ledger:
        number, hash_ = await ledger.head()
    return {"number": number, "hash": hash_}


@group.command(epilog="Example: `spoc journal export --out journal.jsonl`")
def export(
    context: typer.Context,
    after: Annotated[int, typer.Option(min=0, help="Only entries after this number.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write here instead of standard output.")] = None,
    log: Annotated[
        Path | None,
        typer.Option(help="Write checkpoint, tiles and entries of the published log below this new folder instead."),
    ] = None,
) -> None:
    """Entries as JSON lines, with hashes and canonical bytes, so that anybody can check the chain. It is journalled."""
    terminal: Terminal = context.obj
    home = homes.read(terminal)
    if log is not None:
        files = run(journal_log.written(home, log))
        told = {"folder": str(log), "files": files}
        terminal.answer(told, lambda console: console.print(f"{files} files are below {log}", soft_wrap=True))
        return
    if out is None:
        run(_written(home, after, sys.stdout))
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            count = run(_written(home, after, file))
    except OSError as error:
        raise Ending(
            CANNOT_WRITE,
            "file.unwritable",
            f"{out} cannot be written: {error.strerror}.",
            "Name a file that is not there yet.",
        ) from error
    terminal.answer(
        {"file": str(out), "entries": count},
        lambda console: console.print(f"{count} entries are in {out}", soft_wrap=True),
    )


async def _written(home: Home, after: int, file: IO[str]) -> int:
    count = 0
    async for entry in _entries(home, after):
        file.write(to_json(entry, lines=True) + "\n")
        count += 1
    file.flush()
    return count


async def _entries(home: Home, after: int) -> AsyncIterator[dict[str, Any]]:
    async with LocalDoor(home) as door:
        if await door.runs():
            # Taking entries out is journalled, so the journal grows with every page: stop at the head of the first one.
            until = (await door.ask("GET", f"{JOURNAL}/head"))["number"]
            while after < until:
                page = await door.ask("GET", JOURNAL, query={"after": after, "limit": min(PAGE, until - after)})
                if not page["entries"]:
                    return
                for entry in page["entries"]:
                    yield entry
                after = page["next_after"]
            return
    from gateway.commands import ledgers
    from gateway.commands.offline import entries

    async with ledgers.read_only(home) as ledger:
        async for entry in entries(ledger, after, PAGE):
            yield entry
    await ledgers.record_while_stopped(home, "journal.exported", (("after", str(after)),))
