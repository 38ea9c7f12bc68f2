"""Words to search by that tell nobody what they stand for: a keyed hash in place of text that may hold a name.

The idea: identifiers of a known shape (our own ids, offices, references as offices number them) stay as they are, because a search for
them must also work for whoever only has the tables; everything else that comes from outside is free text to us.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

from gateway.identity import PARTY_PATTERN, UUID_PATTERN

MARK: Final = "~"
TOKEN_OCTETS: Final = 20
SHAPES: Final = re.compile("|".join((
    UUID_PATTERN,
    r"[0-9a-f]{64}",  # a digest
    r"[A-Z]{2}(?:-(?:[A-Z]{1,3}|RECEIPT)){1,2}-(?:19|20)[0-9]{2}-(?:[0-9]{1,10}|[0-9A-F]{8})",  # XB-G-2026-0000001
    r"[A-Z]{2}[0-9]{6,24}(?:[.-][0-9]{1,8}){0,3}",  # an alert, as its state numbers it
    r"office",  # a duty of the office itself
)))  # fmt: skip
"""What cannot hold a name. Plain digits may be the number of a person, and are not among them."""
_PARTY = re.compile(PARTY_PATTERN)


def telling_nothing(text: str) -> bool:
    """Whether this text has a shape that cannot hold a name."""
    return not text or SHAPES.fullmatch(text) is not None


def is_party(text: str) -> bool:
    """Whether this is an office, such as `sirene:XB`."""
    return bool(_PARTY.fullmatch(text))


class Blinding:
    """Makes tokens under a key that lives in the vault."""

    def __init__(self, key: bytes) -> None:
        self._hash = hmac.new(key, digestmod=hashlib.sha256)

    def token(self, kind: str, text: str) -> str:
        """The token of a text that is searched as this kind; empty for an empty one."""
        if not text:
            return ""
        made = self._hash.copy()
        made.update(f"{kind}\x00{text}".encode("utf-8", "backslashreplace"))
        return MARK + made.hexdigest()[: 2 * TOKEN_OCTETS]
