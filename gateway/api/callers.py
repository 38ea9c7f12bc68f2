"""Who calls and what they may do. A caller is proven by an access token, by a TLS client certificate, or, at the local door, by the kernel.

Every operation names the roles that may do it (`Allowed`); there is no operation without them but health. Refusals are journalled.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final, cast

import jwt
from fastapi import Depends, Request

from gateway.api.allowance import Allowance
from gateway.api.door import REFUSALS_PER_MINUTE, REQUESTS_PER_MINUTE, TOKENS_PER_MINUTE, ApiClient, ApiDoor
from gateway.api.problems import Problem
from gateway.envelope import Claim
from gateway.errors import Unavailable
from gateway.gateway import Gateway
from gateway.persons import MAX_CASE, Person
from gateway.setup import ROLES
from gateway.tally import Tally

AUDIENCE: Final = "spoc-gateway"
ALGORITHM: Final = "ES256"
ROOT: Final = 0
MAX_TOKEN_CHARACTERS: Final = 4096
MAX_PURPOSE: Final = 1000
CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="spoc"'}
SUBMIT: Final = ("submitter", "operator")
READ: Final = ("reader", "officer", "auditor", "operator")
SEE: Final = ("submitter", *READ)
"""A submitter sees what it submitted itself and nothing else."""
DECIDE: Final = ("officer", "operator")
OPERATE: Final = ("operator",)
AUDIT: Final = ("auditor", "operator")
WATCH: Final = ("reader", "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A proven caller. `actor` is how the journal names it: `client:…` or `user:…`."""

    actor: str
    roles: frozenset[str]
    local: bool = False
    role: str = ""
    """Those of the roles that allow what is being done."""
    purpose: str = ""
    case: str = ""

    @property
    def person(self) -> Person:
        """As the journal names them, with all that was stated."""
        return Person(actor=self.actor, role=self.role, purpose=self.purpose, case=self.case)

    def may(self, roles: tuple[str, ...]) -> bool:
        """Whether one of the roles is the caller's."""
        return not self.roles.isdisjoint(roles)

    @property
    def only_own(self) -> bool:
        """Whether it may see nothing but its own submissions."""
        return not self.may(READ)


@dataclass(slots=True, kw_only=True)
class Here:
    """What every operation stands on: one for each application."""

    gateway: Gateway
    door: ApiDoor
    local: bool = False
    requests: Allowance = field(default_factory=lambda: Allowance(REQUESTS_PER_MINUTE))
    tokens: Allowance = field(default_factory=lambda: Allowance(TOKENS_PER_MINUTE))
    refusals: Allowance = field(default_factory=lambda: Allowance(REFUSALS_PER_MINUTE))
    tally: Tally = field(default_factory=Tally)
    """How often tolerances were used."""

    def client(self, id: str) -> ApiClient | None:
        """The configured client with this id."""
        return next((client for client in self.door.clients if client.id == id), None)

    def link(self, path: str) -> str:
        """An address for callers."""
        return self.door.public_url.rstrip("/") + path

    async def refuse(self, request: Request, code: str, text: str, actor: str = "") -> None:
        """Journal a refusal at this door, a bounded number for each address."""
        claim = claim_of(request, actor)
        if self.refusals.take(claim.remote.rpartition(":")[0], self.gateway.clock.now()):
            try:
                await self.gateway.intake.turned_away("api", claim, code, text)
            except Unavailable:
                return  # the refusal stands; that the ledger is away is seen by /readyz


def here(request: Request) -> Here:
    """What this application stands on."""
    return cast("Here", request.app.state.here)


Standing = Annotated[Here, Depends(here)]


def extension(request: Request, name: str) -> dict[str, Any]:
    """What `gateway.api.peer` found out about the other end of the connection."""
    found = request.scope.get("extensions", {}).get(name, {})
    return cast("dict[str, Any]", found)


def claim_of(request: Request, actor: str, reference: str = "") -> Claim:
    """Who calls, as the core records it."""
    tls = extension(request, "tls")
    remote = f"{request.client.host}:{request.client.port}" if request.client else "unix:"
    return Claim(
        sender=actor,
        remote=remote,
        encryption=tls.get("encryption", ""),
        certificate=tls.get("sha256", ""),
        reference=reference,
    )


