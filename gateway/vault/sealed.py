"""How content looks under its key: a mark, the number of the key, a nonce, AES-256-GCM.

Where it belongs is authenticated with it (subject and part), so that nothing sealed can be put in another place. Whatever begins with
another byte than the mark is plain: JSON does, which older ledgers hold.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from gateway.errors import GatewayError
from gateway.vault.port import Destruction, KeyNumber
from gateway.vault.subjects import SubjectId

MARK: Final = b"\x01"
NONCE_OCTETS: Final = 12
"""96 random bits; one key seals a few dozen things, far below what random nonces bear (NIST SP 800-38D section 8.3)."""
NUMBER_OCTETS: Final = 8
HEAD_OCTETS: Final = len(MARK) + NUMBER_OCTETS + NONCE_OCTETS
TAG_OCTETS: Final = 16
MARK_OCTETS: Final = 16
OVERHEAD: Final = HEAD_OCTETS + TAG_OCTETS
_DOMAIN: Final = b"spoc-gateway content 1\x00"


class ContentDestroyed(GatewayError):
    """The key of this content was destroyed: nobody can read it any more. Its proof stands in the journal."""

    def __init__(self, subject: SubjectId, destruction: Destruction) -> None:
        public = f"The content was destroyed on {destruction.at:%Y-%m-%d} under the rule {destruction.rule}."
        super().__init__("content.destroyed", public, operator=f"{subject}: {public}")
        self.subject, self.destruction = subject, destruction


class ContentDamaged(GatewayError):
    """Content that does not open under its key: it was changed, or put in the place of another."""

    def __init__(self, subject: SubjectId, part: str) -> None:
        operator = f"{subject}: {part} does not open under its key: it was changed, or belongs elsewhere."
        super().__init__("content.damaged", "The content cannot be opened.", operator=operator)
        self.subject, self.part = subject, part


class KeyMissing(GatewayError):
    """The vault has never heard of the key: it is an older copy, or the vault of another ledger."""

    def __init__(self, number: KeyNumber) -> None:
        operator = (
            f"The vault does not have the key {number:016x}: it is older than the ledger, or belongs to another one."
        )
        super().__init__("content.key-missing", "The content cannot be opened.", operator=operator)
        self.number = number


class Key(Struct, frozen=True):
    """A content key, ready for use. It never shows what it is."""

    number: KeyNumber
    cipher: AESGCM
    marking: bytes
    """Made from the key: marks content so that what did not change is not written again."""

    @classmethod
    def of(cls, number: KeyNumber, key: bytes) -> Key:
        """The key from its 32 octets."""
        return cls(number, AESGCM(key), hashlib.blake2b(b"", key=key, person=b"spoc content").digest())

    def mark(self, part: str, plain: bytes) -> bytes:
        """The same for the same content of the same part; tells nothing without the key."""
        return hmac.digest(self.marking, part.encode() + b"\x00" + plain, "sha256")[:MARK_OCTETS]

    def seal(self, subject: SubjectId, part: str, plain: bytes) -> bytes:
        """The content under this key."""
        nonce = secrets.token_bytes(NONCE_OCTETS)
        head = MARK + self.number.to_bytes(NUMBER_OCTETS, "big") + nonce
        return head + self.cipher.encrypt(nonce, plain, _place(subject, part))

    def open(self, subject: SubjectId, part: str, sealed: bytes) -> bytes:
        """What was sealed; raises `ContentDamaged`."""
        try:
            return self.cipher.decrypt(
                sealed[HEAD_OCTETS - NONCE_OCTETS : HEAD_OCTETS], sealed[HEAD_OCTETS:], _place(subject, part)
            )
        except (InvalidTag, ValueError):
            raise ContentDamaged(subject, part) from None


def is_sealed(stored: bytes) -> bool:
    """Whether this is sealed; only for content that never begins with the mark when it is plain."""
    return stored[: len(MARK)] == MARK


def key_number(sealed: bytes) -> KeyNumber:
    """Which key opens it; 0, which no key has, where too little of it is left."""
    return int.from_bytes(sealed[1 : 1 + NUMBER_OCTETS], "big") if len(sealed) >= OVERHEAD else 0


def _place(subject: SubjectId, part: str) -> bytes:
    return _DOMAIN + subject.encode("utf-8", "backslashreplace") + b"\x00" + part.encode()
