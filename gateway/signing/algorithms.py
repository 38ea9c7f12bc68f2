"""Which algorithms and keys are good for signatures, and until when.

Two layers. What stands in this file is what the code can check at all: a closed list. What an office lets in and uses
is a table (`config/algorithms.toml`) that may leave rows of the list out or give them an end, and can never add one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from msgspec import Struct

from gateway.errors import Misconfigured
from gateway.signing.reasons import refusal

RSA_BITS: Final = 3072
WEAK_RSA_BITS: Final = 2048
"""Tolerated only for a partner that is named with a date."""
MAX_RSA_BITS: Final = 8192
WEAK_RSA: Final = "rsa-2048"


class Algorithm(Struct, frozen=True):
    """A signature algorithm that the code can verify."""

    name: str
    key: str
    """The kind of key it needs: `ec` or `rsa`."""
    why: str


class KeyClass(Struct, frozen=True):
    """A kind and size of key."""

    kind: str
    curve: str = ""
    bits: range = range(0)


_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007: Final = "http://www.w3.org/2007/05/xmldsig-more#"

ALGORITHMS: Final = {
    f"{_MORE}ecdsa-sha256": Algorithm("ecdsa-sha256", "ec", "the default: fast and short"),
    f"{_MORE}ecdsa-sha384": Algorithm("ecdsa-sha384", "ec", "usual with P-384"),
    f"{_MORE}ecdsa-sha512": Algorithm("ecdsa-sha512", "ec", "usual with P-521"),
    f"{_MORE}rsa-sha256": Algorithm("rsa-sha256", "rsa", "what most existing tools write"),
    f"{_MORE}rsa-sha384": Algorithm("rsa-sha384", "rsa", "as above, longer digest"),
    f"{_MORE}rsa-sha512": Algorithm("rsa-sha512", "rsa", "as above, longer digest"),
    f"{_MORE_2007}sha256-rsa-MGF1": Algorithm(
        "rsa-pss-sha256", "rsa", "RSA with a proof of security (RFC 9231, 2.3.10)"
    ),
    f"{_MORE_2007}sha384-rsa-MGF1": Algorithm("rsa-pss-sha384", "rsa", "as above, longer digest"),
    f"{_MORE_2007}sha512-rsa-MGF1": Algorithm("rsa-pss-sha512", "rsa", "as above, longer digest"),
}

DIGESTS: Final = {
    "http://www.w3.org/2001/04/xmlenc#sha256": 32,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": 48,
    "http://www.w3.org/2001/04/xmlenc#sha512": 64,
}
"""Digest algorithms that are allowed, with their length in octets."""

KEYS: Final = {
    "P-256": KeyClass("ec", curve="secp256r1"),
    "P-384": KeyClass("ec", curve="secp384r1"),
    "P-521": KeyClass("ec", curve="secp521r1"),
    WEAK_RSA: KeyClass("rsa", bits=range(WEAK_RSA_BITS, RSA_BITS)),
    "rsa-3072": KeyClass("rsa", bits=range(RSA_BITS, 4096)),
    "rsa-4096": KeyClass("rsa", bits=range(4096, MAX_RSA_BITS + 1)),
}
CURVES: Final = frozenset(key.curve for key in KEYS.values() if key.curve)


def digest_name(uri: str) -> str:
    """`sha256` for its URI."""
    return uri.rpartition("#")[2]


def key_class(key: object) -> str:
    """The name of a public key's kind and size, or an empty text for one that stands in no row."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return next((name for name, each in KEYS.items() if each.curve == key.curve.name), "")
    if isinstance(key, rsa.RSAPublicKey):
        return next((name for name, each in KEYS.items() if key.key_size in each.bits), "")
    return ""


class Row(Struct, frozen=True, kw_only=True):
    """One algorithm or kind of key as an office goes by it. The last days count in full, in UTC."""

    kind: str
    """`signature`, `digest` or `key`."""
    name: str
    accept_until: date | None = None
    sign_until: date | None = None
    reason: str = ""
    citation: str = ""

    def taken(self, at: datetime) -> bool:
        """Whether partners may use it at this time."""
        return self.accept_until is None or at.astimezone(UTC).date() <= self.accept_until

    def used(self, at: datetime) -> bool:
        """Whether we sign with it at this time."""
        return self.taken(at) and (self.sign_until is None or at.astimezone(UTC).date() <= self.sign_until)


def known() -> Iterator[tuple[str, str]]:
    """Kind and name of everything that the code can check, in a stable order."""
    yield from (("signature", one.name) for one in ALGORITHMS.values())
    yield from (("digest", digest_name(uri)) for uri in DIGESTS)
    yield from (("key", name) for name in KEYS)


class AlgorithmPolicy(Struct, frozen=True, kw_only=True):
    """The table in force. What has no row is refused."""

    rows: tuple[Row, ...]

    def row(self, kind: str, name: str) -> Row | None:
        """The row of an algorithm or key."""
        return next((row for row in self.rows if row.kind == kind and row.name == name), None)

    def check_taken(self, kind: str, name: str, at: datetime) -> None:
        """Raise `Refused` when a partner may not use it, or no longer."""
        row = self.row(kind, name)
        if row is None or not row.taken(at):
            code = "signature.key-ended" if kind == "key" else "signature.algorithm-ended"
            ended = f"ended on {row.accept_until}" if row else "stands in no row of the algorithm table"
            raise refusal(code, f"{kind} {name} {ended}")

    def check_used(self, kind: str, name: str, at: datetime) -> None:
        """Raise `Misconfigured` when we may not sign with it, or no longer."""
        row = self.row(kind, name)
        if row is None or not row.used(at):
            ended = f"ended on {row.sign_until or row.accept_until}" if row else "is not in the algorithm table"
            raise Misconfigured(
                "signing.algorithm-ended", "The gateway cannot sign with its settings.",
                operator=f"Signing with {kind} {name} {ended}. Get a key of another kind; `spoc algorithms` shows which.",
            )  # fmt: skip

    def ends(self, kind: str, name: str) -> datetime | None:
        """The last moment at which it is taken; None for no end."""
        row = self.row(kind, name)
        return datetime.combine(row.accept_until, time.max, UTC) if row and row.accept_until else None


EVERYTHING: Final = AlgorithmPolicy(rows=tuple(Row(kind=kind, name=name) for kind, name in known()))
"""All that the code can check, without an end: for tests and tools that read no table."""
