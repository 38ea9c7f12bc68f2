"""One block as bytes: a head with the master of all its keys, and places of one size. Pure functions, no I/O.

The idea: a place is overwritten where it stands, by the record of its destruction, which has the same size; and no place crosses the
border of a sector, so that a power cut leaves it old or new.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.vault.port import BLOCK, BLOCK_BITS, Destruction, KeyNumber, Slot

MAGIC: Final = b"SPOC vault 1\n"
PLACE_OCTETS: Final = 128
OCTETS: Final = PLACE_OCTETS * (1 + BLOCK)
EMPTY, WRAPPED, DESTROYED = 0, 1, 2
_HEAD: Final = struct.Struct(">13sB")
_PLACE: Final = struct.Struct(">BB")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class NoBlock(ValueError):
    """These bytes are not what this vault writes."""


def block_of(number: KeyNumber) -> int:
    """The block of a key."""
    return number >> BLOCK_BITS


def offset_of(number: KeyNumber) -> int:
    """Where the place of a key begins in its block."""
    return PLACE_OCTETS * (1 + (number & (BLOCK - 1)))


def write(master: str, places: dict[KeyNumber, Slot | Destruction]) -> bytes:
    """A whole block; all its keys are under this master."""
    made = bytearray(OCTETS)
    name = master.encode("ascii")
    made[: _HEAD.size + len(name)] = _HEAD.pack(MAGIC, len(name)) + name
    for number, held in places.items():
        offset = offset_of(number)
        made[offset : offset + PLACE_OCTETS] = wrapped(held) if isinstance(held, Slot) else destroyed(held)
    return bytes(made)


def read(block: int, content: bytes) -> tuple[str, dict[KeyNumber, Slot | Destruction]]:
    """The master and the places of a block; raises `NoBlock`."""
    if len(content) != OCTETS:
        raise NoBlock(f"a block has {OCTETS} octets, this has {len(content)}")
    master = master_of(content[:PLACE_OCTETS])
    numbers = range(block << BLOCK_BITS, (block + 1) << BLOCK_BITS)
    found = ((number, place(number, master, content[offset_of(number) :][:PLACE_OCTETS])) for number in numbers)
    return master, {number: held for number, held in found if held is not None}


def master_of(head: bytes) -> str:
    """The master in the head of a block; raises `NoBlock`."""
    if len(head) < PLACE_OCTETS or not head.startswith(MAGIC):
        raise NoBlock("this is no block of a vault")
    _, length = _HEAD.unpack_from(head)
    try:
        return head[_HEAD.size : _HEAD.size + length].decode("ascii")
    except UnicodeDecodeError:
        raise NoBlock("the master of the block cannot be read") from None


def place(number: KeyNumber, master: str, octets: bytes) -> Slot | Destruction | None:
    """What stands in one place; raises `NoBlock`."""
    kind, length = _PLACE.unpack_from(octets)
    content = octets[_PLACE.size : _PLACE.size + length]
    if kind == EMPTY:
        return None
    if kind == WRAPPED:
        return Slot(number=number, master=master, wrapped=content)
    if kind == DESTROYED and length > 8:
        try:
            at = _EPOCH + _MICROSECOND * int.from_bytes(content[:8], "big")
            return Destruction(at=at, rule=content[8:].decode())
        except (ValueError, OverflowError):
            pass
    raise NoBlock(f"the place of the key {number:016x} cannot be read")


def wrapped(slot: Slot) -> bytes:
    """The place of a key."""
    return _filled(WRAPPED, slot.wrapped)


def destroyed(destruction: Destruction) -> bytes:
    """The place of a key that was destroyed."""
    at = max((destruction.at - _EPOCH) // _MICROSECOND, 0)
    return _filled(DESTROYED, at.to_bytes(8, "big") + destruction.rule.encode())


def _filled(kind: int, content: bytes) -> bytes:
    made = _PLACE.pack(kind, len(content)) + content
    if len(made) > PLACE_OCTETS:
        raise ValueError(f"a place of the vault has room for {PLACE_OCTETS - _PLACE.size} octets")
    return made.ljust(PLACE_OCTETS, b"\x00")
