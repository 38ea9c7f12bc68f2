"""The hash chain over the journal: each link covers its entry and the link before it, so that nothing can be changed
or taken out.

Entry and chain are kept apart: the chain sees canonical bytes only, and another proof can take its place. Plain
functions over values.
"""

import hashlib
from collections.abc import Iterable, Iterator

from msgspec import Struct

GENESIS = "0" * 64
_DOMAIN = b"spoc-gateway journal link 1\x00"


class Link(Struct, frozen=True, kw_only=True):
    """One place in the chain: running number from 1, the entry's canonical bytes, the hash before, the hash of this
    place.
    """

    number: int
    entry: bytes
    before: str
    hash: str


class Broken(Struct, frozen=True, kw_only=True):
    """Where verification failed and how."""

    number: int
    fault: str


def link(number: int, entry: bytes, before: str) -> Link:
    """The link that puts this entry after the link with the hash `before`."""
    content = _DOMAIN + number.to_bytes(8, "big") + bytes.fromhex(before) + hashlib.sha256(entry).digest()
    return Link(number=number, entry=entry, before=before, hash=hashlib.sha256(content).hexdigest())


def extend(number: int, before: str, entries: Iterable[bytes]) -> list[Link]:
    """Links for entries that follow the link `number` with the hash `before` (0 and `GENESIS` for an empty journal)."""
    links = []
    for entry in entries:
        number += 1
        made = link(number, entry, before)
        before = made.hash
        links.append(made)
    return links


def faults(links: Iterable[Link], number: int = 0, before: str = GENESIS) -> Iterator[Broken]:
    """Every fault in a run of links that should follow `number` and `before`."""
    for found in links:
        number += 1
        if found.number != number:
            yield Broken(
                number=number,
                fault=f"expected entry {number}, found {found.number}: an entry is missing or out of order",
            )
            number = found.number
        if found.before != before:
            yield Broken(number=number, fault="does not follow the entry before it")
        if _hash(number, found) != found.hash:
            yield Broken(number=number, fault="content does not match its hash")
        before = found.hash


def _hash(number: int, found: Link) -> str:
    """The hash that this link should have, empty where its parts cannot even be read as what they are."""
    try:
        return link(number, found.entry, found.before).hash
    except (ValueError, TypeError, OverflowError):
        return ""
