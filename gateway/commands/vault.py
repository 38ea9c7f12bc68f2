"""`spoc vault`: the master keys, and how one takes over from another while messages go on: roll, status, retire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import FINDINGS, Ending
from gateway.commands.local_door import run
from gateway.commands.terminal import Terminal, facts, table

if TYPE_CHECKING:
    from rich.console import Console

    from config.load import Home
    from gateway.vault.keyring import Keyring

SETTLE: Final = timedelta(seconds=2)
"""Whoever has read the masters before one is laid aside has kept its keys after this long."""
group = typer.Typer(no_args_is_help=True, help="The master keys under which the keys of all content are kept.")


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="vault")


@group.command(epilog="Example: `spoc vault status`")
def status(context: typer.Context) -> None:
    """Each master key and how many keys are under it. Exit code 1 when one is needed and not there."""
    terminal: Terminal = context.obj
    home = homes.read(terminal)
    document = run(_status(home))
    terminal.answer(document, lambda out: _draw(out, document))
    raise typer.Exit(0 if all(one["there"] for one in document["masters"]) else FINDINGS)


@group.command(epilog="Example: `spoc vault create`, once, for a home that is older than the vault")
def create(context: typer.Context) -> None:
    """Make the first master key. Refused where there is one, or where keys are kept under one that is missing."""
    terminal: Terminal = context.obj
    home = homes.read(terminal)
    made = run(_create(home))
    document = {"master": made, "folder": str(home.keys / home.settings.vault.masters)}
    terminal.answer(document, lambda out: out.print(facts(list(document.items()))))


@group.command(epilog="Example: `spoc vault roll`, then `spoc vault status` until all keys are under the new one")
def roll(context: typer.Context) -> None:
    """Make the next master key. A running gateway brings all keys under it while messages go on; else `spoc vault rewrap` does."""
    terminal: Terminal = context.obj
    home = homes.read(terminal)
    document = run(_roll(home))
    terminal.answer(document, lambda out: out.print(facts(list(document.items()))))


@group.command(epilog="Example: `spoc vault rewrap`")
def rewrap(context: typer.Context) -> None:
    """Bring all keys under the newest master key now, also beside a running gateway."""
    terminal: Terminal = context.obj
    home = homes.read(terminal)
    document = run(_rewrap(home))
    terminal.answer(document, lambda out: out.print(facts(list(document.items()))))


@group.command(epilog="Example: `spoc vault retire 20261121T120000000000-0f1e2d3c`")
def retire(
    context: typer.Context,
    master: Annotated[str, typer.Argument(help="The old master key, as `spoc vault status` names it.")],
) -> None:
    """Overwrite and remove an old master key. Refused while any key is under it. Copies of the vault from before are worthless then."""
    terminal: Terminal = context.obj
    home = homes.read(terminal)
    document = run(_retire(home, master))
    terminal.answer(document, lambda out: out.print(facts(list(document.items()))))


async def _status(home: Home) -> dict[str, Any]:
    from gateway.assembly.vault import masters_of, vault_of
    from gateway.errors import Misconfigured

    vault, folder = vault_of(home), masters_of(home)
    await vault.start()
    try:
        counts = await vault.masters()
    finally:
        await vault.stop()
    trouble = ""
    try:
        names = folder.read().names
    except Misconfigured as error:
        names, trouble = (), error.operator
    listed = sorted({*names, *counts})
    masters = [
        {"master": name, "there": name in names, "newest": name == (names or ("",))[-1], "keys": counts.get(name, 0)}
        for name in listed
    ]
    return {"vault": vault.name, "folder": str(folder.folder), "trouble": trouble, "masters": masters}


def _draw(out: Console, document: dict[str, Any]) -> None:
    rows = [
        (one["master"], "newest" if one["newest"] else "older" if one["there"] else "MISSING", str(one["keys"]))
        for one in document["masters"]
    ]
    out.print(facts([("vault", document["vault"]), ("master keys", document["folder"])]))
    out.print(table("", ("master key", "", "keys under it"), rows))
    if document["trouble"]:
        out.print(document["trouble"])


async def _create(home: Home) -> str:
    from gateway.assembly.vault import masters_of

    folder = masters_of(home)
    kept = (await _status(home))["masters"]
    if folder.exists() or kept:
        words = f"There is a master key in {folder.folder} already."
        if not folder.exists():
            words = (
                f"Keys are kept under {kept[0]['master']}, which is missing. Put it back from where it is kept safe."
            )
        raise Ending(FINDINGS, "vault.exists", words, "See: spoc vault status")
    made = folder.make(datetime.now(UTC))
    await _journalled(home, "vault.master-made", made)
    return made


async def _roll(home: Home) -> dict[str, Any]:
    from gateway.assembly.vault import masters_of

    folder = masters_of(home)
    before = folder.read().newest
    made = folder.make(datetime.now(UTC))
    told = await _journalled(home, "vault.master-made", made)
    return {"master": made, "before": before, "journalled": told}


async def _rewrap(home: Home) -> dict[str, Any]:
    from gateway.assembly.vault import keyring_of
    from gateway.vault.rolling import rewrapped

    keyring = keyring_of(home, read_only=True)
    await keyring.start()
    try:
        count = sum([done async for done in rewrapped(keyring.vault, keyring.masters)])
        newest = keyring.masters.newest
    finally:
        await keyring.stop()
    told = await _journalled(home, "vault.rewrapped", f"{newest}, {count} keys") if count else False
    return {"master": newest, "rewrapped": count, "journalled": told}


async def _retire(home: Home, master: str) -> dict[str, Any]:
    from gateway.assembly.vault import keyring_of

    keyring = keyring_of(home, read_only=True)
    await keyring.start()
    try:
        await _unneeded(keyring, master)
        with keyring.folder.aside(master):
            await _wait()
            await _unneeded(keyring, master)
            keyring.folder.remove_aside(master)
    finally:
        await keyring.stop()
    return {"master": master, "removed": True, "journalled": await _journalled(home, "vault.master-removed", master)}


async def _unneeded(keyring: Keyring, master: str) -> None:
    if master not in keyring.masters or master == keyring.masters.newest:
        raise Ending(
            FINDINGS, "vault.master-needed", f"{master[:64]} is no older master key.", "See: spoc vault status"
        )
    count = (await keyring.vault.masters()).get(master, 0)
    if count:
        raise Ending(FINDINGS, "vault.master-needed", f"{count} keys are under {master}.", "First: spoc vault rewrap")


async def _wait() -> None:
    from gateway.clock import SystemClock

    clock = SystemClock()
    await clock.wait_until(clock.now() + SETTLE)


async def _journalled(home: Home, event: str, what: str) -> bool:
    from gateway.commands import ledgers

    return await ledgers.journalled(home, event, what)
