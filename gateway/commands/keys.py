"""`spoc keys`: our signing keys, and how one is exchanged while messages go on: next, publish, confirm, switch, retire."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import NOT_FOUND, Ending
from gateway.commands.terminal import Terminal, plain, table

if TYPE_CHECKING:
    from config.load import Home
    from gateway.signing.rollover import Rollover

DRY: Final = typer.Option("--dry-run", help="Say what would happen and change nothing.")
PARTY: Final = typer.Argument(help="One of our offices, for example sirene:XA.")
group = typer.Typer(no_args_is_help=True, help="Our signing keys, and exchanging them while messages go on.")


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="keys")


@group.command(name="list")
def list_keys(context: typer.Context) -> None:
    """Each office's keys: the current one, the next, the old one, and which partners have confirmed the next."""
    from gateway.assembly.keys import pair_of, shown
    from gateway.signing.rollover import RolloverFile, unconfirmed

    terminal: Terminal = context.obj
    home = homes.read(terminal)
    partners = [one.party for one in home.partners.partner]
    document = []
    for party in home.settings.office.parties:
        state = RolloverFile(home.keys).of(party)
        pairs = {"current": pair_of(home, party), "next": state.next, "old": state.previous}
        document += [
            {
                "party": party, "which": which, **shown(home, pair), "published": state.published_at if which == "next" else None,
                "unconfirmed": unconfirmed(state, partners) if which == "next" else [],
            }
            for which, pair in pairs.items()
            if pair is not None
        ]  # fmt: skip
    rows = [
        (one["party"], one["which"], one["signer"], one["kind"], one["valid_until"], ", ".join(one["unconfirmed"]))
        for one in document
    ]
    heads = ("office", "key", "signer", "kind", "until", "not confirmed by")
    terminal.answer(document, lambda out: out.print(table("", heads, rows)))


@group.command(name="next", epilog="Example: `spoc keys next sirene:XA`")
def next_key(
    context: typer.Context,
    party: Annotated[str, PARTY],
    key: Annotated[
        str, typer.Option(help="PEM file or URI of a token, instead of a new key of the test authority.")
    ] = "",
    certificate: Annotated[str, typer.Option(help="PEM file of its certificate and chain; with --key.")] = "",
    anchor: Annotated[str, typer.Option(help="PEM file of its authority, if partners do not have it.")] = "",
    dry_run: Annotated[bool, DRY] = False,
) -> None:
    """Lay the next key beside the current one. Nobody sees it yet."""
    from gateway.assembly.keys import checked, new_pair
    from gateway.signing.rollover import Pair, with_next

    terminal, home, state = _at(context, party)
    now = datetime.now(UTC)
    if bool(key) != bool(certificate):
        raise typer.BadParameter("Give --key and --certificate together, or neither.")
    with_next(state, Pair(key="", certificate=""))  # whether it may be, before a key is made
    made = Pair(key=key, certificate=certificate, anchor=anchor) if key else new_pair(home, party, now, dry=dry_run)
    if key or not dry_run:
        checked(home, party, made, now)
    _step(terminal, home, party, "key.made", lambda: with_next(state, made), dry=dry_run)


@group.command(epilog="Example: `spoc keys publish sirene:XA --dry-run`")
def publish(context: typer.Context, party: Annotated[str, PARTY], dry_run: Annotated[bool, DRY] = False) -> None:
    """Put the next certificate on our card beside the current one, and list the partners who must get that card."""
    from gateway.signing.rollover import published

    terminal, home, state = _at(context, party)
    _step(terminal, home, party, "key.published", lambda: published(state, datetime.now(UTC)), dry=dry_run)


@group.command(epilog="Example: `spoc keys confirm sirene:XA sirene:XB --how 'mail of 21 November'`")
def confirm(
    context: typer.Context,
    party: Annotated[str, PARTY],
    partner: Annotated[str, typer.Argument(help="The partner that has taken in the new card.")],
    how: Annotated[str, typer.Option(help="How it told us.")],
) -> None:
    """Record that a partner accepts both certificates."""
    from gateway.signing.rollover import confirmed

    terminal, home, state = _at(context, party)
    if all(one.party != partner for one in home.partners.partner):
        raise Ending(NOT_FOUND, "partner.unknown", f"{partner[:64]} is no partner.", "See: spoc partners list")
    _step(terminal, home, party, "key.confirmed", lambda: confirmed(state, partner, how[:300]), partner=partner)


