"""What a time-stamp authority is asked: the digest of a checkpoint, a nonce, and the policy where the settings name one."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from asn1crypto import tsp
from msgspec import Struct
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

MEDIA_TYPE: Final = "application/timestamp-query"


class Question(Struct, frozen=True, kw_only=True):
    """One query, and what its answer must be about."""

    content: bytes
    """DER of the TimeStampReq."""
    digest: bytes
    nonce: int


def question_for(note: bytes, policy: str = "") -> Question:
    """A new question about these octets. Only their digest leaves the house."""
    made = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True).build()
    content, nonce = made.as_bytes(), made.nonce
    assert nonce is not None, "it was asked for"
    if policy:  # the library writes none
        asked = tsp.TimeStampReq.load(content)
        asked["req_policy"] = policy
        content = asked.dump()
    return Question(content=content, digest=sha256(note).digest(), nonce=nonce)
