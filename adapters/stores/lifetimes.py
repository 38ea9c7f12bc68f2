"""How lifetimes become columns and come back: the part that all stores share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from adapters.stores.columns import facts, text
from gateway.journal.entry import Entry
from gateway.ledger import StaleMove
from gateway.protection.retention.lifetime import Lifetime

COLUMNS = ("subject", "stage", "revision", "lifetime")
_LIFETIME = msgspec.json.Decoder(Lifetime)


def row_of(life: Lifetime) -> tuple[Any, ...]:
    """The `COLUMNS` of a lifetime."""
    return text(life.subject), life.stage.value, life.revision, facts(life)


def lifetime(stored: bytes) -> Lifetime:
    """What `row_of` wrote."""
    return _LIFETIME.decode(stored)


def following(known: int, life: Lifetime) -> Lifetime:
    """The lifetime with its next revision; raises `StaleMove` when it rests on another one than is known."""
    if life.revision != known:
        raise StaleMove(f"the lifetime of {life.subject} has not the revision {life.revision} any more")
    return replace(life, revision=known + 1)


def explained(entries: Sequence[Entry]) -> None:
    """Raise `ValueError` without entries."""
    if not entries:
        raise ValueError("a lifetime is kept with an entry that explains it")
