"""How steps, happenings and matters of exchanges become columns and come back: the part that all stores share."""

from __future__ import annotations

from typing import Any

import msgspec

from adapters.stores.columns import facts, microseconds, text
from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.exchanges.matter import Matter

_STEP = msgspec.json.Decoder(Step)
_HAPPENED = msgspec.json.Decoder(Happened)
_MATTER = msgspec.json.Decoder(Matter)

STEP_COLUMNS = ("envelope", "exchange", "known_at", "step")
HAPPENED_COLUMNS = ("exchange", "id", "at", "happened")
MATTER_COLUMNS = ("exchange", "family", "key", "closed", "overdue", "next_look_at", "revision", "matter")


def step_row(step: Step) -> tuple[Any, ...]:
    """The `STEP_COLUMNS` of a step."""
    return step.envelope, text(step.exchange), microseconds(step.known_at), facts(step)


def step(stored: bytes) -> Step:
    return _STEP.decode(stored)


def happened_row(happened: Happened) -> tuple[Any, ...]:
    """The `HAPPENED_COLUMNS` of a happening."""
    return text(happened.exchange), text(happened.id), microseconds(happened.happening.at), facts(happened)


def happened(stored: bytes) -> Happened:
    return _HAPPENED.decode(stored)


def matter_row(matter: Matter) -> tuple[Any, ...]:
    """The `MATTER_COLUMNS` of a matter."""
    looked_at = None if matter.next_look_at is None else microseconds(matter.next_look_at)
    return (
        text(matter.exchange), matter.family, text(matter.key), matter.closed, matter.overdue, looked_at, matter.revision, facts(matter),
    )  # fmt: skip


def matter(stored: bytes) -> Matter:
    return _MATTER.decode(stored)
