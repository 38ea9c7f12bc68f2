"""API clients: who may call, with which roles. A secret is shown once; the settings keep only its hash."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import REFUSED, Ending
from gateway.commands.terminal import Terminal, facts, table

_ID: Final = re.compile(r"[A-Za-z0-9._\-]{1,64}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
RESTART: Final = "A running gateway knows it after its next start."
group = typer.Typer(no_args_is_help=True, help="Who may call the API.")


def join(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="clients")


@group.command(epilog="Example: `spoc clients add national-cases --role submitter --role reader`")
def add(
    context: typer.Context,
    client: Annotated[str, typer.Argument(help="Client id: letters, digits, dots, hyphens.")],
    role: Annotated[list[str], typer.Option(help="submitter, reader, officer, auditor or operator; several times.")],
    certificate: Annotated[str, typer.Option(help="SHA-256 of its TLS client certificate, instead of a secret.")] = "",
) -> None:
    """Add a client to `spoc.toml`. Its secret is printed once and stored as a hash only."""
    from gateway.commands.ledgers import journalled
    from gateway.commands.partner_file import alone, save
    from gateway.setup import ROLES, secret_hash

    terminal: Terminal = context.obj
    home = homes.read(terminal)
    if not _ID.fullmatch(client):
        raise typer.BadParameter("A client id has letters, digits, dots, underscores and hyphens, at most 64.")
    if unknown := [each for each in role if each not in ROLES]:
        raise typer.BadParameter(f"There is no role {unknown[0]!r}. Known are: {', '.join(ROLES)}.")
    if certificate and not _DIGEST.fullmatch(certificate):
        raise typer.BadParameter("A certificate is named by its SHA-256: 64 lower-case hexadecimal digits.")
    if any(one.id == client for one in home.settings.clients):
        raise Ending(REFUSED, "client.exists", f"There is a client {client} already; nothing was changed.")
    secret = "" if certificate else secrets.token_urlsafe(32)
    proof = f'certificate = "{certificate}"' if certificate else f'secret_hash = "{secret_hash(secret)}"'
    roles = ", ".join(f'"{each}"' for each in dict.fromkeys(role))
    file = home.folder / "spoc.toml"
    with alone(home.folder):
        text = file.read_text("utf-8").rstrip("\n")
        save(file, f'{text}\n\n[[clients]]\nid = "{client}"\n{proof}\nroles = [{roles}]\n')
    asyncio.run(journalled(home, "client.added", f"{client}: {' '.join(role)}"))
    document: dict[str, Any] = {"client": client, "roles": role, "secret": secret, "file": str(file), "next": RESTART}
    rows = [
        ("client", client),
        ("roles", ", ".join(role)),
        *([("secret", secret)] if secret else []),
        ("next", RESTART),
    ]
    terminal.answer(document, lambda out: out.print(facts(rows), soft_wrap=True))


@group.command(name="list")
def list_clients(context: typer.Context) -> None:
    """Every client with its roles and how it proves who it is."""
    terminal: Terminal = context.obj
    document = [
        {"client": one.id, "roles": list(one.roles), "proof": "certificate" if one.certificate else "secret"}
        for one in homes.read(terminal).settings.clients
    ]
    rows = [(str(one["client"]), ", ".join(one["roles"]), str(one["proof"])) for one in document]
    terminal.answer(document, lambda out: out.print(table("", ("client", "roles", "proves itself by"), rows)))
