"""`spoc keys`: our keys, for forms and with `--smime` for mails, and how one is exchanged while messages go on: next, publish, confirm,
switch, retire.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import NOT_FOUND, Ending
from gateway.commands.terminal import Terminal, plain, table

if TYPE_CHECKING:
    from config.load import Home
    from gateway.signing.rollover import Pair, Rollover

DRY: Final = typer.Option("--dry-run", help="Say what would happen and change nothing.")
SMIME: Final = typer.Option("--smime", help="The key for S/MIME instead of the one for forms.")
PARTY: Final = typer.Argument(help="One of our offices, for example sirene:XA.")
group = typer.Typer(no_args_is_help=True, help="Our signing keys, and exchanging them while messages go on.")


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="keys")


@dataclass(frozen=True, slots=True)
class At:
    """Where an office stands with one of its keys."""

    terminal: Terminal
    home: Home
    party: str
    smime: bool
    state: Rollover

    @property
    def partners(self) -> list[str]:
        """Those who use this key of ours."""
        return [one.party for one in self.home.partners.partner if not self.smime or one.smime != "none"]

    @property
    def current(self) -> Pair:
        """The pair in use."""
        from gateway.assembly.keys import pair_of

        return pair_of(self.home, self.party, smime=self.smime)


@group.command(name="list")
def list_keys(context: typer.Context) -> None:
    """Each office's keys: the current one, the next, the old one, and which partners have confirmed the next."""
    from gateway.signing.rollover import unconfirmed

    home = homes.read(context.obj)
    document = []
    for party in home.settings.office.parties:
        for smime in (False, True):
            at = _at(context, party, smime=smime)
            pairs = {"current": at.current, "next": at.state.next, "old": at.state.previous}
            document += [
                _listed(at, which, pair, unconfirmed(at.state, at.partners) if which == "next" else [])
                for which, pair in pairs.items()
                if pair is not None and (not smime or (home.folder / pair.certificate).is_file())
            ]
    rows = [
        (
            one["party"],
            one["use"],
            one["which"],
            one["signer"],
            one["kind"],
            one["valid_until"],
            ", ".join(one["unconfirmed"]),
        )
        for one in document
    ]
    heads = ("office", "for", "key", "signer", "kind", "until", "not confirmed by")
    context.obj.answer(document, lambda out: out.print(table("", heads, rows)))


def _listed(at: At, which: str, pair: Pair, missing: list[str]) -> dict[str, Any]:
    from gateway.assembly.keys import shown

    return {
        "party": at.party, "use": "S/MIME" if at.smime else "forms", "which": which, **shown(at.home, pair),
        "published": at.state.published_at if which == "next" else None, "unconfirmed": missing,
    }  # fmt: skip


@group.command(name="next", epilog="Example: `spoc keys next sirene:XA`")
def next_key(  # each is an option of the command
    context: typer.Context,
    party: Annotated[str, PARTY],
    key: Annotated[
        str, typer.Option(help="PEM file or URI of a token, instead of a new key of the test authority.")
    ] = "",
    certificate: Annotated[str, typer.Option(help="PEM file of its certificate and chain; with --key.")] = "",
    anchor: Annotated[str, typer.Option(help="PEM file of its authority, if partners do not have it.")] = "",
    smime: Annotated[bool, SMIME] = False,
    dry_run: Annotated[bool, DRY] = False,
) -> None:
    """Lay the next key beside the current one. Nobody sees it yet."""
    from gateway.assembly.keys import checked, new_pair
    from gateway.signing.rollover import Pair, with_next

    at, now = _at(context, party, smime=smime), datetime.now(UTC)
    if bool(key) != bool(certificate):
        raise typer.BadParameter("Give --key and --certificate together, or neither.")
    with_next(at.state, Pair(key="", certificate=""))  # whether it may be, before a key is made
    made = Pair(key=key, certificate=certificate, anchor=anchor)
    if not key:
        made = new_pair(at.home, party, now, dry=dry_run, smime=smime)
    if key or not dry_run:
        checked(at.home, party, made, now, smime=smime)
    _step(at, "key.made", lambda: with_next(at.state, made), dry=dry_run)


@group.command(epilog="Example: `spoc keys publish sirene:XA --dry-run`")
def publish(
    context: typer.Context,
    party: Annotated[str, PARTY],
    smime: Annotated[bool, SMIME] = False,
    dry_run: Annotated[bool, DRY] = False,
) -> None:
    """Put the next certificate on our card beside the current one, and list the partners who must get that card. With --smime the card
    names the next one to encrypt for, and both open mails from now on.
    """
    from gateway.signing.rollover import published

    at = _at(context, party, smime=smime)
    _step(at, "key.published", lambda: published(at.state, datetime.now(UTC)), dry=dry_run)


