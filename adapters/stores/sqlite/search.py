"""Finding envelopes: a statement built from fixed pieces, so that each kind of question has its own index.

The idea: conditions that leave few envelopes take their index and everything else filters; without one, each asked
state gives its newest few, and only those are merged. Values are always bound; column names are our own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from adapters.stores import columns
from adapters.stores.sealing import PLAIN, Seals
from gateway import lifecycle
from gateway.envelope import Direction
from gateway.ledger import Query

_STANDING = ", ".join(columns.STANDING)
_NARROW = ("exchange", "cause", "message_id")
"""Conditions that leave few envelopes: their index is taken, whatever else is asked."""

_TEXT = " UNION ".join([
    "SELECT id FROM envelopes WHERE id = :text",
    "SELECT id FROM envelopes WHERE digest = :text",
    *(
        f"SELECT id FROM envelopes WHERE {column} IN (:text, :text_token) AND {column} <> ''"  # noqa: S608  # column names of our own
        for column in ("message_id", "our_reference", "exchange", "reference")
    ),
])  # fmt: skip


def find(connection: sqlite3.Connection, query: Query, seals: Seals) -> list[tuple[Any, ...]]:
    statement, values = search(query, seals)
    return connection.execute(statement, values).fetchall()


def search(query: Query, seals: Seals = PLAIN) -> tuple[str, dict[str, Any]]:
    """The statement for a query and its values."""
    values: dict[str, Any] = {"limit": max(query.limit, 0)}
    conditions, narrow = _conditions(query, values, seals)
    standings = _standings(query)
    if standings is None:
        pieces = [conditions]
    elif narrow:
        pieces = [[*conditions, _one_of(standings, values)]]
    else:
        pieces = [[*_at(place, standing, values), *conditions] for place, standing in enumerate(standings)]
    if not pieces:
        return f"SELECT {_STANDING} FROM envelopes WHERE 0", {}  # noqa: S608
    ids = " UNION ALL ".join(f"SELECT id FROM ({_piece(piece)})" for piece in pieces)  # noqa: S608
    return (
        f"SELECT {_STANDING} FROM envelopes WHERE id IN ({ids}) ORDER BY id DESC LIMIT :limit",  # noqa: S608
        values,
    )


def _piece(conditions: Iterable[str]) -> str:
    where = " AND ".join(conditions) or "1"
    return f"SELECT id FROM envelopes WHERE {where} ORDER BY id DESC LIMIT :limit"  # noqa: S608


def _conditions(query: Query, values: dict[str, Any], seals: Seals) -> tuple[list[str], bool]:
    """What must hold beside direction and state, and whether an index for it leaves few envelopes."""
    found, narrow = [], False
    for column in (*_NARROW, "counterpart"):
        wanted = getattr(query, column)
        if wanted:
            found.append(f"{column} = :{column} AND {column} <> ''")
            values[column] = columns.sought(column, wanted, seals)
            narrow = narrow or column in _NARROW
    if query.text:
        found.append(f"id IN ({_TEXT})")
        values |= {"text": columns.text(query.text), "text_token": seals.token(columns.text(query.text))}
        narrow = True
    if query.format:
        found.append("format = :format")
        values["format"] = query.format
    if query.before_id:
        found.append("id < :before_id" if not narrow else "+id < :before_id")
        values["before_id"] = query.before_id
    return found, narrow


def _standings(query: Query) -> list[tuple[str, str]] | None:
    """The pairs of direction and state that are asked for, or None where they do not matter.

    They matter to a search by counterpart, whose index holds them before the id.
    """
    if query.direction is None and not query.states and not query.counterpart:
        return None
    directions = (query.direction,) if query.direction else tuple(Direction)
    return [
        (direction.value, row.name)
        for direction in directions for row in lifecycle.STATES
        if row.direction is direction and (not query.states or row.name in query.states)
    ]  # fmt: skip


def _at(place: int, standing: tuple[str, str], values: dict[str, Any]) -> list[str]:
    values[f"direction{place}"], values[f"state{place}"] = standing
    return [f"direction = :direction{place}", f"state = :state{place}"]


def _one_of(standings: list[tuple[str, str]], values: dict[str, Any]) -> str:
    """The pairs as a plain filter: the plus sign keeps their index out of the plan."""
    pairs = [
        f"(+direction = :direction{place} AND +state = :state{place})"
        for place, standing in enumerate(standings) if _at(place, standing, values)
    ]  # fmt: skip
    return f"({' OR '.join(pairs) or '0'})"
