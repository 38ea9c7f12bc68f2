"""Mail addresses and the arguments of MAIL and RCPT, read strictly.

An address that two programs can read in two ways is refused: no quotes, no routes, no percent hack, no control
characters. aiosmtpd 1.4.6 uses the standard library's lenient reader, which takes all of these.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from gateway.partners import without_case

LOCAL_PART_OCTETS: Final = 64
"""RFC 5321 section 4.5.3.1.1."""
DOMAIN_OCTETS: Final = 255
"""RFC 5321 section 4.5.3.1.2."""
PARAMETERS: Final = 10
_ATOM: Final = r"[A-Za-z0-9#$&'*+/=?^_{}~\-\u0080-\U0010ffff]+"
"""RFC 5321 atoms without `%`, `!`, `|` and the backtick, which route or run things elsewhere; RFC 6531 letters."""
_LOCAL_PART: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL: Final = r"[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\-\u0080-\U0010ffff]{0,61}[A-Za-z0-9\u0080-\U0010ffff])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PATH: Final = re.compile(r"(?P<word>FROM|TO): ?<(?P<address>[^<>]*)>(?P<parameters>(?: +[^ ]+)*) *", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"[A-Z0-9][A-Z0-9\-]*(?:=[!-<>-~]+)?")
_CLIENT_NAME: Final = re.compile(r"[A-Za-z0-9._\-]+|\[[A-Za-z0-9.:\-]+\]")


class Path(Struct, frozen=True, kw_only=True):
    """The argument of MAIL or RCPT: what stands between the angle brackets, and the parameters after them."""

    address: str
    parameters: dict[str, str]


def read_path(word: str, argument: str) -> Path | None:
    """The path and parameters, or None when the argument is not written as RFC 5321 section 3.3 has it."""
    found = _PATH.fullmatch(argument)
    if found is None or found["word"].upper() != word:
        return None
    parameters = found["parameters"].upper().split(" ")
    parameters = [parameter for parameter in parameters if parameter]
    if len(parameters) > PARAMETERS or not all(map(_PARAMETER.fullmatch, parameters)):
        return None
    named = dict(parameter.partition("=")[::2] for parameter in parameters)
    return Path(address=found["address"], parameters=named) if len(named) == len(parameters) else None


def plain_address(address: str) -> bool:
    """Whether an address can be read in one way only."""
    local, at, domain = address.rpartition("@")
    return bool(at and _fits(local, LOCAL_PART_OCTETS) and _LOCAL_PART.fullmatch(local) and plain_domain(domain))


def plain_domain(domain: str) -> bool:
    """Whether a text is a mail domain (a name; an address literal in brackets is not)."""
    return bool(_fits(domain, DOMAIN_OCTETS) and _DOMAIN.fullmatch(domain))


def client_name(text: str) -> bool:
    """Whether the argument of EHLO looks like a name or an address literal."""
    return len(text) <= DOMAIN_OCTETS and bool(_CLIENT_NAME.fullmatch(text))


def domain_of(address: str) -> str:
    """The domain of an address, its ASCII letters in lower case."""
    return without_case(address.rpartition("@")[2])


def _fits(text: str, octets: int) -> bool:
    # isprintable also refuses lone surrogates, the mark of bytes that are not UTF-8
    return text.isprintable() and len(text.encode()) <= octets
