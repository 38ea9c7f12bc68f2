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
_UUID = re.compile(UUID_PATTERN)
_PARTY = re.compile(PARTY_PATTERN)
_REFERENCE = re.compile(r"[A-Z]{2}(?:-[A-Z]{1,3}){1,2}-(?:19|20)[0-9]{2}-[0-9]{1,10}")
"""State, office or form, year, running number: `XB-G-2026-0000001`. The letters are too few for a name."""


def telling_nothing(text: str) -> bool:
    """Whether this text has a shape that cannot hold a name."""
    return not text or bool(_UUID.fullmatch(text) or _REFERENCE.fullmatch(text))


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