@group.command(epilog="Example: `spoc keys confirm sirene:XA sirene:XB --how 'mail of 21 November'`")
def confirm(
    context: typer.Context,
    party: Annotated[str, PARTY],
    partner: Annotated[str, typer.Argument(help="The partner that has taken in the new card.")],
    how: Annotated[str, typer.Option(help="How it told us.")],
    smime: Annotated[bool, SMIME] = False,
) -> None:
    """Record that a partner accepts both certificates."""
    from gateway.signing.rollover import confirmed

    at = _at(context, party, smime=smime)
    if all(one.party != partner for one in at.home.partners.partner):
        raise Ending(NOT_FOUND, "partner.unknown", f"{partner[:64]} is no partner.", "See: spoc partners list")
    _step(at, "key.confirmed", lambda: confirmed(at.state, partner, how[:300]), partner=partner)


@group.command(epilog="Example: `spoc keys switch sirene:XA`")
def switch(
    context: typer.Context,
    party: Annotated[str, PARTY],
    anyway: Annotated[bool, typer.Option("--anyway", help="Also where partners have not confirmed.")] = False,
    smime: Annotated[bool, SMIME] = False,
    dry_run: Annotated[bool, DRY] = False,
) -> None:
    """Sign with the next key from now on, without a restart. The old one stays known until it is retired."""
    from gateway.assembly.keys import checked
    from gateway.signing.rollover import switched

    at, now = _at(context, party, smime=smime), datetime.now(UTC)
    if at.state.next is not None:
        checked(at.home, party, at.state.next, now, smime=smime)
    before = at.current
    _step(at, "key.switched", lambda: switched(at.state, before, at.partners, now, anyway=anyway), dry=dry_run)


@group.command(epilog="Example: `spoc keys retire sirene:XA`")
def retire(
    context: typer.Context,
    party: Annotated[str, PARTY],
    anyway: Annotated[
        bool, typer.Option("--anyway", help="With --smime: also while mails for the old key may still come.")
    ] = False,
    smime: Annotated[bool, SMIME] = False,
    dry_run: Annotated[bool, DRY] = False,
) -> None:
    """Forget the old key: our card carries the current one only, and the key's file is removed. Refused while messages that it
    signed are not confirmed, and while mails that were encrypted for it may still come.
    """
    from gateway.signing.rollover import retired

    at = _at(context, party, smime=smime)
    waiting = asyncio.run(_waiting(at.home, party, at.state)) if at.state.previous and not smime else 0
    until = _mails_until(at) if smime and not anyway else None
    _step(at, "key.retired", lambda: retired(at.state, waiting, until), dry=dry_run)
    if at.state.previous and not dry_run and not at.state.previous.key.startswith("pkcs11:"):
        (at.home.folder / at.state.previous.key).unlink(missing_ok=True)


def _mails_until(at: At) -> datetime | None:
    """Until when a partner's server may bring a mail that was encrypted for the old key; None once that is over."""
    longest = max((one.retry_hours for one in at.home.partners.partner if one.party in at.partners), default=0)
    if at.state.switched_at is None:
        return None
    until = at.state.switched_at + timedelta(hours=longest)
    return until if until > datetime.now(UTC) else None


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


def _at(context: typer.Context, party: str, *, smime: bool) -> At:
    from gateway.assembly.keys import rollovers

    terminal: Terminal = context.obj
    home = homes.read(terminal)
    if party not in home.settings.office.parties:
        ours = ", ".join(home.settings.office.parties)
        raise Ending(NOT_FOUND, "party.not-ours", f"{party[:64]} is none of our offices.", f"Ours are: {ours}.")
    return At(terminal, home, party, smime, rollovers(home, smime=smime).of(party))


def _step(at: At, event: str, made: Callable[[], Rollover], *, partner: str = "", dry: bool = False) -> None:
    """Take one step, journal it, make the running gateway know it, and say where things stand."""
    from gateway.assembly.keys import rollovers
    from gateway.signing.rollover import unconfirmed

    state, running = made(), False
    if not dry:
        rollovers(at.home, smime=at.smime).write(at.party, state)
        running = asyncio.run(_made_known(at, event, partner))
    missing = unconfirmed(state, at.partners) if state.next else []
    document: dict[str, Any] = {
        "party": at.party, "use": "S/MIME" if at.smime else "forms", "step": event, "dry_run": dry, "gateway_reloaded": running,
        "unconfirmed": missing, "current": at.current, "next": state.next, "old": state.previous,
    }  # fmt: skip
    words = [f"{'Would be' if dry else 'Done'}: {event} of {at.party}."]
    if missing and event in ("key.published", "key.confirmed"):
        words.append(
            f"Send our new card (spoc partners card {at.party}) to, and record the answer of: {', '.join(missing)}."
        )
    at.terminal.answer(document, lambda out: out.print(plain(" ".join(words)), soft_wrap=True))


async def _made_known(at: At, event: str, partner: str) -> bool:
    from gateway.commands.ledgers import record_while_stopped
    from gateway.commands.local_door import LocalDoor

    told = {name: text for name, text in (("partner", partner), ("use", "smime" if at.smime else "")) if text}
    async with LocalDoor(at.home) as door:
        if await door.runs():
            step = event.removeprefix("key.")
            await door.ask("POST", f"/api/v1/keys/{at.party}/{step}", query=told)
            return True
    with contextlib.suppress(OSError):
        await record_while_stopped(at.home, event, (("party", at.party), *told.items()))
    return False
