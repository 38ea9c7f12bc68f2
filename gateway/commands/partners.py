"""Partners: add, list, test, and our own card."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import FINDINGS, NOT_FOUND, REFUSED, Ending
from gateway.commands.terminal import Terminal, facts, plain, table

if TYPE_CHECKING:
    from rich.console import Console

    from config.load import Home
    from config.settings import Partner

PROBE_SECONDS: Final = 20
group = typer.Typer(no_args_is_help=True, help="The offices we exchange messages with.")


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="partners")


@group.command(epilog="Example: `spoc partners add xb-card.json --host 127.0.0.1 --port 2600`")
def add(
    context: typer.Context,
    card: Annotated[str, typer.Argument(help="The office's card, a JSON file, or - for standard input.")],
    host: Annotated[str, typer.Option(help="Its mail server, instead of the card's.")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Its port, instead of the card's.")] = 0,
    starttls: Annotated[
        str, typer.Option(help="`required` or `never` (only on loopback), instead of the card's.")
    ] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Put it in place of the partner that is there.")] = False,
) -> None:
    """Take in the card of an office. A running gateway knows it at once."""
    from gateway.commands.checking import read_file
    from gateway.commands.partner_card import Overrides, read_card

    terminal: Terminal = context.obj
    home = homes.read(terminal)
    partner = read_card(read_file(card), Overrides(host=host, port=port, starttls=starttls), datetime.now(UTC))
    if partner.party in home.settings.office.parties:
        raise Ending(REFUSED, "partner.is-us", f"{partner.party} is one of our own offices.")
    _write(home, partner, replace=replace)
    running, journalled = asyncio.run(_made_known(home, partner))
    document = {
        "party": partner.party,
        "file": str(home.folder / "partners.toml"),
        "gateway_reloaded": running,
        "journalled": journalled,
    }
    words = "The running gateway knows it." if running else "The gateway does not run; it will know it when it starts."
    terminal.answer(
        document,
        lambda out: out.print(f"{plain(partner.party)} ({plain(partner.name)}) is a partner. {words}", soft_wrap=True),
    )


def _write(home: Home, partner: Partner, *, replace: bool) -> None:
    from gateway.commands import partner_file

    file = home.folder / partner_file.FILE
    with partner_file.alone(home.folder):
        text = file.read_text("utf-8") if file.is_file() else ""
        try:
            partner_file.save(file, partner_file.put(text, partner, replace=replace))
        except partner_file.PartnerExists as error:
            raise Ending(
                REFUSED,
                "partner.exists",
                f"{partner.party} is a partner already; nothing was changed.",
                "Add --replace to put this card in its place.",
            ) from error


async def _made_known(home: Home, partner: Partner) -> tuple[bool, bool]:
    """Tell the running gateway, or journal it in its ledger while it does not run: whether it runs, whether it is journalled."""
    from gateway.commands.ledgers import record_while_stopped
    from gateway.commands.local_door import LocalDoor

    async with LocalDoor(home) as door:
        if await door.runs():
            await door.ask("POST", "/api/v1/partners/reload")
            return True, True
    return False, await record_while_stopped(home, "partner.added", (("party", partner.party), ("change", "added")))


@group.command(name="list")
def list_partners(context: typer.Context) -> None:
    """Every partner: where it is, how it signs."""
    terminal: Terminal = context.obj
    found = homes.read(terminal).partners.partner
    document = [
        {
            "party": one.party, "name": one.name, "channel": one.channel, "addresses": one.addresses, "urgent_address": one.urgent_address,
            "host": one.mail.host if one.mail else "", "port": one.mail.port if one.mail else 0, "starttls": one.mail.starttls if one.mail else "",
            "routing_key": one.queue.routing_key if one.queue else "", "signers": one.signers, "plain_xmldsig": one.plain_xmldsig,
            "receipts": one.receipts, "numbers": one.numbers, "sheets": one.sheets,
            "languages": one.languages, "test_only": one.test_only, "versions": one.versions,
        }
        for one in found
    ]  # fmt: skip
    rows = [(one.party, one.name, one.channel, _way(one), ", ".join(one.signers), _reads(one)) for one in found]

    def draw(out: Console) -> None:
        if rows:
            out.print(table("", ("party", "name", "channel", "way", "signers", "versions"), rows))
        else:
            out.print(
                "There is no partner yet. Take in the card of an office with: spoc partners add CARD", soft_wrap=True
            )

    terminal.answer(document, draw)


def _reads(one: Partner) -> str:
    """The versions of each family that the partner reads."""
    told = (f"{family} {', '.join(map(str, majors))}" for family, majors in sorted(one.versions.items()))
    return "; ".join(told) or "current"


def _way(one: Partner) -> str:
    if one.mail is None:
        return f"queue {one.queue.routing_key}" if one.queue else ""
    return f"{', '.join(one.addresses)} at {one.mail.host}:{one.mail.port} (STARTTLS {one.mail.starttls})"


@group.command(name="test", epilog="Example: `spoc partners test sirene:XB`")
def test_partner(
    context: typer.Context, party: Annotated[str, typer.Argument(help="The partner as role:code.")]
) -> None:
    """Try the way to a partner without sending a message, and say what its signatures must look like. Exit code 1 when the way is closed."""
    from gateway.commands.partner_probe import probed

    terminal: Terminal = context.obj
    home = homes.read(terminal)
    if all(one.party != party for one in home.partners.partner):
        raise Ending(NOT_FOUND, "partner.unknown", f"{party[:64]} is no partner.", "See: spoc partners list")
    document = asyncio.run(probed(home, party, PROBE_SECONDS))
    policy = document["signature"]
    terminal.answer(
        document,
        lambda out: out.print(
            facts([
                ("partner", document["party"]), ("way", document["way"]), ("reachable", "ok" if document["reachable"] else "fault"),
                ("trouble", document["trouble"]), ("signers", ", ".join(policy["signers"])),
                ("plain XML-DSig", "accepted" if policy["plain_xmldsig"] else "refused, XAdES baseline-B only"),
                *(("anchor", f"{each['subject']}, until {each['valid_until'][:10]} {each['problem']}".strip()) for each in policy["anchors"]),
            ])
        ),
    )  # fmt: skip
    raise typer.Exit(0 if document["reachable"] and policy["usable"] else FINDINGS)


@group.command(epilog="Example: `spoc partners card sirene:XA > our-card.json`")
def card(
    context: typer.Context, party: Annotated[str, typer.Argument(help="One of our own offices, for example sirene:XA.")]
) -> None:
    """Our own card, for partners: JSON on standard output. Ports are those of the running gateway, else those of the settings."""
    from gateway.commands.partner_card import own_card

    terminal: Terminal = context.obj
    home = homes.read(terminal)
    if party not in home.settings.office.parties:
        raise Ending(
            NOT_FOUND,
            "party.not-ours",
            f"{party[:64]} is none of our offices.",
            f"Ours are: {', '.join(home.settings.office.parties)}.",
        )
    terminal.document(own_card(home, party, ready(home.data)))


def ready(data: Path) -> dict[str, Any]:
    """What the running gateway says about its doors; empty when it does not run."""
    from gateway.commands.running import alive

    with suppress(OSError, ValueError, KeyError, TypeError):
        found: dict[str, Any] = json.loads((data / "run" / "ready.json").read_text("utf-8"))
        if alive(int(found["pid"])):
            return found
    return {}
