"""Commitments to what an entry says of persons: a salted hash each, which binds the words and tells nothing of them.

The idea: the salt is 256 random bits and is kept with the words, sealed; while both are there anybody who may read them can check that
they are the words of then, and when they are destroyed nobody can try names against the hash.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from gateway.journal.entry import Entry, clean

PART: Final = "personal"
"""Name of the sealed part of an entry."""
SALT_OCTETS: Final = 32
_DOMAIN: Final = b"spoc-gateway journal commitment 1\x00"


class Opening(Struct, frozen=True, kw_only=True, array_like=True):
    """One word of an entry with its salt."""

    name: str
    value: str
    salt: bytes


Openings = tuple[Opening, ...]
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Openings)


def commitment(name: str, value: str, salt: bytes) -> str:
    """SHA-256 over domain, salt, name and value, each with its length, in hexadecimal."""
    parts = (salt, name.encode(), value.encode())
    return hashlib.sha256(_DOMAIN + b"".join(len(part).to_bytes(4, "big") + part for part in parts)).hexdigest()


def committed(entry: Entry) -> tuple[Entry, bytes]:
    """The entry with commitments in place of what is personal, and what opens them, to be sealed."""
    openings = tuple(
        Opening(name=name, value=clean(value), salt=secrets.token_bytes(SALT_OCTETS)) for name, value in entry.personal
    )
    made = tuple((each.name, commitment(each.name, each.value, each.salt)) for each in openings)
    return msgspec.structs.replace(entry, personal=(), commitments=made), _ENCODER.encode(openings)


def read_openings(plain: bytes) -> Openings:
    """What `committed` gave; raises `msgspec.MsgspecError`."""
    return _DECODER.decode(plain)


def faults(entry: Entry, openings: Openings) -> list[str]:
    """What does not agree between the commitments of an entry and what is said to open them."""
    told: Mapping[str, str] = dict(entry.commitments)
    found = {each.name: commitment(each.name, each.value, each.salt) for each in openings}
    return [
        *(f"{name} is not what the entry was written with" for name in found if told.get(name) != found[name]),
        *(f"{name} is missing" for name in told if name not in found),
    ]
