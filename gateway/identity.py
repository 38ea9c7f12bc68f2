"""Small value types for the things that are named: envelopes, parties, formats, digests.

They are plain strings with a checked shape, so that they travel through JSON, SQL and logs without conversion. The
check happens where a value is made (`party`, `format_id`) and where one is decoded from outside (the `Meta` pattern).
"""

import hashlib
import re
from typing import Annotated
from uuid import UUID, uuid5

from msgspec import Meta

PARTY_PATTERN = r"^[a-z]{2,12}:[A-Za-z0-9][A-Za-z0-9\-]{0,23}$"
FORMAT_PATTERN = r"^[a-z]{2,16}/[A-Za-z][A-Za-z0-9]{0,47}@(?:0|[1-9][0-9]{0,3})$"
UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

EnvelopeId = Annotated[str, Meta(pattern=UUID_PATTERN)]
"""Our own key of an envelope: a UUIDv7 (RFC 9562 section 5.7), so that keys grow with time."""

MessageId = Annotated[str, Meta(pattern=UUID_PATTERN)]
"""The sender's key of a message; a resend keeps it."""

PartyId = Annotated[str, Meta(pattern=PARTY_PATTERN)]
"""An office as `role:code`, for example `sirene:XB`."""

FormatId = Annotated[str, Meta(pattern=FORMAT_PATTERN)]
"""`family/Form@major`, for example `sirene/G@1`."""

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in lower-case hexadecimal."""

_DERIVED = UUID("5c1f8a52-6a0e-5d6b-9a8c-3f0d1b2e4c77")


def party(text: str) -> PartyId:
    """The text as a party id; raises `ValueError` when it has another shape."""
    if not re.fullmatch(PARTY_PATTERN[1:-1], text):
        raise ValueError(f"not a party id such as sirene:XB: {text[:64]!r}")
    return text


def format_id(text: str) -> FormatId:
    """The text as a format id; raises `ValueError` when it has another shape."""
    if not re.fullmatch(FORMAT_PATTERN[1:-1], text):
        raise ValueError(f"not a format id such as sirene/G@1: {text[:64]!r}")
    return text


def family_of(format_id: FormatId) -> str:
    """The family of a format: `sirene`, `interpol`, `europol`, `spoc`."""
    return format_id.partition("/")[0]


def digest(content: bytes) -> Digest:
    """SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def derived_id(parent: str, purpose: str) -> MessageId:
    """An id that the same parent and purpose always give, so that a repeated step names the same thing again."""
    return str(uuid5(_DERIVED, f"{parent}/{purpose}"))