def local_user(request: Request) -> Caller:
    """The user at the other end of the local socket; only our own user and root."""
    uid = extension(request, "unix").get("uid")
    if uid is None or uid not in (os.geteuid(), ROOT):
        raise Problem(
            403, "caller.other-user", "The local door is open only to the user that runs the gateway, and to root."
        )
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return Caller(actor=f"user:{name}", roles=frozenset(ROLES), local=True)


def authenticate(request: Request, standing: Here) -> Caller:
    """The proven caller; raises `Problem` 401 or 403."""
    if standing.local:
        return local_user(request)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return _bearer(token.strip(), standing)
    certificate = extension(request, "tls").get("sha256", "")
    if certificate:
        for client in standing.door.clients:
            if client.certificate.lower().replace(":", "") == certificate:
                return Caller(actor=f"client:{client.id}", roles=frozenset(client.roles))
        raise Problem(
            401, "certificate.unknown", "This client certificate belongs to no client of this gateway.", CHALLENGE
        )
    raise Problem(401, "caller.unknown", "Show an access token from /oauth2/token or a client certificate.", CHALLENGE)


def _bearer(token: str, standing: Here) -> Caller:
    refusal = Problem(
        401, "token.invalid", "The access token is not valid. Get a new one from /oauth2/token.",
        {"WWW-Authenticate": 'Bearer realm="spoc", error="invalid_token"'},
    )  # fmt: skip
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise refusal
    try:
        # Times are compared below with the gateway's own clock.
        claims = jwt.decode(
            token, standing.door.token_key.public_key(), algorithms=[ALGORITHM], audience=AUDIENCE,
            options={"require": ["exp", "iat", "sub", "aud"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )  # fmt: skip
        subject, scope, expires = (
            str(claims["sub"]),
            frozenset(str(claims.get("scope", "")).split()),
            int(claims["exp"]),
        )
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise refusal from error
    if expires <= standing.gateway.clock.now().timestamp():
        raise refusal
    if subject.startswith("user:"):
        return Caller(actor=subject, roles=scope & frozenset(ROLES))
    client = standing.client(subject.removeprefix("client:"))
    if client is None:
        raise refusal
    return Caller(actor=f"client:{client.id}", roles=scope & frozenset(client.roles))


class Allowed:
    """A dependency: the caller, if one of these roles is its own. No roles means every proven caller."""

    def __init__(self, *roles: str) -> None:
        self.roles = roles

    async def __call__(self, request: Request) -> Caller:
        standing = here(request)
        try:
            caller = authenticate(request, standing)
        except Problem as problem:
            await standing.refuse(request, problem.code, f"{request.method} {problem.detail}")
            raise
        request.state.actor = caller.actor
        if not caller.local and not standing.requests.take(caller.actor, standing.gateway.clock.now()):
            raise Problem(
                429, "caller.too-often", f"More than {REQUESTS_PER_MINUTE} requests in a minute.", {"Retry-After": "10"}
            )
        if self.roles and not caller.may(self.roles):
            wanted = " or ".join(self.roles)
            await standing.refuse(request, "caller.role", f"{request.method} needs the role {wanted}", caller.actor)
            raise Problem(
                403, "caller.role", f"This needs the role {wanted}.",
                {"WWW-Authenticate": f'Bearer realm="spoc", error="insufficient_scope", scope="{wanted.replace(" or ", " ")}"'},
            )  # fmt: skip
        return stated_by(caller, request, self.roles or ROLES)


def stated_by(caller: Caller, request: Request, roles: Iterable[str] = ROLES) -> Caller:
    """The caller with those of these roles that it has, and the purpose and case that it states; raises `Problem`."""
    role = " ".join(each for each in roles if each in caller.roles)
    return replace(caller, role=role, purpose=_purpose(request), case=_case(request))


def _case(request: Request) -> str:
    """The case that was stated, in the header or the query; one that is too long is refused, so that none is journalled in part."""
    stated = (request.headers.get("x-spoc-case", "") or request.query_params.get("case", "")).strip()
    if len(stated) > MAX_CASE:
        raise Problem(422, "case.too-long", f"A case reference has at most {MAX_CASE} characters.")
    return stated


def _purpose(request: Request) -> str:
    """What was stated; whether something had to be is for each operation to say."""
    stated = request.headers.get("x-spoc-purpose", "") or request.query_params.get("purpose", "")
    return stated.strip()[:MAX_PURPOSE]
