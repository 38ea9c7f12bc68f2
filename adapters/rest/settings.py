"""Settings that every REST system has: where it is, how we prove who we are, how long we wait.

The one idea: a table that cannot work is refused with everything that is wrong with it, before a connection is tried.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from gateway.errors import Misconfigured

IMMEDIATE_SECONDS: Final = 10.0
URGENT_SECONDS: Final = 60.0
NORMAL_SECONDS: Final = 900.0
"""Time budget per urgency: national systems dossier, section 3.5, rule 4 (proposal)."""
CALL_SECONDS: Final = 30.0
"""One call; a system that needs longer answers PENDING and is asked again."""
POLL_SECONDS: Final = 0.5
ANSWER_OCTETS: Final = 2_000_000
CONNECTIONS: Final = 16
REDACTED: Final = "(redacted)"
_SECRETS: Final = ("token",)


class RestSettings(Struct, frozen=True, kw_only=True):
    """One national REST system."""

    base_url: str
    """Where it is, for example `https://cpr.xa.example`; plain http only on a loopback address."""
    token: str = ""
    """Bearer token that we show; never printed. Better kept in a file of its own: `token_file`."""
    token_file: str = ""
    """File that holds the bearer token, instead of `token`."""
    ca_file: str = ""
    """PEM file with the authorities that may vouch for the system; empty takes those of the machine."""
    client_certificate: str = ""
    """PEM file with the certificate that we show; empty shows none."""
    client_key: str = ""
    """PEM file with the key of that certificate."""
    immediate_seconds: float = IMMEDIATE_SECONDS
    """Time for the whole answer when the message is very urgent."""
    urgent_seconds: float = URGENT_SECONDS
    """Time for the whole answer when the message is urgent."""
    normal_seconds: float = NORMAL_SECONDS
    """Time for the whole answer otherwise; only an answer that is prepared on their side can take so long."""
    call_seconds: float = CALL_SECONDS
    """Time for one call, from connecting to the last octet of the answer."""
    poll_seconds: float = POLL_SECONDS
    """Pause before asking again for an answer that is being prepared."""
    answer_octets: int = ANSWER_OCTETS
    """Longest answer read."""
    connections: int = CONNECTIONS
    """Most connections at once."""
    role: str = "SPOC_OFFICER"
    """Role that we claim there."""
    desk: str = ""
    """Desk that we name there; empty names the channel a question came by."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"

    __str__ = __repr__

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return [(name, REDACTED if name in _SECRETS and value else value) for name, value in values]

    def limit_seconds(self, urgency: str) -> float:
        """Time for the whole answer at this urgency."""
        return {"IMMEDIATE": self.immediate_seconds, "URGENT": self.urgent_seconds}.get(urgency, self.normal_seconds)

    @property
    def longest_seconds(self) -> float:
        """The longest of the limits."""
        return max(self.immediate_seconds, self.urgent_seconds, self.normal_seconds)


def check(settings: RestSettings, name: str) -> None:
    """Raise `Misconfigured` with everything that is wrong, one line each. Looks at no file and no network."""
    wrong = [*_wrong_address(settings.base_url), *_wrong_credentials(settings), *_wrong_limits(settings)]
    if wrong:
        raise Misconfigured("rest.settings", f"The adapter {name} is not configured.", operator="\n".join(wrong))


def _wrong_address(base_url: str) -> list[str]:
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ["base_url: this is no address; write for example https://cpr.xa.example"]
    if parts.scheme not in ("http", "https") or not host:
        return ["base_url: write an address that begins with https://"]
    wrong = []
    if parts.username is not None or parts.query or parts.fragment:
        wrong.append("base_url: write neither credentials nor a query into the address")
    if parts.scheme == "http" and not _is_loopback(host):
        wrong.append("base_url: plain http is only possible on a loopback address; write https://")
    return wrong


def _wrong_credentials(settings: RestSettings) -> list[str]:
    wrong = []
    if settings.token and settings.token_file:
        wrong.append("token, token_file: give one of them")
    if settings.token and not plain_token(settings.token):
        wrong.append("token: it must be printable ASCII without spaces")
    if bool(settings.client_certificate) != bool(settings.client_key):
        wrong.append("client_certificate, client_key: give both or none")
    if not (settings.token or settings.token_file or settings.client_certificate):
        wrong.append("token_file: the system must know who asks; give token_file, token or client_certificate")
    return wrong


def _wrong_limits(settings: RestSettings) -> list[str]:
    names = (
        "immediate_seconds", "urgent_seconds", "normal_seconds", "call_seconds", "poll_seconds", "answer_octets",
        "connections",
    )  # fmt: skip
    return [f"{name}: it must be more than 0" for name in names if not getattr(settings, name) > 0]


def plain_token(token: str) -> bool:
    """Whether a token can stand in a header without changing its meaning."""
    return token.isascii() and token.isprintable() and " " not in token


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