@group.command(epilog="Example: `spoc keys switch sirene:XA`")
def switch(
    context: typer.Context,
    party: Annotated[str, PARTY],
    anyway: Annotated[bool, typer.Option("--anyway", help="Also where partners have not confirmed.")] = False,
    dry_run: Annotated[bool, DRY] = False,
) -> None:
    """Sign with the next key from now on, without a restart. The old one stays known until it is retired."""
    from gateway.assembly.keys import checked, pair_of
    from gateway.signing.rollover import switched

    terminal, home, state = _at(context, party)
    now, partners = datetime.now(UTC), [one.party for one in home.partners.partner]
    if state.next is not None:
        checked(home, party, state.next, now)
    before = pair_of(home, party)
    _step(
        terminal,
        home,
        party,
        "key.switched",
        lambda: switched(state, before, partners, now, anyway=anyway),
        dry=dry_run,
    )


@group.command(epilog="Example: `spoc keys retire sirene:XA`")
def retire(context: typer.Context, party: Annotated[str, PARTY], dry_run: Annotated[bool, DRY] = False) -> None:
    """Forget the old key: our card carries the current one only, and the key's file is removed. Refused while messages that it
    signed are not confirmed.
    """
    from gateway.signing.rollover import retired

    terminal, home, state = _at(context, party)
    waiting = asyncio.run(_waiting(home, party, state)) if state.previous else 0
    _step(terminal, home, party, "key.retired", lambda: retired(state, waiting), dry=dry_run)
    if state.previous and not dry_run and not state.previous.key.startswith("pkcs11:"):
        (home.folder / state.previous.key).unlink(missing_ok=True)


async def _waiting(home: Home, party: str, state: Rollover) -> int:
    """Messages of this office from before the switch that are still under way."""
    from gateway.commands import ledgers
    from gateway.commands.local_door import LocalDoor
    from gateway.signing.under_way import under_way

    assert state.switched_at is not None, "there is an old key"
    async with LocalDoor(home) as door:
        if await door.runs():
            query = {"before": state.switched_at.isoformat()}
            return int((await door.ask("GET", f"/api/v1/keys/{party}/under-way", query=query))["messages"])
    async with ledgers.read_only(home) as ledger:
        return await under_way(ledger, party, state.switched_at)


def _at(context: typer.Context, party: str) -> tuple[Terminal, Home, Rollover]:
    from gateway.signing.rollover import RolloverFile

    terminal: Terminal = context.obj
    home = homes.read(terminal)
    if party not in home.settings.office.parties:
        ours = ", ".join(home.settings.office.parties)
        raise Ending(NOT_FOUND, "party.not-ours", f"{party[:64]} is none of our offices.", f"Ours are: {ours}.")
    return terminal, home, RolloverFile(home.keys).of(party)


def _step(  # what is told and what is done, each once
    terminal: Terminal, home: Home, party: str, event: str, made: Callable[[], Rollover], *, partner: str = "", dry: bool = False
) -> None:  # fmt: skip
    """Take one step, journal it, make the running gateway know it, and say where things stand."""
    from gateway.assembly.keys import pair_of
    from gateway.signing.rollover import RolloverFile, unconfirmed

    state, running = made(), False
    if not dry:
        RolloverFile(home.keys).write(party, state)
        running = asyncio.run(_made_known(home, event, party, partner))
    partners = [one.party for one in home.partners.partner]
    missing = unconfirmed(state, partners) if state.next else []
    document: dict[str, Any] = {
        "party": party, "step": event, "dry_run": dry, "gateway_reloaded": running, "unconfirmed": missing,
        "current": pair_of(home, party), "next": state.next, "old": state.previous,
    }  # fmt: skip
    words = [f"{'Would be' if dry else 'Done'}: {event} of {party}."]
    if missing and event in ("key.published", "key.confirmed"):
        words.append(
            f"Send our new card (spoc partners card {party}) to, and record the answer of: {', '.join(missing)}."
        )
    terminal.answer(document, lambda out: out.print(plain(" ".join(words)), soft_wrap=True))


async def _made_known(home: Home, event: str, party: str, partner: str) -> bool:
    from gateway.commands.ledgers import record_while_stopped
    from gateway.commands.local_door import LocalDoor

    async with LocalDoor(home) as door:
        if await door.runs():
            step = event.removeprefix("key.")
            await door.ask("POST", f"/api/v1/keys/{party}/{step}", query={"partner": partner} if partner else {})
            return True
    details = (("party", party), *((("partner", partner),) if partner else ()))
    with contextlib.suppress(OSError):
        await record_while_stopped(home, event, details)
    return False
