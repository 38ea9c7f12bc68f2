"""Access tokens: OAuth 2.0 client credentials (RFC 6749 section 4.4), ES256 JWTs that live for minutes.

At the local door the kernel has proven the user already: no client secret is asked, and any roles may be had (`spoc token ROLE`).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus
from uuid import uuid4

import jwt
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from gateway.api import samples
from gateway.api.bodies import body_of, media_type
from gateway.api.callers import ALGORITHM, AUDIENCE, Caller, Here, Standing, extension, local_user, stated_by
from gateway.api.door import MAX_SMALL_OCTETS
from gateway.api.models import View
from gateway.persons import entry_by
from gateway.setup import ROLES, secret_hash, secret_matches

router = APIRouter(tags=["access"])
MAX_FIELDS: Final = 10
FORM: Final = "application/x-www-form-urlencoded"


class TokenView(View):
    """An access token (RFC 6749 section 5.1)."""

    access_token: str
    token_type: str
    expires_in: int = Field(description="Seconds.")
    scope: str = Field(description="Roles, separated by blanks.")


class OAuthFault(View):
    """A refusal in the words of RFC 6749 section 5.2."""

    error: str = Field(examples=["invalid_client"])
    error_description: str


@dataclass(frozen=True, slots=True)
class _Refusal(Exception):
    status: int
    error: str
    text: str


_FAULTS: Final[dict[int | str, dict[str, Any]]] = {
    status: {
        "description": words, "model": OAuthFault,
        "content": {"application/json": {"example": {"error": error, "error_description": words}}},
    }
    for status, error, words in (
        (400, "invalid_scope", "The client does not have this role."), (401, "invalid_client", "Client id or secret is wrong."),
        (429, "temporarily_unavailable", "Too many token requests. Try again in a minute."),
    )
}  # fmt: skip
_RESPONSES: Final = {
    200: {"description": "A token.", "content": {"application/json": {"example": samples.TOKEN}}},
    **_FAULTS,
}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object", "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "const": "client_credentials"},
                        "client_id": {"type": "string", "description": "Unless HTTP Basic carries it."},
                        "client_secret": {"type": "string", "format": "password", "description": "Unless HTTP Basic carries it."},
                        "scope": {"type": "string", "description": "Roles wanted, separated by blanks; all of the client's when left out."},
                    },
                },
                "example": {"grant_type": "client_credentials", "client_id": "reader", "client_secret": "fictitious", "scope": "reader"},
            }
        },
    },
    "security": [{"basic": []}, {}],
}  # fmt: skip


@router.post(
    "/oauth2/token", summary="Get an access token", response_model=TokenView, responses=_RESPONSES, openapi_extra=_BODY
)
async def token(request: Request, standing: Standing) -> JSONResponse:
    """Client credentials, by HTTP Basic or in the body. Roles are scopes. Every token is journalled."""
    try:
        caller, scope = await _granted(request, standing)
    except _Refusal as refusal:
        await standing.refuse(request, f"token.{refusal.error.replace('_', '-')}", refusal.text)
        headers = {"WWW-Authenticate": 'Basic realm="spoc"'} if refusal.status == 401 else {}
        return JSONResponse({"error": refusal.error, "error_description": refusal.text}, refusal.status, headers)
    request.state.actor = caller.actor
    view = await issue(standing, stated_by(caller, request), scope)
    return JSONResponse(view.model_dump(), headers={"Pragma": "no-cache"})


async def issue(standing: Here, caller: Caller, scope: tuple[str, ...]) -> TokenView:
    """A token for a proven caller, journalled."""
    now = standing.gateway.clock.now()
    lifetime, key = standing.door.token_minutes * 60, uuid4().hex
    roles = " ".join(scope)
    claims = {
        "iss": standing.door.public_url or AUDIENCE, "sub": caller.actor, "aud": AUDIENCE, "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + lifetime, "jti": key, "scope": roles,
    }  # fmt: skip
    encoded = jwt.encode(claims, standing.door.token_key, algorithm=ALGORITHM)
    details = (("roles", roles), ("token", key), ("minutes", str(standing.door.token_minutes)))
    await standing.gateway.ledger.record([entry_by(caller.person, "token.issued", now, details=details)])
    return TokenView(access_token=encoded, token_type="Bearer", expires_in=lifetime, scope=roles)  # noqa: S106  a kind, no secret


async def _granted(request: Request, standing: Here) -> tuple[Caller, tuple[str, ...]]:
    fields = await _fields(request)
    if fields.get("grant_type") != "client_credentials":
        raise _Refusal(400, "unsupported_grant_type", "Send grant_type=client_credentials.")
    caller = local_user(request) if standing.local else await _client(request, standing, fields)
    wanted = tuple(dict.fromkeys(fields.get("scope", "").split())) or tuple(
        role for role in ROLES if role in caller.roles
    )
    if not caller.roles.issuperset(wanted):
        raise _Refusal(400, "invalid_scope", "The client does not have this role.")
    return caller, wanted


async def _fields(request: Request) -> dict[str, str]:
    if media_type(request) != FORM:
        raise _Refusal(400, "invalid_request", f"Send {FORM}.")
    body = await body_of(request, MAX_SMALL_OCTETS)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            max_num_fields=MAX_FIELDS,
            errors="strict",
        )
    except ValueError as error:
        raise _Refusal(400, "invalid_request", "The body cannot be read.") from error
    if len(dict(pairs)) != len(pairs):
        raise _Refusal(400, "invalid_request", "A parameter stands twice.")
    return dict(pairs)


async def _client(request: Request, standing: Here, fields: dict[str, str]) -> Caller:
    """The client whose secret or certificate this is; checking a secret is costly, so requests are counted first."""
    name, secret = _credentials(request, fields)
    host = request.client.host if request.client else ""
    now = standing.gateway.clock.now()
    if not standing.tokens.take(f"{host} {name[:64]}", now) or not standing.tokens.take(host, now):
        raise _Refusal(429, "temporarily_unavailable", "Too many token requests. Try again in a minute.")
    client = standing.client(name)
    certificate = extension(request, "tls").get("sha256", "")
    if client and client.certificate and client.certificate.lower().replace(":", "") == certificate:
        return Caller(actor=f"client:{client.id}", roles=frozenset(client.roles))
    stored = client.secret_hash if client and client.secret_hash else ""
    matches = await asyncio.to_thread(secret_matches, secret, stored or _nobody())
    if client is None or not stored or not matches:
        raise _Refusal(401, "invalid_client", "Client id or secret is wrong.")
    return Caller(actor=f"client:{client.id}", roles=frozenset(client.roles))


@cache
def _nobody() -> str:
    """Compared for unknown clients, so that the time of the answer does not tell which ids exist."""
    return secret_hash("", bytes(16))


def _credentials(request: Request, fields: dict[str, str]) -> tuple[str, str]:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return fields.get("client_id", ""), fields.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError) as error:
        raise _Refusal(401, "invalid_client", "The Authorization header cannot be read.") from error
    if fields.get("client_secret"):
        raise _Refusal(400, "invalid_request", "Send the secret once, by HTTP Basic or in the body.")
    return unquote_plus(name), unquote_plus(secret)
