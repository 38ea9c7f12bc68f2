"""How running numbers become columns and come back: the part that all stores share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.stores.columns import microseconds, moment, text
from gateway.ledger import StaleMove
from gateway.numbers.series import GIVEN, Numbered, NumberQuery

COLUMNS = ("sender", "receiver", "number", "kind", "about", "message_id", "digest", "at", "note")


def row_of(one: Numbered) -> tuple[Any, ...]:
    """The `COLUMNS` of a row."""
    return (
        text(one.sender), text(one.receiver), one.number, one.kind, text(one.about), text(one.message_id), one.digest,
        microseconds(one.at), text(one.note),
    )  # fmt: skip


def numbered(values: Sequence[Any]) -> Numbered:
    """What `row_of` wrote."""
    named = dict(zip(COLUMNS, values, strict=True))
    return Numbered(**{**named, "at": moment(named["at"])})


def following(last: int, numbers: Sequence[Numbered]) -> int:
    """The last number after these were given; raises `StaleMove` for one that leaves a gap or was given before."""
    for one in numbers:
        if one.kind == GIVEN:
            if one.number != last + 1:
                raise StaleMove(f"{one.number} does not follow {last} from {one.sender} to {one.receiver}")
            last = one.number
    return last


def answers(one: Numbered, query: NumberQuery) -> bool:
    """Whether a row is what a query asks for."""
    return (
        one.series == (query.sender, query.receiver)
        and (not query.kinds or one.kind in query.kinds)
        and query.least <= one.number
        and (query.most is None or one.number <= query.most)
        and (query.since is None or one.at >= query.since)
        and (query.before is None or one.at < query.before)
        and one.place > query.after
    )
