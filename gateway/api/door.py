"""What the API is told from outside: who may call, how tokens are signed, how it is reached. Core types only; the front fills it from settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.addressbook.shelf import Shelf
from gateway.partners import Partner

MAX_MESSAGE_OCTETS: Final = 24 * 1024 * 1024
"""Body of a submission; files travel in it as base64, so about 17 MB of files."""
MAX_SMALL_OCTETS: Final = 16 * 1024
"""Body of everything else: a reason, a token request."""
MAX_HEAD_OCTETS: Final = 16 * 1024
"""Request line and headers."""
HEAD_SECONDS: Final = 10
BODY_SECONDS: Final = 60
REQUESTS_PER_MINUTE: Final = 1200
"""For each caller; the local door has no such limit."""
TOKENS_PER_MINUTE: Final = 30
"""Token requests for each network address and client id: checking a secret is costly on purpose."""
REFUSALS_PER_MINUTE: Final = 60
"""Refusals at the door that are journalled for each network address; beyond it they are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiClient:
    """One caller: `secret_hash` as `gateway.setup.secret_hash` makes it, or `certificate` as SHA-256 in hexadecimal."""

    id: str
    roles: tuple[str, ...]
    secret_hash: str = ""
    certificate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDoor:
    """Everything the API needs beside the gateway."""

    token_key: ec.EllipticCurvePrivateKey = field(repr=False)
    """P-256; signs access tokens. Fronts that share clients share it."""
    clients: tuple[ApiClient, ...] = ()
    token_minutes: int = 60
    public_url: str = ""
    """Put before links; empty leaves them relative."""
    version: str = "0.1.0"
    office_name: str = "SPOC"
    read_partners: Callable[[], Iterable[Partner]] | None = None
    """Reads the partner file again; raises `Misconfigured`. None where there is no file."""
    shelf: Shelf | None = None
    """Where the address book is kept; None where the settings name no publisher."""
    docs_open: bool = False
    """Whether the API description is shown without authentication: only where nobody but this machine can reach the listener."""


def new_token_key() -> ec.EllipticCurvePrivateKey:
    """A key for access tokens that live no longer than this process."""
    return ec.generate_private_key(ec.SECP256R1())
