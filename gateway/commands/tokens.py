"""Access tokens for the HTTP API, without a client secret: the local door knows who asks."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.commands.terminal import Terminal


def join(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog='Example: `curl -H "Authorization: Bearer $(spoc token reader)" http://127.0.0.1:8480/api/v1/formats`'
    )(token)


def token(
    context: typer.Context,
    role: Annotated[str, typer.Argument(help="submitter, reader, officer, auditor or operator; several with commas.")],
) -> None:
    """An access token with a role, on standard output. That it was issued, and to whom, is journalled."""
    from gateway.commands.local_door import asked
    from gateway.setup import ROLES

    terminal: Terminal = context.obj
    roles = role.split(",")
    if unknown := [each for each in roles if each not in ROLES]:
        raise typer.BadParameter(f"There is no role {unknown[0]!r}. Known are: {', '.join(ROLES)}.")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"grant_type=client_credentials&scope={'+'.join(roles)}"
    found: dict[str, Any] = asked(terminal, "POST", "/oauth2/token", headers=form, body=body.encode())
    terminal.answer(found, lambda out: out.print(found["access_token"], soft_wrap=True))
